"""The portfolio against a ledger in fractions, which rounds nothing and knows no tricks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow.domain.positions import PositionLedger
from tests.support.risk import BUY, SELL

STEPS = st.tuples(st.sampled_from([BUY, SELL]), st.integers(1, 10**9), st.integers(1, 10**9))


class NaiveLedger:
    """Average cost in fractions."""

    def __init__(self) -> None:
        self.quantity = self.cost = self.realized = Fraction(0)

    def apply(self, quantity: Fraction, px: Fraction) -> None:
        while quantity:
            if self.quantity * quantity >= 0:
                self.quantity += quantity
                self.cost += quantity * px
                return
            part = quantity if abs(quantity) <= abs(self.quantity) else -self.quantity
            out = self.cost * -part / self.quantity
            self.realized += -part * px - out
            self.cost -= out
            self.quantity += part
            quantity -= part


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=40), st.integers(1, 10**9))
def test_total_profit_is_exact_and_its_parts_as_near_as_their_grid(steps, mark) -> None:
    ledger, naive = PositionLedger(Decimal("0.5")), NaiveLedger()
    paid = Decimal(0)
    for side, lots, ticks in steps:
        quantity, px = Decimal(lots).scaleb(-5), Decimal(ticks).scaleb(-2)
        signed = quantity if side is BUY else -quantity
        paid += ledger.apply(signed, px)
        naive.apply(Fraction(signed), Fraction(px) / 2)

    mark_px = Decimal(mark).scaleb(-2)
    unrealized = ledger.unrealized(mark_px)

    assert unrealized is not None
    assert Fraction(ledger.quantity) == naive.quantity
    assert ledger.realized + unrealized == ledger.value(ledger.quantity, mark_px) - paid
    assert abs(Fraction(ledger.realized) - naive.realized) <= Fraction(len(steps), 10**18)
    if not ledger.quantity:
        assert Fraction(ledger.realized) == naive.realized
        assert 0 == ledger.cost
