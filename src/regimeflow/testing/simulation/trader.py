"""A strategy that trades everything there is, at random: the simulation's own."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from regimeflow.domain.orders.order import LiveOrder, Order, OrderModification, OrderTerms
from regimeflow.domain.strategy.base import Strategy
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import AlreadyExists, InvalidState, RegimeFlowError

_LIMITED = frozenset(
    {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_ON_OPEN, OrderType.LIMIT_ON_CLOSE}
)
_STOPPED = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
_RESTING = frozenset({TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD})
_TRAIL = OrderTerms(trail_percent=1)
_MOST_OPEN = 40
_NO_QUANTITIES = (Decimal("NaN"), Decimal("Infinity"), Decimal(0), Decimal(-1))


class RandomTrader(Strategy):
    """Submits, changes and cancels on a timer of its own until it has sent ``orders``.

    Parameters: ``orders``; ``pause_s``, the mean time between two actions; ``types`` and ``tifs``,
    the names of what the venue takes.
    """

    default_params: ClassVar[Mapping[str, object] | None] = {
        "orders": 200,
        "pause_s": 5.0,
        "types": "LIMIT MARKET",
        "tifs": "GTC",
    }

    def __init__(self) -> None:
        self.sent = 0
        self._orders = 1
        self.refused = 0
        self._named = 0
        self._has_tried_nonsense = False
        self._account_ns = 0  # of the account as last seen
        self._open: dict[int, LiveOrder] = {}
        self._ended: dict[int, LiveOrder] = {}

    def on_start(self) -> None:
        """Begin."""
        params = self.ctx.params
        self._orders = int(str(params["orders"]))
        self._pause_s = float(str(params["pause_s"]))
        self._types = [OrderType[each] for each in str(params["types"]).split()]
        self._tifs = [TimeInForce[each] for each in str(params["tifs"]).split()]
        self._actions = (
            (50, self._submit),
            (4, self._burst),
            (14, self._cancel),
            (14, self._modify),
            (5, self._submit_and_cancel),
            (4, self._submit_and_modify),
            (4, self._modify_and_cancel),
            (3, self._cancel_twice),
            (1, self._submit_twice),
            (1, self._cancel_ended),
            (2, self._submit_alike),
        )
        if not self.is_done:
            self._wait()

    def on_timer(self, name: str) -> None:  # noqa: ARG002 - it has one timer
        """Do one thing, and wait for the next."""
        self._look_at_account()
        if not self._has_tried_nonsense:
            self._submit_nonsense()
        weights = [weight for weight, _ in self._actions]
        ((_, action),) = self.ctx.random.choices(self._actions, weights)
        try:
            action()
        except RegimeFlowError:
            self.refused += 1
        if not self.is_done:
            self._wait()

    @property
    def is_done(self) -> bool:
        """Whether it has sent its orders and will do nothing more."""
        return self.sent >= self._orders

    def on_order_update(self, order: LiveOrder) -> None:
        """Know which orders there are to change and to cancel."""
        if order.is_open:
            self._open[order.order_id] = order
            self._ended.pop(order.order_id, None)
        else:
            self._open.pop(order.order_id, None)
            if order.status.is_terminal:
                self._ended[order.order_id] = order

    def _wait(self) -> None:
        seconds = self.ctx.random.expovariate(1 / self._pause_s)
        self.ctx.set_timer("act", max(seconds, 0.001))

    # ---- what it does

    def _submit(self) -> int:
        if len(self._open) >= _MOST_OPEN:
            self._cancel()
        order_id = self.ctx.submit_order(self._order())
        self.sent += 1
        return order_id

    def _burst(self) -> None:
        for _ in range(self.ctx.random.randint(3, 12)):
            self._submit()

    def _submit_nonsense(self) -> None:
        """What is no quantity must be refused."""
        self._has_tried_nonsense = True
        for quantity in _NO_QUANTITIES:
            order = Order(self.ctx.symbols[0], OrderSide.BUY, OrderType.MARKET, quantity)
            try:
                self.ctx.submit_order(order)
            except RegimeFlowError:
                continue
            message = f"an order for {quantity} was taken"
            raise AssertionError(message)

    def _submit_twice(self) -> None:
        """The same client order id again, which must be refused."""
        self._named += 1
        client_id = f"sim-{self.ctx.now_ns() % 10**9}-{self._named}"
        order = self._order(client_id)
        self.ctx.submit_order(order)
        self.sent += 1
        self.ctx.submit_order(order)

    def _submit_alike(self) -> None:
        """Three orders that differ in the seventh digit: none is a repetition."""
        symbol = self.ctx.random.choice(self.ctx.symbols)
        tick = self.ctx.instrument(symbol).tick_size
        px = self._px(symbol, OrderSide.BUY, self.ctx.random.randint(10, 30))
        lot = self.ctx.instrument(symbol).lot_size
        lots = self.ctx.random.randint(1_000_000, 2_000_000)  # like no other order's
        for more, price in ((0, px), (1, px), (1, px - tick)):
            quantity = (lots + more) * lot
            order = Order(symbol, OrderSide.BUY, OrderType.LIMIT, quantity, price)
            try:
                self.ctx.submit_order(order)
            except AlreadyExists as error:
                message = f"two orders that differ are one: {error}"
                raise AssertionError(message) from error
            self.sent += 1

    def _cancel(self) -> None:
        order = self._some_order()
        if order is not None:
            self.ctx.cancel_order(order.order_id)

    def _cancel_twice(self) -> None:
        order = self._some_order()
        if order is not None:
            self.ctx.cancel_order(order.order_id)
            self.ctx.cancel_order(order.order_id)

    def _cancel_ended(self) -> None:
        """What has ended cannot be cancelled."""
        if not self._ended:
            return
        order_id = self.ctx.random.choice(list(self._ended))
        try:
            self.ctx.cancel_order(order_id)
        except InvalidState:
            return
        message = f"order {order_id} has ended and was cancelled"
        raise AssertionError(message)

    def _modify(self) -> None:
        order = self._some_order()
        if order is not None:
            self._change(order.order_id)

    def _submit_and_cancel(self) -> None:
        self.ctx.cancel_order(self._submit())

    def _submit_and_modify(self) -> None:
        order_id = self._submit()
        quantity = 13 * self.ctx.instrument(self.ctx.symbols[0]).lot_size
        self.ctx.modify_order(order_id, OrderModification(quantity=quantity))

    def _modify_and_cancel(self) -> None:
        order = self._some_order()
        if order is not None:
            self._change(order.order_id)
            self.ctx.cancel_order(order.order_id)

    # ---- parts

    def _look_at_account(self) -> None:
        """The account as it is told never goes back."""
        account = self.ctx.account()
        if account is None:
            return
        if account.ts_event_ns < self._account_ns:
            message = f"the account of {account.ts_event_ns} came after {self._account_ns}"
            raise AssertionError(message)
        self._account_ns = account.ts_event_ns

    def _some_order(self) -> LiveOrder | None:
        return self.ctx.random.choice(list(self._open.values())) if self._open else None

    def _order(self, client_id: str | None = None) -> Order:
        dice = self.ctx.random
        symbol = dice.choice(self.ctx.symbols)
        side = dice.choice((OrderSide.BUY, OrderSide.SELL))
        kind = OrderType.LIMIT if dice.random() < 0.5 else dice.choice(self._types)  # noqa: PLR2004
        tif = dice.choice(self._tifs)
        if kind not in {OrderType.LIMIT, OrderType.MARKET} and tif not in _RESTING:
            tif = TimeInForce.GTC
        ends_ns = self.ctx.now_ns() + dice.randint(20, 600) * 10**9
        return Order(
            symbol,
            side,
            kind,
            self._quantity(symbol),
            limit_price=self._px(symbol, side, dice.randint(-8, 20)) if kind in _LIMITED else None,
            stop_price=self._px(symbol, side, -dice.randint(0, 20)) if kind in _STOPPED else None,
            time_in_force=tif,
            expire_time_ns=ends_ns if tif is TimeInForce.GTD else None,
            client_order_id=client_id,
            terms=_TRAIL if kind is OrderType.TRAILING_STOP else None,
        )

    def _quantity(self, symbol: str) -> Decimal:
        return self.ctx.random.randint(1, 12) * self.ctx.instrument(symbol).lot_size

    def _px(self, symbol: str, side: OrderSide, ticks_behind: int) -> Decimal:
        tick, quote = self.ctx.instrument(symbol).tick_size, self.ctx.quote(symbol)
        px = Decimal(100) if quote is None else quote.bid_px_dec
        return px - ticks_behind * tick if side is OrderSide.BUY else px + ticks_behind * tick

    def _change(self, order_id: int) -> None:
        order = self._open.get(order_id)
        if order is None:
            return
        dice = self.ctx.random
        symbol, side, what = order.symbol, order.side, dice.randrange(3)
        has_px = order.type in _LIMITED
        quantity = order.cum_qty + self._quantity(symbol) if what or not has_px else None
        price = self._px(symbol, side, dice.randint(-4, 12)) if what != 1 and has_px else None
        self.ctx.modify_order(order_id, OrderModification(quantity=quantity, limit_price=price))
