"""The server's messages as fields: everything but whole orders (``order_forms``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.ib.contracts import ORDER_TYPES, Contract
from regimeflow.apps.venues.ib.fields import UNSET_DOUBLE, double, number
from regimeflow.apps.venues.ib.ids import Say, Since

Fields = list[str]
_LISTED_DAYS: Final = 5
_DAYS_OF_A_WEEK: Final = 5


def error(request_id: int, code: int, text: str, version: int, reject_json: str = "") -> Fields:
    """Return an error, warning or piece of connection news."""
    fields = [str(Say.ERROR.value), "2", str(request_id), str(int(code)), text]
    return [*fields, reject_json] if version >= Since.REJECT_JSON else fields


def of(message: Say, *fields: object) -> Fields:
    """Return a message whose fields are told one by one; numbers as they print."""
    return [str(message.value), *(_text(field) for field in fields)]


def _text(field: object) -> str:
    if isinstance(field, bool):
        return "1" if field else "0"
    return number(field) if isinstance(field, Decimal) else str(field)


def size(value: Decimal, version: int) -> str:
    """Return a market size: whole below the version that knows fractions."""
    return number(value) if version >= Since.FRACTIONAL_SIZES else str(int(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusNews:
    """What an orderStatus says."""

    order_id: int
    status: str
    filled: Decimal
    remaining: Decimal
    average_px: Decimal
    perm_id: int
    parent_id: int
    last_px: Decimal
    client_id: int
    why_held: str = ""


def order_status(news: StatusNews) -> Fields:
    """Return an orderStatus."""
    return of(
        Say.ORDER_STATUS,
        news.order_id,
        news.status,
        news.filled,
        news.remaining,
        news.average_px,
        news.perm_id,
        news.parent_id,
        news.last_px,
        news.client_id,
        news.why_held,
        0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution as IB reports it: what was filled, under which id, and for whom."""

    exec_id: str
    time_ns: int
    account: str
    exchange: str
    is_buy: bool
    shares: Decimal
    price: Decimal
    order_id: int
    perm_id: int
    client_id: int
    cum_qty: Decimal
    average_px: Decimal
    order_ref: str
    is_maker: bool
    commission: Decimal
    currency: str
    realized_pnl: Decimal | None
    contract: Contract
    is_priced_later: bool = False


def exec_details(request_id: int, execution: Execution, time: str, version: int) -> Fields:
    """Return an execDetails; ``request_id`` is -1 for what happens now."""
    contract = execution.contract.told(execution.exchange)
    fields = of(
        Say.EXECUTION,
        request_id,
        execution.order_id,
        *(contract[name] for name in ("conId", "symbol", "secType", "lastTradeDate")),
        double(execution.contract.strike),
        execution.contract.right,
        *(contract[name] for name in ("multiplier", "exchange", "currency", "localSymbol")),
        contract["tradingClass"],
        execution.exec_id,
        time,
        execution.account,
        execution.exchange,
        "BOT" if execution.is_buy else "SLD",
        execution.shares,
        execution.price,
        execution.perm_id,
        execution.client_id,
        0,
        execution.cum_qty,
        execution.average_px,
        execution.order_ref,
        *("", "", ""),
        1 if execution.is_maker else 2,
    )
    if version >= Since.PRICE_REVISION:
        fields.append("1" if execution.is_priced_later else "0")
    return fields


def commission_report(execution: Execution) -> Fields:
    """Return what an execution cost; without a realized profit that field is not set."""
    pnl = execution.realized_pnl
    return of(
        Say.COMMISSION,
        1,
        execution.exec_id,
        double(execution.commission),
        execution.currency,
        UNSET_DOUBLE if pnl is None else double(pnl),
        UNSET_DOUBLE,
        "",
    )


