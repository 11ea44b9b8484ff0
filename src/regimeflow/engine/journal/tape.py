"""A journal as a tape: what happened plays the engine, what it decided is compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from regimeflow._core.frames import Command, Frame, Note, SegmentEnd, SessionStart, Snapshot
from regimeflow._core.journal_reader import JournalFrame
from regimeflow._core.messages import LiveMessage
from regimeflow._core.order_rows import OrderRow
from regimeflow.engine.journal.answers import load
from regimeflow.engine.journal.codes import CommandKind, NoteCode
from regimeflow.types.errors import RegimeFlowError

_SHOWN: Final = 1_000  # characters of a frame
_PASSED: Final = (SegmentEnd, Snapshot)
_NO_DECISIONS: Final = frozenset({NoteCode.AUDIT, NoteCode.RISK, NoteCode.RETIRED})


class Difference(RegimeFlowError):
    """The replay did something else than the journal has.

    ``position`` is the journal's frame, ``recorded`` what it has (None: nothing more),
    ``replayed`` what the replay did there (None: nothing).
    """

    def __init__(
        self,
        position: int,
        recorded: LiveMessage | Frame | None,
        replayed: object | None,
    ) -> None:
        segment, offset = position >> 32, position & 0xFFFFFFFF
        super().__init__(
            f"segment {segment} byte {offset}: the journal has {_shown(recorded)};"
            f" the replay has {_shown(replayed)}"
        )
        self.position: Final = position
        self.recorded: Final = recorded
        self.replayed: Final = replayed


class Tape:
    """The frames of one session, in order.

    What the engine would write goes to ``append`` instead, where it must be what comes next. The
    first thing that is not is kept in ``difference``; from there on nothing is compared, because
    nothing would be the same.
    """

    def __init__(self, frames: Iterator[JournalFrame]) -> None:
        self._frames: Final = frames
        self._next: LiveMessage | Frame | None = None
        self._is_over = False
        self.position = 0  # of the frame that comes next, or of the last one
        self.read = 0
        self.lost = 0  # frames that the session had no room for, as far as the tape says
        self.fault = ""  # why
        self.difference: Difference | None = None

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to play, or no sense in it."""
        return self.difference is not None or self.peek() is None

    def peek(self) -> LiveMessage | Frame | None:
        """Return what comes next; None at the end of the session."""
        while self._next is None and not self._is_over:
            frame = next(self._frames, None)
            if frame is None or _begins_another(frame.message):
                self._is_over = True
                return None
            self.position = frame.position
            if not self._is_passed(frame.message):
                self._next = frame.message
        return self._next

    def _is_passed(self, thing: LiveMessage | Frame | None) -> bool:
        """Whether something is no part of what was decided."""
        if isinstance(thing, Note) and thing.code in _NO_DECISIONS:
            return True
        if not isinstance(thing, Note) or thing.code != NoteCode.LOST:
            return thing is None or isinstance(thing, _PASSED)
        body: Mapping[str, Any] = load(thing.body)
        self.lost, self.fault = self.lost + int(body["lost"]), str(body["fault"])
        return True

    def wind(self) -> None:
        """Go to the session's end, to know what of it was lost."""
        while self.peek() is not None:
            self._next = None

    def skip(self) -> None:
        """Go on to what comes after that."""
        if self.peek() is not None:
            self._next = None
            self.read += 1

    def differ(self, replayed: object | None) -> None:
        """Say that the replay did something else than what comes next."""
        if self.difference is None:
            self.difference = Difference(self.position, self.peek(), replayed)

    def append(self, thing: Frame) -> int:
        """Compare what the engine writes with what it wrote; at the end there is nothing to."""
        if not (isinstance(thing, Note) and thing.code in _NO_DECISIONS) and not self.is_done:
            recorded = self.peek()
            if type(recorded) is not type(thing) or recorded != thing:
                self.differ(thing)
            else:
                self.skip()
        return self.position

    def append_command(self, row: OrderRow, kind: int, now_ns: int, text: str = "") -> int:
        """As ``append``, of the command about an order."""
        return self.append(command_of(row, kind, now_ns, text))


def _begins_another(thing: LiveMessage | Frame | None) -> bool:
    """Whether the session has ended before this: the next one begins, or a person writes."""
    is_from_a_person = isinstance(thing, Note) and thing.code == NoteCode.WRITTEN_OFF
    return is_from_a_person or isinstance(thing, SessionStart)


def command_of(row: OrderRow, kind: int, now_ns: int, text: str) -> Command:
    """Return the frame that ``JournalWriter.append_command`` writes."""
    is_new = kind == CommandKind.SUBMIT
    return Command(
        now_ns,
        kind,
        row.order_id,
        row.side,
        row.ord_type,
        row.time_in_force,
        row.order_qty_raw if is_new else None,
        row.qty_exp,
        row.limit_px_raw if is_new else None,
        row.stop_px_raw if is_new else None,
        row.px_exp,
        row.expire_time_ns,
        row.symbol,
        row.client_order_id,
        row.broker_order_id,
        row.strategy,
        text,
    )


def _shown(thing: object | None) -> str:
    if thing is None:
        return "nothing"
    text = repr(getattr(thing, "payload", thing))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
