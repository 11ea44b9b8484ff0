"""Which contracts the local TWS knows: those of its market, and others that nobody quotes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.ib.contracts import SMART, STOCK_EXCHANGES, Catalogue, Contract
from regimeflow.types.instrument import Instrument

# conId, long name, listed at, trading class, kind: as IB lists them.
_STOCKS: Final = {
    "AAPL": (265598, "APPLE INC", "NASDAQ", "NMS", "COMMON"),
    "MSFT": (272093, "MICROSOFT CORP", "NASDAQ", "NMS", "COMMON"),
    "SPY": (756733, "SS SPDR S&P 500 ETF TRUST-US", "ARCA", "SPY", "ETF"),
}
_CURRENCY_PAIRS: Final = {"EURUSD": 12087792, "GBPUSD": 12087797, "USDJPY": 15016059}
_COINS: Final = {"BTC": 479624278, "ETH": 495759171}
_FOREIGN_LISTINGS: Final = {"AAPL": ("EBS", "CHF", 39039301), "MSFT": ("EBS", "CHF", 38708990)}
_QUARTERS: Final = {3: "H", 6: "M", 9: "U", 12: "Z"}
_FRIDAY: Final = 4
_STRIKES: Final = (100, 200, 300)
CURRENCY_LETTERS: Final = 3


def catalogue(instruments: Mapping[str, Instrument], today: date) -> Catalogue:
    """Return the contracts for a market's instruments, with futures and options of today."""
    known = [contract_of(instrument) for instrument in instruments.values()]
    markets = {contract.market for contract in known}
    more = [
        *_foreign_stocks(),
        *_more_pairs(),
        *_more_coins(),
        *_futures(today),
        *(
            option
            for stock in known
            if stock.sec_type == "STK"
            for option in _options(stock, today)
        ),
    ]
    return Catalogue([*known, *(contract for contract in more if contract.market not in markets)])


def contract_of(instrument: Instrument) -> Contract:
    """Return the contract that stands for an instrument of the market."""
    symbol = instrument.symbol
    if instrument.asset_class == "fx" or symbol in _CURRENCY_PAIRS:
        return _pair(symbol, tick=instrument.tick_size, lot=instrument.lot_size)
    if instrument.asset_class == "crypto":
        return _coin(instrument.base_currency or symbol, instrument, symbol)
    con_id, long_name, primary, trading_class, kind = _STOCKS.get(
        symbol, (_invented(symbol), symbol, "NASDAQ", "NMS", "COMMON")
    )
    return Contract(
        market=symbol,
        con_id=con_id,
        symbol=symbol,
        sec_type="STK",
        currency=instrument.quote_currency or "USD",
        exchange=SMART,
        primary_exchange=primary,
        local_symbol=symbol,
        trading_class=trading_class,
        market_name=trading_class,
        valid_exchanges=STOCK_EXCHANGES,
        min_tick=instrument.tick_size,
        lot=instrument.lot_size,
        long_name=long_name,
        stock_type=kind,
    )


def _invented(name: str) -> int:
    return 700_000_000 + zlib.crc32(name.encode()) % 100_000_000


def _pair(symbol: str, *, tick: Decimal, lot: Decimal = Decimal(1)) -> Contract:
    base, quote = symbol[:CURRENCY_LETTERS], symbol[CURRENCY_LETTERS:]
    return Contract(
        market=symbol,
        con_id=_CURRENCY_PAIRS.get(symbol) or _invented(symbol),
        symbol=base,
        sec_type="CASH",
        currency=quote,
        exchange="IDEALPRO",
        local_symbol=f"{base}.{quote}",
        trading_class=f"{base}.{quote}",
        market_name=f"{base}.{quote}",
        valid_exchanges=("IDEALPRO",),
        min_tick=tick,
        lot=lot,
        long_name=f"{base}.{quote}",
        market_rule=239,
        hours=("1715-1700", "1715-1700"),
    )


def _more_pairs() -> Iterator[Contract]:
    for symbol in _CURRENCY_PAIRS:
        yield _pair(symbol, tick=Decimal("0.005" if symbol.endswith("JPY") else "0.00005"))


