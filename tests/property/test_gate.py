"""What the gate counts as held and open, against a ledger that keeps every order for ever."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow._core.board import QuoteBoard
from regimeflow._core.gate import NO_PX, Gate

BUY, SELL, MARKET = 1, 2, 1
MAX_POSITION = 50


@dataclass
class NaiveOrder:
    """An order, never forgotten."""

    side: int
    qty: int
    filled: int = 0  # as the venue's messages say
    booked: int = 0  # as trades were told
    is_over: bool = False

    @property
    def worst(self) -> int:
        return (self.filled if self.is_over else self.qty) - self.booked


@dataclass
class Naive:
    """The same state by brute force."""

    orders: list[NaiveOrder] = field(default_factory=list)

    @property
    def position(self) -> int:
        return sum(each.booked if each.side == BUY else -each.booked for each in self.orders)

    def open(self, side: int) -> int:
        return sum(each.worst for each in self.orders if each.side == side)

    def reduces(self, side: int, qty: int) -> bool:
        held = self.position if side == SELL else -self.position
        return held > 0 and self.open(side) + qty <= held

    def admits(self, side: int, qty: int) -> bool:
        signed = self.position if side == BUY else -self.position
        return self.reduces(side, qty) or signed + self.open(side) + qty <= MAX_POSITION


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from([BUY, SELL]), st.integers(1, 60)),
        st.tuples(st.just("fill"), st.integers(0, 30), st.integers(1, 60)),
        st.tuples(st.just("book"), st.integers(0, 30), st.integers(1, 60)),
        st.tuples(st.just("end"), st.integers(0, 30), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_exposure_and_verdicts_agree_with_brute_force(steps) -> None:
    gate, naive = Gate(QuoteBoard()), Naive()
    symbol = gate.list_symbol("BTCUSDT", px_exp=-2, qty_exp=-5, max_position=MAX_POSITION)

    for what, which, amount in steps:
        if what == "submit":
            admitted = gate.admit(symbol, which, MARKET, amount, NO_PX, NO_PX, 0) == 0
            assert naive.admits(which, amount) == admitted
            if admitted:
                naive.orders.append(NaiveOrder(which, amount))
                gate.track(len(naive.orders), symbol, which, amount, 0)
        elif which < len(naive.orders):
            change(gate, symbol, naive.orders[which], which + 1, what=what, amount=amount)
        assert (naive.position, naive.open(BUY), naive.open(SELL)) == gate.exposure(symbol)
        for side in (BUY, SELL):
            assert naive.reduces(side, 1) == gate.is_reducing(symbol, side, 1)


def change(
    gate: Gate, symbol: int, order: NaiveOrder, number: int, *, what: str, amount: int
) -> None:
    """Fill (as a message, or as a trade, in either order) or end an order in both."""
    if what == "fill" and not order.is_over:
        order.filled = min(order.qty, order.filled + amount)
        order.is_over = order.filled == order.qty
    elif what == "end":
        order.is_over = True
        order.filled = max(order.filled, order.booked)
    elif what == "book":
        amount = min(amount, order.qty - order.booked, order.worst)
        if amount > 0:
            order.booked += amount
            order.filled = max(order.filled, order.booked)
            order.is_over = order.is_over or order.filled == order.qty
            gate.fill(number, symbol, order.side, amount)
    leaves = 0 if order.is_over else order.qty - order.filled
    gate.track(number, symbol, order.side, leaves, order.filled)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 400), max_size=80),
    st.integers(1, 5),
)
def test_no_window_of_a_second_ever_holds_more_orders_than_the_limit(gaps, limit) -> None:
    gate = Gate(QuoteBoard())
    symbol = gate.list_symbol("BTCUSDT", px_exp=0, qty_exp=0)
    gate.set_rates(limit, None)
    now_ms, passed = 0, []

    for gap_ms in gaps:
        now_ms += gap_ms
        expected = sum(1 for moment in passed if now_ms - moment < 1000) < limit
        admitted = gate.admit(symbol, BUY, MARKET, 1, NO_PX, NO_PX, now_ms * 1_000_000) == 0
        assert expected == admitted
        if admitted:
            passed.append(now_ms)
