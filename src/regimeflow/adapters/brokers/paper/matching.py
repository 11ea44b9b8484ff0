"""How the paper venue decides a fill, so that each can be justified from the feed alone.

Our orders change nothing in the recorded market. "Visible" is what ``market.py`` says. Events are
taken in the order of the feed; a request that arrives at the same instant as an event arrives
before it.

Taker (``Liquidity.TAKER``), when an order arrives, or a stop is triggered, or an order waits for
the open or close and that comes:
    T1. It walks the visible opposite side in the order of prices, as far as its limit allows, each
        level at that level's own price and at most for what is offered there.
    T2. FOK trades whole or not at all. What is left of MARKET, IOC and FOK orders expires
        (``NO_LIQUIDITY``). What is left of a limit order that may rest, rests (maker rules from
        then on).
Maker (``Liquidity.MAKER``), for a resting order at price P; every fill is at P:
    M1. A trade beyond P (below our bid, above our ask) fills it, whatever stood ahead of it: the
        market went through our price.
    M2. A trade at P whose aggressor came from the other side first consumes the queue ahead, and
        fills us with what is left of it.
    M3. When the best visible opposite price reaches P or goes through it, we trade with what is
        offered up to P.
    M4. All our fills from one trade together are at most its quantity; our orders have price-time
        priority among themselves. What M3 takes from a level is not offered again until the feed
        states another quantity there.
Queue ahead (M2): the visible quantity at P on our own side when the order came to rest there (0
    when P is inside the spread). It gets shorter by trades at P, and is never longer than the book
    shows at P after a depth update. A trade whose own time is not later than that of the depth
    update which the queue was last read from is in that update already: it neither shortens the
    queue nor fills by M2. More quantity, or another price, puts the order at the end of the queue;
    less quantity leaves its place.
Stops: a buy stop is triggered by a trade at or above its stop price, a sell stop at or below; on
    arrival the last trade counts too. Where the feed has shown no trade of the symbol yet, the best
    ask triggers buys and the best bid sells.
Two orders of ours never trade with each other.

``ts_event_ns`` of a fill is the feed's time (``recv_ns``) of the event that caused it, or of the
order's arrival for a taker; its text names the cause.
"""

from __future__ import annotations

from bisect import insort
from typing import Final, Protocol

from regimeflow._core.tuples import NamedTuple
from regimeflow.adapters.brokers.paper.market import Fills, Market
from regimeflow.adapters.brokers.paper.orders import PaperOrder
from regimeflow.adapters.feeds.feed import TradeEvent
from regimeflow.types.enums import Liquidity, OrderSide


class Fill(NamedTuple):
    """One fill, to be booked."""

    px: int
    qty: int
    liquidity: Liquidity
    cause: str


class FillSink(Protocol):
    """Who books fills; an order that becomes filled has left the matcher already."""

    def on_fill(self, order: PaperOrder, fill: Fill) -> None:
        """Book a fill."""
        ...


