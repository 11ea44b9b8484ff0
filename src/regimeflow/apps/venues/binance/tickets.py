"""The parameters of a new order, checked by type, as an order of the exchange."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.apps.venues.binance import refusals
from regimeflow.apps.venues.binance.names import (
    KINDS,
    RESPONSES,
    SIDES,
    STP_DEFAULT,
    STP_MODES,
    TIFS,
    stp_named,
)
from regimeflow.apps.venues.binance.parameters import Parameters
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.texts import ZERO
from regimeflow.apps.venues.exchange.kinds import Kind, Tif
from regimeflow.apps.venues.exchange.requests import NewOrder
from regimeflow.types.enums import OrderSide

LETTERS: Final = string.ascii_letters + string.digits
GENERATED_LENGTH: Final = 22
LEAST_STRATEGY_TYPE: Final = 1_000_000


class Demands(NamedTuple):
    """What a type of order must and must not have, beside its quantity."""

    needs: tuple[str, ...]
    refuses: tuple[str, ...]
    waits: bool = False


DEMANDS: Final = {
    Kind.LIMIT: Demands(("timeInForce", "price"), ("stopPrice", "trailingDelta", "quoteOrderQty")),
    Kind.MARKET: Demands((), ("price", "timeInForce", "stopPrice", "trailingDelta", "icebergQty")),
    Kind.LIMIT_MAKER: Demands(
        ("price",), ("timeInForce", "stopPrice", "trailingDelta", "quoteOrderQty")
    ),
    Kind.STOP: Demands((), ("price", "timeInForce", "icebergQty", "quoteOrderQty"), waits=True),
    Kind.TAKE_PROFIT: Demands(
        (), ("price", "timeInForce", "icebergQty", "quoteOrderQty"), waits=True
    ),
    Kind.STOP_LIMIT: Demands(("timeInForce", "price"), ("quoteOrderQty",), waits=True),
    Kind.TAKE_PROFIT_LIMIT: Demands(("timeInForce", "price"), ("quoteOrderQty",), waits=True),
}


class Leg(NamedTuple):
    """Where the parameters of one order are found: bare, or behind a prefix in an order list.

    Side and quantity are given where a list has them once for several orders.
    """

    prefix: str = ""
    side: OrderSide | None = None
    quantity: Decimal | None = None

    def name(self, field: str) -> str:
        """Return what a field is called here."""
        if not self.prefix:
            return "newClientOrderId" if field == "clientOrderId" else field
        return self.prefix + field[0].upper() + field[1:]


class Ids:
    """Makes the client order ids that Binance gives to what came without one."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def new(self) -> str:
        """Return an id of 22 letters and digits."""
        return "".join(self._random.choices(LETTERS, k=GENERATED_LENGTH))


def positive(number: Decimal | None, word: str) -> Decimal | None:
    """Refuse zero with -1013."""
    if number is not None and number <= ZERO:
        raise Refusal(-1013, f"Invalid {word}.")
    return number


def side_of(parameters: Parameters, name: str = "side") -> OrderSide:
    """Read a side."""
    text = parameters.required(name)
    side = SIDES.get(text)
    if side is None:
        raise Refusal(-1117, "Invalid side.")
    return side


def kind_of(parameters: Parameters, name: str = "type") -> Kind:
    """Read an order type."""
    kind = KINDS.get(parameters.required(name))
    if kind is None:
        raise Refusal(-1116, "Invalid orderType.")
    return kind


def response_of(parameters: Parameters, kind: Kind) -> str:
    """Read how much of an answer is wanted."""
    refusal = refusals.not_valid("newOrderRespType")
    wanted = parameters.choice("newOrderRespType", RESPONSES, refusal)
    return wanted or ("FULL" if kind in {Kind.MARKET, Kind.LIMIT} else "ACK")


def prevention_of(parameters: Parameters) -> str:
    """Read the mode of self-trade prevention."""
    refusal = refusals.not_valid("selfTradePreventionMode")
    mode = parameters.choice("selfTradePreventionMode", (*STP_MODES, "NONE"), refusal)
    if mode == "NONE":
        raise Refusal(-1013, "This symbol does not allow the specified self-trade prevention mode.")
    return mode or STP_DEFAULT


