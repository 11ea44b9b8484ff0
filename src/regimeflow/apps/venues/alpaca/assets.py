"""What trades here, as ``/v2/assets`` describes it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.refusals import Refusal, not_found, text
from regimeflow.types.option_symbol import OptionSymbol, option_of

EQUITY: Final = "us_equity"
CRYPTO: Final = "crypto"
OPTION: Final = "us_option"
CONTRACT: Final = Decimal(100)  # shares that a contract is for, and money per price
_ONE: Final = Decimal(1)
_STEP: Final = Decimal("0.000000001")
_NAMES: Final = {
    "AAPL": ("b0b6dd9d-8b9b-48a9-ba46-b9d54906e415", "NASDAQ", "Apple Inc. Common Stock"),
    "MSFT": (
        "b6d1aa75-5c9c-4353-a305-9e2caa1925ab",
        "NASDAQ",
        "Microsoft Corporation Common Stock",
    ),
    "SPY": ("b28f4066-5c6d-479b-a2af-85dc1a8f16fb", "ARCA", "SPDR S&P 500 ETF Trust"),
    "BTC/USD": ("276e2673-764b-4ab6-a611-caf665ca6340", "CRYPTO", "Bitcoin  / US Dollar"),
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One symbol; ``asset_id`` is what Alpaca calls it by."""

    asset_id: str
    symbol: str
    exchange: str
    name: str
    option: OptionSymbol | None = None

    @property
    def is_crypto(self) -> bool:
        """Whether it trades round the clock, in pairs."""
        return "/" in self.symbol

    @property
    def asset_class(self) -> str:
        """``us_equity``, ``us_option`` or ``crypto``."""
        return CRYPTO if self.is_crypto else EQUITY if self.option is None else OPTION

    @property
    def is_marginable(self) -> bool:
        """Whether less than all of it has to be paid."""
        return self.asset_class == EQUITY

    @property
    def multiplier(self) -> Decimal:
        """Money per price of one unit."""
        return _ONE if self.option is None else CONTRACT

    @property
    def base(self) -> str:
        """What a position is of."""
        return self.symbol.partition("/")[0]

    @property
    def position_symbol(self) -> str:
        """Positions spell pairs without the slash."""
        return self.symbol.replace("/", "")

    @property
    def tape(self) -> str:
        """The consolidated tape that reports it: C for Nasdaq, B for the regional exchanges."""
        return "C" if self.exchange == "NASDAQ" else "B"

    def form(self) -> dict[str, object]:
        """As ``GET /v2/assets`` answers."""
        asset: dict[str, object] = {
            "id": self.asset_id,
            "class": self.asset_class,
            "exchange": self.exchange,
            "symbol": self.symbol,
            "name": self.name,
            "status": "active",
            "tradable": True,
            "marginable": self.is_marginable,
            "shortable": not self.is_crypto,
            "easy_to_borrow": not self.is_crypto,
            "borrow_status": "not_shortable" if self.is_crypto else "easy_to_borrow",
            "fractionable": True,
        }
        if self.is_crypto:
            asset["min_order_size"] = asset["min_trade_increment"] = text(_STEP)
            asset["price_increment"] = text(_STEP)
        return asset


class Assets:
    """All of them, found by symbol (with or without the slash) or by id."""

    def __init__(self, symbols: Iterable[str]) -> None:
        self._by_symbol: Final = {symbol: _asset(symbol) for symbol in symbols}
        self._by_key: Final[dict[str, Asset]] = {}
        for asset in self._by_symbol.values():
            for key in (asset.symbol, asset.position_symbol, asset.asset_id):
                self._by_key[key] = asset

    def __iter__(self) -> Iterator[Asset]:
        return iter(self._by_symbol.values())

    def find(self, key: str) -> Asset | None:
        """The asset of a symbol or an id."""
        return self._by_key.get(key)

    def named(self, key: str) -> Asset:
        """The asset of a path.

        Raises:
            Refusal: 404.
        """
        asset = self.find(key)
        if asset is None or asset.option is not None:
            raise unknown_asset(key)
        return asset


def unknown_asset(key: str) -> Refusal:
    """404 in the words of ``/v2/assets``."""
    return not_found(f"asset not found for {key}")


def _asset(symbol: str) -> Asset:
    known = _NAMES.get(symbol)
    if known is not None:
        return Asset(known[0], symbol, known[1], known[2])
    option = option_of(symbol)
    if option is not None:
        return Asset(id_of(symbol), symbol, "", _option_name(option), option)
    exchange = "CRYPTO" if "/" in symbol else "NYSE"
    return Asset(id_of(symbol), symbol, exchange, symbol)


def id_of(symbol: str) -> str:
    """What nobody has recorded the id of is called by: always the same."""
    made_up = random.Random(f"asset {symbol}").getrandbits(128)
    return str(uuid.UUID(int=made_up, version=4))


def _option_name(option: OptionSymbol) -> str:
    day = date.fromisoformat(option.expires)
    kind = option.kind.capitalize()
    return f"{option.root} {day:%b %d %Y} {text(option.strike)} {kind}"
