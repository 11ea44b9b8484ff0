"""Strategies that are there without writing one; also the two shortest examples of how to."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar, Final

from regimeflow._core.messages import Quote
from regimeflow.domain.orders.order import LiveOrder, Order
from regimeflow.domain.strategy.base import Strategy
from regimeflow.types.enums import OrderSide, OrderType
from regimeflow.types.errors import RiskDenied


class BuyAndHold(Strategy):
    """Buy ``quantity`` of every symbol at its first quote, and keep it.

    A refused or cancelled purchase is not tried again.
    """

    default_params: ClassVar[Mapping[str, object]] = {"quantity": Decimal("0.01")}

    def __init__(self) -> None:
        self._bought: set[str] = set()

    def on_quote(self, quote: Quote) -> None:
        """Buy once per symbol, unless it is held from before."""
        symbol = quote.symbol
        if symbol in self._bought:
            return
        self._bought.add(symbol)
        quantity = _decimal(self.ctx.params["quantity"])
        if self.ctx.position(symbol).quantity_dec >= quantity:
            return
        try:
            self.ctx.submit_order(Order(symbol, OrderSide.BUY, OrderType.MARKET, quantity))
        except RiskDenied as denied:
            self.ctx.log.warning("not buying %s: %s", symbol, denied)

    def save_state(self) -> Mapping[str, object]:
        """The symbols that were bought."""
        return {"bought": sorted(self._bought)}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Not buy again what was bought before a restart."""
        bought = state.get("bought", ())
        if isinstance(bought, list | tuple):
            self._bought = {str(symbol) for symbol in bought}


class MovingAverageCross(Strategy):
    """Hold ``quantity`` while the fast average of the mid is above the slow one, else nothing.

    The averages are over the last ``fast`` and ``slow`` samples of the mid, one every
    ``sample_s`` seconds of the stream's time. One order is out at a time.
    """

    default_params: ClassVar[Mapping[str, object]] = {
        "fast": 10,
        "slow": 30,
        "sample_s": 1.0,
        "quantity": Decimal("0.01"),
    }

    def __init__(self) -> None:
        self._mids: dict[str, deque[Decimal]] = {}
        self._next_ns: dict[str, int] = {}
        self._working: dict[str, int] = {}

    def on_start(self) -> None:
        """Check that the slow average is the slower one."""
        fast, slow = _int(self.ctx.params["fast"]), _int(self.ctx.params["slow"])
        if not 0 < fast < slow:
            raise ValueError(f"fast is {fast} and slow is {slow}; expected 0 < fast < slow")
        self._fast = fast
        self._slow = slow
        self._sample_ns = int(_decimal(self.ctx.params["sample_s"]) * 1_000_000_000)
        self._quantity = _decimal(self.ctx.params["quantity"])

    def on_quote(self, quote: Quote) -> None:
        """Take a sample when one is due, and trade when the averages have crossed."""
        symbol, now_ns = quote.symbol, self.ctx.now_ns()
        if now_ns < self._next_ns.get(symbol, 0):
            return
        self._next_ns[symbol] = now_ns + self._sample_ns
        mids = self._mids.setdefault(symbol, deque(maxlen=self._slow))
        mids.append((quote.bid_px_dec + quote.ask_px_dec) / 2)
        if len(mids) == self._slow and symbol not in self._working:
            self._follow(symbol, mids)

    def _follow(self, symbol: str, mids: deque[Decimal]) -> None:
        slow = sum(mids) / self._slow
        fast = sum(list(mids)[-self._fast :]) / self._fast
        held = self.ctx.position(symbol).quantity_dec
        wanted = self._quantity if fast > slow else Decimal(0)
        if wanted == held:
            return
        side = OrderSide.BUY if wanted > held else OrderSide.SELL
        order = Order(symbol, side, OrderType.MARKET, abs(wanted - held))
        try:
            self._working[symbol] = self.ctx.submit_order(order)
        except RiskDenied as denied:
            self.ctx.log.warning("not trading %s: %s", symbol, denied)

    def on_order_update(self, order: LiveOrder) -> None:
        """Be free to trade again when the order is over."""
        if not order.is_open and self._working.get(order.symbol) == order.order_id:
            del self._working[order.symbol]


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _int(value: object) -> int:
    return int(str(value))


BUILTINS: Final[Mapping[str, type[Strategy]]] = {
    "buy_and_hold": BuyAndHold,
    "moving_average_cross": MovingAverageCross,
}
