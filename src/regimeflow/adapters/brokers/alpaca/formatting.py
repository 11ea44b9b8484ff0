"""Orders as Alpaca takes them: every number exact, as text, on its step."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow.adapters.brokers._shared.legs import split_leg
from regimeflow.adapters.brokers.alpaca.capabilities import MAX_CLIENT_ORDER_ID
from regimeflow.adapters.brokers.alpaca.errors import not_sent
from regimeflow.adapters.brokers.alpaca.rules import AssetRules
from regimeflow.adapters.brokers.alpaca.words import (
    AUCTION_WORDS,
    SIDE_WORDS,
    TIME_WORDS,
    TYPE_WORDS,
)
from regimeflow.domain.orders.order import LiveOrder, Number
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.records import Record

_PRICED: Final = frozenset(
    {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_ON_OPEN, OrderType.LIMIT_ON_CLOSE}
)
_STOPPED: Final = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_LASTING: Final = frozenset({TimeInForce.DAY, TimeInForce.GTC})
_AT_ONCE: Final = frozenset({OrderType.MARKET, OrderType.LIMIT})
_CRYPTO: Final = (
    frozenset({OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_LIMIT}),
    frozenset({TimeInForce.GTC, TimeInForce.IOC}),
)
_OPTION: Final = (_AT_ONCE, frozenset({TimeInForce.DAY}))
_CENT: Final = Decimal("0.01")

Body = dict[str, object]


class Asked(Record, kw_only=True):
    """What an order is to do; ``quantity`` is the whole order's, with what has filled."""

    symbol: str
    side: OrderSide
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False
    notional: Decimal | None = None  # ``quantity`` is then the most that it may come to

    @property
    def is_fraction(self) -> bool:
        """Whether it asks for a part of a share."""
        return self.notional is not None or self.quantity != self.quantity.to_integral_value()


def number(value: Decimal) -> str:
    """A number in plain digits, without zeros behind: never an exponent."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def new_order(asked: Asked, rules: AssetRules, client_order_id: str) -> Body:
    """Return the body of a new order.

    Raises:
        BrokerError: NOT_SENT: Alpaca has no such order, or the asset does not take it.
    """
    _check_id(client_order_id)
    if not rules.is_tradable:
        raise not_sent(f"{asked.symbol} takes no orders now: its status is {rules.status}")
    word = TYPE_WORDS.get(asked.type)
    if word is None:
        taken = ", ".join(kind.name for kind in sorted(TYPE_WORDS))
        raise not_sent(f"Alpaca has no {asked.type.name} orders; it takes {taken}")
    body: Body = {
        "symbol": asked.symbol,
        **_size(asked, rules),
        "side": SIDE_WORDS[asked.side],
        "type": word,
        "time_in_force": _time_word(asked, rules),
    }
    if asked.type in _PRICED:
        body["limit_price"] = number(rules.demand_price("limit_price", asked.limit_price))
    if asked.type in _STOPPED:
        body["stop_price"] = number(rules.demand_price("stop_price", asked.stop_price))
    body |= _trail(asked, rules)
    if asked.extended_hours:
        body["extended_hours"] = _extended(asked, rules)
    body["client_order_id"] = client_order_id
    return body


def change(
    was: Asked, asked: Asked, rules: AssetRules, client_order_id: str, *, left_out: Decimal
) -> Body:
    """Return the body that changes an order.

    The quantity is always told: Alpaca has been seen to work the first quantity again, and without
    a client id of ours the new order would get one of Alpaca's.

    Args:
        was: The order as it is.
        asked: As it is to be.
        rules: Of its asset.
        client_order_id: Of the new leg.
        left_out: What earlier legs have filled that the venue's count of this one leaves out.

    Raises:
        BrokerError: NOT_SENT.
    """
    body: Body = {"client_order_id": client_order_id}
    if was.notional is not None:
        raise not_sent("Alpaca changes no order for an amount; cancel it and send another")
    if asked.quantity != was.quantity and (was.is_fraction or asked.is_fraction):
        raise not_sent(
            "Alpaca changes no quantity that is a part of a share; cancel it and send another"
        )
    if not asked.is_fraction:
        body["qty"] = number(rules.demand_quantity(asked.quantity - left_out))
    for name in ("limit_price", "stop_price"):
        new = getattr(asked, name)
        if new is not None and new != getattr(was, name):
            body[name] = number(rules.demand_price(name, new))
    if len(body) - ("qty" in body) == 1 and asked.quantity == was.quantity:
        raise not_sent("nothing of the order would be changed")
    return body


def asked_of(order: LiveOrder) -> Asked:
    """What an order of the engine's asks for."""
    terms = order.terms
    return Asked(
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        quantity=order.quantity,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        trail_amount=None if terms is None else _exact(terms.trail_amount),
        trail_percent=None if terms is None else _exact(terms.trail_percent),
        extended_hours=terms is not None and terms.extended_hours,
        notional=None if terms is None else _exact(terms.notional),
    )


