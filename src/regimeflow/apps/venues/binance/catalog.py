"""What trades, by which rules: exchangeInfo and the numbers behind its filters."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from regimeflow._core.tuples import NamedTuple
from regimeflow.adapters.feeds.instruments import split_symbol
from regimeflow.apps.venues.binance import refusals
from regimeflow.apps.venues.binance.names import KINDS, STP_DEFAULT, STP_MODES
from regimeflow.apps.venues.binance.texts import eight
from regimeflow.types.instrument import Instrument

LARGEST_PRICE = Decimal(1_000_000)
LARGEST_QTY = Decimal(9_000)
MOST_MARKET_QTY = Decimal(1_000)
LEAST_NOTIONAL = Decimal(5)
MOST_NOTIONAL = Decimal(9_000_000)


class Row(NamedTuple):
    """One symbol and the bounds of its orders."""

    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    least_price: Decimal
    most_price: Decimal
    least_qty: Decimal
    most_qty: Decimal
    least_notional: Decimal = LEAST_NOTIONAL
    most_notional: Decimal = MOST_NOTIONAL
    most_market_qty: Decimal = MOST_MARKET_QTY
    up: Decimal = Decimal(5)
    down: Decimal = Decimal("0.2")
    average_minutes: int = 5
    most_parts: int = 100
    most_orders: int = 200
    most_algo_orders: int = 5
    most_lists: int = 20
    most_amends: int = 10
    least_trail: int = 10
    most_trail: int = 2000

    def filters(self) -> list[dict[str, object]]:
        """Return the filters as exchangeInfo lists them."""
        return [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": eight(self.least_price),
                "maxPrice": eight(self.most_price),
                "tickSize": eight(self.tick),
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": eight(self.least_qty),
                "maxQty": eight(self.most_qty),
                "stepSize": eight(self.lot),
            },
            {"filterType": "ICEBERG_PARTS", "limit": self.most_parts},
            {
                "filterType": "MARKET_LOT_SIZE",
                "minQty": eight(0),
                "maxQty": eight(self.most_market_qty),
                "stepSize": eight(0),
            },
            {
                "filterType": "TRAILING_DELTA",
                "minTrailingAboveDelta": self.least_trail,
                "maxTrailingAboveDelta": self.most_trail,
                "minTrailingBelowDelta": self.least_trail,
                "maxTrailingBelowDelta": self.most_trail,
            },
            {
                "filterType": "PERCENT_PRICE_BY_SIDE",
                "bidMultiplierUp": f"{self.up:f}",
                "bidMultiplierDown": f"{self.down:f}",
                "askMultiplierUp": f"{self.up:f}",
                "askMultiplierDown": f"{self.down:f}",
                "avgPriceMins": self.average_minutes,
            },
            {
                "filterType": "NOTIONAL",
                "minNotional": eight(self.least_notional),
                "applyMinToMarket": True,
                "maxNotional": eight(self.most_notional),
                "applyMaxToMarket": False,
                "avgPriceMins": self.average_minutes,
            },
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": self.most_orders},
            {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": self.most_lists},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": self.most_algo_orders},
            {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": self.most_amends},
        ]

    def form(self, status: str) -> dict[str, object]:
        """Return the symbol as exchangeInfo shows it."""
        return {
            "symbol": self.symbol,
            "status": status,
            "baseAsset": self.base,
            "baseAssetPrecision": 8,
            "quoteAsset": self.quote,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "baseCommissionPrecision": 8,
            "quoteCommissionPrecision": 8,
            "orderTypes": list(KINDS),
            "icebergAllowed": True,
            "ocoAllowed": True,
            "otoAllowed": True,
            "opoAllowed": False,
            "quoteOrderQtyMarketAllowed": True,
            "allowTrailingStop": True,
            "cancelReplaceAllowed": True,
            "amendAllowed": True,
            "pegInstructionsAllowed": False,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "filters": self.filters(),
            "permissions": [],
            "permissionSets": [["SPOT"]],
            "defaultSelfTradePreventionMode": STP_DEFAULT,
            "allowedSelfTradePreventionModes": list(STP_MODES),
        }


def row_of(instrument: Instrument) -> Row:
    """Return the rules of an instrument; where it says nothing, those of BTCUSDT."""
    parts = split_symbol(instrument.symbol)
    base, quote = parts or (instrument.symbol, "USDT")
    return Row(
        symbol=instrument.symbol,
        base=instrument.base_currency or base,
        quote=instrument.quote_currency or quote,
        tick=instrument.tick_size,
        lot=instrument.lot_size,
        least_price=instrument.tick_size,
        most_price=max(LARGEST_PRICE, instrument.tick_size * 10**8),
        least_qty=max(instrument.min_qty, instrument.lot_size),
        most_qty=instrument.max_qty or LARGEST_QTY,
        least_notional=instrument.min_notional or LEAST_NOTIONAL,
        most_notional=instrument.max_notional or MOST_NOTIONAL,
    )


class Catalog:
    """Every symbol of the venue.

    Args:
        instruments: What the market has.
    """

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self.rows = {symbol: row_of(each) for symbol, each in instruments.items()}

    def row(self, symbol: str) -> Row:
        """Return the rules of a symbol.

        Raises:
            Refusal: -1121, there is no such symbol.
        """
        row = self.rows.get(symbol)
        if row is None:
            raise refusals.bad_symbol()
        return row
