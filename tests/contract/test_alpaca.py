from __future__ import annotations

from regimeflow.testing.contract import Bench, BrokerContract, Trouble, WireContract
from tests.contract.alpaca_bench import ACTIONS, FAULTS, AlpacaBench


class TestAlpaca(BrokerContract, WireContract):
    def make_bench(self) -> Bench:
        return AlpacaBench()


def test_every_trouble_of_the_contract_can_be_made_here():
    others = {Trouble.REPORT_UNKNOWN, Trouble.CLOCK_WRONG}

    assert set(Trouble) == {*FAULTS, *ACTIONS, *others}
