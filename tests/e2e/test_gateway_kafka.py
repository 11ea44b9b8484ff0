"""A strategy host at a gateway over Kafka's protocol."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from regimeflow.live import LiveOrderStatus
from tests.e2e.test_gateway import BUY, QUANTITY, Floor, buys, held, is_at, play, rests
from tests.support.servers import Server, noida_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = noida_server(tmp_path_factory.mktemp("kafka"))
    yield server
    server.stop()


LANES = ("market_data", "execution_report", "position_update", "account_update", "system")


def make_topics(server: Server, prefix: str) -> None:
    names = [f"{prefix}.{lane}" for lane in LANES]
    names += [f"{prefix}.{way}.system" for way in "ca"]
    admin = AdminClient({"bootstrap.servers": server.address})
    made = admin.create_topics([NewTopic(name, num_partitions=2) for name in names])
    for each in made.values():
        each.result(30)


class KafkaFloor(Floor):
    def __init__(self, server: Server, folder: Path) -> None:
        super().__init__(server, folder)
        make_topics(server, "gateway")
        self.queue = {"type": "kafka", "servers": [server.address], "prefix": "gateway"}


def test_orders_of_two_hosts_go_out_over_kafka_and_their_fills_come_back(tmp_path, server):
    async def act(floor: Floor) -> None:
        first, second = await floor.host("desk-a"), await floor.host("desk-b")
        bought, left = buys(first), rests(floor, second)
        await floor.until(is_at(first, bought, LiveOrderStatus.FILLED))
        await floor.until(is_at(second, left, LiveOrderStatus.NEW))
        await floor.take(BUY, QUANTITY)
        await floor.until(is_at(second, left, LiveOrderStatus.FILLED))

        assert floor.at_venue() == held(first) + held(second)
        assert held(first) == floor.at_gateway("desk-a")
        assert held(second) == floor.at_gateway("desk-b")

    play(KafkaFloor(server, tmp_path), act)
