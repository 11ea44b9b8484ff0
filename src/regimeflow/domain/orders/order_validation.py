"""Whether an order can be one at all: every fault at once, and its numbers made exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final, Protocol

from regimeflow._core.decimals import parse, to_decimal
from regimeflow.domain.orders.order import (
    LiveOrder,
    Number,
    Order,
    OrderModification,
    OrderTerms,
)
from regimeflow.domain.orders.order_terms import HAS_LIMIT, TRAILING, exact_terms
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import Fault, InvalidArgument
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record, replace

HAS_STOP: Final = TRAILING | {
    OrderType.STOP,
    OrderType.STOP_LIMIT,
    OrderType.MARKET_IF_TOUCHED,
    OrderType.LIMIT_IF_TOUCHED,
}
_TYPES: Final = frozenset(OrderType) - {OrderType.NONE}
_TIMES: Final = frozenset(TimeInForce) - {TimeInForce.NONE}
MAX_CLIENT_ORDER_ID: Final = 36
_LEGAL: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


class OrderAbilities(Protocol):
    """What of a venue's capabilities concerns an order."""

    @property
    def order_types(self) -> frozenset[OrderType]:
        """The types that it takes."""
        ...

    @property
    def times_in_force(self) -> frozenset[TimeInForce]:
        """The times in force that it takes."""
        ...

    @property
    def max_client_order_id_len(self) -> int:
        """How long a client order id may be."""
        ...

    @property
    def terms(self) -> frozenset[str]:
        """The fields of ``OrderTerms`` that it takes."""
        ...


class ExactOrder(Record):
    """The numbers of an order: mantissas at the exponents of its instrument; its terms."""

    qty: int
    limit_px: int | None
    stop_px: int | None
    qty_exp: int
    px_exp: int
    terms: OrderTerms | None = None

    def as_modification(self, mod: OrderModification) -> OrderModification:
        """Return a change with the exact numbers in place of those it was written with."""
        return OrderModification(
            quantity=None if mod.quantity is None else to_decimal(self.qty, self.qty_exp),
            limit_price=_changed(mod.limit_price, self.limit_px, self.px_exp),
            stop_price=_changed(mod.stop_price, self.stop_px, self.px_exp),
        )


def _changed(given: Number | None, mantissa: int | None, exp: int) -> Decimal | None:
    return None if given is None or mantissa is None else to_decimal(mantissa, exp)


def exact_order(
    order: Order,
    instrument: Instrument | None,
    abilities: OrderAbilities | None = None,
    *,
    now_ns: int = 0,
) -> ExactOrder:
    """Return an order's exact numbers.

    Args:
        order: As its author wrote it.
        instrument: None where no grid is known: numbers are then taken as they are.
        abilities: What the venue takes; None: anything.
        now_ns: To tell a GTD order that has ended before it began.

    Raises:
        InvalidArgument: lists every fault.
    """
    faults = [*_kind_faults(order, abilities), *_text_faults(order, abilities)]
    faults += _time_faults(order, now_ns)
    exact = _numbers(order, instrument, faults)
    if order.type in _TYPES and (order.terms is not None or order.type in TRAILING):
        taken = None if abilities is None else abilities.terms
        terms = exact_terms(order, instrument, taken, faults)
        exact = None if exact is None else replace(exact, terms=terms)
    if exact is None or faults:
        raise InvalidArgument(faults)
    return exact


def exact_modification(
    mod: OrderModification, order: LiveOrder, instrument: Instrument | None
) -> ExactOrder:
    """Return what an order would be after a change.

    Raises:
        InvalidArgument: lists every fault; a quantity at or below what has filled is one.
    """
    faults: list[Fault] = []
    if mod == OrderModification():
        faults.append(Fault("", "found nothing to change; expected a quantity or a price"))
    for given, owners, name in (
        (mod.limit_price, HAS_LIMIT, "limit_price"),
        (mod.stop_price, HAS_STOP, "stop_price"),
    ):
        if given is not None and order.type not in owners:
            faults.append(
                Fault(name, f"found {given}; a {OrderType(order.type).name} order has none")
            )
    changed = Order(
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        quantity=order.quantity if mod.quantity is None else mod.quantity,
        limit_price=order.limit_price if mod.limit_price is None else mod.limit_price,
        stop_price=order.stop_price if mod.stop_price is None else mod.stop_price,
    )
    exact = None if faults else _numbers(changed, instrument, faults)
    if exact is not None and exact.qty <= order.cum_qty.scaleb(-exact.qty_exp):
        faults.append(
            Fault(
                "quantity", f"found {mod.quantity}; expected more than the {order.cum_qty} filled"
            )
        )
    if exact is None or faults:
        raise InvalidArgument(faults)
    return exact


