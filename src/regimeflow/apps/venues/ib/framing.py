"""Bytes to messages and back: a length of four bytes, then fields that each end in NUL."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

GREETING: Final = b"API\0"
LENGTH: Final = struct.Struct(">I")
LONGEST_MESSAGE: Final = 0xFFFFFF  # TWS drops a client that announces more (error 507)


class BadFraming(Exception):
    """What arrived cannot be a message; the connection is of no more use."""


def frame(fields: Iterable[str]) -> bytes:
    """Return one message, ready for the socket."""
    body = b"".join(field.encode() + b"\0" for field in fields)
    return LENGTH.pack(len(body)) + body


def split_fields(body: bytes) -> list[str]:
    """Return the fields of a message's body."""
    return body.decode(errors="backslashreplace").split("\0")[:-1]


class Unframer:
    """Cuts a stream of bytes, in whatever segments it arrives, into the bodies of messages.

    A client greets with ``API`` and NUL before its first length.
    """

    def __init__(self) -> None:
        self._pending = bytearray()
        self._is_greeted = False

    def feed(self, segment: bytes) -> Iterator[bytes]:
        """Yield each body that is complete now.

        Raises:
            BadFraming: no greeting, or a length that no message has.
        """
        self._pending += segment
        if not self._is_greeted and not self._take_greeting():
            return
        while len(self._pending) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._pending)
            if not 0 < length <= LONGEST_MESSAGE:
                raise BadFraming(f"a message of {length} bytes; expected 1 to {LONGEST_MESSAGE}")
            end = LENGTH.size + length
            if len(self._pending) < end:
                return
            body = bytes(self._pending[LENGTH.size : end])
            del self._pending[:end]
            yield body

    def _take_greeting(self) -> bool:
        if not self._pending.startswith(GREETING[: len(self._pending)]):
            raise BadFraming("expected the greeting API and NUL")
        if len(self._pending) < len(GREETING):
            return False
        del self._pending[: len(GREETING)]
        self._is_greeted = True
        return True


def versions_offered(body: bytes) -> tuple[int, int]:
    """Return the lowest and the highest version of a client's ``v157..178 options``.

    Raises:
        BadFraming: it is something else.
    """
    text = body.decode("ascii", errors="replace").rstrip("\0")
    lowest, dots, highest = text.partition(" ")[0].removeprefix("v").partition("..")
    if not text.startswith("v") or not lowest.isdigit() or not (highest or lowest).isdigit():
        raise BadFraming(f"expected vLOW..HIGH, found {text[:40]!r}")
    return int(lowest), int(highest if dots else lowest)