class Matcher:
    """The resting orders and untriggered stops of one symbol against its market."""

    def __init__(self, market: Market, sink: FillSink) -> None:
        self._market: Final = market
        self._sink: Final = sink
        self._bids: Final[list[PaperOrder]] = []
        self._asks: Final[list[PaperOrder]] = []
        self._stops: Final[list[PaperOrder]] = []
        self._arrivals = 0

    @property
    def is_idle(self) -> bool:
        """Whether no event could cause anything."""
        return not (self._bids or self._asks or self._stops)

    def plan(self, order: PaperOrder) -> Fills:
        """What the order would take now (T1)."""
        side = self._market.asks if order.is_buy else self._market.bids
        fills: Fills = []
        left = order.leaves_qty
        limit_px = order.limit_px
        for px, qty in side.offered():
            if not left or (
                limit_px is not None and (px > limit_px if order.is_buy else px < limit_px)
            ):
                break
            taken = min(left, qty)
            fills.append((px, taken))
            left -= taken
        return fills

    def take(self, order: PaperOrder, fills: Fills, cause: str) -> None:
        """Execute what ``plan`` gave."""
        (self._market.asks if order.is_buy else self._market.bids).take(fills)
        for px, qty in fills:
            self._fill(order, Fill(px, qty, Liquidity.TAKER, cause))

    def rest(self, order: PaperOrder) -> None:
        """Put what is left of a limit order at the end of the queue at its price."""
        if order.limit_px is None:
            raise ValueError(f"{order.broker_order_id} has no limit price to rest at")
        own_side = self._market.bids if order.is_buy else self._market.asks
        self._arrivals += 1
        order.priority = self._arrivals
        order.queue_ahead = own_side.qty_at(order.limit_px)
        order.queue_as_of_ns = self._market.book.event_ns
        insort(self._bids if order.is_buy else self._asks, order, key=_priority)

    def arm(self, order: PaperOrder) -> None:
        """Keep a stop until it is triggered."""
        order.is_armed = True
        self._stops.append(order)

    def remove(self, order: PaperOrder) -> None:
        """Take an order out, wherever it is; harmless when it is nowhere."""
        for orders in (self._bids, self._asks, self._stops):
            if order in orders:
                orders.remove(order)

    def is_triggered(self, order: PaperOrder) -> bool:
        """Whether the market has reached the stop price."""
        market, stop_px = self._market, order.stop_px
        if stop_px is None:
            return True
        px: int | None = market.last_px
        if not market.has_trades:
            px = market.asks.best_px() if order.is_buy else market.bids.best_px()
        if px is None:
            return False
        return px >= stop_px if order.is_buy else px <= stop_px

    def triggered(self) -> list[PaperOrder]:
        """The stops that the market has reached, oldest first; they are armed no more."""
        found = [order for order in self._stops if self.is_triggered(order)] if self._stops else []
        for order in found:
            self._stops.remove(order)
            order.is_armed = False
        return found

    def on_trade(self, trade: TradeEvent) -> None:
        """Let one trade fill what rests (M1, M2)."""
        left = trade.qty
        if self._bids:
            left = self._trade_into(self._bids, trade, left)
        if self._asks:
            self._trade_into(self._asks, trade, left)

    def on_book(self, cause: str) -> None:
        """Let what rests trade with an opposite side that has reached it (M3)."""
        if self._bids:
            self._cross(self._bids, cause)
        if self._asks:
            self._cross(self._asks, cause)

    def on_depth(self) -> None:
        """Shorten queues that are longer than what the book shows."""
        book = self._market.book
        if not book.is_synced:
            return
        for orders, side in ((self._bids, book.bids), (self._asks, book.asks)):
            for order in orders:
                if order.queue_ahead and order.limit_px is not None:
                    visible = side.qty_at(order.limit_px)
                    if visible < order.queue_ahead:
                        order.queue_ahead = visible
                        order.queue_as_of_ns = book.event_ns

    def _trade_into(self, orders: list[PaperOrder], trade: TradeEvent, left: int) -> int:
        """Fill ``orders`` (one side, best first) from one trade; returns what is left of it."""
        lot = self._market.spec.lot
        is_bid = orders[0].is_buy
        from_other_side = trade.aggressor == (OrderSide.SELL if is_bid else OrderSide.BUY)
        cause = f"trade {trade.trade_id}"
        for order in tuple(orders):
            limit_px = order.limit_px
            if (
                not left
                or limit_px is None
                or (limit_px < trade.px if is_bid else limit_px > trade.px)
            ):
                break
            reach = left
            if limit_px == trade.px:
                if not from_other_side:
                    break
                if trade.event_ns and trade.event_ns <= order.queue_as_of_ns:
                    continue
                reach = max(0, left - order.queue_ahead)
                order.queue_ahead = max(0, order.queue_ahead - left)
            qty = min(order.leaves_qty, reach - reach % lot)
            if qty:
                left -= qty
                self._fill(order, Fill(limit_px, qty, Liquidity.MAKER, cause))
        return left

    def _cross(self, orders: list[PaperOrder], cause: str) -> None:
        is_bid = orders[0].is_buy
        side = self._market.asks if is_bid else self._market.bids
        for order in tuple(orders):
            best, limit_px = side.best_px(), order.limit_px
            if best is None or limit_px is None or (best > limit_px if is_bid else best < limit_px):
                return
            fills = self.plan(order)
            side.take(fills)
            qty = sum(taken for _, taken in fills)
            if qty:
                self._fill(order, Fill(limit_px, qty, Liquidity.MAKER, cause))

    def _fill(self, order: PaperOrder, fill: Fill) -> None:
        if fill.qty == order.leaves_qty:
            self.remove(order)
        self._sink.on_fill(order, fill)


def _priority(order: PaperOrder) -> tuple[int, int]:
    px = order.limit_px or 0
    return (-px if order.is_buy else px, order.priority)
