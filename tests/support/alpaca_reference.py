"""What Alpaca's frames say, read by json and Decimal alone: the oracle of the compiled parser."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from regimeflow._core.alpaca_frames import Control, TradeUpdate, TradingStatus
from regimeflow._core.messages import Bar, ExecutionReport, Quote, Tick
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.enums import OrderSide, OrderType, OrdRejReason, TimeInForce

MINUTE_NS = 60 * 10**9
INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:)(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)
REPORT = (
    "symbol exec_type ord_status side ord_type time_in_force client_order_id broker_order_id "
    "exec_id order_qty_dec cum_qty_dec leaves_qty_dec last_qty_dec last_px_dec limit_px_dec "
    "stop_px_dec avg_px_dec commission_dec ord_rej_reason ts_event_ns ts_recv_ns"
)
WORDS = (
    "event status execution_id event_id client_order_id order_class replaces replaced_by "
    "group_id group_role asset_class position_qty notional trail_price trail_percent at_ns "
    "updated_ns"
)
FIELDS = {
    Quote: "symbol bid_px_dec bid_qty_dec ask_px_dec ask_qty_dec ts_event_ns ts_recv_ns",
    Tick: "symbol last_px_dec last_qty_dec side trade_id ts_event_ns ts_recv_ns",
    Bar: "symbol open_px_dec high_px_dec low_px_dec close_px_dec volume_dec vwap_px_dec "
    "trade_count interval_ns ts_event_ns ts_recv_ns",
    TradingStatus: "symbol status_code status_message reason_code reason_message tape "
    "ts_event_ns ts_recv_ns",
    Control: "kind text code status action channels",
    ExecutionReport: REPORT,
    TradeUpdate: WORDS,
}
SIDES = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}
TIMES = {"day": TimeInForce.DAY, "gtc": TimeInForce.GTC, "ioc": TimeInForce.IOC}
TIMES |= {"fok": TimeInForce.FOK, "opg": TimeInForce.DAY, "cls": TimeInForce.DAY}
TYPES = {kind.name.lower(): kind for kind in OrderType if kind}
STATES = {
    "accepted": S.PENDING_NEW,
    "pending_new": S.PENDING_NEW,
    "new": S.NEW,
    "partially_filled": S.PARTIALLY_FILLED,
    "filled": S.FILLED,
    "canceled": S.CANCELLED,
    "replaced": S.CANCELLED,
    "expired": S.EXPIRED,
    "rejected": S.REJECTED,
    "pending_cancel": S.PENDING_CANCEL,
    "pending_replace": S.PENDING_REPLACE,
    "held": S.INACTIVE,
    "suspended": S.INACTIVE,
    "done_for_day": S.INACTIVE,
    "pending_review": S.INACTIVE,
}
NEWS = {
    "pending_new": (X.PENDING_NEW, S.PENDING_NEW),
    "accepted": (X.PENDING_NEW, S.PENDING_NEW),
    "new": (X.NEW, None),
    "fill": (X.TRADE, S.FILLED),
    "partial_fill": (X.TRADE, S.PARTIALLY_FILLED),
    "canceled": (X.CANCELED, S.CANCELLED),
    "expired": (X.EXPIRED, S.EXPIRED),
    "rejected": (X.REJECTED, S.REJECTED),
    "replaced": (X.REPLACED, S.CANCELLED),
    "pending_cancel": (X.PENDING_CANCEL, S.PENDING_CANCEL),
    "pending_replace": (X.PENDING_REPLACE, S.PENDING_REPLACE),
    "done_for_day": (X.DONE_FOR_DAY, S.INACTIVE),
    "suspended": (X.SUSPENDED, S.INACTIVE),
    "held": (X.SUSPENDED, S.INACTIVE),
    "pending_review": (X.SUSPENDED, S.INACTIVE),
    "stopped": (X.ORDER_STATUS, None),
}
OVER = {S.FILLED, S.CANCELLED, S.REJECTED, S.EXPIRED}
PASSED_OVER = set("dcxlino")


def instant_ns(text: Any) -> int:
    """RFC 3339, or the timestamp extension; ValueError where it is neither."""
    if isinstance(text, msgspec.msgpack.Ext) and text.code == -1:
        seconds, nanos = _unpacked(bytes(text.data))
        return seconds * 10**9 + nanos
    found = INSTANT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is no instant")
    minute, second, fraction, sign, hours, minutes = found.groups()
    at = datetime.fromisoformat(minute.replace(" ", "T").upper() + "00+00:00")
    east = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if int(second) > 60 or int(hours or 0) > 23 or int(minutes or 0) > 59:
        raise ValueError(f"{text!r} is no instant")
    at = at.replace(tzinfo=UTC) - (-east if sign == "-" else east)
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    ns = (since.days * 86_400 + since.seconds + int(second)) * 10**9
    ns += int((fraction or "").ljust(9, "0")[:9])
    if not 0 <= ns < 2**63:
        raise ValueError(f"{text!r} is too far away")
    return ns


def _unpacked(data: bytes) -> tuple[int, int]:
    whole = int.from_bytes(data)
    if len(data) == 4:
        return whole, 0
    if len(data) == 8:
        return whole & (1 << 34) - 1, whole >> 34
    return int.from_bytes(data[4:], signed=True), int.from_bytes(data[:4])


def maybe_ns(text: Any) -> int:
    try:
        return instant_ns(text)
    except ValueError:
        return 0


def number(value: Any) -> Decimal:
    """Exact: a float is what its repr says."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise TypeError(f"{value!r} is no number")
    return Decimal(repr(value) if isinstance(value, float) else value)


