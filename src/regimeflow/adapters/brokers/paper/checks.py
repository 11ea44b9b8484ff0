"""What the venue asks of an order before it takes it; the first refusal wins."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.adapters.brokers.paper.orders import PaperOrder
from regimeflow.adapters.brokers.paper.spec import MONEY_EXP, Spec, to_decimal, to_mantissa
from regimeflow.domain.orders.order import Number, OrderModification
from regimeflow.types.enums import OrderSide, OrderType, OrdRejReason, TimeInForce

ORDER_TYPES: Final = frozenset(
    {
        OrderType.MARKET,
        OrderType.LIMIT,
        OrderType.STOP,
        OrderType.STOP_LIMIT,
        OrderType.MARKET_ON_OPEN,
        OrderType.MARKET_ON_CLOSE,
    }
)
TIMES_IN_FORCE: Final = frozenset(
    {TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTD}
)
TOO_LARGE: Final = 10**18  # as a mantissa: what a record can hold
_WITH_LIMIT: Final = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_WITH_STOP: Final = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


class Refusal(NamedTuple):
    """Why not."""

    reason: OrdRejReason
    text: str


def kind_refusal(order: PaperOrder, now_ns: int) -> Refusal | None:
    """Side, type and time in force."""
    if order.side not in (OrderSide.BUY, OrderSide.SELL):
        return Refusal(OrdRejReason.OTHER, "an order needs a side")
    if order.type not in ORDER_TYPES:
        return Refusal(OrdRejReason.UNSUPPORTED, f"{order.type.name} orders are not supported")
    if order.time_in_force not in TIMES_IN_FORCE:
        return Refusal(
            OrdRejReason.UNSUPPORTED, f"time in force {order.time_in_force.name} is not supported"
        )
    if order.time_in_force is TimeInForce.GTD:
        if order.expire_time_ns is None:
            return Refusal(OrdRejReason.OTHER, "a GTD order needs an expire time")
        if order.expire_time_ns <= now_ns:
            return Refusal(
                OrdRejReason.OTHER,
                f"the expire time {order.expire_time_ns} has passed; it is {now_ns}",
            )
    return None


def read_numbers(
    order: PaperOrder, quantity: Decimal, limit_price: Decimal | None, stop_price: Decimal | None
) -> Refusal | None:
    """Set the order's numbers; refuse what is missing, off its step or out of bounds."""
    refused = _read_qty(order, quantity)
    if refused is not None:
        return refused
    order.limit_px = order.stop_px = None
    if order.type in _WITH_LIMIT:
        px = _px_of(order, "limit", limit_price)
        if isinstance(px, Refusal):
            return px
        order.limit_px = px
    if order.type in _WITH_STOP:
        px = _px_of(order, "stop", stop_price)
        if isinstance(px, Refusal):
            return px
        order.stop_px = px
    return None


def _px_of(order: PaperOrder, name: str, number: Decimal | None) -> int | Refusal:
    spec = order.spec
    if number is None:
        return Refusal(OrdRejReason.OTHER, f"a {order.type.name} order needs a {name} price")
    px = to_mantissa(number, spec.px_exp)
    if px is None or px % spec.tick:
        text = f"{name} price {number} is no multiple of the tick {spec.px(spec.tick):f}"
        return Refusal(OrdRejReason.BAD_TICK, text)
    if px <= 0:
        return Refusal(OrdRejReason.OTHER, f"{name} price {number} is not above zero")
    if px >= TOO_LARGE:
        return Refusal(OrdRejReason.EXCEEDS_LIMIT, f"{name} price {number} is too large")
    return px


def _read_qty(order: PaperOrder, quantity: Decimal) -> Refusal | None:
    spec = order.spec
    qty = to_mantissa(quantity, spec.qty_exp)
    if qty is None or qty % spec.lot:
        return Refusal(
            OrdRejReason.BAD_LOT,
            f"quantity {quantity} is no multiple of the lot {spec.qty(spec.lot):f}",
        )
    if qty <= 0 or qty < spec.min_qty:
        return Refusal(
            OrdRejReason.BAD_LOT,
            f"quantity {quantity} is below the minimum {spec.qty(spec.min_qty):f}",
        )
    if qty >= TOO_LARGE:
        return Refusal(OrdRejReason.EXCEEDS_LIMIT, f"quantity {quantity} is too large to count")
    if spec.max_qty is not None and qty > spec.max_qty:
        return Refusal(
            OrdRejReason.EXCEEDS_LIMIT,
            f"quantity {quantity} is above the maximum {spec.qty(spec.max_qty):f}",
        )
    order.order_qty = qty
    return None


def notional_refusal(order: PaperOrder, px: int | None) -> Refusal | None:
    """Minimum and maximum notional at ``px``; where no price is known yet nothing can be said."""
    spec = order.spec
    if px is None:
        return None
    notional = spec.notional(px, order.order_qty)
    shown = f"notional {to_decimal(notional, MONEY_EXP):f} {spec.instrument.quote_currency}"
    if notional < spec.min_notional:
        return Refusal(
            OrdRejReason.EXCEEDS_LIMIT,
            f"{shown} is below the minimum {spec.instrument.min_notional:f}",
        )
    if spec.max_notional is not None and notional > spec.max_notional:
        return Refusal(
            OrdRejReason.EXCEEDS_LIMIT,
            f"{shown} is above the maximum {spec.instrument.max_notional:f}",
        )
    return None


def change_refusal(order: PaperOrder, mod: OrderModification) -> Refusal | None:
    """A price that the order's type has not cannot be changed."""
    for name, new, old in (
        ("limit", mod.limit_price, order.limit_px),
        ("stop", mod.stop_price, order.stop_px),
    ):
        if new is not None and old is None:
            text = f"a {order.type.name} order has no {name} price to change"
            return Refusal(OrdRejReason.OTHER, text)
    return None


def numbers_after(
    order: PaperOrder, mod: OrderModification
) -> tuple[Decimal, Decimal | None, Decimal | None]:
    """Quantity, limit price and stop price as a change would have them."""
    spec = order.spec
    return (
        spec.qty(order.order_qty) if mod.quantity is None else _number(mod.quantity),
        _px_after(mod.limit_price, order.limit_px, spec),
        _px_after(mod.stop_price, order.stop_px, spec),
    )


def _px_after(new: Number | None, old: int | None, spec: Spec) -> Decimal | None:
    if new is not None:
        return _number(new)
    return None if old is None else spec.px(old)


def _number(number: Number) -> Decimal:
    """A float is its shortest decimal; text that is no number is NaN, which no rule lets pass."""
    try:
        return Decimal(str(number))
    except InvalidOperation:
        return Decimal("NaN")
