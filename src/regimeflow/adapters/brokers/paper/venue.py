"""The venue: takes requests as they arrive, and refuses what cannot be.

Everything here happens at the venue, at the feed's time; getting there and back is ``link.py``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regimeflow.adapters.brokers.paper import checks
from regimeflow.adapters.brokers.paper.account import Account
from regimeflow.adapters.brokers.paper.checks import Refusal
from regimeflow.adapters.brokers.paper.ledger import Desk, Ledger
from regimeflow.adapters.brokers.paper.orders import PaperOrder
from regimeflow.adapters.brokers.paper.pit import Pit
from regimeflow.adapters.brokers.paper.spec import Spec
from regimeflow.adapters.clock import ReplayClock
from regimeflow.adapters.feeds.book import BookChange
from regimeflow.adapters.feeds.feed import DepthEvent, QuoteEvent, SnapshotEvent, TradeEvent
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.types.enums import ExecType, OrderSide, OrderType, OrdRejReason


class Venue:
    """One account's orders against the markets of one feed.

    Threading: one thread.
    """

    def __init__(
        self, specs: Mapping[str, Spec], account: Account, clock: ReplayClock, desk: Desk
    ) -> None:
        self.ledger: Final = Ledger(account, desk)
        self.pits: Final = {symbol: Pit(spec, self.ledger, clock) for symbol, spec in specs.items()}
        self._clock: Final = clock
        self._unpriced: Final = {one.spec.symbol for one in account.holdings}
        self._order_count = 0

    def on_quote(self, event: QuoteEvent) -> None:
        """Take a quote."""
        pit = self.pits[event.symbol]
        pit.on_quote(event)
        if event.symbol in self._unpriced:
            self._price_start(pit)

    def on_trade(self, event: TradeEvent) -> None:
        """Take a trade."""
        self.pits[event.symbol].on_trade(event)

    def on_depth(self, event: DepthEvent | SnapshotEvent) -> BookChange:
        """Take a depth update or snapshot."""
        return self.pits[event.symbol].on_depth(event)

    def new_order(self, asked: LiveOrder) -> None:
        """Take an order that has arrived."""
        self._order_count += 1
        broker_order_id = f"P-{self._order_count}"
        pit = self.pits.get(asked.symbol)
        if pit is None:
            text = f"unknown symbol {asked.symbol!r}"
            news = self.ledger.news(ExecType.REJECTED, OrdRejReason.UNKNOWN_SYMBOL, text)
            self.ledger.desk.refuse_symbol(asked, broker_order_id, news)
            return
        order = PaperOrder(asked, pit.spec, broker_order_id)
        refused = self._refusal(order, pit)
        if refused is not None:
            self.ledger.reject(order, refused.reason, refused.text)
        else:
            self.ledger.accept(order)
            pit.start(order)

    def cancel(self, broker_order_id: str) -> None:
        """Take a request to cancel that has arrived."""
        order = self._working(broker_order_id, ExecType.CANCEL_REJECTED)
        if order is not None:
            self.pits[order.spec.symbol].cancel(order)

    def modify(self, broker_order_id: str, mod: OrderModification) -> None:
        """Take a request to change an order: it is changed whole, or left exactly as it is."""
        order = self._working(broker_order_id, ExecType.REPLACE_REJECTED)
        if order is None:
            return
        ledger, pit = self.ledger, self.pits[order.spec.symbol]
        was_qty, was_limit_px, was_stop_px = order.order_qty, order.limit_px, order.stop_px
        refused = self._change_refusal(order, mod, pit)
        if refused is not None:
            order.order_qty, order.limit_px, order.stop_px = was_qty, was_limit_px, was_stop_px
            news = ledger.news(ExecType.REPLACE_REJECTED, refused.reason, refused.text)
            ledger.desk.report(order, news)
            return
        ledger.desk.report(order, ledger.news(ExecType.REPLACED))
        loses_place = order.limit_px != was_limit_px or order.order_qty > was_qty
        pit.changed(order, loses_place=loses_place)

    def _working(self, broker_order_id: str, refuse_as: ExecType) -> PaperOrder | None:
        """The open order with an id; None when there is none, and that has been said."""
        ledger = self.ledger
        order = ledger.orders.by_broker_id(broker_order_id)
        if order is None:
            text = f"there is no order {broker_order_id!r}"
            news = ledger.news(refuse_as, OrdRejReason.UNKNOWN_ORDER, text)
            ledger.desk.refuse_unknown(broker_order_id, news)
            return None
        if order.status.is_terminal:
            text = f"the order is {order.status.name} already"
            news = ledger.news(refuse_as, OrdRejReason.TOO_LATE_TO_CANCEL, text)
            ledger.desk.report(order, news)
            return None
        return order

    def _price_start(self, pit: Pit) -> None:
        """Value what the account began with at the first mid: nobody said what was paid for it."""
        mark2, holding = pit.market.mark2(), self.ledger.account.holding(pit.spec)
        if mark2 is not None:
            holding.cost += pit.spec.notional(mark2, abs(holding.qty)) // 2
            self._unpriced.discard(pit.spec.symbol)

    def _refusal(self, order: PaperOrder, pit: Pit) -> Refusal | None:
        """Why an order cannot be taken; takes what it must hold when it can."""
        asked, ledger = order.order, self.ledger
        client_order_id = asked.client_order_id
        if client_order_id and ledger.orders.by_client_id(client_order_id) is not None:
            text = f"client order id {client_order_id!r} was used before"
            return Refusal(OrdRejReason.DUPLICATE_ORDER, text)
        settles_in, holds = pit.spec.instrument.quote_currency, ledger.account.currency
        if settles_in != holds:
            text = f"{asked.symbol} settles in {settles_in}; the account holds {holds}"
            return Refusal(OrdRejReason.UNSUPPORTED, text)
        refused = checks.kind_refusal(order, self._clock.now_ns()) or checks.read_numbers(
            order, asked.quantity, asked.limit_price, asked.stop_price
        )
        if refused is not None:
            return refused
        if order.type is not OrderType.MARKET_ON_OPEN and not pit.is_open():
            return Refusal(OrdRejReason.EXCHANGE_CLOSED, f"{asked.symbol} is closed")
        px = _price_to_value_at(order, pit)
        return checks.notional_refusal(order, px) or self._hold(order, pit, px)

    def _change_refusal(
        self, order: PaperOrder, mod: OrderModification, pit: Pit
    ) -> Refusal | None:
        """Why an order cannot be changed; sets its new numbers, and holds for them when it can."""
        spec, hold, account = order.spec, order.hold, self.ledger.account
        refused = checks.change_refusal(order, mod) or checks.read_numbers(
            order, *checks.numbers_after(order, mod)
        )
        if refused is not None:
            return refused
        if order.order_qty <= order.cum_qty:
            text = f"{spec.qty(order.cum_qty):f} has traded already; cancel what is left instead"
            return Refusal(OrdRejReason.OTHER, text)
        px = _price_to_value_at(order, pit)
        refused = checks.notional_refusal(order, px)
        if refused is not None or hold is None:
            return refused
        kept = account.let_go(hold)
        refused = self._hold(order, pit, px)
        if refused is not None:
            order.hold = account.restore(kept)
        return refused

    def _hold(self, order: PaperOrder, pit: Pit, px: int | None) -> Refusal | None:
        """Keep what an order may need.

        A market order is paid for when it trades, right away, so it is only checked.
        """
        account, spec = self.ledger.account, order.spec
        if order.type is OrderType.MARKET:
            fills = pit.matcher.plan(order) if pit.is_whole(order) else []
            left = order.order_qty - sum(qty for _, qty in fills)
            need = account.cost_of(spec, order.side, [*fills, (0, left)])
            if need is not None and need <= max(0, account.free_money):
                return None
        else:
            order.hold = account.hold(spec, order.side, px or 0, order.leaves_qty)
            if order.hold is not None:
                return None
        text = f"not enough {account.currency} is free"
        if order.side is OrderSide.SELL and not account.allow_short:
            asset = spec.instrument.base_currency or spec.symbol
            text = f"only {spec.qty(account.sellable(spec)):f} {asset} can be sold"
        return Refusal(OrdRejReason.INSUFFICIENT_FUNDS, text)


def _price_to_value_at(order: PaperOrder, pit: Pit) -> int | None:
    """The price to value an order at before it trades; None where none is known."""
    if order.limit_px is not None:
        return order.limit_px
    if order.stop_px is not None:
        return order.stop_px
    best_px = (pit.market.asks if order.is_buy else pit.market.bids).best_px()
    return best_px if best_px is not None else pit.market.last_px or None