def maybe_number(value: Any) -> Decimal | None:
    return None if value is None or value == "" else number(value)


def whole(value: Any) -> int:
    """An integer, 4e9 too; 0 for anything else."""
    if isinstance(value, Decimal) and int(value.as_tuple().exponent) >= 0:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def described(message: Any) -> dict[str, Any]:
    """Every field of a message, by name, exactly; a price that is none is None."""
    found = {name: getattr(message, name) for name in FIELDS[type(message)].split()}
    for name, value in found.items():
        if isinstance(value, Decimal) and value.is_nan():
            found[name] = None
    if isinstance(message, TradeUpdate):
        found["report"] = described(message.report)
        found["legs"] = [described(leg) for leg in message.legs]
    return {"kind_of": type(message).__name__} | found


def expected(decoded: Any, recv_ns: int) -> list[dict[str, Any]]:
    """The same of what a frame says, once it is decoded; what is of no use left out."""
    messages = decoded if isinstance(decoded, list) else [decoded]
    found = [of_message(one, recv_ns) for one in messages]
    return [one for one in found if one is not None]


def loads(frame: bytes) -> Any:
    """As the parser reads a frame: numbers exactly."""
    return json.loads(frame, parse_float=Decimal)


def of_message(m: dict[str, Any], recv_ns: int) -> dict[str, Any] | None:
    kind = m.get("T")
    if isinstance(kind, str):
        if kind in PASSED_OVER:
            return None
        if kind in MARKET:
            return MARKET[kind](m) | {"symbol": m["S"], "ts_recv_ns": recv_ns}
        return control_of(kind, m)
    if isinstance(m.get("data"), dict):
        if m.get("stream") == "trade_updates":
            return update(m["data"], recv_ns)
        return answer(m)
    return update(m, recv_ns) if isinstance(m.get("order"), dict) else control("other")


def quote(m: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"kind_of": "Quote", "ts_event_ns": instant_ns(m["t"])}
    for side, px, qty in (("bid", "bp", "bs"), ("ask", "ap", "as")):
        sides = number(m[px]), number(m[qty])
        has_side = all(sides)
        found[f"{side}_px_dec"] = sides[0] if has_side else None
        found[f"{side}_qty_dec"] = sides[1] if has_side else Decimal(0)
    return found


def tick(m: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind_of": "Tick",
        "last_px_dec": number(m["p"]),
        "last_qty_dec": number(m["s"]),
        "side": {"B": OrderSide.BUY, "S": OrderSide.SELL}.get(text(m.get("tks")), OrderSide.NONE),
        "trade_id": whole(m.get("i")),
        "ts_event_ns": instant_ns(m["t"]),
    }


def bar(m: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind_of": "Bar",
        "open_px_dec": number(m["o"]),
        "high_px_dec": number(m["h"]),
        "low_px_dec": number(m["l"]),
        "close_px_dec": number(m["c"]),
        "volume_dec": number(m["v"]),
        "vwap_px_dec": maybe_number(m.get("vw")),
        "trade_count": whole(m.get("n")),
        "interval_ns": MINUTE_NS,
        "ts_event_ns": instant_ns(m["t"]) + MINUTE_NS,
    }


def status(m: dict[str, Any]) -> dict[str, Any]:
    names = ("sc", "status_code"), ("sm", "status_message"), ("z", "tape")
    names += ("rc", "reason_code"), ("rm", "reason_message")
    found = {name: text(m.get(key)) for key, name in names}
    return {"kind_of": "TradingStatus", "ts_event_ns": instant_ns(m["t"])} | found


MARKET = {"q": quote, "t": tick, "b": bar, "u": bar, "s": status}


def control(kind: str, **fields: Any) -> dict[str, Any]:
    plain = {"text": "", "code": 0, "status": "", "action": "", "channels": {}}
    return {"kind_of": "Control", "kind": kind} | plain | fields


def control_of(kind: str, m: dict[str, Any]) -> dict[str, Any]:
    if kind == "success":
        return control(kind, text=text(m.get("msg")))
    if kind == "error":
        return control(kind, text=text(m.get("msg")), code=whole(m.get("code")))
    if kind == "subscription":
        channels = {
            name: tuple(one for one in value if isinstance(one, str))
            for name, value in m.items()
            if isinstance(value, list)
        }
        return control(kind, channels=channels)
    return control("other", text=f"T={kind}")