def read_order(
    parameters: Parameters, ids: Ids, symbol: str, *, leg: Leg | None = None, mode: str = ""
) -> NewOrder:
    """Read one order.

    Args:
        parameters: Of the request.
        ids: Makes the client order id where none was sent.
        symbol: Known to the venue.
        leg: Where to look, in an order list.
        mode: Of self-trade prevention, in an order list.

    Raises:
        Refusal: in Binance's words.
    """
    leg = leg or Leg()
    side = leg.side or side_of(parameters, leg.name("side"))
    kind = kind_of(parameters, leg.name("type"))
    demands = DEMANDS[kind]
    parameters.forbid(*(leg.name(field) for field in demands.refuses))
    if parameters.has(leg.name("pegPriceType")):
        raise refusals.order_refused("Pegged orders are not supported for this symbol.")
    for field in demands.needs:
        parameters.required(leg.name(field))
    amounts = _quantities(parameters, leg, kind)
    tif = _time_in_force(parameters, leg)
    display = _display(parameters, leg, amounts[0], tif)
    stop, trail = _trigger(parameters, leg, demands)
    return NewOrder(
        symbol=symbol,
        side=side,
        kind=kind,
        quantity=amounts[0],
        quote_quantity=amounts[1],
        limit_price=positive(parameters.decimal(leg.name("price")), "price"),
        stop_price=stop,
        trail_bips=trail,
        tif=tif,
        display=display,
        stp=stp_named(mode or prevention_of(parameters)),
        client_order_id=parameters.client_id(leg.name("clientOrderId")) or ids.new(),
        tags=_strategy(parameters, leg),
    )


def _quantities(
    parameters: Parameters, leg: Leg, kind: Kind
) -> tuple[Decimal | None, Decimal | None]:
    if leg.quantity is not None:
        return leg.quantity, None
    name = leg.name("quantity")
    quantity = positive(parameters.decimal(name), "quantity")
    if kind is not Kind.MARKET or leg.prefix:
        if quantity is None:
            raise refusals.missing(name)
        return quantity, None
    quote = positive(parameters.decimal("quoteOrderQty"), "quote order qty")
    if quantity is None and quote is None:
        raise refusals.missing_both("quantity", "quoteOrderQty")
    if quantity is not None and quote is not None:
        raise refusals.bad_combination()
    return quantity, quote


def _time_in_force(parameters: Parameters, leg: Leg) -> Tif:
    refusal = Refusal(-1115, "Invalid timeInForce.")
    return TIFS[parameters.choice(leg.name("timeInForce"), TIFS, refusal) or "GTC"]


def _display(
    parameters: Parameters, leg: Leg, quantity: Decimal | None, tif: Tif
) -> Decimal | None:
    display = parameters.decimal(leg.name("icebergQty"))
    if not display:
        return None
    if tif is not Tif.GTC:
        raise refusals.bad_composition()
    if quantity is not None and display > quantity:
        raise refusals.order_refused("IcebergQty exceeds QTY.")
    return display


def _trigger(
    parameters: Parameters, leg: Leg, demands: Demands
) -> tuple[Decimal | None, int | None]:
    stop_name, trail_name = leg.name("stopPrice"), leg.name("trailingDelta")
    stop = positive(parameters.decimal(stop_name), "stopPrice")
    trail = parameters.integer(trail_name)
    if demands.waits and stop is None and trail is None:
        raise refusals.missing_both(stop_name, trail_name)
    return stop, trail


def _strategy(parameters: Parameters, leg: Leg) -> Mapping[str, object]:
    tags: dict[str, object] = {}
    strategy = parameters.integer(leg.name("strategyId"))
    kind = parameters.integer(leg.name("strategyType"))
    if kind is not None and kind < LEAST_STRATEGY_TYPE:
        raise Refusal(-1134, "strategyType was less than 1000000.")
    if strategy is not None:
        tags["strategyId"] = strategy
    if kind is not None:
        tags["strategyType"] = kind
    return tags
