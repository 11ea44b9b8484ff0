"""An order's terms: from our orders to IB's fields, and back from what IB tells."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypedDict

from regimeflow.adapters.brokers._shared.changes import exact_change
from regimeflow.adapters.brokers.ib import words
from regimeflow.adapters.brokers.ib.amounts import amount, exact, price, text_of
from regimeflow.adapters.brokers.ib.contracts import Traded
from regimeflow.adapters.brokers.ib.errors import refused
from regimeflow.adapters.brokers.ib.library import order as library_order
from regimeflow.adapters.brokers.ib.times import NS, seconds_of, stamp
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.domain.orders.order_terms import TRAILING
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import InvalidArgument
from regimeflow.types.records import Record, replace

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import TwsOrder


class Terms(Record, kw_only=True):
    """What an order asks for."""

    side: OrderSide
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    expire_time_ns: int | None = None
    display_qty: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False

    @property
    def is_trailing(self) -> bool:
        """Whether its stop follows the price: what IB tells of it then is IB's own."""
        return self.type in TRAILING


def of_order(order: LiveOrder) -> Terms:
    """Return an order's terms; a refusal where IB has no such order."""
    if order.type not in words.TYPE_WORDS:
        known = ", ".join(sorted(each.name for each in words.TYPE_WORDS))
        raise refused(f"IB is sent no {order.type.name} orders; it is sent {known}")
    tif = order.time_in_force
    if tif not in words.TIME_WORDS:
        known = ", ".join(sorted(each.name for each in words.TIME_WORDS))
        raise refused(f"IB is sent no orders with time in force {tif.name}; it is sent {known}")
    if words.TYPE_WORDS[order.type][1] and tif not in _FOR_AUCTIONS:
        raise refused(f"a {order.type.name} order lives until its auction: DAY, not {tif.name}")
    if tif is TimeInForce.GTD and order.expire_time_ns is None:
        raise refused("a GTD order needs expire_time_ns")
    if not 1 <= len(order.client_order_id) <= _LONGEST_REF or not order.client_order_id.isascii():
        raise refused(
            f"client order id {order.client_order_id!r}: expected 1 to {_LONGEST_REF} of ASCII"
        )
    return Terms(
        side=order.side,
        type=order.type,
        time_in_force=tif,
        quantity=order.quantity,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        expire_time_ns=order.expire_time_ns if tif is TimeInForce.GTD else None,
        **_asked_beyond(order),
    )


class _Beyond(TypedDict, total=False):
    display_qty: Decimal | None
    trail_amount: Decimal | None
    trail_percent: Decimal | None
    extended_hours: bool


def _asked_beyond(order: LiveOrder) -> _Beyond:
    asked = order.terms
    if order.type is OrderType.TRAILING_STOP_LIMIT and order.stop_price is None:
        raise refused("IB wants the stop_price that a TRAILING_STOP_LIMIT order begins with")
    if asked is None:
        return {}
    if asked.post_only:
        raise refused("IB has no post-only orders")
    return {
        "display_qty": None if asked.display_qty is None else exact(str(asked.display_qty)),
        "trail_amount": None if asked.trail_amount is None else exact(str(asked.trail_amount)),
        "trail_percent": None if asked.trail_percent is None else exact(str(asked.trail_percent)),
        "extended_hours": asked.extended_hours,
    }


def changed(terms: Terms, mod: OrderModification, traded: Traded) -> Terms:
    """Return terms with a change."""
    try:
        given = exact_change(mod, traded.instrument)
    except InvalidArgument as error:
        raise refused(str(error)) from None
    return replace(terms, **given)


def to_ib(terms: Terms, *, account: str, client_order_id: str) -> TwsOrder:
    """Return an order in IB's fields; every one that we set, each time, as text.

    A modification sends them all again: what is left out would be changed too.
    """
    kind, tif = words.TYPE_WORDS[terms.type]
    trails = kind in words.TRAILING
    released_by = terms.stop_price if kind in words.WITH_STOP else None
    return library_order(
        {
            "action": words.SIDE_WORDS[terms.side],
            "totalQuantity": text_of(terms.quantity),
            "orderType": kind,
            "lmtPrice": text_of(terms.limit_price) if kind in words.WITH_LIMIT else "",
            "auxPrice": text_of(terms.trail_amount if trails else released_by),
            "trailStopPrice": text_of(terms.stop_price) if trails else "",
            "trailingPercent": text_of(terms.trail_percent) if trails else "",
            "displaySize": text_of(terms.display_qty),
            "outsideRth": terms.extended_hours,
            "tif": tif or words.TIME_WORDS[terms.time_in_force],
            "goodTillDate": "" if terms.expire_time_ns is None else stamp(terms.expire_time_ns),
            "account": account,
            "orderRef": client_order_id,
        }
    )


def of_ib(order: TwsOrder, zone: str) -> Terms:
    """Return the terms that IB tells an order to have."""
    tif = words.TIMES.get(order.tif, TimeInForce.NONE)
    expires = None
    if tif is TimeInForce.GTD and order.goodTillDate:
        expires = _moment(order.goodTillDate, zone)
    trails = order.orderType in words.TRAILING
    shown = order.displaySize
    return Terms(
        side=words.SIDES.get(order.action, OrderSide.NONE),
        type=words.type_of(order.orderType, order.tif),
        time_in_force=tif,
        quantity=amount(order.totalQuantity),
        limit_price=price(order.lmtPrice) if order.orderType in words.WITH_LIMIT else None,
        stop_price=price(order.auxPrice) if order.orderType in words.WITH_STOP else None,
        expire_time_ns=expires,
        display_qty=Decimal(shown) if 0 < shown < _UNSET_INT else None,
        trail_amount=price(order.auxPrice) if trails else None,
        trail_percent=price(order.trailingPercent) if trails else None,
        extended_hours=bool(order.outsideRth),
    )


def _moment(text: str, zone: str) -> int | None:
    try:
        return seconds_of(text, zone) * NS
    except ValueError:
        return None  # it is what IB says; the order stands without


def are_those(told: Terms, asked: Terms) -> bool:
    """Whether IB tells the numbers that were asked for."""
    return (told.quantity, told.limit_price, told.stop_price) == (
        asked.quantity,
        asked.limit_price,
        asked.stop_price,
    )


_FOR_AUCTIONS: Final = frozenset({TimeInForce.DAY, TimeInForce.GTC})
_LONGEST_REF: Final = 36
_UNSET_INT: Final = 2**31 - 1
