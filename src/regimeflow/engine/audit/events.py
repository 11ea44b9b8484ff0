"""What of a journal belongs in the audit log, and under which name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from regimeflow._core.frames import (
    Adopted,
    Call,
    Command,
    Frame,
    Note,
    RegimeChange,
    SessionStart,
)
from regimeflow._core.frames import OrderEvent as OrderEventFrame
from regimeflow._core.journal_reader import JournalFrame
from regimeflow._core.messages import ExecutionReport, LiveMessage, SystemMessage
from regimeflow.domain.moves import is_move
from regimeflow.engine.journal.answers import load
from regimeflow.engine.journal.codes import CommandKind, NoteCode
from regimeflow.engine.journal.describe import described
from regimeflow.engine.journal.late import FILLS
from regimeflow.types.audit import AuditEvent
from regimeflow.types.enums import ExecType, SystemCode

_COMMANDS: Final = {
    CommandKind.SUBMIT: "order_sent",
    CommandKind.CANCEL: "cancel_asked",
    CommandKind.MODIFY: "change_asked",
}
_NOTES: Final = {
    NoteCode.OPENED: "books_opened",
    NoteCode.HOLD: "hold",
    NoteCode.RELEASE: "release",
    NoteCode.DISAGREED: "books_differ",
    NoteCode.FOREIGN_FILL: "foreign_fill",
    NoteCode.LOST: "lost",
    NoteCode.WRITTEN_OFF: "written_off",
}
# News that come with every beat, and decide nothing that anybody has to prove; a change of regime
# has a frame of its own.
_QUIET: Final = frozenset(
    {SystemCode.TIMER, SystemCode.HEARTBEAT, SystemCode.CONFLATED, SystemCode.REGIME}
)
_CALLS: Final = {"end": "session_ended"}
_UNTOLD_CALLS: Final = frozenset({"begin", "holds", "reconcile", "journal_room"})
# Of how a number is written, not of what it says.
_MECHANICS: Final = frozenset({"kind", "qty_exp", "px_exp", "topic", "origin", "body", "arguments"})


def event_of(frame: JournalFrame) -> AuditEvent | None:
    """Return a frame's event; None: it is none of the audit log's."""
    thing = frame.message
    if isinstance(thing, LiveMessage):
        return _of_message(thing, frame.position)
    if isinstance(thing, Note):
        return _of_note(thing, frame.position)
    kind = _kind_of(thing)
    if thing is None or not kind:
        return None
    data = _without_mechanics(described(thing))
    if isinstance(thing, SessionStart):
        data = {"seed": thing.seed, "boot_nonce": thing.boot_nonce, **load(thing.info)}
    elif isinstance(thing, Call):
        data = {"call": thing.name, **load(thing.arguments)}
    now_ns: int = thing.now_ns  # type: ignore[union-attr]  # every one of those has it
    return AuditEvent(kind=kind, ts_ns=now_ns, data=data, position=frame.position)


def _kind_of(thing: Frame | LiveMessage | None) -> str:
    if isinstance(thing, SessionStart):
        return "session_started"
    if isinstance(thing, Command):
        return _COMMANDS.get(CommandKind(thing.kind), "command")
    if isinstance(thing, Call):
        told = thing.name not in _UNTOLD_CALLS
        return _CALLS.get(thing.name, "operator" if told else "")
    if isinstance(thing, OrderEventFrame):
        return "order_event"
    if isinstance(thing, RegimeChange):
        return "regime"
    return "adopted" if isinstance(thing, Adopted) else ""


def _of_message(message: LiveMessage, position: int) -> AuditEvent | None:
    payload = message.payload
    if isinstance(payload, ExecutionReport):
        kind = "fill" if payload.exec_type in FILLS else "order"
        kind = "rejected" if payload.exec_type == ExecType.REJECTED else kind
        kind = "account" if is_move(payload) else kind
    elif isinstance(payload, SystemMessage) and payload.code not in _QUIET:
        kind = "system"
    else:
        return None
    data = {name: value for name, value in described(message).items() if value not in (None, "")}
    return AuditEvent(
        kind=kind,
        ts_ns=payload.ts_recv_ns or payload.ts_event_ns,
        data=_without_mechanics(data),
        position=position,
    )


def _of_note(note: Note, position: int) -> AuditEvent | None:
    try:
        code = NoteCode(note.code)
    except ValueError:
        return None  # a newer version's: the journal has it
    body: dict[str, Any] = load(note.body)
    if code is NoteCode.AUDIT:
        kind, text, data = body["kind"], body["text"], body["data"]
        return AuditEvent(kind=kind, ts_ns=note.now_ns, text=text, data=data, position=position)
    kind = _NOTES.get(code, "")
    if not kind:
        return None
    return AuditEvent(kind=kind, ts_ns=note.now_ns, data=body, position=position)


def _without_mechanics(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if name not in _MECHANICS}
