"""Messages as JSON, for people and for tools: the same content as the bytes of the codec.

Exact numbers are text with all of their digits, members of enumerations are names, times and ids
are integers. What is written is read back as an equal message; what is no message is a CodecError
that names the key.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from regimeflow._core.codec import LiveMessageCodec
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
from regimeflow.types.enums import LiveTopic, OrderSide
from regimeflow.types.errors import CodecError
from regimeflow.types.json_values import MEMBERS, check_keys, exact, member, name_of

if TYPE_CHECKING:
    from regimeflow._core.frames import Frame

_CODEC: Final = LiveMessageCodec()
_STAMPS: Final = ("ts_event_ns", "ts_recv_ns")
_REPORT_NUMBERS: Final = (
    *("order_qty", "cum_qty", "leaves_qty", "last_qty"),
    *("last_px", "limit_px", "stop_px", "avg_px", "commission"),
)
_EXACT: Final[Mapping[type, tuple[str, ...]]] = {
    Quote: ("bid_px", "bid_qty", "ask_px", "ask_qty"),
    Tick: ("last_px", "last_qty"),
    Bar: ("open_px", "high_px", "low_px", "close_px", "volume", "vwap_px"),
    OrderBook: (),
    ExecutionReport: _REPORT_NUMBERS,
    Position: ("quantity", "avg_px", "market_px"),
    AccountInfo: ("equity", "cash", "buying_power"),
    SystemMessage: (),
}
_NOT_GIVEN: Final = -(1 << 63)
# At which of a record's exponents a number is.
_QUANTITIES: Final = frozenset(
    {"bid_qty", "ask_qty", "order_qty", "cum_qty", "leaves_qty", "last_qty", "volume", "quantity"}
)
_OWN_EXPONENT: Final = frozenset({(ExecutionReport, "avg_px"), (ExecutionReport, "commission")})


def _exponent_of(cls: type, name: str) -> str:
    if (cls, name) in _OWN_EXPONENT:
        return f"{name}_exp"
    return "qty_exp" if name in _QUANTITIES else "px_exp"


# Of each exact number its name, its mantissa's, and its exponent's.
_MANTISSAS: Final = {
    cls: tuple((name, f"{name}_raw", _exponent_of(cls, name)) for name in names)
    for cls, names in _EXACT.items()
}
# What is neither an exact number nor a time nor a list.
_PLAIN: Final[Mapping[type, tuple[str, ...]]] = {
    Quote: ("symbol", "update_id"),
    Tick: ("symbol", "side", "trade_id"),
    Bar: ("symbol", "interval_ns", "trade_count", "is_revised"),
    OrderBook: ("symbol", "update_id", "is_snapshot"),
    ExecutionReport: (
        *("symbol", "exec_type", "ord_status", "side", "ord_type", "time_in_force", "order_id"),
        *("client_order_id", "broker_order_id", "exec_id", "exec_ref_id", "commission_currency"),
        *("liquidity", "ord_rej_reason", "text"),
    ),
    Position: ("symbol",),
    AccountInfo: ("currency",),
    SystemMessage: ("text", "code", "level", "value", "symbol"),
}
_TOPICS: Final[Mapping[type, LiveTopic]] = {
    **dict.fromkeys((Quote, Tick, Bar, OrderBook), LiveTopic.MARKET_DATA),
    ExecutionReport: LiveTopic.EXECUTION_REPORT,
    Position: LiveTopic.POSITION_UPDATE,
    AccountInfo: LiveTopic.ACCOUNT_UPDATE,
    SystemMessage: LiveTopic.SYSTEM,
}
_REQUIRED: Final[Mapping[type, tuple[str, ...]]] = {
    Quote: ("symbol", *_EXACT[Quote]),
    Tick: ("symbol", *_EXACT[Tick]),
    Bar: ("symbol", "open_px", "high_px", "low_px", "close_px", "volume", "interval_ns"),
    OrderBook: ("symbol", "bids", "asks"),
    ExecutionReport: ("symbol", "exec_type", "ord_status"),
    Position: ("symbol", "quantity"),
    AccountInfo: ("currency", *_EXACT[AccountInfo]),
    SystemMessage: ("text",),
}
_LISTS: Final[Mapping[type, tuple[str, ...]]] = {
    OrderBook: ("bids", "asks"),
    AccountInfo: ("balances",),
}
_CLASSES: Final = {cls.__name__: cls for cls in _TOPICS}
_ENVELOPE: Final = ("kind", "seq", "origin", "flags")
# Of a message's bytes: its place in the stream, and two small ones that only some kinds have a name
# for. What has no name is told by its number, so that nothing is lost.
_SEQ: Final = struct.Struct("<q")
_SEQ_AT, _FLAGS_AT, _SIDE_AT = 8, 34, 35
_RANGES: Final = (("flags", 0, 255), ("side", 0, 2), ("seq", -(1 << 63), (1 << 63) - 1))
_FLAGGED: Final = {OrderBook: "is_snapshot", Bar: "is_revised"}  # bit 0
_NO_SIDE: Final = frozenset({Quote, Bar, OrderBook, Position, AccountInfo})


def encode_json(message: LiveMessage | Payload | Frame) -> bytes:
    """Return a message of the stream, or a frame of a journal, as one line of JSON.

    Raises:
        TypeError: no message.
    """
    import orjson

    if isinstance(message, tuple):
        from regimeflow.types.frame_json import values_of_frame

        return orjson.dumps(values_of_frame(message))
    raw = _CODEC.encode(message)
    payload = message.payload if isinstance(message, LiveMessage) else message
    values: dict[str, object] = {"kind": type(payload).__name__, "seq": _seq_of(raw)}
    if isinstance(message, LiveMessage) and message.origin:
        values["origin"] = message.origin
    if flags := raw[_FLAGS_AT] & (0xFE if type(payload) in _FLAGGED else 0xFF):
        values["flags"] = flags
    if type(payload) in _NO_SIDE and raw[_SIDE_AT]:
        values["side"] = name_of(raw[_SIDE_AT], OrderSide)
    values.update(values_of(payload))
    return orjson.dumps(values)


def decode_json(data: bytes | bytearray | memoryview | str) -> LiveMessage:
    """Return the message of the stream that ``encode_json`` was given.

    Raises:
        CodecError: it is none: ``reason`` at ``path``, or, where it is no JSON, at ``offset``.
    """
    values = _loaded(data)
    cls = _CLASSES.get(cast("str", values["kind"]))
    if cls is None:
        reason = f"is {values['kind']!r:.40}; expected one of {', '.join(_CLASSES)}"
        raise CodecError(reason, path="kind")
    return _message_from(cls, values)


def decode_json_any(data: bytes | bytearray | memoryview | str) -> LiveMessage | Frame:
    """Return what ``encode_json`` was given, be it a message or a frame.

    Raises:
        CodecError: it is neither.
    """
    from regimeflow.types.frame_json import frame_from

    values = _loaded(data)
    cls = _CLASSES.get(cast("str", values["kind"]))
    return _message_from(cls, values) if cls is not None else frame_from(values)


def values_of(payload: Payload) -> dict[str, object]:
    """Return a payload's fields as JSON has them."""
    cls = type(payload)
    values: dict[str, object] = {name: _shown(payload, name) for name in _PLAIN[cls]}
    for name, mantissa, exp in _MANTISSAS[cls]:
        values[name] = _text_of(getattr(payload, mantissa), getattr(payload, exp))
    if isinstance(payload, OrderBook):
        values["bids"] = [[_digits(px), _digits(qty)] for px, qty in payload.bids_dec]
        values["asks"] = [[_digits(px), _digits(qty)] for px, qty in payload.asks_dec]
    if isinstance(payload, AccountInfo):
        values["balances"] = [
            {"asset": one.asset, "free": _digits(one.free_dec), "locked": _digits(one.locked_dec)}
            for one in payload.balances
        ]
    for name in _STAMPS:
        values[name] = getattr(payload, name)
    return values


