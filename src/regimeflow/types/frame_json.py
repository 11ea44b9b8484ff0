"""The frames of a journal as JSON: what message_json.py has for messages of the stream.

A mantissa is shown as the number that it is at the exponent beside it. A blob is text where it is
UTF-8, else ``{"hex": "..."}``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import Final, cast

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.frames import (
    TEMPLATES,
    Adopted,
    Answer,
    Call,
    Command,
    Frame,
    Note,
    RegimeChange,
    SegmentEnd,
    SessionStart,
)
from regimeflow.types.enums import OrderSide, OrderType, RegimeType, TimeInForce
from regimeflow.types.errors import CodecError
from regimeflow.types.json_values import check_keys, exact, member, name_of

_CODEC: Final = LiveMessageCodec()
_EXACT: Final = Context(prec=120)  # whatever the host has set for its own sums
_MOST_DIGITS: Final = 40  # on either side of the point: more than any mantissa has
_CLASSES: Final = {cls.__name__: cls for cls in TEMPLATES if cls is not SegmentEnd}
_ENUMS: Final[Mapping[tuple[type, str], type[enum.IntEnum]]] = {
    (Command, "side"): OrderSide,
    (Command, "ord_type"): OrderType,
    (Command, "time_in_force"): TimeInForce,
    (RegimeChange, "before"): RegimeType,
    (RegimeChange, "after"): RegimeType,
}
_BLOBS: Final = {
    (SessionStart, "info"),
    (Answer, "payload"),
    (Call, "arguments"),
    (Adopted, "report"),
    (Note, "body"),
}
# A mantissa, and the field that has its exponent.
_MANTISSAS: Final[Mapping[tuple[type, str], str]] = {
    (Command, "qty"): "qty_exp",
    (Command, "limit_px"): "px_exp",
    (Command, "stop_px"): "px_exp",
}
_KEYS: Final[Mapping[tuple[type, str], str]] = {  # where the field is "kind", as the class is
    (Command, "kind"): "command",
    (Answer, "kind"): "value_kind",
}


def values_of_frame(frame: tuple[object, ...]) -> dict[str, object]:
    """Return a frame's fields as JSON has them.

    Raises:
        TypeError: it is no frame, or one that only the journal's writer makes.
        ValueError: a field has what no frame can.
    """
    cls = type(frame)
    _CODEC.encode(cast("Frame", frame))  # says what is wrong with it
    values: dict[str, object] = {"kind": cls.__name__}
    fields = dict(zip(cast("type[Frame]", cls)._fields, frame, strict=True))
    for name, value in fields.items():
        values[_KEYS.get((cls, name), name)] = _shown(cls, name, value, fields)
    return values


def frame_from(values: dict[str, object]) -> Frame:
    """Return the frame whose fields these are.

    Raises:
        CodecError: there is no such frame: ``reason`` at ``path``.
    """
    cls = _CLASSES.get(cast("str", values["kind"]))
    if cls is None:
        raise CodecError(f"is {values['kind']!r:.40}; no message is of that name", path="kind")
    keys = {name: _KEYS.get((cls, name), name) for name in cls._fields}
    check_keys(values, ("kind", *keys.values()))
    for key in keys.values():
        if key not in values:
            raise CodecError("is missing", path=key)
    found = {name: _read(cls, name, keys[name], values) for name in cls._fields}
    frame = cast("Callable[..., Frame]", cls)(**found)
    try:
        _CODEC.encode(frame)
    except (TypeError, ValueError, OverflowError) as error:
        raise CodecError(str(error), path=cls.__name__) from None
    return frame


def _shown(cls: type, name: str, value: object, fields: Mapping[str, object]) -> object:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"hex": value.hex()}
    if (exp := _MANTISSAS.get((cls, name))) is not None and isinstance(value, int):
        return format(_EXACT.scaleb(Decimal(value), cast("int", fields[exp])), "f")
    if (members := _ENUMS.get((cls, name))) is not None:
        return name_of(cast("int", value), members)
    return value


def _read(cls: type, name: str, key: str, values: Mapping[str, object]) -> object:
    value = values[key]
    if (cls, name) in _BLOBS:
        return _blob(value, key)
    if (exp := _MANTISSAS.get((cls, name))) is not None:
        return _mantissa(exact(value, key), values[exp], key)
    if (members := _ENUMS.get((cls, name))) is not None:
        return member(value, members, key)
    return value


def _blob(value: object, path: str) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict) and isinstance(text := value.get("hex"), str) and len(value) == 1:
        try:
            return bytes.fromhex(text)
        except ValueError as error:
            raise CodecError(str(error), path=f"{path}.hex") from None
    raise CodecError(f"is {value!r:.40}; expected text, or an object with hex", path=path)


def _mantissa(number: Decimal | None, exp: object, path: str) -> int | None:
    if number is None:
        return None
    if not isinstance(exp, int) or isinstance(exp, bool) or abs(exp) > _MOST_DIGITS:
        raise CodecError("has no exponent beside it", path=path)
    reason = f"is {number!s:.40}, which is no number at exponent {exp}"
    if abs(number.adjusted()) > _MOST_DIGITS or len(number.as_tuple().digits) > _MOST_DIGITS:
        raise CodecError(reason, path=path)
    found = _EXACT.scaleb(number, -exp)
    if found != _EXACT.to_integral_value(found) or abs(found) >= 1 << 63:
        raise CodecError(reason, path=path)
    return int(found)
