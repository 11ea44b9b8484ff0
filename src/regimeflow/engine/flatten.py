"""Closing every position: cancel what is open, sell what is held, until both are gone."""

from __future__ import annotations

from decimal import Decimal

from regimeflow.domain.orders.order import LiveOrder, Order
from regimeflow.engine.kill_switch import Hold
from regimeflow.engine.order_externals import has_own_open
from regimeflow.engine.parts import Parts
from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, TradingState
from regimeflow.types.errors import RegimeFlowError
from regimeflow.types.snapshots import PositionSummary

_CAUSE = "close_all_positions"


class Flattener:
    """Works positions down to flat, through the same gate and manager as any order.

    What is sent is the position less the exits that may still fill, so asking twice does not sell
    twice, and a cancel that loses
    to its fill does not oversell.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._is_active = False
        self._is_working = False
        self._given_up: set[tuple[str, str]] = set()

    @property
    def is_active(self) -> bool:
        """Whether positions are being closed."""
        return self._is_active

    def start(self) -> None:
        """Cancel every order and begin to close every position; harmless while it runs."""
        if not self._parts.turns.is_inside:
            self._parts.turns.call("close_all_positions", self.start)
            return
        parts = self._parts
        if not self._is_active:
            self._is_active = True
            self._given_up.clear()
            parts.switch.hold(
                Hold(
                    cause=_CAUSE,
                    state=TradingState.REDUCE_ONLY,
                    text="every position is being closed",
                    ends_with="the last position being flat",
                    since_ns=parts.clock.now_ns(),
                )
            )
            parts.manager.cancel_all_orders()
        self.work()

    def work(self) -> None:
        """Send what is missing; called after every order update and fill while active."""
        # Sending makes an order update, which comes back here: one level is enough.
        if not self._is_active or self._is_working:
            return
        self._is_working = True
        try:
            self._send_exits()
        finally:
            self._is_working = False
        self._finish_when_flat()

    def _send_exits(self) -> None:
        for symbol in self._parts.symbols:
            net = self._parts.portfolio.position(symbol).quantity_dec
            side = OrderSide.SELL if net > 0 else OrderSide.BUY
            missing = abs(net) - self._exits_open(symbol, side)
            spare = Decimal(0)  # what owners hold that is too little for an order of its own
            for owner, held in self._owners(symbol):
                # An owner on the other side is already set off against the rest: the account is
                # what must be flat.
                if missing <= 0 or (held > 0) != (net > 0) or (owner, symbol) in self._given_up:
                    continue
                wanted = min(missing, abs(held) - self._exits_open(symbol, side, owner) + spare)
                quantity = max(self._sellable(symbol, wanted), Decimal(0))
                spare = max(wanted - quantity, Decimal(0))
                if quantity > 0:
                    missing -= quantity
                    self._send(owner, Order(symbol, side, OrderType.MARKET, quantity))

    def _sellable(self, symbol: str, quantity: Decimal) -> Decimal:
        """What of a quantity an order can be for: a commission in kind leaves less than a lot."""
        instrument = self._parts.instruments.get(symbol)
        return quantity if instrument is None else instrument.round_qty(quantity, "down")

    def _owners(self, symbol: str) -> list[tuple[str, Decimal]]:
        """Who holds how much of a symbol; "" is what no strategy bought."""
        portfolio = self._parts.portfolio
        held = [
            (each.id, portfolio.position(symbol, strategy=each.id).quantity_dec)
            for each in self._parts.config.strategy
        ]
        left = portfolio.position(symbol).quantity_dec - sum(quantity for _, quantity in held)
        return [pair for pair in (*held, ("", left)) if pair[1]]

    def _exits_open(self, symbol: str, side: OrderSide, owner: str | None = None) -> Decimal:
        return sum(
            (
                order.leaves_qty
                for order in self._parts.manager.get_open_orders()
                if (order.symbol, order.side) == (symbol, side) and owner in (None, order.strategy)
            ),
            Decimal(0),
        )

    def _is_missing(self, held: PositionSummary) -> bool:
        side = OrderSide.SELL if held.quantity > 0 else OrderSide.BUY
        missing = abs(held.quantity) - self._exits_open(held.symbol, side)
        return self._sellable(held.symbol, missing) > 0

    def _send(self, owner: str, order: Order) -> None:
        # Whoever asks to be flat outranks whatever halted trading: the exit is judged as if the
        # state were REDUCE_ONLY.
        parts = self._parts
        parts.gate.set_state(TradingState.REDUCE_ONLY, _CAUSE)
        try:
            parts.manager.submit_order(order, strategy=owner)
        except RegimeFlowError as error:
            self._given_up.add((owner, order.symbol))
            parts.listeners.tell_error(error)
            parts.say(
                "error",
                f"cannot close {order.quantity} {order.symbol} of {owner or 'nobody'}: {error}",
            )
        finally:
            # Not what it was before: sending may have called back, and any thread may hold trading.
            parts.switch.read(self._restore)

    def _restore(self, state: TradingState, hold: Hold | None) -> None:
        self._parts.gate.set_state(state, hold.text if hold is not None else "")

    def order_ended(self, order: LiveOrder) -> None:
        """Give up a position whose exit came to nothing: asking again would only repeat it."""
        if order.type is not OrderType.MARKET or order.cum_qty:
            return
        if order.status not in (LiveOrderStatus.REJECTED, LiveOrderStatus.EXPIRED):
            return
        net = self._parts.portfolio.position(order.symbol).quantity_dec
        if net and (order.side is OrderSide.SELL) == (net > 0):
            self._given_up.add((order.strategy, order.symbol))

    def _finish_when_flat(self) -> None:
        parts = self._parts
        if has_own_open(parts.books.table):
            return
        held = [position for position in parts.portfolio.positions() if position.quantity]
        # What the session does not trade, or an exit of somebody else still may close, it cannot
        # close either; it is told, below.
        ours = [each for each in held if each.symbol in parts.symbols and self._is_missing(each)]
        if not self._given_up and ours:
            return
        left = [f"{position.quantity} {position.symbol}" for position in held]
        self._is_active = False
        parts.switch.release(_CAUSE)
        if left:
            parts.say("error", f"positions that could not be closed: {', '.join(left)}")
        else:
            parts.say("trading_state", "every position is closed")
