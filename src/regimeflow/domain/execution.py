"""How well orders were executed: what they waited for, and what their fills cost.

Costs are exact sums of price times quantity, in the quote currency of one unit of the instrument:
above zero is worse for us, below is better. Only ratios are rounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.domain.positions import EXACT
from regimeflow.types.enums import ExecType, OrderSide
from regimeflow.types.records import Record, made

_ZERO: Final = Decimal(0)
_TWO: Final = Decimal(2)
_PLACES: Final = 4  # of a ratio
_BASIS: Final = 10_000
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_FILLS: Final = frozenset({ExecType.TRADE, ExecType.TRADE_CORRECT})


class SentOrder(Record, frozen=False, kw_only=True):
    """One order: as it was decided, and as it went.

    ``bid`` and ``ask`` are of the last quote before the decision; None: there was none. Times are
    of receipt [ns]; 0: not heard, or not stamped.
    """

    client_order_id: str
    symbol: str
    side: OrderSide
    quantity: Decimal
    sent_ns: int
    strategy: str = ""
    bid: Decimal | None = None
    ask: Decimal | None = None
    ack_ns: int = 0
    first_fill_ns: int = 0
    last_fill_ns: int = 0
    is_rejected: bool = False
    fills: dict[str, tuple[Decimal, Decimal]] = made(dict)  # quantity and price by execution id

    def hear(self, report: ExecutionReport) -> None:
        """Take one report in; one that is told again changes nothing."""
        kind, heard_ns = ExecType(report.exec_type), report.ts_recv_ns
        if not self.ack_ns and (kind in _FILLS or kind is ExecType.NEW):
            self.ack_ns = heard_ns
        if kind is ExecType.REJECTED:
            self.is_rejected = True
        if kind in {ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL}:
            self.fills.pop(report.exec_ref_id, None)
        quantity, px = report.last_qty_dec, report.last_px_dec
        if kind not in _FILLS or not quantity or px is None or report.exec_id in self.fills:
            return
        self.fills[report.exec_id] = (quantity, px)
        if kind is ExecType.TRADE:
            self.first_fill_ns = self.first_fill_ns or heard_ns
            self.last_fill_ns = max(self.last_fill_ns, heard_ns)

    @property
    def filled(self) -> Decimal:
        """How much has filled."""
        return total(quantity for quantity, _ in self.fills.values())

    @property
    def notional(self) -> Decimal:
        """Price times quantity of what has filled."""
        return total(EXACT.multiply(*each) for each in self.fills.values())

    @property
    def slippage(self) -> Decimal | None:
        """What the fills cost beyond the price that could be had at the decision.

        That is the best offer for who buys, the best bid for who sells. None: there was no quote.
        """
        touch = self.ask if self.side is OrderSide.BUY else self.bid
        return None if touch is None else self._beyond(touch)

    @property
    def effective_spread(self) -> Decimal | None:
        """Twice what the fills cost beyond the middle of the quote at the decision."""
        mid = self.mid
        return None if mid is None else EXACT.multiply(_TWO, self._beyond(mid))

    @property
    def mid(self) -> Decimal | None:
        """The middle of the quote at the decision."""
        if self.bid is None or self.ask is None:
            return None
        return EXACT.multiply(EXACT.add(self.bid, self.ask), Decimal("0.5"))

    @property
    def worth(self) -> Decimal | None:
        """What the filled quantity was worth at the middle of that quote."""
        return None if self.mid is None else EXACT.multiply(self.mid, self.filled)

    def _beyond(self, price: Decimal) -> Decimal:
        paid = EXACT.subtract(self.notional, EXACT.multiply(price, self.filled))
        return paid if self.side is OrderSide.BUY else EXACT.minus(paid)


class Waits(Record):
    """How long was waited, over some orders [ns]: nearest ranks, 0 where there are none."""

    count: int = 0
    p50_ns: int = 0
    p90_ns: int = 0
    max_ns: int = 0


class Quality(Record, kw_only=True):
    """How some orders went.

    ``fill_ratio`` is filled by ordered quantity, of each order, on average. ``slippage`` and
    ``effective_spread`` are sums over the filled orders that had a quote, ``measured`` of them, and
    the two in basis points are their part of what those quantities were worth at the middle.
    """

    orders: int
    filled: int
    partly: int
    rejected: int
    fill_ratio: Decimal | None
    ack: Waits
    first_fill: Waits
    measured: int
    slippage: Decimal
    slippage_bps: Decimal | None
    effective_spread: Decimal
    effective_spread_bps: Decimal | None


def quality_of(orders: Iterable[SentOrder]) -> Quality:
    """Return how some orders went."""
    every = list(orders)
    measured = [each for each in every if each.fills and each.mid is not None]
    worth = total(each.worth or _ZERO for each in measured)
    slippage = total(each.slippage or _ZERO for each in measured)
    spread = total(each.effective_spread or _ZERO for each in measured)
    parts = [Fraction(each.filled) / Fraction(each.quantity) for each in every if each.quantity]
    return Quality(
        orders=len(every),
        filled=sum(each.filled >= each.quantity > 0 for each in every),
        partly=sum(0 < each.filled < each.quantity for each in every),
        rejected=sum(each.is_rejected for each in every),
        fill_ratio=ratio(sum(parts, Fraction(0)) / len(parts)) if parts else None,
        ack=_waits(each.ack_ns - each.sent_ns for each in every if each.ack_ns),
        first_fill=_waits(
            each.first_fill_ns - each.sent_ns for each in every if each.first_fill_ns
        ),
        measured=len(measured),
        slippage=slippage,
        slippage_bps=_basis_points(slippage, worth),
        effective_spread=spread,
        effective_spread_bps=_basis_points(spread, worth),
    )


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts up, exactly."""
    found = _ZERO
    for each in amounts:
        found = EXACT.add(found, each)
    return found


def ratio(value: Fraction) -> Decimal:
    """Round a ratio to four places, halves to the even one."""
    exact = _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))
    return exact.quantize(Decimal(1).scaleb(-_PLACES), context=_WIDE)


def _basis_points(amount: Decimal, worth: Decimal) -> Decimal | None:
    return ratio(Fraction(amount) * _BASIS / Fraction(worth)) if worth else None


def _waits(found: Iterable[int]) -> Waits:
    waits = sorted(max(each, 0) for each in found)  # a clock that was set back
    if not waits:
        return Waits()
    count = len(waits)
    return Waits(count, waits[(count - 1) // 2], waits[-(-9 * count // 10) - 1], waits[-1])