def _exact(value: Number | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _size(asked: Asked, rules: AssetRules) -> Body:
    """Return how much: a quantity, or an amount that Alpaca takes: of shares, 1.00 up, in cents.

    Raises:
        BrokerError: NOT_SENT.
    """
    amount = asked.notional
    if amount is None:
        return {"qty": number(rules.demand_quantity(asked.quantity))}
    if rules.is_crypto or rules.is_option:
        raise not_sent(
            f"orders for an amount are for shares; {asked.symbol} is ordered by quantity"
        )
    if amount < 1 or amount % _CENT:
        raise not_sent(f"an amount of {amount}; expected at least 1.00, in cents")
    return {"notional": number(amount)}


def _trail(asked: Asked, rules: AssetRules) -> Body:
    if asked.type is not OrderType.TRAILING_STOP:
        return {}
    if asked.stop_price is not None:
        raise not_sent("Alpaca's trailing stops begin at the market: they take no stop_price")
    if asked.trail_amount is not None:
        return {"trail_price": number(rules.demand_price("trail_amount", asked.trail_amount))}
    if asked.trail_percent is None:
        raise not_sent("trail_amount or trail_percent is missing")
    return {"trail_percent": number(asked.trail_percent)}


def _extended(asked: Asked, rules: AssetRules) -> bool:
    if rules.is_crypto:
        raise not_sent(f"{asked.symbol} trades round the clock: it has no extended hours")
    if rules.is_option:
        raise not_sent(f"{asked.symbol} is an option: it has no extended hours")
    if asked.type is not OrderType.LIMIT or asked.time_in_force not in _LASTING:
        raise not_sent("only LIMIT orders, DAY or GTC, work in extended hours")
    return True


def _check_id(client_order_id: str) -> None:
    if not 1 <= len(client_order_id) <= MAX_CLIENT_ORDER_ID or not client_order_id.isascii():
        raise not_sent(
            f"client_order_id {client_order_id!r}; expected 1 to {MAX_CLIENT_ORDER_ID} of ASCII"
        )
    if split_leg(client_order_id)[1]:
        raise not_sent(f"client_order_id {client_order_id!r} ends as those of changed orders do")


def _time_word(asked: Asked, rules: AssetRules) -> str:
    kind, time = asked.type, asked.time_in_force
    if rules.is_crypto or rules.is_option:
        types, times = _CRYPTO if rules.is_crypto else _OPTION
        if kind not in types:
            raise not_sent(f"{asked.symbol} takes no {kind.name} orders; it takes {_names(types)}")
        if time not in times:
            raise not_sent(f"{asked.symbol} takes no {time.name} orders; it takes {_names(times)}")
        return TIME_WORDS[time]
    if asked.is_fraction and not rules.takes_fractions:
        raise not_sent(f"{asked.symbol} trades in whole shares only")
    if kind in AUCTION_WORDS:
        if time not in _LASTING:
            raise not_sent(f"{kind.name} orders have no time in force; found {time.name}")
        if asked.is_fraction:
            raise not_sent(f"{kind.name} orders are for whole shares")
        return AUCTION_WORDS[kind]
    word = TIME_WORDS.get(time)
    if word is None:
        raise not_sent(f"Alpaca has no {time.name} orders; it takes {_names(TIME_WORDS)}")
    if asked.is_fraction and time is not TimeInForce.DAY:
        raise not_sent(f"orders for a part of a share are DAY orders; found {time.name}")
    if kind not in _AT_ONCE and time not in _LASTING:
        raise not_sent(f"{kind.name} orders are DAY or GTC orders; found {time.name}")
    return word


def _names(kinds: object) -> str:
    return ", ".join(sorted(each.name for each in kinds))  # type: ignore[attr-defined]
