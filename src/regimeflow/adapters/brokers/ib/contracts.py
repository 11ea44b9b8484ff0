"""Which contract a symbol is: described by the settings, found at IB, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from regimeflow.adapters.brokers.ib.amounts import amount, exact, text_of
from regimeflow.adapters.brokers.ib.errors import VENUE, refused
from regimeflow.adapters.brokers.ib.hours import calendar_of
from regimeflow.adapters.brokers.ib.library import contract as library_contract
from regimeflow.types.config.ib import IBContract, IBSettings
from regimeflow.types.errors import BrokerError, NotFound
from regimeflow.types.instrument import AssetClass, Instrument
from regimeflow.types.records import Record
from regimeflow.types.settings import rules_of

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import TwsContract, TwsDetails

_LETTERS: Final = 3
_CURRENCIES: Final = frozenset(
    {
        *("AUD", "CAD", "CHF", "CNH", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY"),
        *("KRW", "MXN", "NOK", "NZD", "PLN", "SEK", "SGD", "TRY", "USD", "ZAR"),
    }
)
_EXCHANGES: Final = {"STK": "SMART", "OPT": "SMART", "CASH": "IDEALPRO", "CRYPTO": "PAXOS"}
_CLASSES: Final[Mapping[str, AssetClass]] = {
    "STK": "equity",
    "CASH": "fx",
    "FUT": "future",
    "OPT": "option",
    "CRYPTO": "crypto",
}
_MOST_SHOWN: Final = 8
_ONE: Final = Decimal(1)


class Traded(Record, kw_only=True):
    """A symbol of the session: IB's contract, and what may be ordered of it."""

    instrument: Instrument
    contract: TwsContract

    @property
    def symbol(self) -> str:
        """Ours."""
        return self.instrument.symbol

    @property
    def con_id(self) -> int:
        """IB's number of it."""
        return self.contract.conId

    @property
    def is_pair(self) -> bool:
        """Whether it is a currency pair: quoted, and never told as traded."""
        return self.contract.secType == "CASH"


class Contracts:
    """The session's contracts, by symbol and by IB's number."""

    def __init__(self) -> None:
        self._by_symbol: Final[dict[str, Traded]] = {}
        self._by_con_id: Final[dict[int, Traded]] = {}

    def keep(self, traded: Traded) -> None:
        """Add one, or its newest form."""
        self._by_symbol[traded.symbol] = traded
        self._by_con_id[traded.con_id] = traded

    def find(self, symbol: str) -> Traded:
        """Return one by our symbol; NotFound for one of no session of ours."""
        found = self._by_symbol.get(symbol)
        if found is None:
            raise NotFound(f"{symbol!r} is none of this session's symbols")
        return found

    def to_order(self, symbol: str) -> Traded:
        """Return what an order is for; a refusal where there is none."""
        found = self._by_symbol.get(symbol)
        if found is None:
            raise refused(f"{symbol!r} is none of this session's symbols")
        return found

    def of(self, contract: TwsContract) -> Traded | None:
        """Return what a message is about; None for what this session does not trade."""
        return self._by_con_id.get(contract.conId)

    def __len__(self) -> int:
        return len(self._by_symbol)


def is_pair(symbol: str) -> bool:
    """Whether a symbol is two currencies, such as EURUSD."""
    halves = symbol[:_LETTERS], symbol[_LETTERS:]
    return len(symbol) == 2 * _LETTERS and _CURRENCIES.issuperset(halves)