def answer(m: dict[str, Any]) -> dict[str, Any]:
    data, stream = m["data"], text(m.get("stream"))
    state = {"status": text(data.get("status")), "action": text(data.get("action"))}
    if isinstance(data.get("streams"), list):
        state["channels"] = {"streams": tuple(data["streams"])}
    if m.get("action") == "error":
        return control("error", **state, text=text(data.get("error_message")))
    if stream in ("listening", "authorization"):
        return control(stream, **state, text=text(data.get("message")))
    return control("other", **state, text=f"stream={stream}" if stream else "")


def update(data: dict[str, Any], recv_ns: int) -> dict[str, Any]:
    order = data["order"]
    report = state_of(order, recv_ns) | {
        "ts_event_ns": 0 if data.get("timestamp") is None else instant_ns(data["timestamp"])
    }
    tell(report, data, is_many=order.get("order_class") == "mleg")
    legs = [state_of(leg, recv_ns) for leg in order.get("legs") or []]
    for told in data.get("legs") or []:
        (leg,) = (one for one in legs if one["broker_order_id"] == told["order_id"])
        fill(leg, told)
        leg["ts_event_ns"] = instant_ns(told["timestamp"])
    words = {name: text(order.get(name)) for name in WORDS.split()[1:11]}
    words |= {name: text(data.get(name)) for name in ("event", "execution_id", "event_id")}
    numbers = {name: maybe_number(order.get(name)) for name in WORDS.split()[12:15]}
    times = {"at_ns": maybe_ns(data.get("at")), "updated_ns": maybe_ns(order.get("updated_at"))}
    return (
        {"kind_of": "TradeUpdate", "report": report, "legs": legs}
        | words
        | {"position_qty": maybe_number(data.get("position_qty"))}
        | numbers
        | times
    )


def state_of(order: dict[str, Any], recv_ns: int) -> dict[str, Any]:
    """An order as a report of its state."""
    kind = TYPES.get(text(order.get("type")) or text(order.get("order_type")), OrderType.NONE)
    auction = {"opg": "OPEN", "cls": "CLOSE"}.get(text(order.get("time_in_force")))
    if auction and kind in (OrderType.MARKET, OrderType.LIMIT):
        kind = OrderType[f"{kind.name}_ON_{auction}"]
    client = text(order.get("client_order_id"))
    cum_qty = maybe_number(order.get("filled_qty"))
    report = dict.fromkeys(REPORT.split()) | {
        "kind_of": "ExecutionReport",
        "symbol": text(order.get("symbol")),
        "exec_type": X.ORDER_STATUS,
        "side": SIDES.get(text(order.get("side")), OrderSide.NONE),
        "ord_type": kind,
        "time_in_force": TIMES.get(text(order.get("time_in_force")), TimeInForce.NONE),
        "client_order_id": client if len(client.encode()) <= 40 else "",
        "broker_order_id": text(order.get("id")),
        "exec_id": "",
        "order_qty_dec": maybe_number(order.get("qty")),
        "cum_qty_dec": cum_qty,
        "limit_px_dec": maybe_number(order.get("limit_price")),
        "stop_px_dec": maybe_number(order.get("stop_price")),
        "avg_px_dec": maybe_number(order.get("filled_avg_price")),
        "ord_rej_reason": OrdRejReason.NONE,
        "ts_event_ns": maybe_ns(order.get("updated_at")),
        "ts_recv_ns": recv_ns,
    }
    say(report, STATES.get(text(order.get("status")), S.ERROR))
    return report


def say(report: dict[str, Any], state: S) -> None:
    qty, cum_qty = report["order_qty_dec"], report["cum_qty_dec"] or Decimal(0)
    left = None if qty is None else max(qty - cum_qty, Decimal(0))
    report |= {"ord_status": state, "leaves_qty_dec": Decimal(0) if state in OVER else left}


def tell(report: dict[str, Any], data: dict[str, Any], *, is_many: bool) -> None:
    """What the event makes of an order's state."""
    event = text(data.get("event"))
    if not event:
        return
    news, state = NEWS.get(event, (X.ORDER_STATUS, S.ERROR))
    working = S.PARTIALLY_FILLED if report["cum_qty_dec"] else S.NEW
    say(report, working if state is None else state)
    report["exec_type"] = news
    if news is X.REJECTED:
        report["ord_rej_reason"] = OrdRejReason.OTHER
    if news is X.TRADE:
        report["exec_type"] = X.ORDER_STATUS
        if not is_many:
            fill(report, data)


def fill(report: dict[str, Any], told: dict[str, Any]) -> None:
    qty, price = maybe_number(told.get("qty")), maybe_number(told.get("price"))
    if qty and price is not None:
        report |= {"exec_type": X.TRADE, "last_qty_dec": qty, "last_px_dec": price}
        report["exec_id"] = text(told.get("execution_id"))