def _loaded(data: bytes | bytearray | memoryview | str) -> dict[str, object]:
    import orjson

    try:
        values = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise CodecError(error.msg, offset=error.pos) from None
    if not isinstance(values, dict):
        raise CodecError(f"is a {type(values).__name__}; expected an object", path="$")
    if not isinstance(values.get("kind"), str):
        raise CodecError("is missing, or no text", path="kind")
    return values


def _message_from(cls: type[Payload], values: dict[str, object]) -> LiveMessage:
    lists, is_sideless = _LISTS.get(cls, ()), cls in _NO_SIDE
    own = (*_PLAIN[cls], *_EXACT[cls], *lists, *_STAMPS)
    check_keys(values, (*_ENVELOPE, *(("side",) if is_sideless else ()), *own))
    for name in _REQUIRED[cls]:
        if values.get(name) is None:
            raise CodecError("is missing", path=name)
    fields: dict[str, object] = {}
    for name in (*_PLAIN[cls], *_STAMPS):
        if name in values:
            value = values[name]
            fields[name] = member(value, MEMBERS[name], name) if name in MEMBERS else value
    if not isinstance(fields.get(flag := _FLAGGED.get(cls, ""), False), bool):
        raise CodecError("is no true or false", path=flag)
    for name in _EXACT[cls]:
        if name in values:
            fields[name] = exact(values[name], name)
    for name in lists:
        take = _balance_from if name == "balances" else _level_from
        fields[name] = _each(values.get(name, []), name, take)
    small = {name: _integer(values.get(name, 0), name) for name in ("seq", "flags")}
    small["side"] = member(values.get("side", 0), OrderSide, "side") if is_sideless else 0
    try:
        payload = cast("Callable[..., Payload]", cls)(**fields)
        live = LiveMessage(_TOPICS[cls], payload, cast("str", values.get("origin", "")))
    except (TypeError, ValueError, OverflowError) as error:
        raise _named(error, own) from None
    return _stamped(live, small) if any(small.values()) else live


