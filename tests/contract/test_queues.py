"""The queue contract, for the queues that need no server."""

from __future__ import annotations

from regimeflow.testing.queues import QueueBench, QueueContract
from tests.contract.queue_benches import JournalQueueBench, MemoryQueueBench


class TestMemory(QueueContract):
    def make_bench(self) -> QueueBench:
        return MemoryQueueBench()


class TestJournal(QueueContract):
    def make_bench(self) -> QueueBench:
        return JournalQueueBench()
