"""One line of the log: how it is sealed, and how it is read back.

A line is ``{"hash":"H","seq":N,...}`` and a newline. ``H`` is the SHA-256, in hexadecimal, of the
hash of the line before it (64 zeros for the first) and of all that follows ``"H",`` up to the
closing brace. So each hash stands for every line up to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from regimeflow.types.errors import CodecError
from regimeflow.types.records import Record

FIRST: Final = "0" * 64
_OPEN: Final = b'{"hash":"'
_SHUT: Final = b'",'
_HASH_FROM: Final = len(_OPEN)
_HASH_TO: Final = _HASH_FROM + len(FIRST)
_REST_FROM: Final = _HASH_TO + len(_SHUT)
_HEX: Final = frozenset(b"0123456789abcdef")


class Sealed(Record):
    """A line as read: ``hash`` as it says, ``fields`` without it, ``rest`` the sealed bytes."""

    hash: str
    rest: bytes
    fields: Mapping[str, Any]

    @property
    def seq(self) -> int:
        """Its number, from 1."""
        return int(self.fields["seq"])

    def follows(self, previous: str) -> bool:
        """Whether it is what was sealed behind a line of this hash."""
        return self.hash == digest(previous, self.rest)


def digest(previous: str, rest: bytes) -> str:
    """Return the hash of a line behind another one."""
    return hashlib.sha256(previous.encode() + rest).hexdigest()


def seal(previous: str, fields: Mapping[str, object]) -> tuple[str, bytes]:
    """Return a line's hash, and the line with its newline."""
    import orjson

    rest = orjson.dumps(fields)[1:]
    own = digest(previous, rest)
    return own, b"".join((_OPEN, own.encode(), _SHUT, rest, b"\n"))


def read(line: bytes) -> Sealed:
    """Return a line (without its newline) as it stands; whether it follows is not looked at.

    Raises:
        CodecError: it is no such line.
    """
    import orjson

    own, rest = line[_HASH_FROM:_HASH_TO], line[_REST_FROM:]
    is_framed = line.startswith(_OPEN) and line[_HASH_TO:_REST_FROM] == _SHUT
    if not is_framed or not _HEX.issuperset(own) or len(own) != len(FIRST):
        raise CodecError('expected a line that begins {"hash":"<64 digits>",')
    try:
        fields = orjson.loads(b"{" + rest)
    except orjson.JSONDecodeError as error:
        raise CodecError(f"it is no JSON: {error}") from None
    seq = fields.get("seq") if isinstance(fields, dict) else None
    if type(seq) is not int or seq < 1:
        raise CodecError("it has no number (seq)")
    return Sealed(own.decode(), rest, fields)
