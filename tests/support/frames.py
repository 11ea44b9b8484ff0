"""One frame of a journal of each kind."""

from __future__ import annotations

from regimeflow._core.frames import (
    Adopted,
    Answer,
    Call,
    Command,
    Frame,
    Note,
    OrderEvent,
    RegimeChange,
    SessionStart,
    Snapshot,
    TimerFired,
)

HIGH = 2**64 - 1
FRAMES: list[Frame] = [
    SessionStart(1, HIGH, "boot-ü", b"{}"),
    TimerFired(3, 2),
    Answer(1, 3, 3, 77, b"\0\xff"),
    Call(4, "submit_order", b'{"quantity": "0.10"}'),
    Command(5, 0, 7, 1, 2, 3, 2**63 - 1, -8, 1000, None, -4, 0, "BTCUSDT", "c", "b", "s", "t|t"),
    OrderEvent(6, 7, 2, "x" * 65535),
    Adopted(7, 0, 5, HIGH, -1, "external", b"r"),
    Snapshot(8, 9, "snapshot-1.rfs"),
    Note(9, 65534, b"\0" * 100_000),
    RegimeChange(10, 9, 1, 0.1, 2, 4, 1.0, 9, "BTCUSDT", "bull", "crisis", "sha256:0"),
]
