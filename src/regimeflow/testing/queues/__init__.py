"""The queue contract: what every message queue adapter must do, as tests that any author runs.

Give a ``QueueBench`` (a queue of your own) and let pytest find the rest::

    from regimeflow.testing.queues import QueueContract

    class TestAcme(QueueContract):
        def make_bench(self):
            return AcmeQueueBench()

Each test has a number, which a report can name. A bench may serve many tests; each test asks it for
a queue that nobody has used before.
"""

from __future__ import annotations

from regimeflow.testing.queues.bench import QueueBench
from regimeflow.testing.queues.contract import QueueContract
from regimeflow.testing.queues.desk import QueueDesk

__all__ = ["QueueBench", "QueueContract", "QueueDesk"]
