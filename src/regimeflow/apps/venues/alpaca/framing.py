"""Bytes of one message, JSON or MessagePack, as Alpaca frames them.

Numbers of market data leave as JSON numbers without trailing zeros (``136``, ``388.985``). In
MessagePack an instant is the timestamp extension, in JSON it is RFC 3339.
"""

from __future__ import annotations

import enum
import struct
from decimal import Decimal
from typing import Final

import msgspec
import orjson

from regimeflow.apps.venues.alpaca.times import SECOND_NS, rfc3339

_TIMESTAMP_EXT: Final = -1


class Instant(int):
    """Nanoseconds UTC that leave as an instant."""

    __slots__ = ()


class Codec(enum.Enum):
    """What one connection speaks."""

    JSON = "json"
    MSGPACK = "msgpack"


class FrameError(ValueError):
    """A message that is no message."""


def number(value: Decimal) -> int | float:
    """Write an exact value as a number on the wire, whole ones without a fraction."""
    return int(value) if value == value.to_integral_value() else float(value)


def encode(message: object, codec: Codec) -> bytes:
    """Write a message of dicts, lists, text, ints, Decimals and Instants."""
    if codec is Codec.MSGPACK:
        return msgspec.msgpack.encode(_packable(message))
    return orjson.dumps(message, default=_json_form, option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def decode(frame: bytes | str, codec: Codec) -> object:
    """Read a client's message.

    Raises:
        FrameError: it is neither.
    """
    try:
        if codec is Codec.MSGPACK and isinstance(frame, bytes):
            return msgspec.msgpack.decode(frame)
        return orjson.loads(frame)
    except (ValueError, msgspec.DecodeError) as error:
        raise FrameError(str(error)) from error


def _json_form(value: object) -> object:
    if isinstance(value, Instant):
        return rfc3339(value)
    if isinstance(value, Decimal):
        return number(value)
    raise TypeError(f"{type(value).__name__} has no form on the wire")


def _packable(value: object) -> object:
    if isinstance(value, dict):
        return {key: _packable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_packable(item) for item in value]
    if isinstance(value, Instant):
        return msgspec.msgpack.Ext(_TIMESTAMP_EXT, timestamp_ext(value))
    return number(value) if isinstance(value, Decimal) else value


def timestamp_ext(instant_ns: int) -> bytes:
    """Pack an instant.

    Source: the MessagePack specification, timestamp extension, the 32, 64 and 96 bit forms.
    """
    seconds, fraction_ns = divmod(instant_ns, SECOND_NS)
    if seconds >> 34:
        return struct.pack(">Iq", fraction_ns, seconds)
    if fraction_ns == 0 and seconds < 1 << 32:
        return struct.pack(">I", seconds)
    return struct.pack(">Q", fraction_ns << 34 | seconds)
