"""Orders as Binance takes them: every number exact, in digits, on its tick and lot."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow.adapters.brokers.binance.errors import VENUE
from regimeflow.adapters.brokers.binance.legs import LEGAL_CLIENT_ORDER_ID, leg_id, split_leg
from regimeflow.adapters.brokers.binance.rules import SymbolRules
from regimeflow.adapters.brokers.binance.signing import Value
from regimeflow.adapters.brokers.binance.words import (
    POST_ONLY,
    SIDE_WORDS,
    TIME_WORDS,
    TYPE_WORDS,
)
from regimeflow.domain.orders.order import OrderTerms
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import BrokerError, Outcome
from regimeflow.types.records import Record

_TRAILING: Final = frozenset({OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT})
_PRICED: Final = frozenset(
    {
        OrderType.LIMIT,
        OrderType.STOP_LIMIT,
        OrderType.LIMIT_IF_TOUCHED,
        OrderType.TRAILING_STOP_LIMIT,
    }
)
_STOPPED: Final = frozenset(
    {
        OrderType.STOP,
        OrderType.STOP_LIMIT,
        OrderType.MARKET_IF_TOUCHED,
        OrderType.LIMIT_IF_TOUCHED,
    }
)
_MARKET_TIMES: Final = frozenset({TimeInForce.GTC, TimeInForce.IOC})


class Terms(Record, kw_only=True):
    """What an order is to do.

    ``more``: what else is asked of it. ``is_all``: whether that is known: nobody tells it of an
    order that another client placed until the venue is asked.
    """

    symbol: str
    side: OrderSide
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    more: OrderTerms | None = None
    is_all: bool = True


def refused(text: str) -> BrokerError:
    """Return the error of an order that is not sent, and why."""
    return BrokerError(f"not sent: {text}", venue=VENUE, outcome=Outcome.NOT_SENT)


def number(value: Decimal) -> str:
    """A number in plain digits, without zeros behind: never an exponent."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def new_order(terms: Terms, rules: SymbolRules, client_order_id: str) -> dict[str, Value]:
    """Return the parameters of a new order.

    Raises:
        BrokerError: NOT_SENT: Binance has no such order, or the symbol does not take it.
    """
    check_client_order_id(client_order_id)
    word = _type_word(terms, rules)
    params: dict[str, Value] = {
        "symbol": terms.symbol,
        "side": SIDE_WORDS[terms.side],
        "type": word,
    }
    if terms.type in _PRICED and word != POST_ONLY:
        params["timeInForce"] = _time_word(terms)
    elif terms.time_in_force not in _MARKET_TIMES:
        raise refused(f"{word} orders have no time in force; found {terms.time_in_force.name}")
    params["quantity"] = _quantity(terms, rules)
    if terms.type in _PRICED:
        params["price"] = _price("limit_price", terms.limit_price, rules)
    if terms.stop_price is not None or (terms.type in _STOPPED and not _trail_of(terms)):
        params["stopPrice"] = _price("stop_price", terms.stop_price, rules)
    params |= more_of(terms, rules)
    _check_notional(terms, rules)
    params["newClientOrderId"] = client_order_id
    params["newOrderRespType"] = "ACK"  # what becomes of it, the user data stream tells
    return params


def more_of(terms: Terms, rules: SymbolRules) -> dict[str, Value]:
    """Return the parameters of what else is asked of an order.

    Raises:
        BrokerError: NOT_SENT: Binance, or the symbol, does not take it.
    """
    params: dict[str, Value] = {}
    trail, more = _trail_of(terms), terms.more
    if trail is not None:
        params["trailingDelta"] = _bips(terms, trail, rules)
    elif terms.type in _TRAILING:
        raise refused("Binance trails by a share of the price: give trail_percent")
    if more is None:
        return params
    if more.extended_hours:
        raise refused("Binance knows no hours")
    if more.display_qty is not None:
        params["icebergQty"] = _iceberg(terms, Decimal(str(more.display_qty)), rules)
    return params


