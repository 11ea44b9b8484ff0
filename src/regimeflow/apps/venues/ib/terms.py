"""A client's order in the exchange's words, or the error that TWS answers instead."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.exchange.kinds import Kind, Refused, Tif, Why
from regimeflow.apps.venues.exchange.requests import Amendment, NewOrder
from regimeflow.apps.venues.ib.contracts import Contract
from regimeflow.apps.venues.ib.errors import TEXTS, Code, Refusal, invalid, rejected
from regimeflow.apps.venues.ib.fields import BadField, decimal_of, number
from regimeflow.apps.venues.ib.times import read_stamp
from regimeflow.types.enums import OrderSide

_KINDS: Final = {
    "MKT": Kind.MARKET,
    "LMT": Kind.LIMIT,
    "STP": Kind.STOP,
    "STP LMT": Kind.STOP_LIMIT,
    "TRAIL": Kind.STOP,
    "TRAIL LIMIT": Kind.STOP_LIMIT,
    "MIT": Kind.TAKE_PROFIT,
    "LIT": Kind.TAKE_PROFIT_LIMIT,
    "MOC": Kind.MARKET,
    "LOC": Kind.LIMIT,
}
_TIFS: Final = {
    "": Tif.DAY,
    "DAY": Tif.DAY,
    "GTC": Tif.GTC,
    "IOC": Tif.IOC,
    "FOK": Tif.FOK,
    "GTD": Tif.GTD,
    "OPG": Tif.OPG,
}
_AT_CLOSE: Final = frozenset({"MOC", "LOC"})
_WITH_LIMIT: Final = frozenset({"LMT", "STP LMT", "LOC", "LIT", "TRAIL LIMIT"})
_WITH_STOP: Final = frozenset({"STP", "STP LMT", "MIT", "LIT"})
_TRAILING: Final = frozenset({"TRAIL", "TRAIL LIMIT"})
_SIDES: Final = {"BUY": OrderSide.BUY, "SELL": OrderSide.SELL, "SSHORT": OrderSide.SELL}
_NUMBERS: Final = ("lmtPrice", "auxPrice", "trailStopPrice", "trailingPercent", "displaySize")
_BIPS: Final = Decimal(100)


def new_order(asked: Mapping[str, str], contract: Contract, zone: str) -> NewOrder:
    """Return what the exchange is asked.

    Raises:
        Refusal: TWS itself says no.
    """
    order_type = asked["orderType"]
    _check(asked, contract)
    trails = order_type in _TRAILING
    trail, trail_bips = _trail(asked) if trails else (None, None)
    return NewOrder(
        symbol=contract.market,
        side=_SIDES[asked["action"]],
        kind=_KINDS[order_type],
        quantity=_quantity(asked, contract),
        limit_price=_price(asked, "lmtPrice", contract) if order_type in _WITH_LIMIT else None,
        stop_price=_price(asked, "auxPrice", contract) if order_type in _WITH_STOP else None,
        trail=trail,
        trail_bips=trail_bips,
        trail_stop=_first_stop(asked, contract) if trails else None,
        tif=_tif(asked),
        expire_ns=_good_till(asked, zone) if asked["tif"] == "GTD" else None,
        display=decimal_of(asked["displaySize"]) or None,
        client_order_id=asked["orderRef"],
    )


def amendment(asked: Mapping[str, str], contract: Contract, zone: str) -> Amendment:
    """Return what a placeOrder under a known id changes; unchanged terms are said again."""
    new = new_order(asked, contract, zone)
    return Amendment(
        quantity=new.quantity,
        limit_price=new.limit_price,
        stop_price=new.stop_price,
        trail=new.trail,
        tif=new.tif,
        expire_ns=new.expire_ns,
    )


def _check(asked: Mapping[str, str], contract: Contract) -> None:
    for name in _NUMBERS:
        decimal_of(asked.get(name, ""))  # what is no number must not be kept
    if asked["action"] not in _SIDES:
        raise Refusal(Code.WRONG_ACTION)
    if asked["orderType"] not in _KINDS:
        text = f"{TEXTS[Code.ORDER_TYPE_UNSUPPORTED]} Found {asked['orderType']!r}"
        raise Refusal(Code.ORDER_TYPE_UNSUPPORTED, f"{text}; expected one of {', '.join(_KINDS)}")
    if asked["tif"] not in _TIFS:
        known = ", ".join(filter(None, _TIFS))
        raise invalid(f"Invalid time in force:{asked['tif']}; expected one of {known}")
    if asked["orderType"] in _AT_CLOSE and asked["tif"] not in {"", "DAY"}:
        raise Refusal(Code.BAD_TIF)
    if asked["tif"] == "OPG" and asked["orderType"] not in {"MKT", "LMT"}:
        raise Refusal(Code.BAD_TIF)
    if contract.sec_type == "CRYPTO" and asked["tif"] not in {"IOC", "GTC", "DAY", "FOK"}:
        raise Refusal(Code.BAD_TIF)


def _quantity(asked: Mapping[str, str], contract: Contract) -> Decimal:
    try:
        quantity = decimal_of(asked["totalQuantity"]) or Decimal(0)
    except BadField as error:
        raise invalid(str(error)) from None
    if quantity == 0:
        raise Refusal(Code.ZERO_SIZE)
    if quantity < 0:
        raise invalid("Order size must be above zero")
    if quantity % contract.lot:
        raise Refusal(Code.FRACTION_REFUSED)
    return quantity


def _price(asked: Mapping[str, str], name: str, contract: Contract) -> Decimal:
    try:
        price = decimal_of(asked[name])
    except BadField as error:
        raise invalid(str(error)) from None
    if price is None or price <= 0:
        raise invalid(f"Missing or invalid price: {name}")
    if price % contract.min_tick:
        raise Refusal(Code.OFF_TICK)
    return price


def _trail(asked: Mapping[str, str]) -> tuple[Decimal | None, int | None]:
    distance, percent = decimal_of(asked["auxPrice"]), decimal_of(asked["trailingPercent"])
    if percent:
        return None, int(percent * _BIPS)
    if not distance or distance < 0:
        raise invalid("Missing trailing amount")
    return distance, None


def _first_stop(asked: Mapping[str, str], contract: Contract) -> Decimal | None:
    """Where a trailing stop stands at first; a limit needs it, to keep its distance from it."""
    if not decimal_of(asked["trailStopPrice"]) and asked["orderType"] == "TRAIL":
        return None
    return _price(asked, "trailStopPrice", contract)


def _tif(asked: Mapping[str, str]) -> Tif:
    return Tif.CLS if asked["orderType"] in _AT_CLOSE else _TIFS[asked["tif"]]


def _good_till(asked: Mapping[str, str], zone: str) -> int:
    try:
        until = read_stamp(asked["goodTillDate"], zone)
    except ValueError:
        until = None
    if until is None:
        raise Refusal(
            Code.INVALID, "Error validating request.-'bW' : cause - Invalid GTD time in the order"
        )
    return until


def refusal(refused: Refused) -> Refusal:
    """Return the error for what the exchange refused."""
    if refused.why is Why.OFF_TICK:
        return Refusal(Code.OFF_TICK)
    if refused.why is Why.OFF_LOT:
        return Refusal(Code.FRACTION_REFUSED)
    if refused.why is Why.NO_FUNDS:
        need, free = refused.details.get("need"), refused.details.get("free")
        shown = [number(value) if isinstance(value, Decimal) else "?" for value in (free, need)]
        return rejected(
            "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH"
            f" LOAN VALUE [{shown[0]} USD] MUST EXCEED THE INITIAL MARGIN [{shown[1]} USD]"
        )
    return rejected(refused.why.name.replace("_", " "))
