"""Notional limits and price collars against the same rules in fractions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow._core.board import QuoteBoard
from regimeflow._core.messages import Quote
from regimeflow.domain.orders.order import Order, OrderTerms
from regimeflow.domain.orders.order_terms import HAS_LIMIT, TRAILING
from regimeflow.domain.orders.order_validation import HAS_STOP
from regimeflow.domain.risk.gate import RiskGate
from regimeflow.types.config import RiskLimits
from regimeflow.types.enums import OrderSide, OrderType
from regimeflow.types.errors import RiskDenied
from regimeflow.types.instrument import Instrument
from tests.support.risk import BTC, BUY, LIMIT, MARKET, SELL, STOP, STOP_LIMIT, Time

MARKET_IF_TOUCHED, LIMIT_IF_TOUCHED = TOUCHED = (
    OrderType.MARKET_IF_TOUCHED,
    OrderType.LIMIT_IF_TOUCHED,
)
TRAILING_STOP, TRAILING_STOP_LIMIT = OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT


@dataclass(frozen=True)
class Case:
    """An order, the market that it meets and the limits that it must pass."""

    side: OrderSide
    kind: OrderType
    qty: Decimal
    limit: Decimal
    stop: Decimal
    bid: Decimal | None
    ask: Decimal | None
    max_notional: Decimal | None
    collar: Decimal | None
    multiplier: Decimal
    trail: Decimal
    by_amount: bool
    stops: bool

    @property
    def has_stop(self) -> bool:
        """Whether the order says where it begins; a trailing one need not."""
        return self.stops or self.kind not in TRAILING

    def rule(self) -> str | None:
        """Return the first rule that the order breaks, computed without a trick."""
        if self.max_notional is not None:
            px = self.value()
            if px is None:
                return "max_order_notional"
            if Fraction(px) * Fraction(self.qty) * Fraction(self.multiplier) > self.max_notional:
                return "max_order_notional"
        if self.collar is not None and self.kind not in {STOP, MARKET_IF_TOUCHED, TRAILING_STOP}:
            bid, ask = self.bid, self.ask
            if self.kind in {STOP_LIMIT, LIMIT_IF_TOUCHED}:
                bid = ask = self.stop
            if self.kind is TRAILING_STOP_LIMIT:
                bid = ask = self.stop if self.has_stop else self.trigger()
            if bid is None or ask is None:
                return "price_collar_pct"
            share = Fraction(self.collar) / 100
            if self.kind is not MARKET and not (
                Fraction(bid) * (1 - share) <= Fraction(self.limit) <= Fraction(ask) * (1 + share)
            ):
                return "price_collar_pct"
        return None

    def value(self) -> Decimal | None:
        """Return what one unit is valued at."""
        touch = self.ask if self.side is BUY else self.bid
        if self.kind is MARKET:
            return touch
        if self.kind is LIMIT:
            fetched = touch if self.side is SELL and touch is not None else self.limit
            return max(self.limit, fetched)
        if self.kind is STOP_LIMIT:
            return self.limit if self.side is BUY else max(self.limit, self.stop)
        stop = self.stop if self.has_stop else None
        if self.kind in {LIMIT_IF_TOUCHED, TRAILING_STOP_LIMIT}:
            return self.limit if self.side is BUY else most(self.limit, stop, touch)
        if self.kind is MARKET_IF_TOUCHED:
            return most(self.stop, touch)
        if self.kind is TRAILING_STOP:
            return self.trigger() if self.side is BUY else most(stop, touch)
        return self.stop if self.side is SELL or touch is None else max(self.stop, touch)

    def terms(self) -> OrderTerms | None:
        """Return how it trails."""
        if self.kind not in TRAILING:
            return None
        if self.by_amount:
            return OrderTerms(trail_amount=self.trail)
        return OrderTerms(trail_percent=self.trail)

    def trigger(self) -> Decimal | None:
        """Return where a trailing order may be released, at worst, to the digit above."""
        stop = self.stop if self.has_stop else None
        base = most(stop, self.ask) if self.side is BUY else self.bid if stop is None else stop
        if base is None:
            return None
        if self.by_amount:
            trail = self.trail
        else:
            trail = Decimal(-(-Fraction(base) * Fraction(self.trail) // 1)).scaleb(-2)
        return base + trail if self.side is BUY else base - trail


def most(*found: Decimal | None) -> Decimal | None:
    return max((each for each in found if each is not None), default=None)


def prices(exp: int) -> st.SearchStrategy[Decimal]:
    return st.integers(1, 10**7).map(lambda ticks: Decimal(ticks).scaleb(exp))


@st.composite
def cases(draw) -> Case:
    near = draw(st.booleans())
    base = draw(st.integers(10**4, 10**6))
    px = (
        st.integers(base - base // 8, base + base // 8).map(lambda ticks: Decimal(ticks).scaleb(-2))
        if near
        else prices(-2)
    )
    bid = draw(px)
    quoted = draw(st.booleans())
    return Case(
        side=draw(st.sampled_from([BUY, SELL])),
        kind=draw(st.sampled_from([LIMIT, MARKET, STOP, STOP_LIMIT, *TOUCHED, *TRAILING])),
        qty=Decimal(draw(st.integers(1, 10**9))).scaleb(-5),
        limit=draw(px),
        stop=draw(px),
        bid=bid if quoted else None,
        ask=bid + Decimal(draw(st.integers(1, 500))).scaleb(-2) if quoted else None,
        max_notional=draw(st.none() | prices(-1)),
        collar=draw(st.none() | st.integers(1, 2000).map(lambda bps: Decimal(bps).scaleb(-2))),
        multiplier=Decimal(draw(st.sampled_from(["1", "50", "0.1", "0.03"]))),
        trail=Decimal(draw(st.integers(1, 2000))).scaleb(-2),
        by_amount=draw(st.booleans()),
        stops=draw(st.booleans()),
    )


@settings(max_examples=400, deadline=None)
@given(cases())
def test_the_verdict_on_a_price_is_the_one_of_fractions(case: Case) -> None:
    instrument = Instrument(
        symbol=BTC,
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.00001"),
        multiplier=case.multiplier,
    )
    board = QuoteBoard()
    if case.bid is not None and case.ask is not None:
        board.observe(Quote(BTC, case.bid, "1", case.ask, "1"))
    limits = RiskLimits(max_order_notional=case.max_notional, price_collar_pct=case.collar)
    gate = RiskGate(limits, board, {BTC: instrument}, Time())
    order = Order(
        BTC,
        case.side,
        case.kind,
        case.qty,
        case.limit if case.kind in HAS_LIMIT else None,
        case.stop if case.kind in HAS_STOP and case.has_stop else None,
        terms=case.terms(),
    )

    rule = None
    try:
        gate.check(order)
    except RiskDenied as denied:
        rule = denied.rule

    assert case.rule() == rule