def _trail_of(terms: Terms) -> Decimal | None:
    given = None if terms.more is None else terms.more.trail_percent
    return None if given is None else Decimal(str(given))


def _bips(terms: Terms, percent: Decimal, rules: SymbolRules) -> int:
    if not rules.allows_trailing:
        raise refused(f"{terms.symbol} takes no trailing orders")
    if (percent * 100) % 1:
        raise refused(f"trail_percent {percent} is no multiple of 0.01 (trailingDelta)")
    bips, bounds = int(percent * 100), rules.trails
    if bounds is None:
        return bips
    takes_profit = TYPE_WORDS[terms.type].startswith("TAKE_PROFIT")
    if (terms.side is OrderSide.BUY) is not takes_profit:
        least, most = bounds.least_above, bounds.most_above
    else:
        least, most = bounds.least_below, bounds.most_below
    if not least <= bips <= most:
        low, high = number(Decimal(least).scaleb(-2)), number(Decimal(most).scaleb(-2))
        raise refused(f"trail_percent {percent} is not from {low} to {high} (TRAILING_DELTA)")
    return bips


def _iceberg(terms: Terms, shown: Decimal, rules: SymbolRules) -> str:
    if not rules.allows_iceberg:
        raise refused(f"{terms.symbol} takes no display_qty: it allows no icebergs")
    if terms.type not in _PRICED or terms.time_in_force is not TimeInForce.GTC:
        raise refused("display_qty is for orders with a limit that are GTC")
    _demand_step("display_qty", shown, rules.instrument.lot_size, "LOT_SIZE")
    least = rules.instrument.min_qty
    if shown < least:
        raise refused(f"display_qty {number(shown)} is below the least of {number(least)}")
    if shown > terms.quantity:
        raise refused(f"display_qty {number(shown)} is more than {number(terms.quantity)}")
    if rules.most_parts is not None and terms.quantity > shown * rules.most_parts:
        text = f"would make more than {rules.most_parts} parts (ICEBERG_PARTS)"
        raise refused(f"display_qty {number(shown)} of {number(terms.quantity)} {text}")
    return number(shown)


def check_client_order_id(client_order_id: str) -> None:
    """Refuse an id that Binance would, or that would read as another order's leg.

    Raises:
        BrokerError: NOT_SENT.
    """
    if LEGAL_CLIENT_ORDER_ID.fullmatch(client_order_id) is None:
        raise refused(
            f"client_order_id {client_order_id!r}; expected 1 to 36 of letters, digits, - and _"
        )


def check_own_id(client_order_id: str) -> None:
    """Refuse an order's own id that reads as a leg of another order."""
    if split_leg(client_order_id)[1]:
        raise refused(f"client_order_id {client_order_id!r} ends as those of replaced orders do")


def amendment(
    symbol: str, broker_order_id: str, quantity: Decimal, own_id: str
) -> dict[str, Value]:
    """Return the parameters that make an order smaller and keep its place.

    Without ``newClientOrderId`` Binance would give the order a random one.
    """
    return {
        "symbol": symbol,
        "orderId": int(broker_order_id),
        "newQty": number(quantity),
        "newClientOrderId": own_id,
    }


def replacement(
    terms: Terms,
    rules: SymbolRules,
    *,
    broker_order_id: str,
    client_order_id: str,
    leg: int,
    only_new: bool,
) -> dict[str, Value]:
    """Return the parameters that cancel an order and place its next leg.

    Args:
        terms: Of the new leg.
        rules: Of its symbol.
        broker_order_id: Of the leg that is cancelled.
        client_order_id: The order's own.
        leg: The number of the new leg.
        only_new: Do neither when anything of it has filled meanwhile, so that no more is worked
            than was asked for.

    Raises:
        BrokerError: NOT_SENT: as ``new_order``, or the symbol allows no cancel-replace.
    """
    if not rules.allows_replace:
        raise refused(f"{terms.symbol} allows no cancel-replace; cancel the order and send another")
    params = new_order(terms, rules, leg_id(client_order_id, leg))
    params["cancelReplaceMode"] = "STOP_ON_FAILURE"
    params["cancelOrderId"] = int(broker_order_id)
    if only_new:
        params["cancelRestrictions"] = "ONLY_NEW"
    return params


