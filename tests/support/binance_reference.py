"""What Binance's frames say, read by json and Decimal alone: the oracle of the compiled parser."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from regimeflow._core.binance_frames import DepthDiff
from regimeflow._core.depth import BalanceChanges
from regimeflow._core.messages import Bar, ExecutionReport, OrderBook, Quote, Tick
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import Liquidity, OrderSide, OrderType, TimeInForce
from regimeflow.types.enums import LiveOrderStatus as S

D = Decimal
MICROSECONDS_FROM = 10**14
TYPES = {
    "LIMIT": OrderType.LIMIT,
    "LIMIT_MAKER": OrderType.LIMIT,
    "MARKET": OrderType.MARKET,
    "STOP_LOSS": OrderType.STOP,
    "STOP_LOSS_LIMIT": OrderType.STOP_LIMIT,
}
HELD = {"TAKE_PROFIT", "TAKE_PROFIT_LIMIT"}
STATES = {
    "NEW": S.NEW,
    "PENDING_NEW": S.INACTIVE,
    "PARTIALLY_FILLED": S.PARTIALLY_FILLED,
    "FILLED": S.FILLED,
    "CANCELED": S.CANCELLED,
    "PENDING_CANCEL": S.PENDING_CANCEL,
    "REJECTED": S.REJECTED,
    "EXPIRED": S.EXPIRED,
    "EXPIRED_IN_MATCH": S.EXPIRED,
}
OVER = {S.FILLED, S.CANCELLED, S.REJECTED, S.EXPIRED}
FIELDS = {
    Quote: "symbol bid_px_dec bid_qty_dec ask_px_dec ask_qty_dec update_id",
    Tick: "symbol last_px_dec last_qty_dec side trade_id",
    Bar: "symbol open_px_dec high_px_dec low_px_dec close_px_dec volume_dec vwap_px_dec "
    "trade_count interval_ns",
    OrderBook: "symbol bids_dec asks_dec update_id is_snapshot",
    DepthDiff: "symbol first_update_id last_update_id bids asks",
    ExecutionReport: "symbol exec_type ord_status side ord_type time_in_force client_order_id "
    "broker_order_id exec_id order_qty_dec cum_qty_dec leaves_qty_dec last_qty_dec last_px_dec "
    "limit_px_dec stop_px_dec avg_px_dec commission_dec commission_currency liquidity text",
    BalanceChanges: "balances",
}


def time_ns(stamp: int) -> int:
    return stamp * (1_000 if stamp >= MICROSECONDS_FROM else 1_000_000)


def described(message: Any) -> dict[str, Any]:
    """Every field of a message, by name, exactly."""
    names = [*FIELDS[type(message)].split(), "ts_event_ns", "ts_recv_ns"]
    found = {"kind": type(message).__name__} | {name: getattr(message, name) for name in names}
    if isinstance(message, BalanceChanges):
        found["balances"] = [(b.asset, b.free_dec, b.locked_dec) for b in message.balances]
    return found


def expected(frame: bytes, recv_ns: int) -> dict[str, Any] | None:
    """The same of a sound frame; None where it is none of the parser's, or of an open bar."""
    top = json.loads(frame)
    if not isinstance(top, dict):
        return None
    inner = top.get("data", top.get("event"))
    event = inner if isinstance(inner, dict) else top
    name = event.get("e")
    found: dict[str, Any] | None = None
    if name == "bookTicker" or (name is None and {"s", "b", "B", "a", "A"} <= event.keys()):
        found = quote(event)
    elif name is None and "lastUpdateId" in event:
        found = book(event, top.get("stream", "").partition("@")[0].upper())
    elif isinstance(name, str) and name in EVENTS:
        found = EVENTS[name](event)
    return None if found is None else {"ts_event_ns": 0, "ts_recv_ns": recv_ns} | found


def quote(e: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "Quote",
        "symbol": e["s"],
        "bid_px_dec": D(e["b"]),
        "bid_qty_dec": D(e["B"]),
        "ask_px_dec": D(e["a"]),
        "ask_qty_dec": D(e["A"]),
        "update_id": e["u"],
        "ts_event_ns": time_ns(e.get("E", 0)),
    }


def tick(e: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "Tick",
        "symbol": e["s"],
        "last_px_dec": D(e["p"]),
        "last_qty_dec": D(e["q"]),
        "side": OrderSide.SELL if e["m"] else OrderSide.BUY,
        "trade_id": e["t" if e["e"] == "trade" else "a"],
        "ts_event_ns": time_ns(e["T"]),
    }


