"""Builders of messages, and Hypothesis strategies that make any of them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from regimeflow._core.messages import (
    AccountInfo,
    Balance,
    Bar,
    ExecutionReport,
    LiveMessage,
    OrderBook,
    Payload,
    Position,
    Quote,
    SystemMessage,
    Tick,
)
from regimeflow.types import enums
from regimeflow.types.enums import ExecType, LiveOrderStatus, LiveTopic

# What the repr of a message may name.
NAMES = {
    **{cls.__name__: cls for cls in (AccountInfo, Balance, Bar, ExecutionReport, LiveMessage)},
    **{cls.__name__: cls for cls in (OrderBook, Position, Quote, SystemMessage, Tick)},
    **{name: getattr(enums, name) for name in dir(enums) if not name.startswith("_")},
}

TOPICS: dict[type, LiveTopic] = {
    Quote: LiveTopic.MARKET_DATA,
    Tick: LiveTopic.MARKET_DATA,
    Bar: LiveTopic.MARKET_DATA,
    OrderBook: LiveTopic.MARKET_DATA,
    ExecutionReport: LiveTopic.EXECUTION_REPORT,
    Position: LiveTopic.POSITION_UPDATE,
    AccountInfo: LiveTopic.ACCOUNT_UPDATE,
    SystemMessage: LiveTopic.SYSTEM,
}


def a_report(**changes: object) -> ExecutionReport:
    fields = {"symbol": "BTCUSDT", "exec_type": ExecType.NEW, "ord_status": LiveOrderStatus.NEW}
    return ExecutionReport(**{**fields, **changes})  # type: ignore[arg-type]


def one_of_each() -> list[Payload]:
    return [
        Quote("BTCUSDT", "60000.10", "1.5", 60001, "2.00", ts_event_ns=5, ts_recv_ns=6),
        Tick("BTCUSDT", "60000.1", "0.001", side=enums.OrderSide.SELL, trade_id=7),
        Bar("BTCUSDT", 1, "2.5", "0.5", 2, 100, interval_ns=60, vwap_px="1.25", trade_count=3),
        OrderBook("BTCUSDT", [("1", "2"), ("0.9", 3)], [("1.1", 1)], is_snapshot=True),
        a_report(side=enums.OrderSide.BUY, order_qty=3, last_px="1.5", exec_id="e1", text="why"),
        a_report(),
        Position("BTCUSDT", "-0.5", "61000.5"),
        AccountInfo(
            equity="10.5",
            cash=7,
            buying_power=7,
            currency="USDT",
            balances=[Balance("USDT", 7, "0.5"), Balance("BTC", "0.001")],
        ),
        AccountInfo(equity=1, cash=1, buying_power=0, currency="EUR"),
        SystemMessage("link is down", code=enums.SystemCode.DISCONNECTED, level=40, value=3),
        SystemMessage("x" * 1024, symbol="BTCUSDT"),
    ]


times = st.integers(0, 2**62)
ids = st.integers(-(2**63), 2**63 - 1)
symbols = st.sampled_from(["BTCUSDT", "ETHUSDT", "BRK.B", "ES-2026-03", "Ünïcode"])
# Ten digits with up to eight places: any two of them share an exponent.
numbers = st.builds(
    lambda mantissa, places: Decimal(mantissa).scaleb(-places),
    st.integers(-(10**10), 10**10),
    st.integers(0, 8),
)
maybe = st.none() | numbers
small_texts = st.text(st.characters(codec="utf-8"), max_size=10)
texts = st.text(st.characters(codec="utf-8"), max_size=200)
stamps = {"ts_event_ns": times, "ts_recv_ns": times}
levels = st.lists(st.tuples(numbers, numbers), max_size=10)


def members(enum: type) -> st.SearchStrategy[int]:
    return st.sampled_from(list(enum))  # type: ignore[call-overload, no-any-return]


quotes = st.builds(Quote, symbols, numbers, numbers, numbers, numbers, update_id=ids, **stamps)
ticks = st.builds(
    Tick, symbols, numbers, numbers, side=members(enums.OrderSide), trade_id=ids, **stamps
)
bars = st.builds(
    Bar,
    *(symbols, numbers, numbers, numbers, numbers, numbers),
    interval_ns=st.integers(1, 2**62),
    vwap_px=maybe,
    is_revised=st.booleans(),
    trade_count=st.integers(0, 2**32 - 1),
    **stamps,
)
books = st.builds(
    OrderBook, symbols, levels, levels, update_id=ids, is_snapshot=st.booleans(), **stamps
)
reports = st.builds(
    ExecutionReport,
    symbol=symbols,
    exec_type=members(enums.ExecType),
    ord_status=members(enums.LiveOrderStatus),
    side=members(enums.OrderSide),
    ord_type=members(enums.OrderType),
    time_in_force=members(enums.TimeInForce),
    order_id=ids,
    **dict.fromkeys(("order_qty", "cum_qty", "leaves_qty", "last_qty"), maybe),
    **dict.fromkeys(("last_px", "limit_px", "stop_px", "avg_px", "commission"), maybe),
    **dict.fromkeys(("client_order_id", "broker_order_id"), small_texts),
    **dict.fromkeys(("exec_id", "exec_ref_id"), small_texts),
    commission_currency=st.sampled_from(["", "USDT", "BNB"]),
    liquidity=members(enums.Liquidity),
    ord_rej_reason=members(enums.OrdRejReason),
    text=texts,
    **stamps,
)
positions = st.builds(Position, symbols, numbers, maybe, market_px=maybe, **stamps)
balances = st.builds(Balance, st.sampled_from(["USDT", "BTC", "ÄÖÜ"]), numbers, numbers)
accounts = st.builds(
    AccountInfo,
    equity=numbers,
    cash=numbers,
    buying_power=numbers,
    currency=st.sampled_from(["", "USDT", "EUR"]),
    balances=st.lists(balances, max_size=9),
    **stamps,
)
systems = st.builds(
    SystemMessage,
    texts,
    code=st.integers(-5, 20),
    level=st.sampled_from(range(0, 60, 10)),
    value=ids,
    symbol=symbols | st.just(""),
    **stamps,
)
payloads: st.SearchStrategy[Payload] = st.one_of(
    quotes, ticks, bars, books, reports, positions, accounts, systems
)
