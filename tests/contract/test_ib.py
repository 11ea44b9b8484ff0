from __future__ import annotations

from regimeflow.testing.contract import Bench, BrokerContract, Trouble, WireContract
from tests.contract.ib_bench import ACTIONS, FAULTS, IbBench


class TestIb(BrokerContract, WireContract):
    def make_bench(self) -> Bench:
        return IbBench()


def test_every_trouble_of_the_contract_can_be_made_here():
    assert set(Trouble) == {*FAULTS, *ACTIONS}
