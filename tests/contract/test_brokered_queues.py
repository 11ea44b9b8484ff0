"""The queue contract, for the queues behind real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from regimeflow.testing.queues import QueueBench, QueueContract
from tests.contract.brokered_benches import KafkaBench, RedisBench


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    yield
    RedisBench.stop()
    KafkaBench.stop()


class TestRedis(QueueContract):
    def make_bench(self) -> QueueBench:
        return RedisBench()


class TestKafka(QueueContract):
    def make_bench(self) -> QueueBench:
        return KafkaBench()

    def test_q18_an_outage_loses_nothing_doubles_nothing_and_keeps_the_order(self) -> None:
        """Its client is away only when every broker is, and when it has found that out."""
        with self.desk() as desk:
            reader = desk.host("desk-b").connect()
            sender = desk.sender()
            for _ in range(2):
                sender.add(200)
                sender.push()
                desk.bench.go_away()
                sender.add(100)
                sender.push()
                sender.host.until(lambda: not sender.host.queue.is_connected())
                sender.push()
                desk.bench.come_back()
            sender.finish()

            assert list(range(1, 601)) == reader.hear(600)
            reader.settle()
            assert 600 == len(reader.heard)
            assert 0 == reader.queue.counters().missed
            assert sender.host.queue.counters().reconnects
