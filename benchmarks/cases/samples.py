"""One message of each kind, and what rivals take in its place."""

from __future__ import annotations

import msgspec

from regimeflow._core.messages import (
    AccountInfo,
    Balance,
    Bar,
    ExecutionReport,
    OrderBook,
    Payload,
    Position,
    Quote,
    SystemMessage,
    Tick,
)
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide

NS = 1_722_000_000_000_000_000
STAMPS = {"ts_event_ns": NS, "ts_recv_ns": NS + 1}
LEVELS = [(f"6000{n}.10", "1.5") for n in range(10)]
REPORT_FIELDS = {
    "symbol": "BTCUSDT",
    "client_order_id": "0123456789abcdef0123456789abcdef0123",
    "broker_order_id": "fedcba98-7654-3210-fedc-ba9876543210",
    "exec_id": "12345678901234567890",
    "order_qty": "10",
    "cum_qty": "5",
    "last_qty": "0.5",
    "last_px": "60000.10",
}
SAMPLES: dict[str, Payload] = {
    "quote": Quote("BTCUSDT", "60000.10", "1.5", "60000.11", "2", update_id=7, **STAMPS),
    "tick": Tick("BTCUSDT", "60000.10", "1.5", trade_id=7, **STAMPS),
    "bar": Bar("BTCUSDT", 1, 2, 1, 2, 10, interval_ns=60, **STAMPS),
    "book": OrderBook("BTCUSDT", LEVELS, LEVELS, **STAMPS),
    "report": ExecutionReport(
        exec_type=ExecType.TRADE,
        ord_status=LiveOrderStatus.PARTIALLY_FILLED,
        side=OrderSide.BUY,
        **REPORT_FIELDS,
        **STAMPS,
    ),
    "position": Position("BTCUSDT", "-0.5", "61000.5", **STAMPS),
    "account": AccountInfo(
        equity="10.5",
        cash=7,
        buying_power=7,
        currency="USDT",
        balances=[Balance("USDT", 7, "0.5"), Balance("BTC", "0.001")],
    ),
    "system": SystemMessage("link is down", level=40, **STAMPS),
}


class QuoteStruct(msgspec.Struct, array_like=True, gc=False):
    symbol: str
    bid_px: int
    bid_qty: int
    ask_px: int
    ask_qty: int
    px_exp: int
    qty_exp: int
    update_id: int
    seq: int
    ts_event_ns: int
    ts_recv_ns: int


class ReportStruct(msgspec.Struct, array_like=True, gc=False):
    symbol: str
    client_order_id: str
    broker_order_id: str
    exec_id: str
    numbers: tuple[int, int, int, int, int, int, int, int, int]
    px_exp: int
    qty_exp: int
    exec_type: int
    ord_status: int
    side: int
    seq: int
    ts_event_ns: int
    ts_recv_ns: int


STRUCTS: dict[str, msgspec.Struct] = {
    "quote": QuoteStruct("BTCUSDT", 6_000_010, 15, 6_000_011, 20, -2, -1, 7, 0, NS, NS + 1),
    "report": ReportStruct(
        *("BTCUSDT", REPORT_FIELDS["client_order_id"], REPORT_FIELDS["broker_order_id"]),
        *(REPORT_FIELDS["exec_id"], (100, 50, 0, 5, 6_000_010, 0, 0, 0, 0), -2, -1, 1, 2, 1),
        *(0, NS, NS + 1),
    ),
}
DICTS = {kind: msgspec.structs.asdict(one) for kind, one in STRUCTS.items()}
