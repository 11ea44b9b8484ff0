"""What a session writes into its journal: turns, intents and conclusions, notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol, cast

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.frames import (
    Adopted,
    Answer,
    Call,
    Frame,
    Note,
    RegimeChange,
    SessionStart,
    Snapshot,
    TimerFired,
)
from regimeflow._core.frames import OrderEvent as OrderEventFrame
from regimeflow._core.order_rows import OrderRow
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.order import OrderModification, OrderTerms
from regimeflow.domain.orders.order_terms import terms_text
from regimeflow.domain.orders.transitions import OrderEvent
from regimeflow.engine.awaiting import Reply
from regimeflow.engine.journal.answers import dump, encoded
from regimeflow.engine.journal.codes import (
    CANCEL_WISHED,
    MODIFY_WISHED,
    QUESTION_NUMBERS,
    AnswerFlag,
    CommandKind,
    NoteCode,
    ValueKind,
)
from regimeflow.engine.journal.wishes import change_text
from regimeflow.types.errors import InvalidState, RiskDenied
from regimeflow.types.snapshots import RegimeTransition

_CODEC: Final = LiveMessageCodec()
_LOW: Final = (1 << 64) - 1
_AT_ONCE: Final = int(AnswerFlag.AT_ONCE)  # flags as plain numbers: those of enum are slow to join
_FAILED: Final = int(AnswerFlag.FAILED)
_SUBMIT: Final = CommandKind.SUBMIT
_KINDS: Final = {
    OrderEvent.CANCEL_REQUESTED: CommandKind.CANCEL,
    OrderEvent.REPLACE_REQUESTED: CommandKind.MODIFY,
}


class Appender(Protocol):
    """Where frames go; ``JournalWriter`` is one."""

    def append(self, thing: Frame) -> int:
        """Append a frame; returns the position behind it. OSError: there is no room."""
        ...

    def append_command(self, row: OrderRow, kind: int, now_ns: int, text: str = "") -> int:
        """Append the ``Command`` about an order; as ``append``."""
        ...


class SessionLog:
    """The log of turns and the log of orders of one session, in a journal.

    A frame for which there is no room is counted in ``lost`` and nothing stops: what is on its way
    must go on. Only the intent of a new order must be written, or the order does not leave.

    Attributes:
        is_full: Whether no new order may be written any more.
        lost: How many frames there was no room for.
        fault: Why, the last time.

    Threading: the loop only.
    """

    def __init__(self, writer: Appender) -> None:
        self._writer: Final = writer
        self.is_full = False
        self.lost = 0
        self.fault = ""

    def _write(self, frame: Frame) -> None:
        try:
            self._writer.append(frame)
        except (OSError, ValueError) as error:  # ValueError: it is longer than a segment
            self._lose(error)

    def _lose(self, error: OSError | ValueError) -> None:
        self.is_full = True
        self.lost += 1
        self.fault = getattr(error, "strerror", None) or str(error)

    # The session.

    def began(self, now_ns: int, seed: int, boot_nonce: str, info: Mapping[str, object]) -> None:
        """Write what all decisions of the session depend on."""
        self._write(SessionStart(now_ns, seed, boot_nonce, dump(info)))

    def note(self, now_ns: int, code: NoteCode, body: Mapping[str, object]) -> None:
        """Write anything else."""
        self._write(Note(now_ns, code, dump(body)))

    def audit(self, now_ns: int, kind: str, text: str, data: Mapping[str, object]) -> None:
        """Write what belongs in the audit log and decides nothing; not into the last room."""
        if not self.is_full:
            values = {name: _as_json(value) for name, value in data.items()}
            self.note(now_ns, NoteCode.AUDIT, {"kind": kind, "text": text, "data": values})

    # Turns.

    def timer_fired(self, number: int, now_ns: int) -> None:
        """As ``TurnLog`` has it."""
        self._write(TimerFired(number, now_ns))

    def pending(self, number: int, name: str, now_ns: int) -> None:
        """As ``TurnLog`` has it."""
        kind = _kind(name, ValueKind.NOTHING)
        self._write(Answer(number, now_ns, AnswerFlag.PENDING, kind, b""))

    def answered(
        self, number: int, name: str, now_ns: int, reply: Reply[object], *, at_once: bool
    ) -> None:
        """As ``TurnLog`` has it."""
        value_kind, payload = encoded(reply)
        flags = _AT_ONCE if at_once else 0
        if value_kind is ValueKind.ERROR:
            flags |= _FAILED
        self._write(Answer(number, now_ns, flags, _kind(name, value_kind), payload))

    def called(self, name: str, now_ns: int, args: Mapping[str, object]) -> None:
        """As ``TurnLog`` has it."""
        self._write(Call(now_ns, name, dump(args)))

    def saw_link(self, *, is_up: bool, now_ns: int) -> None:
        """As ``TurnLog`` has it."""
        self.note(now_ns, NoteCode.LINK, {"is_up": is_up})

    # Orders.

    def submitted(self, row: OrderRow, now_ns: int) -> None:
        """As ``OrderLog`` has it."""
        try:
            terms = row.terms
            if terms is None:
                self._writer.append_command(row, _SUBMIT, now_ns)
            else:
                text = terms_text(cast("OrderTerms", terms))
                self._writer.append_command(row, _SUBMIT, now_ns, text)
        except OSError as error:
            self._lose(error)
            message = f"the journal cannot be written: {self.fault}; nothing was sent"
            raise InvalidState(message) from error

    def asked(
        self, row: OrderRow, event: OrderEvent, now_ns: int, mod: OrderModification | None
    ) -> None:
        """As ``OrderLog`` has it."""
        if mod is None:
            self._command(row, _KINDS[event], now_ns)
            return
        self._command(row, _KINDS[event], now_ns, change_text(mod))

    def wished(self, order_id: int, now_ns: int, mod: OrderModification | None = None) -> None:
        """As ``OrderLog`` has it."""
        event = CANCEL_WISHED if mod is None else MODIFY_WISHED
        text = "" if mod is None else change_text(mod)
        self._write(OrderEventFrame(now_ns, order_id, event, text))

    def concluded(self, order_id: int, event: OrderEvent, now_ns: int) -> None:
        """As ``OrderLog`` has it."""
        self._write(OrderEventFrame(now_ns, order_id, event, ""))

    def adopted(
        self,
        report: ExecutionReport,
        strategy: str,
        base_qty: int,
        base_notional: int,
        now_ns: int,
    ) -> None:
        """As ``OrderLog`` has it."""
        notional = base_notional & ((1 << 128) - 1)
        self._write(
            Adopted(
                now_ns,
                0,
                base_qty,
                notional & _LOW,
                notional >> 64,
                strategy,
                _CODEC.encode(report),
            )
        )

    def denied(self, symbol: str, strategy: str, error: RiskDenied, now_ns: int) -> None:
        """As ``OrderLog`` has it."""
        data = {"symbol": symbol, "strategy": strategy, "rule": error.rule}
        data |= {"limit": error.limit, "value": error.value}
        self.audit(now_ns, "denied", str(error), data)

    def _command(self, row: OrderRow, kind: CommandKind, now_ns: int, text: str = "") -> None:
        try:
            self._writer.append_command(row, kind, now_ns, text)
        except OSError as error:
            self._lose(error)


def _as_json(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def write_snapshot(log: SessionLog, now_ns: int, seq: int, file_name: str) -> None:
    """Write that everything up to here is in a file."""
    log._write(Snapshot(now_ns, seq, file_name))  # noqa: SLF001 - the other half of the class


def write_regime_change(
    log: SessionLog, transition: RegimeTransition, now_ns: int, symbol: str, model: str
) -> None:
    """Write a change of regime, before anybody acts on it; ``model`` is who found it."""
    before, after = transition.before, transition.after
    log._write(  # noqa: SLF001 - the other half of the class
        RegimeChange(
            now_ns,
            transition.ts_event_ns,
            before.regime,
            before.confidence,
            before.since_ns,
            after.regime,
            after.confidence,
            after.since_ns,
            symbol,
            before.name,
            after.name,
            model,
        )
    )


def _kind(name: str, value_kind: ValueKind) -> int:
    return QUESTION_NUMBERS.get(name, 0) << 8 | value_kind
