"""The venue: takes requests as they arrive, works orders against the market, and says what happened.

Everything here happens at the venue, at the feed's time; getting there and back is ``link.py``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from regimeflow.adapters.brokers.paper import checks
from regimeflow.adapters.brokers.paper.account import Account, Holding
from regimeflow.adapters.brokers.paper.checks import Refusal
from regimeflow.adapters.brokers.paper.hours import Hours
from regimeflow.adapters.brokers.paper.market import Fills, Market
from regimeflow.adapters.brokers.paper.matching import Fill, Matcher
from regimeflow.adapters.brokers.paper.orders import OrderStore, PaperOrder
from regimeflow.adapters.brokers.paper.spec import Spec
from regimeflow.adapters.brokers.paper.translate import News
from regimeflow.adapters.clock import ReplayClock
from regimeflow.adapters.feeds.book import BookChange
from regimeflow.adapters.feeds.feed import DepthEvent, QuoteEvent, SnapshotEvent, TradeEvent
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide, OrderType, OrdRejReason, TimeInForce

_ON_AUCTION: Final = frozenset({OrderType.MARKET_ON_OPEN, OrderType.MARKET_ON_CLOSE})


class Desk(Protocol):
    """Who carries the venue's news to the account's owner."""

    def report(self, order: PaperOrder, news: News) -> None:
        """Say what happened to an order, as it stands now."""
        ...

    def refuse_unknown(self, broker_order_id: str, news: News) -> None:
        """Refuse a request for an order that is not known."""
        ...

    def refuse_symbol(self, order: LiveOrder, broker_order_id: str, news: News) -> None:
        """Refuse an order for a symbol that is not known."""
        ...

    def booked(self, holding: Holding) -> None:
        """Say that a fill changed a position and the cash."""
        ...


class Pit:
    """All of one symbol: its market, its hours, and the orders that wait in it."""

    __slots__ = ("at_open", "hours", "market", "matcher", "spec")

    def __init__(self, spec: Spec, venue: Venue) -> None:
        self.spec: Final = spec
        self.hours: Final = Hours(spec.instrument.session)
        self.market: Final = Market(spec)
        self.matcher: Final = Matcher(self.market, venue)
        self.at_open: Final[list[PaperOrder]] = []


class Venue:
    """One account's orders against the markets of one feed.

    Threading: one thread.
    """

    def __init__(self, specs: Mapping[str, Spec], account: Account, clock: ReplayClock, desk: Desk) -> None:
        self.account: Final = account
        self.orders: Final = OrderStore()
        self.pits: Final = {symbol: Pit(spec, self) for symbol, spec in specs.items()}
        self._clock: Final = clock
        self._desk: Final = desk
        self._order_count = 0
        self._exec_count = 0

    def on_quote(self, event: QuoteEvent) -> None:
        """Let a quote change the market and what rests in it."""
        pit = self.pits[event.symbol]
        pit.market.on_quote(event)
        if pit.at_open or not pit.matcher.is_idle:
            self._market_moved(pit, f"quote {event.update_id}")

    def on_trade(self, event: TradeEvent) -> None:
        """Let a trade fill what rests and trigger stops."""
        pit = self.pits[event.symbol]
        pit.market.on_trade(event)
        if not pit.matcher.is_idle and pit.hours.is_open(self._clock.now_ns()):
            pit.matcher.on_trade(event)
            self._work_triggered(pit, f"trade {event.trade_id}")

    def on_depth(self, event: DepthEvent | SnapshotEvent) -> BookChange:
        """Let a depth update or snapshot change the book and what rests against it."""
        pit = self.pits[event.symbol]
        change = pit.market.on_depth(event)
        if change is BookChange.APPLIED and (pit.at_open or not pit.matcher.is_idle):
            pit.matcher.on_depth()
            self._market_moved(pit, f"book {event.last_id}")
        return change

    def new_order(self, asked: LiveOrder) -> None:
        """Take an order that has arrived."""
        self._order_count += 1
        broker_order_id = f"P-{self._order_count}"
        pit = self.pits.get(asked.symbol)
        if pit is None:
            text = f"unknown symbol {asked.symbol!r}"
            self._desk.refuse_symbol(asked, broker_order_id, self._no(OrdRejReason.UNKNOWN_SYMBOL, text))
            return
        order = PaperOrder(asked, pit.spec, broker_order_id)
        refused = self._refusal(order, pit)
        self.orders.add(order)
        if refused is not None:
            order.status = LiveOrderStatus.REJECTED
            self.orders.finish(order)
            self._desk.report(order, self._no(refused.reason, refused.text))
            return
        order.status = LiveOrderStatus.NEW
        self._desk.report(order, self._news(ExecType.NEW))
        self._start(order, pit)

    def cancel(self, broker_order_id: str) -> None:
        """Take a request to cancel that has arrived."""
        order = self.orders.by_broker_id(broker_order_id)
        if order is None:
            self._unknown(ExecType.CANCEL_REJECTED, broker_order_id)
        elif order.status.is_terminal:
            self._too_late(ExecType.CANCEL_REJECTED, order)
        else:
            self._end(order, LiveOrderStatus.CANCELLED, self._news(ExecType.CANCELED))

    def modify(self, broker_order_id: str, mod: OrderModification) -> None:
        """Take a request to change an order that has arrived."""
        order = self.orders.by_broker_id(broker_order_id)
        if order is None:
            self._unknown(ExecType.REPLACE_REJECTED, broker_order_id)
        elif order.status.is_terminal:
            self._too_late(ExecType.REPLACE_REJECTED, order)
        else:
            self._replace(order, mod)

    def on_fill(self, order: PaperOrder, fill: Fill) -> None:
        """Book a fill (``FillSink``)."""
        account = self.account
        if order.hold is not None:
            account.release(order.hold, fill.qty)
        fee = account.fill(order.spec, order.side, fill.px, fill.qty, fill.liquidity)
        order.cum_qty += fill.qty
        order.cum_notional += fill.px * fill.qty
        is_filled = order.cum_qty == order.order_qty
        order.status = LiveOrderStatus.FILLED if is_filled else LiveOrderStatus.PARTIALLY_FILLED
        if is_filled:
            self._forget(order)
        self._desk.report(
            order,
            News(
                ExecType.TRADE,
                self._exec_id(),
                text=fill.cause,
                last_qty=fill.qty,
                last_px=fill.px,
                fee=fee,
                liquidity=fill.liquidity,
            ),
        )
        self._desk.booked(account.holding(order.spec))

    def _refusal(self, order: PaperOrder, pit: Pit) -> Refusal | None:
        """Why an order cannot be taken; takes what it must hold when it can."""
        asked, now_ns = order.order, self._clock.now_ns()
        if asked.client_order_id and self.orders.by_client_id(asked.client_order_id) is not None:
            return Refusal(OrdRejReason.DUPLICATE_ORDER, f"client order id {asked.client_order_id!r} was used before")
        settles_in = pit.spec.instrument.quote_currency
        if settles_in != self.account.currency:
            text = f"{asked.symbol} settles in {settles_in}; the account holds {self.account.currency}"
            return Refusal(OrdRejReason.UNSUPPORTED, text)
        refused = checks.kind_refusal(order, now_ns) or checks.read_numbers(
            order, asked.quantity, asked.limit_price, asked.stop_price
        )
        if refused is not None:
            return refused
        if not pit.hours.is_open(now_ns) and order.type is not OrderType.MARKET_ON_OPEN:
            return Refusal(OrdRejReason.EXCHANGE_CLOSED, f"{asked.symbol} is closed")
        worst_px = self._worst_px(order, pit)
        return checks.notional_refusal(order, worst_px) or self._hold(order, pit, worst_px)

    def _worst_px(self, order: PaperOrder, pit: Pit) -> int | None:
        """The price to value an order at before it trades."""
        if order.limit_px is not None or order.stop_px is not None:
            return order.limit_px if order.limit_px is not None else order.stop_px
        side = pit.market.asks if order.is_buy else pit.market.bids
        best_px = side.best_px()
        return best_px if best_px is not None else pit.market.last_px or None

    def _hold(self, order: PaperOrder, pit: Pit, worst_px: int | None) -> Refusal | None:
        """Keep what an order may need; a market order is paid for when it trades, right away, so it is only checked."""
        account, spec = self.account, order.spec
        if order.type is OrderType.MARKET:
            fills = pit.matcher.plan(order) if self._is_whole(order, pit) else []
            left = order.order_qty - sum(qty for _, qty in fills)
            need = account.cost_of(spec, order.side, [*fills, (0, left)])
            if need is not None and need <= max(0, account.free_money):
                return None
        else:
            order.hold = account.hold(spec, order.side, worst_px or 0, order.leaves_qty)
            if order.hold is not None:
                return None
        if order.side is OrderSide.SELL and not account.allow_short:
            free = f"{spec.qty(account.sellable(spec)):f} {spec.instrument.base_currency or spec.symbol}"
            return Refusal(OrdRejReason.INSUFFICIENT_FUNDS, f"only {free} can be sold")
        return Refusal(OrdRejReason.INSUFFICIENT_FUNDS, f"not enough {account.currency} is free")

    @staticmethod
    def _is_whole(order: PaperOrder, pit: Pit) -> bool:
        """Whether the order may trade now: FOK only if all of it can."""
        if order.time_in_force is not TimeInForce.FOK:
            return True
        return sum(qty for _, qty in pit.matcher.plan(order)) == order.leaves_qty

    def _start(self, order: PaperOrder, pit: Pit) -> None:
        """Begin to work an order that was taken."""
        now_ns = self._clock.now_ns()
        if order.type in _ON_AUCTION:
            self._wait_for_session(order, pit, now_ns)
            return
        if order.time_in_force is TimeInForce.GTD and order.expire_time_ns is not None:
            self._expire_at(order, order.expire_time_ns)
        elif order.time_in_force is TimeInForce.DAY:
            close_ns = pit.hours.next_close_ns(now_ns)
            if close_ns is not None:
                self._expire_at(order, close_ns)
        if order.stop_px is not None and not pit.matcher.is_triggered(order):
            pit.matcher.arm(order)
        else:
            self._work(order, pit, "arrival")

    def _wait_for_session(self, order: PaperOrder, pit: Pit, now_ns: int) -> None:
        """Keep an on-open order until data after the open, an on-close order until the close."""
        order.is_armed = True
        if order.type is OrderType.MARKET_ON_OPEN:
            at_ns, then = pit.hours.next_open_ns(now_ns), lambda: pit.at_open.append(order)
        else:
            at_ns, then = pit.hours.next_close_ns(now_ns), lambda: self._work(order, pit, "close")
        if at_ns is None:
            self._end(order, LiveOrderStatus.EXPIRED, self._news(ExecType.EXPIRED, text="there is no further session"))
        else:
            order.timer = self._clock.call_at(at_ns, then)

    def _expire_at(self, order: PaperOrder, at_ns: int) -> None:
        def expire() -> None:
            self._end(order, LiveOrderStatus.EXPIRED, self._news(ExecType.EXPIRED, text="its time is over"))

        order.timer = self._clock.call_at(at_ns, expire)

    def _work(self, order: PaperOrder, pit: Pit, cause: str) -> None:
        """Let an order take what it can, then rest or end (T1, T2)."""
        order.is_armed = False
        fills = pit.matcher.plan(order) if self._is_whole(order, pit) else []
        short_of = "" if order.type is OrderType.MARKET else self._unpaid(order, fills)
        if short_of:
            self._end(
                order,
                LiveOrderStatus.EXPIRED,
                self._news(ExecType.EXPIRED, reason=OrdRejReason.INSUFFICIENT_FUNDS, text=short_of),
            )
            return
        pit.matcher.take(order, fills, cause)
        if order.status.is_terminal:
            return
        if order.may_rest:
            pit.matcher.rest(order)
            return
        text = f"nothing more is offered for {order.time_in_force.name} {order.type.name}"
        self._end(
            order,
            LiveOrderStatus.EXPIRED,
            self._news(ExecType.EXPIRED, reason=OrdRejReason.NO_LIQUIDITY, text=text),
        )

    def _unpaid(self, order: PaperOrder, fills: Fills) -> str:
        """Why the account cannot pay for ``fills`` of an order without a limit price; empty when it can.

        A limit price bounds the cost, which is held; the price of a triggered stop or an auction order is known only now.
        """
        hold, account = order.hold, self.account
        if order.limit_px is not None or hold is None:
            return ""
        account.release(hold, hold.qty)
        order.hold = None
        need = account.cost_of(order.spec, order.side, fills)
        if need is None or need > max(0, account.free_money):
            return f"not enough {account.currency} is free at the prices of this moment"
        return ""

    def _market_moved(self, pit: Pit, cause: str) -> None:
        if not pit.hours.is_open(self._clock.now_ns()):
            return
        if pit.at_open:
            waiting = tuple(pit.at_open)
            pit.at_open.clear()
            for order in waiting:
                self._work(order, pit, cause)
        pit.matcher.on_book(cause)
        if not pit.market.has_trades:
            self._work_triggered(pit, cause)

    def _work_triggered(self, pit: Pit, cause: str) -> None:
        for order in pit.matcher.triggered():
            self._work(order, pit, f"stop triggered by {cause}")

    def _replace(self, order: PaperOrder, mod: OrderModification) -> None:
        """Change a working order, or leave it exactly as it is and say why."""
        pit, was = self.pits[order.spec.symbol], (order.order_qty, order.limit_px, order.stop_px)
        refused = self._replace_refusal(order, mod, pit)
        if refused is not None:
            order.order_qty, order.limit_px, order.stop_px = was
            news = News(ExecType.REPLACE_REJECTED, self._exec_id(), refused.reason, refused.text)
            self._desk.report(order, news)
            return
        self._desk.report(order, self._news(ExecType.REPLACED))
        is_later = order.limit_px != was[1] or order.order_qty > was[0]
        if not order.is_armed and is_later:
            pit.matcher.remove(order)
            self._work(order, pit, "change")
        elif order.is_armed and order.stop_px is not None and pit.matcher.is_triggered(order):
            pit.matcher.remove(order)
            self._work(order, pit, "change")

    def _replace_refusal(self, order: PaperOrder, mod: OrderModification, pit: Pit) -> Refusal | None:
        """Why an order cannot be changed; sets its new numbers, and holds for them when it can."""
        spec, hold = order.spec, order.hold
        for name, new, old in (("limit", mod.limit_price, order.limit_px), ("stop", mod.stop_price, order.stop_px)):
            if new is not None and old is None:
                return Refusal(OrdRejReason.OTHER, f"a {order.type.name} order has no {name} price to change")
        numbers = (
            spec.qty(order.order_qty) if mod.quantity is None else checks.number_of(mod.quantity),
            checks.px_of(mod.limit_price, order.limit_px, spec),
            checks.px_of(mod.stop_price, order.stop_px, spec),
        )
        refused = checks.read_numbers(order, *numbers)
        if refused is not None:
            return refused
        if order.order_qty <= order.cum_qty:
            text = f"{spec.qty(order.cum_qty):f} has traded already; cancel what is left instead"
            return Refusal(OrdRejReason.OTHER, text)
        worst_px = self._worst_px(order, pit)
        refused = checks.notional_refusal(order, worst_px)
        if refused is not None:
            return refused
        if hold is None:
            return None
        kept = (hold.qty, hold.money)
        self.account.release(hold, hold.qty)
        refused = self._hold(order, pit, worst_px)
        if refused is not None:
            hold.qty, hold.money = kept
            self.account.restore(hold)
            order.hold = hold
        return refused

    def _end(self, order: PaperOrder, status: LiveOrderStatus, news: News) -> None:
        order.status = status
        self._forget(order)
        self._desk.report(order, news)

    def _forget(self, order: PaperOrder) -> None:
        """Take an order that has ended out of everything, and give back what it held."""
        pit = self.pits[order.spec.symbol]
        pit.matcher.remove(order)
        if order in pit.at_open:
            pit.at_open.remove(order)
        if order.timer is not None:
            order.timer.cancel()
            order.timer = None
        if order.hold is not None:
            if order.hold.qty:
                self.account.release(order.hold, order.hold.qty)
            order.hold = None
        self.orders.finish(order)

    def _unknown(self, exec_type: ExecType, broker_order_id: str) -> None:
        text = f"there is no order {broker_order_id!r}"
        self._desk.refuse_unknown(
            broker_order_id, News(exec_type, self._exec_id(), OrdRejReason.UNKNOWN_ORDER, text)
        )

    def _too_late(self, exec_type: ExecType, order: PaperOrder) -> None:
        text = f"the order is {order.status.name} already"
        self._desk.report(order, News(exec_type, self._exec_id(), OrdRejReason.TOO_LATE_TO_CANCEL, text))

    def _news(self, exec_type: ExecType, *, reason: OrdRejReason = OrdRejReason.NONE, text: str = "") -> News:
        return News(exec_type, self._exec_id(), reason, text)

    def _no(self, reason: OrdRejReason, text: str) -> News:
        return self._news(ExecType.REJECTED, reason=reason, text=text)

    def _exec_id(self) -> str:
        self._exec_count += 1
        return f"X-{self._exec_count}"