def hours(contract: Contract, today: date) -> tuple[str, str]:
    """Return trading and liquid hours of the coming days."""
    texts = []
    for span in contract.hours:
        days = []
        for day in (today + timedelta(days=ahead) for ahead in range(_LISTED_DAYS)):
            if span and contract.sec_type != "CASH" and day.weekday() >= _DAYS_OF_A_WEEK:
                days.append(f"{day:%Y%m%d}:CLOSED")
                continue
            opens, _, closes = (span or "0000-2359").partition("-")
            begins = day - timedelta(days=1) if opens > closes else day
            days.append(f"{begins:%Y%m%d}:{opens}-{day:%Y%m%d}:{closes}")
        texts.append(";".join(days))
    return texts[0], texts[1]


def contract_details(
    request_id: int, contract: Contract, exchange: str, today: date, version: int
) -> Fields:
    """Return a contractData message."""
    told = contract.told(exchange)
    has_sizes = version >= Since.SIZE_RULES
    fields = of(Say.CONTRACT_DETAILS, *(() if has_sizes else (8,)), request_id)
    fields += [contract.symbol, contract.sec_type, _last_trade(contract), told["strike"]]
    fields += [contract.right, told["exchange"], contract.currency, contract.local_symbol]
    fields += [contract.market_name, contract.trading_class, told["conId"]]
    fields += [number(contract.min_tick), *(() if has_sizes else ("1",)), contract.multiplier]
    fields += [ORDER_TYPES, ",".join(contract.valid_exchanges), "1", str(contract.under_con_id)]
    # clients unescape the name: what is not ASCII travels as \\uXXXX
    fields += [contract.long_name.encode("unicode-escape").decode(), contract.primary_exchange]
    fields += [contract.contract_month, contract.industry, contract.category]
    fields += [contract.subcategory, contract.time_zone, *hours(contract, today), "", "0"]
    fields += ["0", "1", contract.under_symbol, contract.under_sec_type]
    fields += [",".join([str(contract.market_rule)] * len(contract.valid_exchanges))]
    fields += [contract.last_trade_date, contract.stock_type]
    step = number(contract.lot)
    if has_sizes:
        fields += [step, step, "100" if contract.sec_type == "STK" else step]
    elif version == Since.FRACTIONAL_SIZES:
        fields.append(step)
    return fields


def _last_trade(contract: Contract) -> str:
    if contract.sec_type != "FUT":
        return contract.last_trade_date
    return f"{contract.last_trade_date} 08:30 {contract.time_zone}"


def position_fields(contract: Contract) -> Fields:
    """Return the contract of a position; it names no venue of execution."""
    told = contract.told()
    names = ("conId", "symbol", "secType", "lastTradeDate")
    return [
        *(told[name] for name in names),
        double(contract.strike),
        contract.right,
        contract.multiplier,
        contract.primary_exchange,
        contract.currency,
        contract.local_symbol,
        contract.trading_class,
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BarNews:
    """One bar of prices."""

    time: str
    open_px: Decimal
    high_px: Decimal
    low_px: Decimal
    close_px: Decimal
    volume: Decimal
    average_px: Decimal
    count: int


def bar_fields(bar: BarNews, version: int) -> Fields:
    """Return a bar as historical data carries it."""
    prices = (bar.open_px, bar.high_px, bar.low_px, bar.close_px)
    return [
        bar.time,
        *(number(price) for price in prices),
        size(bar.volume, version),
        number(bar.average_px),
        str(bar.count),
    ]


def historical(
    request_id: int, begin: str, end: str, bars: Sequence[BarNews], version: int
) -> Fields:
    """Return all bars of one request."""
    rows = [field for bar in bars for field in bar_fields(bar, version)]
    return of(Say.HISTORICAL_BARS, request_id, begin, end, len(bars), *rows)


def rows(message: Say, head: Iterable[object], table: Sequence[Sequence[object]]) -> Fields:
    """Return a message that counts its rows before it tells them."""
    return of(message, *head, len(table), *(cell for row in table for cell in row))


def contract_asked(names: Sequence[str], values: Sequence[str]) -> Mapping[str, str]:
    """Return a client's description of a contract by field name."""
    return dict(zip(names, values, strict=True))
