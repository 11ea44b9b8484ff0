from __future__ import annotations

from regimeflow.testing.contract import Bench, BrokerContract
from tests.contract.paper_bench import PaperBench


class TestPaper(BrokerContract):
    """The paper venue has no wire: W is for those that have one."""

    def make_bench(self) -> Bench:
        return PaperBench()