def bar(e: dict[str, Any]) -> dict[str, Any] | None:
    k = e["k"]
    if not k["x"]:
        return None
    return {
        "kind": "Bar",
        "symbol": e["s"],
        "open_px_dec": D(k["o"]),
        "high_px_dec": D(k["h"]),
        "low_px_dec": D(k["l"]),
        "close_px_dec": D(k["c"]),
        "volume_dec": D(k["v"]),
        "vwap_px_dec": None,
        "trade_count": k["n"],
        "interval_ns": time_ns(k["T"] + 1) - time_ns(k["t"]),
        "ts_event_ns": time_ns(k["T"] + 1),
    }


def levels(pairs: list[Any]) -> tuple[tuple[Decimal, Decimal], ...]:
    return tuple((D(pair[0]), D(pair[1])) for pair in pairs)


def book(e: dict[str, Any], symbol: str) -> dict[str, Any]:
    return {
        "kind": "OrderBook",
        "symbol": symbol,
        "bids_dec": levels(e["bids"][:10]),
        "asks_dec": levels(e["asks"][:10]),
        "update_id": e["lastUpdateId"],
        "is_snapshot": True,
    }


def diff(e: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "DepthDiff",
        "symbol": e["s"],
        "first_update_id": e["U"],
        "last_update_id": e["u"],
        "bids": levels(e["b"]),
        "asks": levels(e["a"]),
        "ts_event_ns": time_ns(e["E"]),
    }


def balances(e: dict[str, Any]) -> dict[str, Any]:
    rows = [(each["a"], D(each["f"]), D(each["l"])) for each in e["B"]]
    return {"kind": "BalanceChanges", "balances": rows, "ts_event_ns": time_ns(e["E"])}


def unheard(e: dict[str, Any]) -> list[str]:
    """Words that are none of Binance Spot's, in the order in which the parser comes upon them."""
    known = {"S": {"BUY", "SELL"}, "f": {"GTC", "IOC", "FOK"}, "o": TYPES.keys() | HELD}
    return [f"{name}={e[name]}" for name in known if e.get(name) and e[name] not in known[name]]


def state_of(e: dict[str, Any]) -> tuple[X, S]:
    """News and state: brokers' rows one by one, in the order in which they outrank each other."""
    news, status = e["x"], STATES[e["X"]]
    is_held = e.get("o", "").startswith(("STOP_", "TAKE_"))
    if news == "TRADE" and D(e.get("l") or 0) > 0:
        return X.TRADE, status
    if status is S.PENDING_CANCEL:
        return X.PENDING_CANCEL, status
    if news == "NEW" and (status is S.INACTIVE or (is_held and not e.get("w", True))):
        return X.SUSPENDED, S.INACTIVE
    if news == "EXPIRED" and e.get("eR") == "REJECTED":
        return X.REJECTED, S.REJECTED
    if news == "TRADE_PREVENTION":
        return (X.EXPIRED if status is S.EXPIRED else X.RESTATED), status
    if news == "TRADE":
        return X.ORDER_STATUS, status
    return X[news], status


def report(e: dict[str, Any]) -> dict[str, Any]:
    exec_type, status = state_of(e)
    is_trade, is_over = exec_type is X.TRADE, status in OVER
    qty = D(e["q"]) - (D(e.get("A", 0)) if not is_over or status is S.FILLED else 0)
    words = [e.get("r"), e.get("eR"), e["x"] if e["x"] == "TRADE_PREVENTION" else "", *unheard(e)]
    pays = is_trade and bool(e.get("N"))
    return {
        "kind": "ExecutionReport",
        "symbol": e["s"],
        "exec_type": exec_type,
        "ord_status": status,
        "side": OrderSide.__members__.get(e.get("S"), 0),
        "ord_type": TYPES.get(e.get("o"), 0),
        "time_in_force": TimeInForce.__members__.get(e.get("f"), 0),
        "client_order_id": e.get("C") or e.get("c") or "",
        "broker_order_id": str(e["i"]),
        "exec_id": f"{e['s']}-{e['t']}" if is_trade else "",
        "order_qty_dec": qty,
        "cum_qty_dec": D(e["z"]),
        "leaves_qty_dec": D(0) if is_over else qty - D(e["z"]),
        "last_qty_dec": D(e["l"]) if is_trade else None,
        "last_px_dec": D(e["L"]) if is_trade else None,
        "limit_px_dec": D(e.get("p", 0)) or None,
        "stop_px_dec": D(e.get("P", 0)) or None,
        "avg_px_dec": None,
        "commission_dec": D(e["n"]) if pays else None,
        "commission_currency": e["N"] if pays else "",
        "liquidity": (Liquidity.MAKER if e["m"] else Liquidity.TAKER) if is_trade else 0,
        "text": "; ".join(word for word in words if word and word != "NONE"),
        "ts_event_ns": time_ns(e["T"]),
    }


EVENTS = {
    "trade": tick,
    "aggTrade": tick,
    "kline": bar,
    "depthUpdate": diff,
    "executionReport": report,
    "outboundAccountPosition": balances,
}