def _kind_faults(order: Order, abilities: OrderAbilities | None) -> Iterator[Fault]:
    if order.side not in (OrderSide.BUY, OrderSide.SELL):
        yield Fault("side", f"found {order.side!r}; expected OrderSide.BUY or SELL")
    if order.type not in _TYPES:
        yield Fault("type", f"found {order.type!r}; expected an OrderType")
        return
    if order.time_in_force not in _TIMES:
        yield Fault("time_in_force", f"found {order.time_in_force!r}; expected a TimeInForce")
        return
    if abilities is None:
        return
    if order.type not in abilities.order_types:
        taken = ", ".join(kind.name for kind in sorted(abilities.order_types))
        yield Fault("type", f"found {OrderType(order.type).name}; the venue takes {taken}")
    if order.time_in_force not in abilities.times_in_force:
        taken = ", ".join(time.name for time in sorted(abilities.times_in_force))
        yield Fault(
            "time_in_force",
            f"found {TimeInForce(order.time_in_force).name}; the venue takes {taken}",
        )


def _text_faults(order: Order, abilities: OrderAbilities | None) -> Iterator[Fault]:
    text = order.client_order_id
    if text is None:
        return
    longest = min(MAX_CLIENT_ORDER_ID, abilities.max_client_order_id_len if abilities else 36)
    if not 1 <= len(text) <= longest or not _LEGAL.issuperset(text):
        yield Fault(
            "client_order_id",
            f"found {text[:48]!r}; expected 1 to {longest} of letters, digits, _ and -",
        )


def _time_faults(order: Order, now_ns: int) -> Iterator[Fault]:
    ends = order.expire_time_ns
    if order.time_in_force is not TimeInForce.GTD:
        if ends is not None:
            yield Fault("expire_time_ns", f"found {ends}; only a GTD order has one")
    elif ends is None:
        yield Fault("expire_time_ns", "found none; a GTD order needs one")
    elif ends <= now_ns:
        yield Fault("expire_time_ns", f"found {ends}; expected a time after now, {now_ns}")


def _numbers(order: Order, instrument: Instrument | None, faults: list[Fault]) -> ExactOrder | None:
    """Return the numbers, or add what is wrong with them."""
    if instrument is None:
        return _free_numbers(order, faults)
    qty = _taken(faults, instrument.qty_mantissa, order.quantity, "quantity")
    prices = [
        _price(order, name, owners, instrument.px_mantissa, faults)
        for name, owners in (("limit_price", HAS_LIMIT), ("stop_price", HAS_STOP))
    ]
    if faults or qty is None:
        return None
    limit_px, stop_px = prices
    faults.extend(instrument.order_faults(qty, limit_px))
    return ExactOrder(qty, limit_px, stop_px, instrument.qty_exp, instrument.px_exp)


class _Mantissa(Protocol):
    def __call__(self, number: Number, /, *, path: str) -> int: ...


def _price(
    order: Order, name: str, owners: frozenset[OrderType], take: _Mantissa, faults: list[Fault]
) -> int | None:
    price: Number | None = getattr(order, name)
    if order.type not in _TYPES:
        return None  # that is a fault of its own
    if price is None:
        if order.type in owners and not (name == "stop_price" and order.type in TRAILING):
            faults.append(
                Fault(name, f"found none; a {OrderType(order.type).name} order needs one")
            )
        return None
    if order.type not in owners:
        faults.append(
            Fault(name, f"found {price!r}; a {OrderType(order.type).name} order has none")
        )
        return None
    return _taken(faults, take, price, name)


def _taken(faults: list[Fault], take: _Mantissa, number: Number, path: str) -> int | None:
    try:
        return take(number, path=path)
    except InvalidArgument as refused:
        faults.extend(refused.faults)
        return None


def _free_numbers(order: Order, faults: list[Fault]) -> ExactOrder | None:
    """Where no grid is known: each number exactly as it was given, prices at one exponent."""
    exps: dict[str, int] = {}

    def take(number: Number, *, path: str) -> int:
        try:
            mantissa, exps[path] = parse(number)
        except (ValueError, TypeError) as refused:
            raise InvalidArgument([Fault(path, str(refused))]) from None
        if mantissa <= 0:
            raise InvalidArgument([Fault(path, f"found {number}; expected a number above 0")])
        return mantissa

    qty = _taken(faults, take, order.quantity, "quantity")
    limit_px = _price(order, "limit_price", HAS_LIMIT, take, faults)
    stop_px = _price(order, "stop_price", HAS_STOP, take, faults)
    if faults or qty is None:
        return None
    px_exp = min(exps.get("limit_price", 0), exps.get("stop_price", 0))
    scaled: Callable[[int | None, str], int | None] = lambda px, name: (  # noqa: E731
        None if px is None else px * 10 ** (exps[name] - px_exp)
    )
    return ExactOrder(
        qty,
        scaled(limit_px, "limit_price"),
        scaled(stop_px, "stop_price"),
        exps["quantity"],
        px_exp,
    )
