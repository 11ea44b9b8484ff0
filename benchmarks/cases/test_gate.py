"""One order through the pre-trade gate: ours, and the same rules in plain Python, in one run.

Every limit is set: quantity, notional, position with what is open, collar, two rates. The plain
rival keeps integers too, so that it differs in the language only. ``refused_when_halted`` is the
cost of the call without the checks: what ``admitted`` takes more is the C.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from regimeflow._core.board import QuoteBoard
from regimeflow._core.gate import NO_PX, Gate
from regimeflow._core.messages import Quote
from regimeflow.domain.risk.gate import RiskGate
from regimeflow.types.config import RiskLimits
from regimeflow.types.enums import OrderSide, OrderType
from regimeflow.types.instrument import Instrument

ORDERS = 1000
STEP_NS = 10_000_000
LIMIT, BUY = 2, 1
BTC = "BTCUSDT"


def a_board() -> QuoteBoard:
    board = QuoteBoard()
    board.observe(Quote(BTC, "100.00", "1", "100.02", "2", ts_recv_ns=5))
    return board


def a_gate() -> tuple[Gate, int]:
    gate = Gate(a_board())
    number = gate.list_symbol(
        BTC,
        px_exp=-2,
        qty_exp=-5,
        max_qty=10**6,
        max_notional=10**15,
        max_position=10**7,
        collar=5 * 10**9,
    )
    gate.set_rates(1000, 50_000)
    return gate, number


@dataclass
class PlainGate:
    """The same rules with integers, attributes and a deque."""

    max_qty: int = 10**6
    max_notional: int = 10**15
    max_position: int = 10**7
    collar: float = 0.05
    per_second: int = 1000
    state: int = 2
    position: int = 0
    open_buy: int = 0
    bid: int = 10000
    ask: int = 10002
    moments: deque[int] = field(default_factory=deque)

    def admit(  # noqa: PLR0917 - as Gate.admit
        self, symbol, side, ord_type, qty, limit_px, stop_px, now_ns
    ) -> int:
        if self.state != 2:
            return 1
        if qty > self.max_qty:
            return 3
        if self.position + self.open_buy + qty > self.max_position:
            return 5
        if limit_px * qty > self.max_notional:
            return 4
        if limit_px > self.ask * (1 + self.collar) or limit_px < self.bid * (1 - self.collar):
            return 6
        moments = self.moments
        while moments and now_ns - moments[0] >= 1_000_000_000:
            moments.popleft()
        if len(moments) >= self.per_second:
            return 7
        moments.append(now_ns)
        return 0


class Times:
    """Moments for one round after another: time never goes back."""

    def __init__(self) -> None:
        self.now_ns = 10**12

    def next_round(self) -> range:
        start, self.now_ns = self.now_ns, self.now_ns + ORDERS * STEP_NS
        return range(start, self.now_ns, STEP_NS)


def passed(admit: Callable[..., int], number: int, times: Times) -> int:
    count = 0
    for now_ns in times.next_round():
        count += admit(number, BUY, LIMIT, 100_000, 10_001, NO_PX, now_ns) == 0
    return count


def test_an_order_is_admitted(benchmark) -> None:
    (gate, number), times = a_gate(), Times()

    assert ORDERS == benchmark(passed, gate.admit, number, times)


def test_an_order_is_admitted_with_a_duplicate_window(benchmark) -> None:
    (gate, number), times = a_gate(), Times()
    gate.set_duplicate_window(STEP_NS // 2)

    assert ORDERS == benchmark(passed, gate.admit, number, times)


def test_an_order_is_refused_when_halted(benchmark) -> None:
    (gate, number), times = a_gate(), Times()
    gate.set_state(0)

    assert 0 == benchmark(passed, gate.admit, number, times)


def test_an_order_is_admitted_by_plain_python(benchmark) -> None:
    gate, times = PlainGate(), Times()

    assert ORDERS == benchmark(passed, gate.admit, 1, times)


def test_nothing_is_checked_by_an_empty_function(benchmark) -> None:
    def admit(  # noqa: PLR0917 - as Gate.admit
        symbol, side, ord_type, qty, limit_px, stop_px, now_ns
    ) -> int:
        return 0

    assert ORDERS == benchmark(passed, admit, 1, Times())


@pytest.mark.parametrize("strategy", ["", "own limits"])
def test_an_order_passes_the_risk_gate(benchmark, strategy: str) -> None:
    instrument = Instrument(symbol=BTC, tick_size=Decimal("0.01"), lot_size=Decimal("0.00001"))
    limits = RiskLimits(max_order_qty=10, max_order_notional=5000, price_collar_pct=5)

    class Clock:
        def monotonic_ns(self) -> int:
            return 1

    gate = RiskGate(limits, a_board(), {BTC: instrument}, Clock())
    gate.add_strategy("own limits", limits)

    side, kind = OrderSide.BUY, OrderType.LIMIT

    def check() -> int:
        for _ in range(ORDERS):
            gate.check_raw(BTC, side, kind, 100_000, 10_001, NO_PX, strategy)
        return ORDERS

    assert ORDERS == benchmark(check)