def description_of(symbol: str, settings: IBSettings) -> TwsContract:
    """Return how IB is asked for a symbol's contract."""
    own = settings.contracts.get(symbol)

    def said(name: str) -> object:
        value = getattr(own, name) if own is not None else None
        return getattr(settings.defaults, name) if value is None else value

    given = {name: value for name in rules_of(IBContract) if (value := said(name)) is not None}
    kind = str(given.get("security_type", "CASH" if is_pair(symbol) else "STK"))
    base, quote = symbol, "USD"
    if kind == "CASH" and is_pair(symbol):
        base, quote = symbol[:_LETTERS], symbol[_LETTERS:]
    exchange = given.get("exchange", _EXCHANGES.get(kind, ""))
    if "con_id" in given:
        return library_contract(
            conId=given["con_id"],
            exchange=given.get("exchange", ""),
            includeExpired=given.get("include_expired", False),
        )
    by_local_symbol = "local_symbol" in given and "symbol_override" not in given
    fields: dict[str, object] = {
        "symbol": "" if by_local_symbol else given.get("symbol_override", base),
        "secType": kind,
        "exchange": exchange,
        "currency": given.get("currency", quote),
        "primaryExchange": given.get("primary_exchange", ""),
        "localSymbol": given.get("local_symbol", ""),
        "tradingClass": given.get("trading_class", ""),
        "lastTradeDateOrContractMonth": given.get("last_trade_date_or_contract_month", ""),
        "right": given.get("right", ""),
        "multiplier": text_of(exact(str(given["multiplier"]))) if "multiplier" in given else "",
        "includeExpired": given.get("include_expired", False),
    }
    if "strike" in given:
        fields["strike"] = float(str(given["strike"]))
    return library_contract(**fields)


def only(symbol: str, found: list[TwsDetails]) -> TwsDetails:
    """Return the one contract that a description means.

    Raises:
        NotFound: IB has none.
        BrokerError: it has several; lists them.
    """
    by_id = {each.contract.conId: each for each in found if each.contract is not None}
    if not by_id:
        raise NotFound(f"IB has no contract for {symbol}")
    if len(by_id) > 1:
        shown = "\n".join(f"  {shown_of(each)}" for each in list(by_id.values())[:_MOST_SHOWN])
        more = f"\n  and {len(by_id) - _MOST_SHOWN} more" if len(by_id) > _MOST_SHOWN else ""
        raise BrokerError(
            f"{symbol} may be any of {len(by_id)} contracts; say in [broker.contracts.{symbol}]"
            f" which, by con_id or by what tells them apart:\n{shown}{more}",
            venue=VENUE,
        )
    return next(iter(by_id.values()))


def shown_of(details: TwsDetails) -> str:
    """Return a contract as people tell it from others."""
    each = details.contract
    if each is None:
        return "nothing"
    words = (
        f"con_id = {each.conId}",
        each.localSymbol or each.symbol,
        each.secType,
        each.lastTradeDateOrContractMonth,
        text_of(exact(each.strike)) if each.strike else "",
        each.right if each.right not in {"?", "0"} else "",
        f"x{each.multiplier}" if each.multiplier else "",
        each.primaryExchange or each.exchange,
        each.currency,
        details.longName,
    )
    return ", ".join(word for word in words if word)


def traded_of(symbol: str, details: TwsDetails, asked: TwsContract) -> Traded:
    """Return a symbol with its contract and steps.

    Raises:
        BrokerError: IB does not say in which steps it trades.
    """
    contract = details.contract
    tick = exact(details.minTick)
    if contract is None or not tick:
        raise BrokerError(f"IB names no price step of {symbol}", venue=VENUE)
    kind = contract.secType
    lot = exact(details.sizeIncrement) or _ONE
    least = amount(details.minSize)
    multiplier = exact(contract.multiplier) or _ONE
    magnifier = Decimal(details.priceMagnifier or 1)  # of prices in pence: a hundred
    is_priced_by_one = kind in {"STK", "CASH", "CRYPTO"}
    instrument = Instrument(
        symbol=symbol,
        asset_class=_CLASSES.get(kind, "equity"),
        base_currency=contract.symbol if kind in {"CASH", "CRYPTO"} else symbol,
        quote_currency=contract.currency,
        tick_size=tick,
        lot_size=lot,
        min_qty=least,
        multiplier=(_ONE if is_priced_by_one else multiplier) / magnifier,
        allows_negative_px=kind == "FUT",
        session=calendar_of(details),
    )
    if asked.exchange:
        contract.exchange = asked.exchange
    contract.includeExpired = asked.includeExpired
    return Traded(instrument=instrument, contract=contract)
