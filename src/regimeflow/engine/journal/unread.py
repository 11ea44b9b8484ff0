"""What of a journal could not be read, in words: the same to a person and in a session's lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from regimeflow._core.frames import Damage


def unread_lines(damages: Sequence[Damage], unknown: Mapping[int, int]) -> Iterator[str]:
    """Return one line for each damage, and for each template that this version does not know."""
    for damage in damages:
        where = f"segment {damage.segment} byte {damage.offset}"
        size = f"{damage.length} bytes passed over: " if damage.length else ""
        yield f"{where}: {size}{damage.reason}"
    for template, count in sorted(unknown.items()):
        text = f"{count} frames of template {template}, which a newer version wrote"
        yield f"{text}: passed over; this version does not know them"


def unusable_lines(unusable: Sequence[str]) -> Iterator[str]:
    """Return one line for each snapshot that is of no use."""
    return (f"a snapshot is of no use: {text}" for text in unusable)
