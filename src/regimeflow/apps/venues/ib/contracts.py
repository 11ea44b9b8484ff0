"""Contracts: what they say of themselves, and which of them a client's description fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.ib.fields import decimal_of, number

SMART: Final = "SMART"
_WEEKEND: Final = 5
STOCK_EXCHANGES: Final = (
    "SMART",
    "AMEX",
    "NYSE",
    "CBOE",
    "ARCA",
    "ISLAND",
    "NASDAQ",
    "BATS",
    "IEX",
)
ORDER_TYPES: Final = (
    "ACTIVETIM,AD,ADJUST,ALERT,ALLOC,AVGCOST,BASKET,CASHQTY,COND,CONDORDER,DAY,DEACT,DEACTDIS,"
    "DEACTEOD,FOK,GAT,GTC,GTD,GTT,HID,IOC,LIT,LMT,LOC,MIT,MKT,MOC,NONALGO,OCA,OPG,SCALE,STP,STPLMT,"
    "TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF"
)
# Which field of a description must equal which of a contract; an empty one asks nothing.
_COMPARED: Final = {
    "secType": "sec_type",
    "currency": "currency",
    "right": "right_asked",
    "multiplier": "multiplier",
    "tradingClass": "trading_class",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One thing that IB knows. ``market`` is its symbol on the local exchange."""

    market: str
    con_id: int
    symbol: str
    sec_type: str
    currency: str
    exchange: str
    local_symbol: str
    trading_class: str
    valid_exchanges: tuple[str, ...]
    min_tick: Decimal
    lot: Decimal = Decimal(1)
    last_trade_date: str = ""
    strike: Decimal = Decimal(0)
    right: str = ""
    multiplier: str = ""
    primary_exchange: str = ""
    market_name: str = ""
    long_name: str = ""
    contract_month: str = ""
    industry: str = ""
    category: str = ""
    subcategory: str = ""
    time_zone: str = "US/Eastern"
    stock_type: str = ""
    under_con_id: int = 0
    under_symbol: str = ""
    under_sec_type: str = ""
    market_rule: int = 26
    hours: tuple[str, str] = ("0400-2000", "0930-1600")  # trading, liquid; an empty one: all day
    is_expired: bool = False  # found only by who asks for what has expired too

    @property
    def size_of_one(self) -> Decimal:
        """Money per price of one unit."""
        return Decimal(self.multiplier or 1)

    def is_regular(self, local: datetime) -> bool:
        """Whether a time in the contract's zone is in its liquid hours."""
        opens, _, closes = self.hours[1].partition("-")
        time = f"{local:%H%M}"
        if not opens:
            return True
        if opens > closes:
            return time >= opens or time < closes
        return local.weekday() < _WEEKEND and opens <= time < closes

    @property
    def right_asked(self) -> str:
        """The right in the one letter to which descriptions are brought."""
        return self.right[:1]

    def told(self, exchange: str = "") -> dict[str, str]:
        """Return the fields of a contract as the server's messages carry them."""
        return {
            "conId": str(self.con_id),
            "symbol": self.symbol,
            "secType": self.sec_type,
            "lastTradeDate": self.last_trade_date,
            "strike": number(self.strike),
            "right": self.right or "?",
            "multiplier": self.multiplier,
            "exchange": exchange or self.exchange,
            "primaryExchange": self.primary_exchange,
            "currency": self.currency,
            "localSymbol": self.local_symbol,
            "tradingClass": self.trading_class,
        }

    def fits(self, asked: Mapping[str, str]) -> bool:
        """Whether a client's description can mean this contract."""
        exchange = asked.get("exchange", "")
        if exchange and exchange not in self.valid_exchanges:
            return False
        if (con_id := asked.get("conId", "")) not in {"", "0"}:
            return con_id == str(self.con_id)
        wanted = {**asked, "right": asked.get("right", "").removesuffix("?")[:1]}
        return (
            all(
                wanted.get(name, "") in {"", getattr(self, ours)}
                for name, ours in _COMPARED.items()
            )
            and self._is_named(wanted)
            and wanted.get("primaryExchange", "") in {"", self.primary_exchange, exchange or "-"}
            and self.last_trade_date.startswith(wanted.get("lastTradeDate", "").partition(" ")[0])
            and (decimal_of(wanted.get("strike", "")) or self.strike) == self.strike
        )

    def _is_named(self, wanted: Mapping[str, str]) -> bool:
        symbol, local_symbol = wanted.get("symbol", ""), wanted.get("localSymbol", "")
        if not symbol and not local_symbol:
            return False
        return symbol in {"", self.symbol} and local_symbol in {"", self.local_symbol}


class NoContract(Exception):
    """Error 200: nothing fits a description, or too much does."""


class Catalogue:
    """All contracts, found by description or by their symbol on the exchange."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self.contracts: Final[Sequence[Contract]] = tuple(contracts)
        self.by_market: Final = {contract.market: contract for contract in self.contracts}

    def find(
        self, asked: Mapping[str, str], *, with_expired: bool = False
    ) -> list[tuple[Contract, str]]:
        """Return what fits, each with the exchange to name.

        A stock without an exchange is found once at each exchange that trades it.
        """
        found = []
        for contract in self.contracts:
            if not contract.fits(asked) or (contract.is_expired and not with_expired):
                continue
            named = asked.get("exchange", "")
            if not named and contract.sec_type == "STK" and asked.get("conId", "") in {"", "0"}:
                found += [(contract, exchange) for exchange in contract.valid_exchanges]
            else:
                found.append((contract, named or contract.exchange))
        return found

    def only(self, asked: Mapping[str, str], *, with_expired: bool = False) -> Contract:
        """Return the one contract that is meant.

        Raises:
            NoContract: none, or several; the text is IB's.
        """
        found = {
            contract.con_id: contract for contract, _ in self.find(asked, with_expired=with_expired)
        }
        if not found:
            raise NoContract("No security definition has been found for the request")
        if len(found) > 1:
            raise NoContract(
                f"The contract description specified for {asked.get('symbol', '')} is ambiguous;"
                " you must specify the multiplier or trading class."
            )
        return next(iter(found.values()))

    def like(self, pattern: str) -> list[Contract]:
        """Return what a symbol search finds: stocks and the like that begin so."""
        kinds = {"STK", "CASH", "CRYPTO", "IND"}
        return [
            contract
            for contract in self.contracts
            if contract.sec_type in kinds
            and (
                contract.symbol.startswith(pattern.upper())
                or pattern.lower() in contract.long_name.lower()
            )
        ]
