"""What Binance lets us do with a symbol: its steps, its limits, what is switched on.

Source:
    binance-spot-api-docs a5e0bc3, filters.md, enums.md, rest-api.md (exchangeInfo).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from regimeflow.adapters.brokers._shared.answers import Answers
from regimeflow.adapters.brokers.binance.errors import VENUE
from regimeflow.types.errors import BrokerError
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record

_ZERO: Final = Decimal(0)
_FINEST: Final = Decimal("0.00000001")
_MOST_DIGITS: Final = 15  # before the point: larger limits are none
_BOUNDS: Final = 4  # of Trails


class Trails(Record):
    """How far a trailing stop may lie from the price, in hundredths of a per cent."""

    least_above: int
    most_above: int
    least_below: int
    most_below: int


class SymbolRules(Record, kw_only=True):
    """One symbol of exchangeInfo, as far as orders need it."""

    instrument: Instrument
    status: str
    order_types: frozenset[str]
    base: str
    quote: str
    allows_amend: bool
    allows_replace: bool
    market_lot: Decimal
    market_max_qty: Decimal | None
    market_min_qty: Decimal
    notional_binds_market: bool
    min_price: Decimal | None
    max_price: Decimal | None
    most_orders: int | None
    most_algo_orders: int | None
    allows_trailing: bool
    allows_iceberg: bool
    trails: Trails | None
    most_parts: int | None

    @property
    def takes_orders(self) -> bool:
        """Whether new orders are taken now; an unknown status is the venue's to refuse."""
        return self.status not in {"HALT", "BREAK", "END_OF_DAY", "CANCEL_ONLY"}


def rules_of(symbol: Mapping[str, object]) -> SymbolRules:
    """Read one item of exchangeInfo's ``symbols``; unknown fields and filters are passed over.

    Raises:
        BrokerError: it lacks what an order needs.
    """
    with Answers(VENUE).reading("a question about symbols"):
        return _rules_of(symbol)


def _rules_of(symbol: Mapping[str, object]) -> SymbolRules:
    name = str(symbol.get("symbol", ""))
    filters = _by_type(symbol.get("filters"))
    price, lot = filters.get("PRICE_FILTER", {}), filters.get("LOT_SIZE", {})
    market = filters.get("MARKET_LOT_SIZE", {})
    notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
    base, quote = str(symbol.get("baseAsset", "")), str(symbol.get("quoteAsset", ""))
    if not name or not base or not quote:
        raise BrokerError(f"exchangeInfo of {name!r} names no base or quote asset", venue=VENUE)
    steps = _step(symbol, "baseAssetPrecision")
    binds_market = notional.get("applyMinToMarket", notional.get("applyToMarket", False))
    instrument = Instrument(
        symbol=name,
        asset_class="crypto",
        base_currency=base,
        quote_currency=quote,
        tick_size=_amount(price, "tickSize") or _step(symbol, "quotePrecision"),
        lot_size=_amount(lot, "stepSize") or steps,
        min_qty=_amount(lot, "minQty") or _ZERO,
        max_qty=_most(lot, "maxQty"),
        min_notional=_amount(notional, "minNotional") or _ZERO,
        max_notional=_most(notional, "maxNotional"),
    )
    return SymbolRules(
        instrument=instrument,
        status=str(symbol.get("status", "TRADING")),
        order_types=frozenset(map(str, _list(symbol.get("orderTypes")))),
        base=base,
        quote=quote,
        allows_amend=symbol.get("amendAllowed") is True,
        allows_replace=symbol.get("cancelReplaceAllowed", True) is True,
        market_lot=_amount(market, "stepSize") or instrument.lot_size,
        market_max_qty=_most(market, "maxQty"),
        market_min_qty=_amount(market, "minQty") or _ZERO,
        notional_binds_market=binds_market is True,
        min_price=_amount(price, "minPrice"),
        max_price=_most(price, "maxPrice"),
        most_orders=_count(filters, "MAX_NUM_ORDERS", "maxNumOrders"),
        most_algo_orders=_count(filters, "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders"),
        allows_trailing=symbol.get("allowTrailingStop", True) is True,
        allows_iceberg=symbol.get("icebergAllowed", True) is True,
        trails=_trails(filters.get("TRAILING_DELTA", {})),
        most_parts=_count(filters, "ICEBERG_PARTS", "limit"),
    )


def _count(filters: Mapping[str, Mapping[str, object]], kind: str, name: str) -> int | None:
    found = filters.get(kind, {}).get(name)
    return found if isinstance(found, int) else None


def _trails(table: Mapping[str, object]) -> Trails | None:
    found = [
        bound
        for where in ("Above", "Below")
        for end in ("min", "max")
        if isinstance(bound := table.get(f"{end}Trailing{where}Delta"), int)
    ]
    return Trails(*found) if len(found) == _BOUNDS else None


def order_limits(info: Mapping[str, object]) -> dict[str, tuple[int, int]]:
    """Each rate limit of exchangeInfo by name: how many in how many seconds."""
    seconds = {"SECOND": 1, "MINUTE": 60, "HOUR": 3_600, "DAY": 86_400}
    found: dict[str, tuple[int, int]] = {}
    for each in _list(info.get("rateLimits")):
        if not isinstance(each, Mapping):
            continue
        unit, count, limit = each.get("interval"), each.get("intervalNum"), each.get("limit")
        if unit in seconds and isinstance(count, int) and isinstance(limit, int):
            found[f"{each.get('rateLimitType')} {count} {unit}"] = (limit, count * seconds[unit])
    return found


def _list(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _by_type(value: object) -> dict[str, Mapping[str, object]]:
    return {str(each.get("filterType")): each for each in _list(value) if isinstance(each, Mapping)}


def _amount(table: Mapping[str, object], name: str) -> Decimal | None:
    """An amount of a filter; None when it is switched off ("0") or absent."""
    given = table.get(name)
    if given is None:
        return None
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        raise BrokerError(f"exchangeInfo has {name} {given!r}, no number", venue=VENUE) from None
    return amount.normalize() if amount > 0 else None


def _most(table: Mapping[str, object], name: str) -> Decimal | None:
    amount = _amount(table, name)
    return None if amount is None or amount.adjusted() >= _MOST_DIGITS else amount


def _step(symbol: Mapping[str, object], name: str) -> Decimal:
    digits = symbol.get(name)
    return Decimal((0, (1,), -digits)) if isinstance(digits, int) and digits >= 0 else _FINEST
