"""What is known of an instrument that a feed names."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.types.instrument import Instrument
from regimeflow.types.option_symbol import option_of

Adjust = Callable[[Instrument], Instrument]
"""Makes the instrument to use of the one that a feed describes."""

_MONEY: Final = frozenset({"USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "TRY"})

# Longest first where one ends another.
QUOTE_CURRENCIES: Final = (
    "FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USD", "EUR", "GBP", "JPY", "TRY", "BTC", "ETH", "BNB",
)  # fmt: skip


class Market(NamedTuple):
    """A synthetic market's beginning.

    ``usual_lots`` is the usual quantity of a level, ``widest_gap`` the most ticks between two.
    """

    price: Decimal
    tick_size: Decimal
    lot_size: Decimal
    usual_lots: int
    widest_gap: int


SYNTHETIC_MARKETS: Final = {
    "BTCUSDT": Market(Decimal(60_000), Decimal("0.01"), Decimal("0.00001"), 40_000, 400),
    "ETHUSDT": Market(Decimal(2_600), Decimal("0.01"), Decimal("0.0001"), 60_000, 20),
    "SOLUSDT": Market(Decimal(150), Decimal("0.01"), Decimal("0.001"), 80_000, 2),
    "BTC/USD": Market(Decimal(60_000), Decimal("0.01"), Decimal("0.0001"), 4_000, 400),
    "AAPL": Market(Decimal(230), Decimal("0.01"), Decimal(1), 300, 2),
    "MSFT": Market(Decimal(430), Decimal("0.01"), Decimal(1), 200, 3),
    "SPY": Market(Decimal(590), Decimal("0.01"), Decimal(1), 800, 1),
    "EURUSD": Market(Decimal("1.085"), Decimal("0.00005"), Decimal(1), 1_000_000, 2),
}
_ANY_CRYPTO: Final = Market(Decimal(100), Decimal("0.01"), Decimal("0.0001"), 100_000, 2)
_ANY_OPTION: Final = Market(Decimal(5), Decimal("0.01"), Decimal(1), 50, 2)
_ANY_SHARE: Final = Market(Decimal(100), Decimal("0.01"), Decimal(1), 300, 2)


def as_it_is(instrument: Instrument) -> Instrument:
    """Adjust nothing."""
    return instrument


def decimals_of_step(step: Decimal) -> int:
    """How many decimals a tick or a lot has."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def split_symbol(symbol: str) -> tuple[str, str] | None:
    """Base and quote currency of ``BTCUSDT`` or ``BTC/USD``; None when the symbol is no pair."""
    base, slash, quote = symbol.partition("/")
    if slash and base and quote:
        return base, quote
    for quote in QUOTE_CURRENCIES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return symbol[: -len(quote)], quote
    return None


def market_of(symbol: str) -> Market:
    """The synthetic market's beginning for any symbol."""
    known = SYNTHETIC_MARKETS.get(symbol)
    if known is not None:
        return known
    if split_symbol(symbol):
        return _ANY_CRYPTO
    return _ANY_SHARE if option_of(symbol) is None else _ANY_OPTION


def instrument_of(symbol: str, tick_size: Decimal, lot_size: Decimal) -> Instrument:
    """An instrument with these steps; a symbol that is no currency pair is a share, in dollars."""
    pair = split_symbol(symbol)
    base, quote = pair or (symbol, "USD")
    is_money = pair is not None and {base, quote} <= _MONEY
    return Instrument(
        symbol=symbol,
        asset_class="fx" if is_money else "crypto" if pair else "equity",
        base_currency=base,
        quote_currency=quote,
        tick_size=tick_size,
        lot_size=lot_size,
        min_qty=lot_size,
    )