def _type_word(terms: Terms, rules: SymbolRules) -> str:
    word = TYPE_WORDS.get(terms.type)
    if word == "LIMIT" and terms.more is not None and terms.more.post_only:
        word = POST_ONLY
    if word is None:
        taken = ", ".join(kind.name for kind in sorted(TYPE_WORDS))
        raise refused(f"Binance has no {terms.type.name} orders; it takes {taken}")
    if rules.order_types and word not in rules.order_types:
        raise refused(f"{terms.symbol} takes no {word} orders; it takes {_names(rules)}")
    if not rules.takes_orders:
        raise refused(f"{terms.symbol} takes no orders now: its status is {rules.status}")
    return word


def _names(rules: SymbolRules) -> str:
    return ", ".join(sorted(rules.order_types))


def _time_word(terms: Terms) -> str:
    word = TIME_WORDS.get(terms.time_in_force)
    if word is None:
        taken = ", ".join(time.name for time in sorted(TIME_WORDS))
        raise refused(f"Binance has no {terms.time_in_force.name} orders; it takes {taken}")
    return word


def _quantity(terms: Terms, rules: SymbolRules) -> str:
    instrument, quantity = rules.instrument, terms.quantity
    least, most, lot = instrument.min_qty, instrument.max_qty, instrument.lot_size
    if terms.type not in _PRICED:
        least = max(least, rules.market_min_qty)
        mosts = [each for each in (most, rules.market_max_qty) if each is not None]
        most = min(mosts) if mosts else None
        if rules.market_lot != lot:
            _demand_step("quantity", quantity, rules.market_lot, "MARKET_LOT_SIZE")
    _demand_step("quantity", quantity, lot, "LOT_SIZE")
    if quantity < least or quantity <= 0:
        raise refused(f"quantity {number(quantity)} is below the least of {number(least)}")
    if most is not None and quantity > most:
        raise refused(f"quantity {number(quantity)} is above the most of {number(most)}")
    return number(quantity)


def _price(name: str, price: Decimal | None, rules: SymbolRules) -> str:
    if price is None:
        raise refused(f"{name} is missing")
    _demand_step(name, price, rules.instrument.tick_size, "PRICE_FILTER")
    if price <= 0:
        raise refused(f"{name} {number(price)}; expected a price above 0")
    least, most = rules.min_price, rules.max_price
    if least is not None and price < least:
        raise refused(
            f"{name} {number(price)} is below the least of {number(least)} (PRICE_FILTER)"
        )
    if most is not None and price > most:
        raise refused(f"{name} {number(price)} is above the most of {number(most)} (PRICE_FILTER)")
    return number(price)


def _demand_step(name: str, value: Decimal, step: Decimal, rule: str) -> None:
    if not value.is_finite() or value % step:
        raise refused(f"{name} {value} is no multiple of {number(step)} ({rule})")


def _check_notional(terms: Terms, rules: SymbolRules) -> None:
    price = terms.limit_price
    if price is None:
        return  # at the market: the venue judges it at a price of its own
    notional, instrument = price * terms.quantity, rules.instrument
    if notional < instrument.min_notional:
        least = number(instrument.min_notional)
        raise refused(f"a notional of {number(notional)} is below the least of {least} (NOTIONAL)")
    if instrument.max_notional is not None and notional > instrument.max_notional:
        most = number(instrument.max_notional)
        raise refused(f"a notional of {number(notional)} is above the most of {most} (NOTIONAL)")
