"""The terms of an order: whether they can be any, made exact, and as text for a journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, cast

from regimeflow._core.decimals import parse, to_decimal
from regimeflow.domain.orders.order import Number, Order, OrderTerms
from regimeflow.types.enums import OrderType, TimeInForce
from regimeflow.types.errors import Fault, InvalidArgument
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import replace

TRAILING: Final = frozenset({OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT})
HAS_LIMIT: Final = frozenset(
    {
        OrderType.LIMIT,
        OrderType.STOP_LIMIT,
        OrderType.LIMIT_ON_OPEN,
        OrderType.LIMIT_ON_CLOSE,
        OrderType.LIMIT_IF_TOUCHED,
        OrderType.TRAILING_STOP_LIMIT,
    }
)
_FLAGS: Final = ("post_only", "extended_hours")
_NUMBERS: Final = ("display_qty", "trail_amount", "trail_percent", "notional")
_GRIDLESS: Final = frozenset({"trail_percent", "notional"})
_TRAILS: Final = ("trail_amount", "trail_percent")
_AT_ONCE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})
_WHOLE: Final = 100  # per cent
_PLAIN: Final = OrderTerms()


def given_terms(terms: OrderTerms) -> list[str]:
    """Return the names of the fields that ask for something."""
    values = ((name, getattr(terms, name)) for name in (*_FLAGS, *_NUMBERS))
    return [name for name, value in values if value is not None and value is not False]


def exact_terms(
    order: Order, instrument: Instrument | None, taken: frozenset[str] | None, faults: list[Fault]
) -> OrderTerms | None:
    """Return the terms of an order with exact numbers; None where nothing is asked.

    Args:
        order: As its author wrote it; its type is one.
        instrument: None where no grid is known: numbers are then taken as they are.
        taken: The names of the fields that the venue takes; None: any.
        faults: Gets what is wrong.
    """
    found: object = order.terms
    if found is not None and not isinstance(found, OrderTerms):
        faults.append(Fault("terms", f"found {type(found).__name__}; expected OrderTerms"))
        return None
    terms = _PLAIN if found is None else found
    faults += [*_flag_faults(order, terms), *_trail_faults(order, terms)]
    numbers = {name: _number(name, terms, instrument, faults) for name in _NUMBERS}
    faults += [*_size_faults(order, numbers)]
    names = given_terms(terms)
    if taken is not None:
        faults += [*_foreign_faults(names, taken)]
    if not names:
        return None
    return OrderTerms(
        post_only=terms.post_only,
        display_qty=numbers["display_qty"],
        trail_amount=numbers["trail_amount"],
        trail_percent=numbers["trail_percent"],
        extended_hours=terms.extended_hours,
        notional=numbers["notional"],
    )


def _flag_faults(order: Order, terms: OrderTerms) -> Iterator[Fault]:
    for name in _FLAGS:
        value = getattr(terms, name)
        if not isinstance(value, bool):
            yield Fault(f"terms.{name}", f"found {value!r}; expected True or False")
    if not terms.post_only:
        return
    if order.type is not OrderType.LIMIT:
        kind = OrderType(order.type).name
        yield Fault("terms.post_only", f"found it on a {kind} order; only a LIMIT order has it")
    if order.time_in_force in _AT_ONCE:
        time = TimeInForce(order.time_in_force).name
        yield Fault("terms.post_only", f"found it on an {time} order, which never rests")


def _trail_faults(order: Order, terms: OrderTerms) -> Iterator[Fault]:
    given = [name for name in _TRAILS if getattr(terms, name) is not None]
    kind = OrderType(order.type).name
    if order.type not in TRAILING:
        for name in given:
            yield Fault(f"terms.{name}", f"found {getattr(terms, name)}; a {kind} order has none")
    elif not given:
        text = f"found none; a {kind} order needs trail_amount or trail_percent"
        yield Fault("terms.trail_amount", text)
    elif len(given) > 1:
        text = f"found {terms.trail_percent} beside a trail_amount; expected one of the two"
        yield Fault("terms.trail_percent", text)


def _foreign_faults(names: list[str], taken: frozenset[str]) -> Iterator[Fault]:
    known = ", ".join(sorted(taken)) or "no terms"
    for name in names:
        if name not in taken:
            yield Fault(f"terms.{name}", f"the venue does not take it; it takes {known}")


def _number(
    name: str, terms: OrderTerms, instrument: Instrument | None, faults: list[Fault]
) -> Decimal | None:
    value: Number | None = getattr(terms, name)
    if value is None:
        return None
    path = f"terms.{name}"
    try:
        if instrument is None or name in _GRIDLESS:
            exact = to_decimal(*parse(value))
        elif name == "display_qty":
            exact = instrument.qty_dec(instrument.qty_mantissa(value, path=path))
        else:
            exact = instrument.px_dec(instrument.px_mantissa(value, path=path))
    except InvalidArgument as refused:
        faults.extend(refused.faults)
        return None
    except (ValueError, TypeError) as refused:
        faults.append(Fault(path, str(refused)))
        return None
    if exact <= 0:
        faults.append(Fault(path, f"found {value}; expected a number above 0"))
    return exact


def _size_faults(order: Order, numbers: Mapping[str, Decimal | None]) -> Iterator[Fault]:
    if numbers["notional"] is not None and order.type is not OrderType.MARKET:
        kind = OrderType(order.type).name
        text = f"found {numbers['notional']}; a {kind} order is for a quantity"
        yield Fault("terms.notional", text)
    percent, shown = numbers["trail_percent"], numbers["display_qty"]
    if percent is not None and percent >= _WHOLE:
        yield Fault("terms.trail_percent", f"found {percent}; expected less than {_WHOLE}")
    if shown is None:
        return
    if order.type not in HAS_LIMIT:
        kind = OrderType(order.type).name
        yield Fault("terms.display_qty", f"found {shown}; a {kind} order does not rest in a book")
    try:
        quantity = to_decimal(*parse(order.quantity))
    except (ValueError, TypeError):
        return  # that is a fault of its own
    if shown > quantity:
        text = f"found {shown}; expected at most the quantity, {order.quantity}"
        yield Fault("terms.display_qty", text)


def terms_text(terms: OrderTerms | None) -> str:
    """Return terms as a journal's frame has them; "" for none."""
    if terms is None:
        return ""
    return " ".join(f"{name}={_written(getattr(terms, name))}" for name in given_terms(terms))