def _named(error: Exception, names: tuple[str, ...]) -> CodecError:
    """Return a constructor's error, which says the field first, with that as its path."""
    field, _, reason = str(error).partition(" ")
    if field in names or field == "origin":
        return CodecError(reason, path=field)
    return CodecError(str(error), path="$")


def _stamped(live: LiveMessage, small: Mapping[str, int]) -> LiveMessage:
    """Return a message with what no constructor takes: its place in the stream, odd flags."""
    raw = bytearray(_CODEC.encode(live))
    for name, least, most in _RANGES:
        if not least <= small[name] <= most:
            raise CodecError(f"is {small[name]}; expected {least} to {most}", path=name)
    _SEQ.pack_into(raw, _SEQ_AT, small["seq"])
    raw[_FLAGS_AT] |= small["flags"]
    raw[_SIDE_AT] |= small["side"]
    return _CODEC.decode(raw)


def _each(value: object, path: str, take: Callable[[object, str], object]) -> list[object]:
    if not isinstance(value, list):
        raise CodecError(f"is {value!r:.40}; expected a list", path=path)
    return [take(one, f"{path}[{index}]") for index, one in enumerate(value)]


def _level_from(value: object, path: str) -> tuple[Decimal | None, Decimal | None]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - a price and a quantity
        raise CodecError(f"is {value!r:.40}; expected a price and a quantity", path=path)
    return exact(value[0], f"{path}[0]"), exact(value[1], f"{path}[1]")


def _balance_from(value: object, path: str) -> Balance:
    if not isinstance(value, dict):
        raise CodecError(f"is {value!r:.40}; expected an object", path=path)
    check_keys(value, ("asset", "free", "locked"), f"{path}.")
    amounts = {name: exact(value.get(name), f"{path}.{name}") for name in ("free", "locked")}
    try:
        return cast("Callable[..., Balance]", Balance)(value.get("asset"), **amounts)
    except (TypeError, ValueError) as error:
        raise CodecError(str(error), path=path) from None


def _integer(value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise CodecError(f"is {value!r:.40}; expected an integer", path=path)
    return value


def _seq_of(raw: bytes) -> int:
    return int(_SEQ.unpack_from(raw, _SEQ_AT)[0])


def _shown(payload: Payload, name: str) -> object:
    value = getattr(payload, name)
    return name_of(value, MEMBERS[name]) if name in MEMBERS else value


def _text_of(mantissa: int, exp: int) -> str | None:
    """Return a number as people write it, with all the digits that its exponent says."""
    if mantissa == _NOT_GIVEN:
        return None
    if exp == 0:
        return str(mantissa)
    digits = str(abs(mantissa)).rjust(1 - exp, "0")
    return f"{'-' if mantissa < 0 else ''}{digits[:exp]}.{digits[exp:]}"


def _digits(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")