def _coin(base: str, instrument: Instrument | None, market: str) -> Contract:
    return Contract(
        market=market,
        con_id=_COINS.get(base) or _invented(base),
        symbol=base,
        sec_type="CRYPTO",
        currency=instrument.quote_currency if instrument else "USD",
        exchange="PAXOS",
        local_symbol=f"{base}.USD",
        trading_class=base,
        market_name=base,
        valid_exchanges=("PAXOS",),
        min_tick=instrument.tick_size if instrument else Decimal("0.25"),
        lot=instrument.lot_size if instrument else Decimal("0.00000001"),
        long_name={"BTC": "Bitcoin cryptocurrency", "ETH": "Ethereum cryptocurrency"}.get(
            base, base
        ),
        hours=("", ""),
    )


def _more_coins() -> Iterator[Contract]:
    for base in _COINS:
        yield _coin(base, None, f"{base}USD")


def _foreign_stocks() -> Iterator[Contract]:
    for symbol, (exchange, currency, con_id) in _FOREIGN_LISTINGS.items():
        yield Contract(
            market=f"{symbol}.{exchange}",
            con_id=con_id,
            symbol=symbol,
            sec_type="STK",
            currency=currency,
            exchange=exchange,
            primary_exchange=exchange,
            local_symbol=symbol,
            trading_class=symbol,
            market_name=symbol,
            valid_exchanges=(SMART, exchange),
            min_tick=Decimal("0.01"),
            long_name=_STOCKS[symbol][1],
            stock_type="COMMON",
            time_zone="MET",
        )


def third_friday(year: int, month: int) -> date:
    """Return the day on which a month's futures and options end."""
    first = date(year, month, 1)
    return first + timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14)


def _expiries(today: date, months: Mapping[int, str], count: int) -> list[date]:
    found: list[date] = []
    year = today.year
    while len(found) < count:
        days = (third_friday(year, month) for month in sorted(months))
        found += [day for day in days if day >= today]
        year += 1
    return found[:count]


def _futures(today: date) -> Iterator[Contract]:
    last = _expiries(today - timedelta(days=98), _QUARTERS, 1)  # a quarter, and what it may be off
    for day in [*(day for day in last if day < today), *_expiries(today, _QUARTERS, 3)]:
        local_symbol = f"ES{_QUARTERS[day.month]}{day.year % 10}"
        yield Contract(
            market=local_symbol,
            con_id=_invented(local_symbol + str(day.year)),
            symbol="ES",
            sec_type="FUT",
            currency="USD",
            exchange="CME",
            local_symbol=local_symbol,
            trading_class="ES",
            market_name="ES",
            valid_exchanges=("CME", "QBALGO"),
            min_tick=Decimal("0.25"),
            last_trade_date=day.strftime("%Y%m%d"),
            multiplier="50",
            long_name="E-mini S&P 500",
            contract_month=day.strftime("%Y%m"),
            time_zone="US/Central",
            under_con_id=11004968,
            under_symbol="ES",
            under_sec_type="IND",
            market_rule=67,
            hours=("1700-1600", "0830-1600"),
            is_expired=day < today,
        )


def _options(stock: Contract, today: date) -> Iterator[Contract]:
    for day in _expiries(today, dict.fromkeys(range(1, 13), ""), 2):
        for strike in _STRIKES:
            for right in ("C", "P"):
                local_symbol = f"{stock.symbol:<6}{day:%y%m%d}{right}{strike * 1000:08d}"
                yield Contract(
                    market=local_symbol.replace(" ", ""),
                    con_id=_invented(local_symbol),
                    symbol=stock.symbol,
                    sec_type="OPT",
                    currency=stock.currency,
                    exchange=SMART,
                    local_symbol=local_symbol,
                    trading_class=stock.symbol,
                    market_name=stock.symbol,
                    valid_exchanges=(SMART, "AMEX", "CBOE"),
                    min_tick=Decimal("0.01"),
                    last_trade_date=day.strftime("%Y%m%d"),
                    strike=Decimal(strike),
                    right=right,
                    multiplier="100",
                    long_name=stock.long_name,
                    contract_month=day.strftime("%Y%m"),
                    under_con_id=stock.con_id,
                    under_symbol=stock.symbol,
                    under_sec_type="STK",
                    market_rule=109,
                    hours=("0930-1600", "0930-1600"),
                )
