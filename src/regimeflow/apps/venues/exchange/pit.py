"""Where the orders of one symbol meet: price first, then time; whoever rests makes the price."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from regimeflow.apps.venues.exchange.book import Book, BookSide, Level
from regimeflow.apps.venues.exchange.events import BookChanged, Expired, Prevented, PublicTrade
from regimeflow.apps.venues.exchange.kinds import Cause, State, Stp, Tif
from regimeflow.apps.venues.exchange.ledger import Ledger
from regimeflow.apps.venues.exchange.numbers import number_of, units
from regimeflow.apps.venues.exchange.order import Order
from regimeflow.apps.venues.exchange.requests import Listing
from regimeflow.types.enums import OrderSide

OnMoved = Callable[[Order], object]


class Pit:
    """Matches the orders of one symbol.

    Nothing is matched while something is being matched: what a trade sets off (siblings end, stops
    fire, legs begin) is in ``traded_px`` and ``released`` until the exchange looks after it.

    Args:
        on_moved: Told of an order that traded or ended, for the list that it belongs to.
    """

    def __init__(
        self,
        listing: Listing,
        ledger: Ledger,
        on_moved: OnMoved,
        *,
        first_update_id: int,
        first_trade_id: int,
    ) -> None:
        self.listing: Final = listing
        self.book: Final = Book(self._tell_level, first_update_id)
        self.is_open = not listing.has_sessions
        self.armed: Final[list[Order]] = []  # stops
        self.waiting: Final[list[Order]] = []  # for the open or the close
        self.released: Final[deque[Order]] = deque()
        self.traded_px: Final[deque[int]] = deque()
        self._lot: Final = units(listing.lot)
        self._ledger: Final = ledger
        self._outbox: Final = ledger.outbox
        self._on_moved: Final = on_moved
        self._trade_id = first_trade_id - 1
        self._prevented_id = 0

    def work(self, order: Order) -> None:
        """Let an order take what it can; what is left rests or ends."""
        order.state = State.WORKING
        order.working_ns = order.working_ns or self._outbox.now_ns
        if order.limit_px is None:
            self._ledger.unlock(order)  # what it can pay is looked at with each trade
        if order.is_post_only and self.would_take(order):
            self.expire(order, Cause.WOULD_TAKE)
            return
        if order.tif is Tif.FOK and self.fillable(order) < order.leaves_qty:
            self.expire(order, Cause.FOK_UNFILLED)
            return
        cause = self._match(order)
        if not order.state.is_open:
            return
        if cause is Cause.NONE and order.may_rest:
            self._rest(order)
        elif cause is not Cause.NONE:
            self.expire(order, cause)
        else:
            self.expire(order, Cause.NO_LIQUIDITY if order.limit_px is None else Cause.IOC_REST)

    def would_take(self, order: Order) -> bool:
        """Whether the order would trade at once."""
        best = self.book.side(is_bid=not order.is_buy).best_px()
        return best is not None and order.accepts(best)

    def fillable(self, order: Order) -> int:
        """How much the order could take now, what icebergs hide included."""
        found = 0
        for px, level in self.book.side(is_bid=not order.is_buy).levels():
            if not order.accepts(px):
                break
            for entry in level.queue:
                maker = entry.order
                if maker is None:
                    found += entry.shown
                elif not self._prevents(order, maker):
                    found += maker.leaves_qty
                elif order.new.stp is not Stp.EXPIRE_MAKER:
                    return found
        return found

    def take_out(self, order: Order) -> None:
        """Take an order from wherever it waits; harmless when it waits nowhere."""
        if order.in_book and order.limit_px is not None:
            self.book.side(is_bid=order.is_buy).remove(order.limit_px, order)
        for waiting in (self.armed, self.waiting, self.released):
            if order in waiting:
                waiting.remove(order)

    def expire(self, order: Order, cause: Cause) -> None:
        """End an order that its owner did not end."""
        self.take_out(order)
        self._ledger.close(order, State.EXPIRED, cause)
        event = Expired(order=order.view(), cause=cause)
        self._ledger.tell(event, self._ledger.accounts[order.account])
        self._on_moved(order)

    def arrive(self, px: int, qty: int, *, is_buy: bool) -> None:
        """Put quantity of the market into the book; it takes from accounts what it meets."""
        other = self.book.side(is_bid=not is_buy)
        while qty and (best := other.best()) is not None:
            best_px, level = best
            if not other.is_within(best_px, px):
                break
            head = level.queue[0]
            if head.order is None:  # older than what arrives: the market itself is never crossed
                other.consume(best_px, level, head.shown)
                continue
            traded = min(qty, head.shown)
            self.trade(other, best_px, level, traded, taker=None)
            qty -= traded
        if qty:
            self.book.side(is_bid=is_buy).add(px, None, qty)

    def print_trade(self, px: int, qty: int, *, is_buy: bool) -> int:
        """Let a trade of the market go through the book; return what of it met nobody's order.

        It fills orders at better prices, then what stands at its own price in the order of the
        queue, all together at most ``qty``.
        """
        other = self.book.side(is_bid=not is_buy)
        for each in other.prices_to(px):
            level = other.level(each)
            while qty and level is not None and level.queue and (level.accounts or each == px):
                head = level.queue[0]
                if head.order is None and each != px:
                    other.consume(each, level, head.shown)  # the market went through it
                    continue
                traded = min(qty, head.shown)
                self.trade(other, each, level, traded, taker=None)
                qty -= traded
        return qty

    def trade(
        self, side: BookSide, px: int, level: Level, qty: int, *, taker: Order | None
    ) -> None:
        """Trade ``qty`` with the first of a queue; a taker of None is the market."""
        maker = level.queue[0].order
        self._trade_id += 1
        trade_id = self._trade_id
        if maker is not None:
            counter = taker.order_id if taker is not None else 0
            self._ledger.book_fill(
                maker, px, qty, trade_id=trade_id, is_maker=True, counter=counter
            )
        side.consume(px, level, qty)
        if taker is not None:
            counter = maker.order_id if maker is not None else 0
            self._ledger.book_fill(
                taker, px, qty, trade_id=trade_id, is_maker=False, counter=counter
            )
        self._tell_trade(trade_id, px, qty, maker, taker, is_bid=side.is_bid)
        for order in (maker, taker):
            if order is not None:
                self._on_moved(order)

    def tell_market_trade(self, px: int, qty: int, *, is_buy: bool) -> None:
        """Tell of a trade in which the market was both sides."""
        self._trade_id += 1
        self._tell_trade(self._trade_id, px, qty, None, None, is_bid=not is_buy)

    def _match(self, order: Order) -> Cause:
        """Trade as long as there is somebody; return why it must not go on, NONE if it may."""
        side = self.book.side(is_bid=not order.is_buy)
        while order.state.is_open and (order.leaves_qty or order.money_left):
            best = side.best()
            if best is None or not order.accepts(best[0]):
                return Cause.NONE
            px, level = best
            head = level.queue[0]
            if head.order is not None and self._prevents(order, head.order):
                self._prevent(order, head.order, px)
                continue
            qty = self._wanted(order, px, head.shown)
            if not qty:
                return Cause.NO_LIQUIDITY  # the amount buys no lot here
            can_pay = self._ledger.affordable(order, px)
            if can_pay is not None and can_pay < qty:
                qty = can_pay - can_pay % self._lot
                if qty <= 0:
                    return Cause.NO_FUNDS
            self.trade(side, px, level, qty, taker=order)
        return Cause.NONE

    def _wanted(self, order: Order, px: int, shown: int) -> int:
        if order.money_left is None:
            return min(order.leaves_qty, shown)
        by_amount = order.money_left // px if px > 0 else 0
        return min(by_amount - by_amount % self._lot, shown)

    def _rest(self, order: Order) -> None:
        if order.limit_px is None:
            raise ValueError(f"order {order.order_id} has no price to rest at")
        leaves = order.leaves_qty
        shown = leaves if order.display is None else min(leaves, order.display)
        self.book.side(is_bid=order.is_buy).add(order.limit_px, order, shown)

    def _prevents(self, taker: Order, maker: Order) -> bool:
        return taker.new.stp is not Stp.NONE and taker.account == maker.account

    def _prevent(self, taker: Order, maker: Order, px: int) -> None:
        """Do what the taker's mode says instead of a trade with itself."""
        mode = taker.new.stp
        self._prevented_id += 1
        common = min(taker.leaves_qty, maker.leaves_qty) or maker.leaves_qty
        if mode in {Stp.EXPIRE_MAKER, Stp.EXPIRE_BOTH}:
            self._prevent_one(maker, maker.leaves_qty, px, taker)
        if mode in {Stp.EXPIRE_TAKER, Stp.EXPIRE_BOTH}:
            self._prevent_one(taker, taker.leaves_qty, px, maker)
        if mode in {Stp.DECREMENT, Stp.TRANSFER}:
            self._prevent_one(maker, common, px, taker)
            if taker.money_left is None:
                self._prevent_one(taker, common, px, maker)

    def _prevent_one(self, order: Order, qty: int, px: int, counter: Order) -> None:
        order.prevented_qty += qty
        if not order.leaves_qty:
            self.take_out(order)
            self._ledger.close(order, State.EXPIRED, Cause.SELF_TRADE)
        else:
            if order.in_book and order.limit_px is not None:
                shown = min(order.shown, order.leaves_qty)
                self.book.side(is_bid=order.is_buy).resize(order.limit_px, order, shown)
            order.updated_ns = self._outbox.now_ns
            self._ledger.relock(order)
        event = Prevented(
            order=order.view(),
            quantity=number_of(qty),
            price=number_of(px),
            counter_order_id=counter.order_id,
            prevented_match_id=self._prevented_id,
        )
        self._ledger.tell(event, self._ledger.accounts[order.account])
        self._on_moved(order)

    def _tell_trade(
        self,
        trade_id: int,
        px: int,
        qty: int,
        maker: Order | None,
        taker: Order | None,
        *,
        is_bid: bool,
    ) -> None:
        buyer, seller = (maker, taker) if is_bid else (taker, maker)
        self.book.last_px = px
        self.traded_px.append(px)
        self._outbox.put(
            PublicTrade(
                symbol=self.listing.symbol,
                trade_id=trade_id,
                price=number_of(px),
                quantity=number_of(qty),
                buyer_is_maker=is_bid,
                buyer_order_id=buyer.order_id if buyer is not None else 0,
                seller_order_id=seller.order_id if seller is not None else 0,
            )
        )

    def _tell_level(self, is_bid: bool, px: int, shown: int) -> None:  # noqa: FBT001  # as OnLevel
        self._outbox.put(
            BookChanged(
                symbol=self.listing.symbol,
                side=OrderSide.BUY if is_bid else OrderSide.SELL,
                price=number_of(px),
                quantity=number_of(shown),
                update_id=self.book.update_id,
            )
        )