def _written(value: Number) -> str:
    return "true" if value is True else str(value)


def terms_of(text: str) -> OrderTerms | None:
    """Return the terms of such a text; what a newer version added to them is passed over.

    Raises:
        ValueError, ArithmeticError: it is none.
    """
    pairs = dict(part.split("=", 1) for part in text.split())
    given: dict[str, Any] = {name: True for name in _FLAGS if pairs.get(name) == "true"}
    given |= {name: Decimal(pairs[name]) for name in _NUMBERS if name in pairs}
    return OrderTerms(**given) if given else None


def shown_quantity(terms: OrderTerms | None, quantity: Decimal) -> OrderTerms | None:
    """Return the terms of a part of an order: no more of it can show than there is."""
    if terms is None or terms.display_qty is None:
        return terms
    return replace(terms, display_qty=min(Decimal(str(terms.display_qty)), quantity))


def texts_by_id(terms: Mapping[int, object]) -> dict[str, str]:
    """Return the terms of orders, by their ids, as JSON has them."""
    return {str(key): terms_text(cast("OrderTerms", each)) for key, each in terms.items()}


def terms_by_id(texts: Mapping[str, str]) -> dict[int, object]:
    """Return the terms that ``texts_by_id`` was given."""
    return {int(key): terms_of(text) for key, text in texts.items()}
