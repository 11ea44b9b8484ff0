"""An exchange with two symbols and three accounts, and short words for what one asks of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow.adapters.feeds.feed import DepthEvent, QuoteEvent, Scale, TradeEvent
from regimeflow.apps.venues.exchange.events import Event, OrderEvent
from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.exchange.kinds import Kind, Stp, Tif
from regimeflow.apps.venues.exchange.requests import (
    AccountSpec,
    Amendment,
    Fees,
    Listing,
    NewList,
    NewOrder,
    Rules,
)
from regimeflow.apps.venues.exchange.views import OrderView
from regimeflow.types.enums import OrderSide

BUY, SELL = OrderSide.BUY, OrderSide.SELL
FREE: Final = Fees(maker=Decimal(0), taker=Decimal(0))
SCALE: Final = Scale(0, 0)


def dec(number: object) -> Decimal | None:
    return None if number is None else Decimal(str(number))


class Bourse:
    """One exchange; accounts ``a``, ``b``, ``c`` with 1,000 X and 100,000 U each."""

    def __init__(self, fees: Fees = FREE, *, overdraft=None, sessions=False, **rules) -> None:
        listing = Listing(
            symbol="XU", base="X", quote="U", tick=Decimal(1), lot=Decimal(1), has_sessions=sessions
        )
        balances = {"X": Decimal(1_000), "U": Decimal(100_000)}
        accounts = [
            AccountSpec(name=name, balances=balances, fees=fees, overdraft=overdraft or {})
            for name in "abc"
        ]
        self.exchange: Final = Exchange([listing], accounts, Rules(**rules))
        self.events: Final[list[Event]] = []
        self.exchange.listen(self.events.append)
        self.now_ns = 0

    def now(self) -> int:
        self.now_ns += 1
        return self.now_ns

    def new(self, side, qty=None, px=None, *, stop=None, kind=None, **more) -> NewOrder:
        if kind is None:
            kind = Kind.LIMIT if px is not None else Kind.MARKET
            if stop is not None or "trail" in more or "trail_bips" in more:
                kind = Kind.STOP_LIMIT if px is not None else Kind.STOP
        for name in ("display", "trail", "quote_quantity"):
            if name in more:
                more[name] = dec(more[name])
        return NewOrder(
            symbol="XU", side=side, kind=kind, quantity=dec(qty), limit_price=dec(px),
            stop_price=dec(stop), **more,
        )  # fmt: skip

    def submit(self, account, side, qty=None, px=None, **more) -> OrderView:
        return self.exchange.submit(account, self.new(side, qty, px, **more), self.now())

    def oco(self, account, kind, *orders):
        return self.exchange.submit_list(account, NewList(kind=kind, orders=orders), self.now())

    def cancel(self, order: OrderView, **more) -> OrderView:
        return self.exchange.cancel(order.account, order.order_id, self.now(), **more)

    def amend(self, order: OrderView, **change) -> OrderView:
        numbers = {
            name: dec(value) if name in {"quantity", "limit_price", "stop_price"} else value
            for name, value in change.items()
        }
        return self.exchange.amend(order.account, order.order_id, Amendment(**numbers), self.now())

    def look(self, order: OrderView | int) -> OrderView:
        found = self.exchange.order(order if isinstance(order, int) else order.order_id)
        assert found is not None
        return found

    def state(self, order: OrderView | int) -> tuple[str, int]:
        """What became of an order, and how much of it was filled."""
        found = self.look(order)
        ended = found.cause.name if found.cause.value else found.state.name
        return ended, int(found.cum_qty)

    def quote(self, bid, bid_qty, ask, ask_qty) -> None:
        event = QuoteEvent(self.now(), "XU", 1, bid, bid_qty, ask, ask_qty)
        self.exchange.apply(event, SCALE, self.now_ns)

    def depth(self, bids=(), asks=()) -> None:
        event = DepthEvent(self.now(), "XU", 1, 1, list(bids), list(asks))
        self.exchange.apply(event, SCALE, self.now_ns)

    def prints(self, px, qty, side) -> None:
        event = TradeEvent(self.now(), "XU", 1, px, qty, int(side))
        self.exchange.apply(event, SCALE, self.now_ns)

    def depths(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        bids, asks = self.exchange.books["XU"].depth()
        return [(int(p), int(q)) for p, q in bids], [(int(p), int(q)) for p, q in asks]

    def balance(self, account, asset) -> tuple[str, str]:
        free, locked = self.exchange.accounts[account].balances()[asset]
        return str(free), str(locked)

    def story(self, order: OrderView | int) -> list[str]:
        """The names of the events of an order, in order."""
        order_id = order if isinstance(order, int) else order.order_id
        return [
            type(event).__name__
            for event in self.events
            if isinstance(event, OrderEvent) and event.order.order_id == order_id
        ]


__all__ = ["BUY", "FREE", "SELL", "Bourse", "Fees", "Kind", "Stp", "Tif", "dec"]
