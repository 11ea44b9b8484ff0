"""Commands and answers between a gateway and its hosts, in texts that a message has room for."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.types.errors import CodecError

EVERYBODY: Final = "*"
_CHUNK: Final = 900  # of the 1,024 bytes of a message's text
_MOST_CHUNKS: Final = 50_000
_MOST_BYTES: Final = 64 << 20
_MOST_OPEN: Final = 256  # parcels of which a part has come
_FIELDS: Final = 5


class Parcel(NamedTuple):
    """Something for one host, or for everybody; ``number`` is the asker's, its answer has it too.

    ``content`` is JSON.
    """

    to: str
    number: int
    content: Mapping[str, object]


def packed(parcel: Parcel) -> list[str]:
    """Return the texts that a parcel travels as, in order."""
    import orjson

    body = base64.b64encode(zlib.compress(orjson.dumps(parcel.content), 1)).decode()
    chunks = [body[at : at + _CHUNK] for at in range(0, len(body), _CHUNK)]
    head = f"{parcel.to} {parcel.number}"
    return [f"{head} {place} {len(chunks)} {chunk}" for place, chunk in enumerate(chunks)]


class Unpacking:
    """Puts the texts of parcels together again, each sender's for itself.

    What never becomes whole is let go of when there is too much of it.

    Args:
        name: Ours: what is for others is passed over.
    """

    def __init__(self, name: str) -> None:
        self._names: Final = (name, EVERYBODY)
        self._open: Final[dict[tuple[str, int], list[str]]] = {}

    def take(self, sender: str, text: str) -> Parcel | None:
        """Take a text; return the parcel that it makes whole.

        Raises:
            CodecError: it is no part of a parcel.
        """
        to, number, place, count, chunk = _fields(text)
        if to not in self._names:
            return None
        key = sender, number
        if place == 0:
            self._open[key] = []
            if len(self._open) > _MOST_OPEN:
                del self._open[next(iter(self._open))]
        chunks = self._open.get(key)
        if chunks is None or len(chunks) != place:
            return None  # it began before we listened; or again, which asks for nothing
        chunks.append(chunk)
        if len(chunks) < count:
            return None
        del self._open[key]
        return Parcel(to, number, _content("".join(chunks)))


def _fields(text: str) -> tuple[str, int, int, int, str]:
    fields = text.split(" ")
    if len(fields) != _FIELDS:
        raise CodecError(f"a text of {len(fields)} words; a parcel's has {_FIELDS}")
    to, number, place, count, chunk = fields
    try:
        numbers = int(number), int(place), int(count)
    except ValueError as error:
        raise CodecError(f"no part of a parcel: {error}") from None
    if not 0 <= numbers[1] < numbers[2] <= _MOST_CHUNKS:
        raise CodecError(f"part {place} of {count} of a parcel")
    return to, *numbers, chunk


def _content(body: str) -> Mapping[str, object]:
    import orjson

    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(base64.b64decode(body, validate=True), _MOST_BYTES)
        content = orjson.loads(text) if unpacking.eof else None
    except (binascii.Error, zlib.error, ValueError) as error:
        raise CodecError(f"no parcel: {error}") from None
    if not isinstance(content, dict):
        raise CodecError(f"a parcel of a {type(content).__name__}; expected an object")
    return content
