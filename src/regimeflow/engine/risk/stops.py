"""Stops that the engine holds: when one is reached, the position is closed at the market."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from regimeflow._core.messages import Bar
from regimeflow.domain.orders.order import LiveOrder, Order
from regimeflow.domain.positions import EXACT
from regimeflow.domain.risk.exposure import Breach
from regimeflow.domain.risk.stops import TrueRanges, Watched, better, stop_of
from regimeflow.engine.order_externals import EXTERNAL
from regimeflow.engine.parts import Parts
from regimeflow.engine.risk.telling import keep
from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, TradingState
from regimeflow.types.errors import RegimeFlowError
from regimeflow.types.records import Record

_AGAIN_NS: Final = 30_000_000_000  # after an exit that came to nothing
_VAIN: Final = (LiveOrderStatus.REJECTED, LiveOrderStatus.EXPIRED)

Key = tuple[str, str]  # who holds (a strategy; "": nobody among them), and what


class _Anchor(Record, frozen=False):
    """What is remembered of a position: since when, which way, the best price so far."""

    since_ns: int
    is_long: bool
    best_px: Decimal | None = None


class Stops:
    """Watches each owner's positions and works those down that have reached a stop.

    First every other order of that owner in the symbol is cancelled, then what is held less what
    exits may still fill is sold: so nothing is sold twice, whatever was open, and none again after
    a restart. While trading is HALTED a stop waits.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts: Final = parts
        self._settings: Final = parts.config.risk.stops
        self.is_wanted: Final = self._settings.is_any
        self._anchors: dict[Key, _Anchor] = {}
        self._ranges: dict[str, TrueRanges] = {}
        self._working: dict[Key, str] = {}  # and why
        self._again_ns: dict[Key, int] = {}
        self._is_sending = False

    def begin(self) -> None:
        """Go on where the last session was."""
        kept = self._parts.books.risk
        for owner, symbol, since_ns, is_long, best in kept.get("anchors", ()):
            px = None if best is None else Decimal(best)
            self._anchors[owner, symbol] = _Anchor(since_ns, is_long, px)
        for symbol, state in kept.get("ranges", {}).items():
            self._ranges_of(symbol).restore(state)
        self._working = {(owner, symbol): why for owner, symbol, why in kept.get("stopped", ())}

    def traded(self, symbol: str) -> None:
        """Take that what is held of a symbol has changed."""
        self._follow(symbol)
        self._keep_anchors()

    def take_bar(self, bar: Bar) -> None:
        """Take a closed bar."""
        if self._settings.atr_multiple is None or bar.is_revised:
            return
        ranges = self._ranges_of(bar.symbol)
        ranges.add(bar.high_px_dec, bar.low_px_dec, bar.close_px_dec)
        kept: dict[str, Any] = {name: each.state() for name, each in self._ranges.items()}
        keep(self._parts, ranges=kept)

    def look(self, symbol: str) -> None:
        """Compare the positions in a symbol with their stops."""
        px = self._parts.board.mark_dec(symbol)
        now_ns = self._parts.clock.now_ns()
        for owner, held in self._owners(symbol):
            anchor = self._anchors.get((owner, symbol))
            if anchor is None or (owner, symbol) in self._working:
                continue
            if px is not None:
                anchor.best_px = better(anchor.best_px, px, is_long=anchor.is_long)
            found = self._stop_of(owner, symbol, anchor, px, now_ns)
            if found is not None:
                self._trigger((owner, symbol), held, found)

    def check(self) -> None:
        """Look at every symbol, and go on with what is being closed; once a second."""
        for symbol in self._parts.symbols:
            self._follow(symbol)
            self.look(symbol)
        self._keep_anchors()
        for key in tuple(self._working):
            self._work(key)

    def order_updated(self, order: LiveOrder) -> None:
        """Go on with a position when one of its orders has changed."""
        key = order.strategy, order.symbol
        if key not in self._working:
            return
        if order.type is OrderType.MARKET and order.status in _VAIN and not order.cum_qty:
            self._again_ns[key] = self._parts.clock.now_ns() + _AGAIN_NS
        self._work(key)

    # What is watched.

    def _owners(self, symbol: str) -> Iterator[tuple[str, Decimal]]:
        portfolio = self._parts.portfolio
        left = portfolio.position(symbol).quantity_dec
        for each in self._parts.config.strategy:
            held = portfolio.position(symbol, strategy=each.id).quantity_dec
            left = EXACT.subtract(left, held)
            if held:
                yield each.id, held
        if left:
            yield "", left

    def _follow(self, symbol: str) -> None:
        held = dict(self._owners(symbol))
        for owner, quantity in held.items():
            anchor = self._anchors.get((owner, symbol))
            if anchor is None or anchor.is_long != (quantity > 0):
                px, now_ns = self._parts.board.mark_dec(symbol), self._parts.clock.now_ns()
                self._anchors[owner, symbol] = _Anchor(now_ns, quantity > 0, px)
        for key in [key for key in self._anchors if key[1] == symbol and key[0] not in held]:
            del self._anchors[key]

    def _keep_anchors(self) -> None:
        anchors = [
            [*key, each.since_ns, each.is_long, None if each.best_px is None else str(each.best_px)]
            for key, each in sorted(self._anchors.items())
        ]
        if anchors or self._parts.books.risk.get("anchors"):
            keep(self._parts, anchors=anchors)

    def _stop_of(
        self, owner: str, symbol: str, anchor: _Anchor, px: Decimal | None, now_ns: int
    ) -> Breach | None:
        portfolio, ranges = self._parts.portfolio, self._ranges.get(symbol)
        position = portfolio.position(symbol, strategy=owner or None)
        watched = Watched(
            symbol=symbol,
            is_long=anchor.is_long,
            avg_px=position.avg_px_dec,
            best_px=anchor.best_px,
            since_ns=anchor.since_ns,
        )
        total = None if ranges is None else ranges.total
        return stop_of(self._settings, watched, px, total, now_ns)

    def _ranges_of(self, symbol: str) -> TrueRanges:
        known = self._ranges.get(symbol)
        if known is None:
            known = self._ranges[symbol] = TrueRanges(self._settings.atr_bars)
        return known

    # What is closed.

    def _trigger(self, key: Key, held: Decimal, found: Breach) -> None:
        parts, (owner, symbol) = self._parts, key
        self._working[key] = found.text
        self._keep_working()
        whose = owner or "the account"
        text = f"{found.rule}: {found.value}, limit {found.limit}"
        parts.say(
            "warning",
            f"{text}; {held} {symbol} of {whose} are closed at the market",
            rule=found.rule,
            limit=found.limit,
            value=found.value,
            symbol=symbol,
            strategy=owner,
        )
        self._work(key)

    def _keep_working(self) -> None:
        keep(self._parts, stopped=[[*key, why] for key, why in sorted(self._working.items())])

    def _work(self, key: Key) -> None:
        # Sending makes an order update, which comes back here: one level is enough.
        if self._is_sending or self._parts.switch.state is TradingState.HALTED:
            return
        self._is_sending = True
        try:
            self._close(key)
        finally:
            self._is_sending = False

    def _close(self, key: Key) -> None:
        parts, (owner, symbol) = self._parts, key
        held = dict(self._owners(symbol)).get(owner, Decimal(0))
        side = OrderSide.SELL if held > 0 else OrderSide.BUY
        orders = [
            each
            for each in parts.manager.get_open_orders(symbol)
            if each.strategy == owner and each.strategy != EXTERNAL
        ]
        for order in orders:
            if not held or order.type is not OrderType.MARKET or order.side is not side:
                with contextlib.suppress(RegimeFlowError):  # ended by now; or no line: asked again
                    parts.manager.cancel_order(order.order_id)
        exits = sum((each.leaves_qty for each in orders if each.side is side), Decimal(0))
        missing = self._sellable(symbol, EXACT.subtract(held.copy_abs(), exits))
        if missing <= 0:
            if not self._sellable(symbol, held.copy_abs()) and not orders:
                self._finish(key)
            return
        if parts.clock.now_ns() >= self._again_ns.get(key, 0):
            self._send(key, Order(symbol, side, OrderType.MARKET, missing))

    def _sellable(self, symbol: str, quantity: Decimal) -> Decimal:
        instrument = self._parts.instruments.get(symbol)
        if instrument is None or quantity <= 0:
            return max(quantity, Decimal(0))
        return instrument.round_qty(quantity, "down")

    def _send(self, key: Key, order: Order) -> None:
        try:
            self._parts.manager.submit_order(order, strategy=key[0])
        except RegimeFlowError as error:
            self._again_ns[key] = self._parts.clock.now_ns() + _AGAIN_NS
            self._parts.listeners.tell_error(error)
            text = f"cannot close {order.quantity} {order.symbol} of {key[0] or 'the account'}"
            self._parts.say("error", f"{text}: {error}")

    def _finish(self, key: Key) -> None:
        del self._working[key]
        self._again_ns.pop(key, None)
        self._keep_working()
