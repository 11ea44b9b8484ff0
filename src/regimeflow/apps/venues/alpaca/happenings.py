"""What the engine tells, as it moves Alpaca's orders, positions, activities and streams."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.house import CASH, House
from regimeflow.apps.venues.alpaca.market import Print
from regimeflow.apps.venues.alpaca.orders import Order
from regimeflow.apps.venues.alpaca.placing import ORDER_TAG, Placing
from regimeflow.apps.venues.alpaca.updates import Updates
from regimeflow.apps.venues.exchange.events import (
    Accepted,
    Amended,
    BookChanged,
    Canceled,
    Event,
    Expired,
    OrderEvent,
    PublicTrade,
    Rejected,
    Released,
    Traded,
    Transferred,
    Triggered,
)
from regimeflow.apps.venues.exchange.kinds import Cause, State
from regimeflow.types.enums import OrderSide

# Source: Alpaca, "Crypto spot trading fees", tier 1; taken from what is received.
MAKER_FEE: Final = Decimal("0.0015")
TAKER_FEE: Final = Decimal("0.0025")
_FEE_STEP: Final = Decimal("0.000000001")
_HUNDRED: Final = 100
_ROUTING_NS: Final = 100_000


class Happenings:
    """Listens to the engine. It may not change it: what must, is kept in ``pending``."""

    def __init__(self, house: House, updates: Updates, placing: Placing) -> None:
        self._house: Final = house
        self._updates: Final = updates
        self._placing: Final = placing
        self.successors: Final[dict[int, Order]] = {}  # engine id: the order that takes over
        self.on_transferred: Callable[[Transferred], object] = _unheard
        self.pending: Final[list[Callable[[], object]]] = []
        self._trailing: Final[dict[str, Order]] = {}

    def hear(self, event: Event) -> None:
        """Take one event in."""
        if isinstance(event, BookChanged):
            book = self._house.exchange.books[event.symbol]
            self._house.market.quote(event.symbol, *book.best(), event.time_ns)
            is_bid = event.side is OrderSide.BUY
            self._house.market.level(
                event.symbol, event.price, event.quantity, event.time_ns, bid=is_bid
            )
        elif isinstance(event, PublicTrade):
            happened = Print(
                event.time_ns, event.trade_id, event.price, event.quantity, not event.buyer_is_maker
            )
            self._house.market.trade(event.symbol, happened)
            self._trail(event.symbol, event.price)
        elif isinstance(event, Transferred):
            self.on_transferred(event)
        elif isinstance(event, OrderEvent):
            order = self._order(event)
            if order is not None:
                self._move(order, event)

    def _order(self, event: OrderEvent) -> Order | None:
        found = self._house.orders.of_engine(event.order.order_id)
        if found is not None:
            return found
        tag = event.order.tags.get(ORDER_TAG)
        if not isinstance(tag, str):
            return None
        order = self._house.orders.named(event.order.account, tag)
        self._house.orders.works_as(order, event.order.order_id)
        return order

    def _move(self, order: Order, event: OrderEvent) -> None:
        if event.order.order_id in self._placing.withdrawn:
            return
        match event:
            case Accepted() | Released():
                self._begin(order, event)
            case Triggered():
                if order.status == "held":
                    self._works(order, event)
            case Traded():
                self._fill(order, event)
            case Amended():
                self._change(order, event)
            case Canceled():
                self._end(order, event, "canceled")
            case Rejected():
                self._end(order, event, "rejected")
            case Expired():
                self._expire(order, event)

    def _begin(self, order: Order, event: OrderEvent) -> None:
        if event.order.state is State.PENDING:
            order.status = "held"
            return
        if order.type == "trailing_stop":
            self._trailing[order.id] = order
            price = self._house.price(order.asset)
            if price is not None:
                self._follow(order, price)
        if event.order.state is State.HELD and _waits_behind_a_target(order):
            order.status = "held"
        elif order.status not in {"new", "partially_filled"}:
            self._works(order, event)

    def _works(self, order: Order, event: OrderEvent) -> None:
        order.status = "new"
        # Sent on a little later than it came in: a later read shows another submitted_at.
        order.submitted_ns = event.time_ns + self._house.ids.jitter_ns(_ROUTING_NS)
        self._tell(order, "new", event)

    def _tell(self, order: Order, name: str, event: OrderEvent) -> None:
        execution = self._house.ids.execution(event.exec_id)
        self._updates.tell(order, name, time_ns=event.time_ns, execution_id=execution)

    def _fill(self, order: Order, event: Traded) -> None:
        fill = event.fill
        order.filled_qty += fill.quantity
        order.filled_quote += fill.price * fill.quantity
        is_done = event.order.state is State.FILLED
        order.status = "filled" if is_done else "partially_filled"
        if is_done:
            order.filled_ns = event.time_ns
            self._trailing.pop(order.id, None)
        execution = self._house.ids.execution(fill.exec_id)
        order.executions.append(execution)
        books = self._house.accounts[order.account].books
        position = books.position(order.asset)
        position.trade(fill.quantity if order.side == "buy" else -fill.quantity, fill.price)
        books.book_fill(
            order,
            activity_id=self._house.ids.activity(event.time_ns),
            price=fill.price,
            qty=fill.quantity,
            time_ns=event.time_ns,
        )
        self._updates.tell(
            order,
            "fill" if is_done else "partial_fill",
            time_ns=event.time_ns,
            execution_id=execution,
            fill=(fill.price, fill.quantity, position.qty),
        )
        if order.asset.is_crypto:
            self.pending.append(lambda: self._charge(order, event))
        elif order.asset.option is not None:
            self.pending.append(lambda: self._pay_the_rest(order, event))

    def _pay_the_rest(self, order: Order, event: Traded) -> None:
        """Pay for a contract what the engine, which trades single units, has not paid."""
        rest = event.fill.quote_quantity * (order.asset.multiplier - 1)
        self._house.move(order.account, CASH, -rest if order.side == "buy" else rest, event.time_ns)

    def _charge(self, order: Order, event: Traded) -> None:
        """Take the crypto fee, after the fill, from what was received."""
        fill = event.fill
        rate = MAKER_FEE if fill.is_maker else TAKER_FEE
        buys = order.side == "buy"
        received = fill.quantity if buys else fill.quote_quantity
        fee = (received * rate).quantize(_FEE_STEP)
        if not fee:
            return
        now_ns, books = self._house.clock(), self._house.accounts[order.account].books
        asset = order.asset.base if buys else CASH
        self._house.move(order.account, asset, -fee, now_ns)
        if buys:
            books.position(order.asset).shrink(fee)
        books.book_other(
            "CFEE",
            activity_id=self._house.ids.activity(now_ns),
            time_ns=now_ns,
            net_amount=Decimal(0) if buys else -fee,
            description="Coin Pair Transaction Fee (Non USD)" if buys else "Crypto Transaction Fee",
            symbol=order.asset.symbol,
            qty=str(-fee if buys else Decimal(0)),
            price=str(fill.price),
        )

    def _change(self, order: Order, event: Amended) -> None:
        heir = self.successors.pop(event.order.order_id, None)
        if heir is None:  # a sibling traded in part: this leg is for what is left
            order.qty = event.order.quantity + order.carried_qty
            return
        order.status, order.replaced_by, order.replaced_ns = "replaced", heir.id, event.time_ns
        self._trailing.pop(order.id, None)
        self._tell(order, "replaced", event)
        self._house.orders.works_as(heir, event.order.order_id)
        heir.submitted_ns = max(heir.submitted_ns, event.time_ns)
        if heir.type == "trailing_stop":
            self._trailing[heir.id] = heir
        if heir.status != "held":
            heir.status = "new"
            self._updates.tell(
                heir, "new", time_ns=event.time_ns, execution_id=self._house.ids.uuid()
            )

    def _expire(self, order: Order, event: Expired) -> None:
        if event.cause is Cause.NO_FUNDS:
            self._end(order, event, "rejected")
        else:
            self._end(order, event, "expired" if event.cause is Cause.TIME else "canceled")

    def _end(self, order: Order, event: OrderEvent, status: str) -> None:
        order.status = status
        self._trailing.pop(order.id, None)
        if status == "canceled":
            order.canceled_ns = event.time_ns
        elif status == "expired":
            order.expired_ns = event.time_ns
        else:
            order.failed_ns = event.time_ns
        self._tell(order, status, event)

    def _trail(self, symbol: str, price: Decimal) -> None:
        for order in self._trailing.values():
            if order.asset.symbol == symbol:
                self._follow(order, price)

    def _follow(self, order: Order, price: Decimal) -> None:
        best = max if order.side == "sell" else min
        order.hwm = price if order.hwm is None else best(order.hwm, price)
        distance = order.trail_price
        if distance is None:
            distance = order.hwm * (order.trail_percent or Decimal(0)) / _HUNDRED
        order.stop_price = order.hwm - distance if order.side == "sell" else order.hwm + distance


def _unheard(_event: Transferred) -> None:
    """Nobody books transfers."""


def _waits_behind_a_target(order: Order) -> bool:
    """Whether a stop is held back while its group's other exit works: one of them can be there."""
    head = order.parent
    others = [] if head is None else [head, *head.legs]
    return order.group_role == "stop_loss" and any(
        each.group_role == "take_profit" for each in others
    )
