"""Frames of Alpaca's streams to messages, until the compiled parser takes this module's place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from regimeflow._core.depth import FrameError
from regimeflow._core.messages import Bar, ExecutionReport, Quote, Tick
from regimeflow.adapters.brokers._shared.instants import instant_ns
from regimeflow.adapters.brokers.alpaca.words import SIDES, status_of, time_of, type_of
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide
from regimeflow.types.records import Record

_MINUTE_NS: Final = 60 * 10**9
_ZERO: Final = Decimal(0)
_EXECS: Final = {
    "pending_new": ExecType.PENDING_NEW,
    "accepted": ExecType.PENDING_NEW,
    "new": ExecType.NEW,
    "fill": ExecType.TRADE,
    "partial_fill": ExecType.TRADE,
    "canceled": ExecType.CANCELED,
    "expired": ExecType.EXPIRED,
    "rejected": ExecType.REJECTED,
    "replaced": ExecType.REPLACED,
    "pending_cancel": ExecType.PENDING_CANCEL,
    "pending_replace": ExecType.PENDING_REPLACE,
    "order_cancel_rejected": ExecType.CANCEL_REJECTED,
    "order_replace_rejected": ExecType.REPLACE_REJECTED,
    "done_for_day": ExecType.DONE_FOR_DAY,
    "suspended": ExecType.SUSPENDED,
}
Update = Quote | Tick | Bar


class Control(Record, kw_only=True):
    """Everything that is no data."""

    kind: str
    text: str = ""
    code: int = 0
    status: str = ""
    action: str = ""
    channels: Mapping[str, tuple[str, ...]] = {}


class TradeUpdate(Record, kw_only=True):
    """One event of ``trade_updates``."""

    report: ExecutionReport
    event: str
    status: str
    execution_id: str
    client_order_id: str
    replaces: str
    replaced_by: str
    position_qty: Decimal | None


class AlpacaFrames:
    """Frames of one connection to messages."""

    def __init__(
        self,
        *,
        on_market_data: Callable[[Update], object] | None = None,
        on_update: Callable[[TradeUpdate], object] | None = None,
        on_control: Callable[[Control], object] | None = None,
    ) -> None:
        self._on_market_data: Final = on_market_data
        self._on_update: Final = on_update
        self._on_control: Final = on_control
        self._last: Final[dict[tuple[str, int], int]] = {}

    def take(self, frame: bytes, recv_ns: int, /) -> int:
        """Read a frame and hand on what it says; how many messages it held."""
        try:
            said = json.loads(frame, parse_float=Decimal)
        except ValueError:
            raise FrameError("no JSON", 0) from None
        items = said if isinstance(said, list) else [said]
        for each in items:
            self._one(each, recv_ns)
        return len(items)

    def last_recv_ns(self, symbol: str, kind: int, /) -> int:
        """When the last message came: of kind 1 quote, 2 tick, 3 bar."""
        return self._last.get((symbol, kind), 0)

    def _one(self, item: dict, recv_ns: int) -> None:  # type: ignore[type-arg]
        kind = item.get("T")
        if kind in ("q", "t", "b"):
            update = _MARKET[kind](item, recv_ns)
            self._last[item["S"], "qtb".index(kind) + 1] = recv_ns
            if self._on_market_data is not None:
                self._on_market_data(update)
        elif item.get("stream") == "trade_updates":
            if self._on_update is not None:
                self._on_update(_update(item["data"], recv_ns))
        elif self._on_control is not None:
            control = _control(item)
            if control is not None:
                self._on_control(control)


def _control(item: dict) -> Control | None:  # type: ignore[type-arg]
    kind = item.get("T")
    if kind in ("success", "error"):
        return Control(kind=kind, text=item.get("msg", ""), code=item.get("code", 0))
    if kind == "subscription":
        lists = {k: tuple(v) for k, v in item.items() if isinstance(v, list)}
        return Control(kind=kind, channels=lists)
    data = item.get("data") or {}
    if item.get("stream") == "authorization":
        return Control(
            kind="authorization", status=data.get("status", ""), action=data.get("action", "")
        )
    if item.get("stream") == "listening":
        return Control(kind="listening", channels={"streams": tuple(data.get("streams", ()))})
    if item.get("action") == "error":
        return Control(kind="error", text=data.get("error_message", ""))
    return None


def _quote(item: dict, recv_ns: int) -> Quote:  # type: ignore[type-arg]
    return Quote(
        item["S"], Decimal(item["bp"]), Decimal(item["bs"]), Decimal(item["ap"]),
        Decimal(item["as"]), ts_event_ns=instant_ns(item["t"]), ts_recv_ns=recv_ns,
    )  # fmt: skip


def _tick(item: dict, recv_ns: int) -> Tick:  # type: ignore[type-arg]
    side = {"B": OrderSide.BUY, "S": OrderSide.SELL}.get(item.get("tks", ""), OrderSide.NONE)
    return Tick(
        item["S"], Decimal(item["p"]), Decimal(item["s"]), side=side, trade_id=item.get("i", 0),
        ts_event_ns=instant_ns(item["t"]), ts_recv_ns=recv_ns,
    )  # fmt: skip


def _bar(item: dict, recv_ns: int) -> Bar:  # type: ignore[type-arg]
    return Bar(
        item["S"], *(Decimal(item[name]) for name in "ohlcv"), interval_ns=_MINUTE_NS,
        vwap_px=item.get("vw"), trade_count=item.get("n", 0),
        ts_event_ns=instant_ns(item["t"]) + _MINUTE_NS, ts_recv_ns=recv_ns,
    )  # fmt: skip


_MARKET: Final[dict[str, Callable[[dict, int], Update]]] = {  # type: ignore[type-arg]
    "q": _quote,
    "t": _tick,
    "b": _bar,
}


def _update(data: dict, recv_ns: int) -> TradeUpdate:  # type: ignore[type-arg]
    order, event = data.get("order") or {}, data.get("event", "")
    exec_type = _EXECS.get(event, ExecType.ORDER_STATUS)
    is_trade = exec_type == ExecType.TRADE
    quantity = None if order.get("qty") is None else Decimal(order["qty"])
    filled = Decimal(order.get("filled_qty") or 0)
    status = status_of(order.get("status", ""), quantity, filled)
    if event not in _EXECS and event not in ("stopped", "calculated", ""):
        status = LiveOrderStatus.ERROR
    report = ExecutionReport(
        symbol=order.get("symbol", ""),
        exec_type=exec_type,
        ord_status=status,
        side=SIDES.get(order.get("side", ""), OrderSide.NONE),
        ord_type=type_of(order.get("type", ""), order.get("time_in_force", "")),
        time_in_force=time_of(order.get("time_in_force", "")),
        client_order_id=order.get("client_order_id", "")[:40],
        broker_order_id=order.get("id", ""),
        exec_id=data.get("execution_id", "") if is_trade else "",
        order_qty=quantity,
        cum_qty=filled,
        leaves_qty=_ZERO if status.is_terminal else (quantity or filled) - filled,
        last_qty=data["qty"] if is_trade else None,
        last_px=data["price"] if is_trade else None,
        limit_px=order.get("limit_price"),
        stop_px=order.get("stop_price"),
        avg_px=order.get("filled_avg_price"),
        ts_event_ns=instant_ns(data["timestamp"]) if data.get("timestamp") else 0,
        ts_recv_ns=recv_ns,
    )
    position = data.get("position_qty")
    return TradeUpdate(
        report=report,
        event=event,
        status=order.get("status", ""),
        execution_id=data.get("execution_id") or "",
        client_order_id=order.get("client_order_id", ""),
        replaces=order.get("replaces") or "",
        replaced_by=order.get("replaced_by") or "",
        position_qty=None if position is None else Decimal(position),
    )
