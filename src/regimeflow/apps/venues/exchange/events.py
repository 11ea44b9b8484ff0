"""What happens at the exchange, for those who listen; events are read, never changed.

``seq`` rises by one over the whole exchange. The exchange fills in ``seq``, ``time_ns`` and
``exec_id`` when it tells the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from regimeflow.apps.venues.exchange.kinds import Cause
from regimeflow.apps.venues.exchange.views import Balance, FillView, ListView, OrderView
from regimeflow.types.enums import OrderSide


@dataclass(slots=True, kw_only=True)
class Event:
    """Something that happened."""

    seq: int = 0
    time_ns: int = 0


@dataclass(slots=True, kw_only=True)
class OrderEvent(Event):
    """Something that happened to an order of an account; ``order`` is it right after that."""

    order: OrderView
    exec_id: int = 0


@dataclass(slots=True, kw_only=True)
class Accepted(OrderEvent):
    """The exchange took an order: it is pending, held or working."""


@dataclass(slots=True, kw_only=True)
class Released(OrderEvent):
    """A pending leg began, or an order that waited for the open."""


@dataclass(slots=True, kw_only=True)
class Triggered(OrderEvent):
    """The market met a stop."""


@dataclass(slots=True, kw_only=True)
class Traded(OrderEvent):
    """An order traded; ``counter_order_id`` is 0 when the other side was the market."""

    fill: FillView
    counter_order_id: int = 0


@dataclass(slots=True, kw_only=True)
class Canceled(OrderEvent):
    """An order ended because its owner asked; ``request_id`` is what he gave."""

    request_id: str = ""


@dataclass(slots=True, kw_only=True)
class Amended(OrderEvent):
    """An order was changed and keeps its id."""

    before: OrderView
    kept_priority: bool


@dataclass(slots=True, kw_only=True)
class Replaced(OrderEvent):
    """An order gave way to another one, which is accepted next."""

    replaced_by: int


@dataclass(slots=True, kw_only=True)
class Rejected(OrderEvent):
    """An order that was taken is refused after all."""

    text: str = ""


@dataclass(slots=True, kw_only=True)
class Expired(OrderEvent):
    """An order ended, and its owner did not ask."""

    cause: Cause


@dataclass(slots=True, kw_only=True)
class Prevented(OrderEvent):
    """An order would have traded with another one of its account."""

    quantity: Decimal
    price: Decimal
    counter_order_id: int
    prevented_match_id: int


@dataclass(slots=True, kw_only=True)
class ListChanged(Event):
    """An order list was taken, or is done."""

    list: ListView


@dataclass(slots=True, kw_only=True)
class BalancesChanged(Event):
    """What an account has changed; only the assets concerned."""

    account: str
    balances: Mapping[str, Balance] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Transferred(Event):
    """Something came into an account from outside, or left it."""

    account: str
    asset: str
    amount: Decimal


@dataclass(slots=True, kw_only=True)
class PublicTrade(Event):
    """A trade as everyone sees it; an order id of 0 is the market's."""

    symbol: str
    trade_id: int
    price: Decimal
    quantity: Decimal
    buyer_is_maker: bool
    buyer_order_id: int = 0
    seller_order_id: int = 0


@dataclass(slots=True, kw_only=True)
class BookChanged(Event):
    """One level shows another quantity, 0 for none; update ids have no gaps within a symbol."""

    symbol: str
    side: OrderSide
    price: Decimal
    quantity: Decimal
    update_id: int


@dataclass(slots=True, kw_only=True)
class SessionChanged(Event):
    """A symbol opened or closed."""

    symbol: str
    is_open: bool
