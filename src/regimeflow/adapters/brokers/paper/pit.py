"""All of one symbol at the venue: its market, its hours, and the orders that are worked in it."""

from __future__ import annotations

from typing import Final

from regimeflow.adapters.brokers.paper.hours import Hours
from regimeflow.adapters.brokers.paper.ledger import Ledger
from regimeflow.adapters.brokers.paper.market import Fills, Market
from regimeflow.adapters.brokers.paper.matching import Fill, Matcher
from regimeflow.adapters.brokers.paper.orders import PaperOrder
from regimeflow.adapters.brokers.paper.spec import Spec
from regimeflow.adapters.clock import ReplayClock
from regimeflow.adapters.feeds.book import BookChange
from regimeflow.adapters.feeds.feed import DepthEvent, QuoteEvent, SnapshotEvent, TradeEvent
from regimeflow.types.enums import (
    ExecType,
    LiveOrderStatus,
    OrderType,
    OrdRejReason,
    TimeInForce,
)

ON_AUCTION: Final = frozenset({OrderType.MARKET_ON_OPEN, OrderType.MARKET_ON_CLOSE})


class Pit:
    """Works the orders of one symbol.

    An order goes ``start`` -> (waits for its stop, the open or the close) -> works: takes what it
    can, then rests or ends.
    """

    def __init__(self, spec: Spec, ledger: Ledger, clock: ReplayClock) -> None:
        self.spec: Final = spec
        self.hours: Final = Hours(spec.instrument.session)
        self.market: Final = Market(spec)
        self.matcher: Final = Matcher(self.market, self)
        self._ledger: Final = ledger
        self._clock: Final = clock
        self._at_open: Final[list[PaperOrder]] = []
        self._day_ends_ns: int | None = None

    def on_quote(self, event: QuoteEvent) -> None:
        """Let a quote change the market and what rests in it."""
        self.market.on_quote(event)
        if self._at_open or not self.matcher.is_idle:
            self._market_moved(f"quote {event.update_id}")

    def on_trade(self, event: TradeEvent) -> None:
        """Let a trade fill what rests and trigger stops."""
        self.market.on_trade(event)
        if not self.matcher.is_idle and self.is_open():
            self.matcher.on_trade(event)
            self._work_triggered(f"trade {event.trade_id}")

    def on_depth(self, event: DepthEvent | SnapshotEvent) -> BookChange:
        """Let a depth update or snapshot change the book and what rests against it."""
        change = self.market.on_depth(event)
        if change is BookChange.APPLIED and (self._at_open or not self.matcher.is_idle):
            self.matcher.on_depth()
            self._market_moved(f"book {event.last_id}")
        return change

    def is_open(self) -> bool:
        """Whether the symbol trades now."""
        return self.hours.is_open(self._clock.now_ns())

    def start(self, order: PaperOrder) -> None:
        """Begin to work an order that was taken."""
        now_ns = self._clock.now_ns()
        if order.type in ON_AUCTION:
            self._wait_for_session(order, now_ns)
            return
        if order.time_in_force is TimeInForce.DAY:
            self._watch_day_end(now_ns)
        elif order.time_in_force is TimeInForce.GTD and order.expire_time_ns is not None:
            order.timer = self._clock.call_at(order.expire_time_ns, lambda: self._expire(order))
        if order.stop_px is not None and not self.matcher.is_triggered(order):
            self.matcher.arm(order)
        else:
            self._work(order, "arrival")

    def changed(self, order: PaperOrder, *, loses_place: bool) -> None:
        """Go on with an order whose numbers were changed."""
        if order.is_armed:
            if order.stop_px is not None and self.matcher.is_triggered(order):
                self.matcher.remove(order)
                self._work(order, "change")
        elif loses_place:
            self.matcher.remove(order)
            self._work(order, "change")

    def cancel(self, order: PaperOrder) -> None:
        """End an order because its owner asked."""
        self._end(order, LiveOrderStatus.CANCELLED, ExecType.CANCELED)

    def is_whole(self, order: PaperOrder) -> bool:
        """Whether the order may trade now: FOK only if all of it can (T2)."""
        if order.time_in_force is not TimeInForce.FOK:
            return True
        return sum(qty for _, qty in self.matcher.plan(order)) == order.leaves_qty

    def on_fill(self, order: PaperOrder, fill: Fill) -> None:
        """Book a fill (``FillSink``)."""
        self._ledger.book(order, fill)

    def _wait_for_session(self, order: PaperOrder, now_ns: int) -> None:
        """Keep an on-open order until data after the open, an on-close order until the close."""
        order.is_armed = True
        if order.type is OrderType.MARKET_ON_OPEN:
            at_ns, then = self.hours.next_open_ns(now_ns), lambda: self._at_open.append(order)
        else:
            at_ns, then = self.hours.next_close_ns(now_ns), lambda: self._work(order, "close")
        if at_ns is None:
            self._end_unfilled(order, OrdRejReason.OTHER, "there is no further session")
        else:
            order.timer = self._clock.call_at(at_ns, then)

    def _work(self, order: PaperOrder, cause: str) -> None:
        """Let an order take what it can, then rest or end (T1, T2)."""
        order.is_armed = False
        fills = self.matcher.plan(order) if self.is_whole(order) else []
        if order.type is not OrderType.MARKET and not self._can_pay(order, fills):
            currency = self._ledger.account.currency
            text = f"not enough {currency} is free at the prices of this moment"
            self._end_unfilled(order, OrdRejReason.INSUFFICIENT_FUNDS, text)
            return
        self.matcher.take(order, fills, cause)
        if order.status.is_terminal:
            return
        if order.may_rest:
            self.matcher.rest(order)
            return
        text = f"nothing more is offered for {order.time_in_force.name} {order.type.name}"
        self._end_unfilled(order, OrdRejReason.NO_LIQUIDITY, text)

    def _can_pay(self, order: PaperOrder, fills: Fills) -> bool:
        """Whether the account can pay for ``fills``; an order without a limit price holds no more.

        A limit price bounds the cost, and that is held. The price of a triggered stop or an auction
        order is known only now.
        """
        hold, account = order.hold, self._ledger.account
        if order.limit_px is not None or hold is None:
            return True
        account.release(hold, hold.qty)
        order.hold = None
        need = account.cost_of(order.spec, order.side, fills)
        return need is not None and need <= max(0, account.free_money)

    def _market_moved(self, cause: str) -> None:
        if not self.is_open():
            return
        if self._at_open:
            waiting = tuple(self._at_open)
            self._at_open.clear()
            for order in waiting:
                self._work(order, cause)
        self.matcher.on_book(cause)
        if not self.market.has_trades:
            self._work_triggered(cause)

    def _work_triggered(self, cause: str) -> None:
        for order in self.matcher.triggered():
            news = self._ledger.news(ExecType.NEW, text=f"triggered by {cause}")
            self._ledger.desk.report(order, news)
            self._work(order, f"stop triggered by {cause}")

    def _watch_day_end(self, now_ns: int) -> None:
        """Have the day's orders expire at its close; one timer for all of them."""
        end_ns = self.hours.next_close_ns(now_ns)
        if end_ns is not None and end_ns != self._day_ends_ns:
            self._day_ends_ns = end_ns
            self._clock.call_at(end_ns, self._end_day)

    def _end_day(self) -> None:
        for order in self._ledger.orders.open_orders():
            is_of_day = order.time_in_force is TimeInForce.DAY and order.type not in ON_AUCTION
            if is_of_day and order.spec is self.spec:
                self._expire(order)

    def _expire(self, order: PaperOrder) -> None:
        self._end_unfilled(
            order, OrdRejReason.NONE, f"{order.time_in_force.name}: its time is over"
        )

    def _end_unfilled(self, order: PaperOrder, reason: OrdRejReason, text: str) -> None:
        self._end(order, LiveOrderStatus.EXPIRED, ExecType.EXPIRED, reason, text)

    def _end(
        self,
        order: PaperOrder,
        status: LiveOrderStatus,
        exec_type: ExecType,
        reason: OrdRejReason = OrdRejReason.NONE,
        text: str = "",
    ) -> None:
        self.matcher.remove(order)
        if order in self._at_open:
            self._at_open.remove(order)
        self._ledger.end(order, status, self._ledger.news(exec_type, reason, text))
