"""MessagePack for what a client asks a stream: small maps of texts and lists of texts.

What streams answer is read in C, by its content.

Source: the MessagePack specification, formats str, array and map.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SHORTEST_LONG_TEXT: Final = 32
_SHORTEST_LONG_LIST: Final = 16
_MOST: Final = 0xFFFF


def packed(message: Mapping[str, object]) -> bytes:
    """Write a message.

    Raises:
        TypeError: something in it is no text and no list or map of them.
        ValueError: something in it is longer than 65,535.
    """
    return _value(message)


def _value(value: object) -> bytes:
    if isinstance(value, str):
        text = value.encode()
        return _head(len(text), 0xA0, _SHORTEST_LONG_TEXT, 0xDA) + text
    if isinstance(value, list | tuple):
        head = _head(len(value), 0x90, _SHORTEST_LONG_LIST, 0xDC)
        return head + b"".join(_value(each) for each in value)
    if isinstance(value, Mapping):
        head = _head(len(value), 0x80, _SHORTEST_LONG_LIST, 0xDE)
        return head + b"".join(_value(name) + _value(each) for name, each in value.items())
    raise TypeError(f"{type(value).__name__} is nothing that streams are asked with")


def _head(count: int, short: int, least_long: int, long: int) -> bytes:
    if count < least_long:
        return bytes([short | count])
    if count > _MOST:
        raise ValueError(f"{count} is more than a message has room for")
    return bytes([long]) + count.to_bytes(2, "big")
