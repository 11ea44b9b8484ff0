"""What a message looks like on another's queue, whichever it is: names, headers, keys.

Every message carries, beside its SBE body, what a reader needs before it looks inside, as text:
``origin`` and ``seq`` name it for ever; ``schema`` is the schema's id and version (``1.0``). Redis
has ``prev`` too, the ``seq`` of the message before it by the same origin in the same stream (""
where the writer does not know it), so that a reader sees what is missing; in Kafka the offsets tell
it. When it was and what its order is kept by are the record's own time and key in Kafka, ``ts``
(ns UTC) and ``key`` in Redis.
"""

from __future__ import annotations

from typing import Final

from regimeflow.ports.message_queue import Outgoing
from regimeflow.types.enums import LiveTopic

_HEADER_BYTES: Final = 8  # of SBE: block length, template, schema, version, two bytes each
_MOST_DIGITS: Final = 19


def lane_name(topic: LiveTopic) -> str:
    """What the name of a topic or stream ends with."""
    return topic.name.lower()


LANES: Final = {topic: lane_name(topic) for topic in LiveTopic}
TOPICS: Final = {name: topic for topic, name in LANES.items()}


def schema_of(body: bytes) -> str:
    """The schema's id and version, from the head of an SBE message; "" of anything else."""
    if len(body) < _HEADER_BYTES:
        return ""
    return f"{int.from_bytes(body[4:6], 'little')}.{int.from_bytes(body[6:8], 'little')}"


def number(text: bytes | None) -> int:
    """A number that somebody else wrote; 0 when it is none."""
    if text is None or not text.isdigit() or len(text) > _MOST_DIGITS:
        return 0
    return int(text)


def words(text: bytes | None) -> str:
    """A text that somebody else wrote; whatever it is, it is a text then."""
    return "" if text is None else text.decode("utf-8", "replace")


class Chain:
    """The number before each, by origin and lane, of a writer: within a lane numbers only grow."""

    def __init__(self) -> None:
        self._last: Final[dict[tuple[str, LiveTopic], int]] = {}

    def follow(self, message: Outgoing) -> str:
        """The ``prev`` of the next message; "" when it is the first, or sent from further back."""
        lane = (message.origin, message.topic)
        before = self._last.get(lane, 0)
        self._last[lane] = message.sequence
        return str(before) if 0 < before < message.sequence else ""


class Gaps:
    """Finds what a reader is missing: a message whose predecessor never came."""

    def __init__(self) -> None:
        self._last: Final[dict[tuple[str, str], int]] = {}

    def missing(self, origin: str, lane: str, sequence: int, prev: int, seen: int) -> int:
        """The number behind which something is missing; 0: nothing is, as far as it can be told.

        Args:
            origin: Who wrote the message.
            lane: Where it was read.
            sequence: Its number.
            prev: The one before it, by its writer; 0: not told.
            seen: The last one taken in an earlier life; 0: none.
        """
        last = self._last.get((origin, lane), seen)
        self._last[origin, lane] = max(last, sequence)
        return last if 0 < last < prev < sequence else 0
