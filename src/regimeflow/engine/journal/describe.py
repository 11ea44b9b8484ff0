"""What is in a journal, as plain values for people and for other programs: JSON, CSV, Parquet."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.frames import TEMPLATES, Adopted, Answer, Command, Frame, Note, SegmentEnd
from regimeflow._core.frames import OrderEvent as OrderEventFrame
from regimeflow._core.messages import LiveMessage
from regimeflow.domain.orders.transitions import OrderEvent
from regimeflow.engine.journal.answers import MESSAGES, decoded
from regimeflow.engine.journal.codes import (
    CANCEL_WISHED,
    MODIFY_WISHED,
    QUESTIONS,
    AnswerFlag,
    CommandKind,
    NoteCode,
)
from regimeflow.types.enums import RegimeType
from regimeflow.types.errors import CodecError
from regimeflow.types.fixed import plain
from regimeflow.types.json_values import MEMBERS, name_of

_CODEC: Final = LiveMessageCodec()
_WISHES: Final = {CANCEL_WISHED: "CANCEL_WISHED", MODIFY_WISHED: "MODIFY_WISHED"}
# Frames use "code" for codes of their own.
_OF_FRAMES: Final[Mapping[str, type[enum.IntEnum]]] = {
    **{name: members for name, members in MEMBERS.items() if name != "code"},
    "before": RegimeType,
    "after": RegimeType,
}
_names: Final[dict[type, tuple[str, ...]]] = {}


def kinds() -> list[str]:
    """Return every ``kind`` that ``described`` gives, in alphabetical order."""
    return sorted(cls.__name__ for cls in (*MESSAGES, *TEMPLATES) if cls is not SegmentEnd)


def kind_of(thing: LiveMessage | Frame | None) -> str:
    """Return the class of a message's payload, or a frame's."""
    return type(thing.payload if isinstance(thing, LiveMessage) else thing).__name__


def described(thing: LiveMessage | Frame) -> dict[str, object]:
    """Return a message or frame as plain values: exact numbers are text, enums are names.

    ``kind`` says what it is: the message's class, or the frame's.
    """
    if isinstance(thing, LiveMessage):
        return {"kind": kind_of(thing), "seq": thing.seq, **fields_of(thing.payload)}
    values: dict[str, object] = {**thing._asdict(), "kind": type(thing).__name__}
    for name, value in values.items():
        if isinstance(value, bytes):
            values[name] = _text(value)
        elif name in _OF_FRAMES and isinstance(value, int):
            values[name] = name_of(value, _OF_FRAMES[name])
    if isinstance(thing, Answer):
        _describe_answer(thing, values)
    elif isinstance(thing, Adopted):
        values["report"] = _report_of(thing)
    elif isinstance(thing, Command):
        values["kind"], values["command"] = "Command", name_of(thing.kind, CommandKind)
        for name in ("qty", "limit_px", "stop_px"):
            mantissa, exp = values[name], values["qty_exp" if name == "qty" else "px_exp"]
            if isinstance(mantissa, int) and isinstance(exp, int):
                values[name] = plain(Decimal(mantissa).scaleb(exp))
    elif isinstance(thing, OrderEventFrame):
        values["event"] = _WISHES.get(thing.event) or name_of(thing.event, OrderEvent)
    elif isinstance(thing, Note):
        values["code"] = name_of(thing.code, NoteCode)
    return values


def fields_of(message: object) -> dict[str, object]:
    """Return the fields of a message's payload as plain values."""
    cls = type(message)
    names = _names.get(cls)
    if names is None:
        every = [name for name in dir(cls) if not name.startswith("_")]
        exact = {name.removesuffix("_dec") for name in every if name.endswith("_dec")}
        names = _names[cls] = tuple(
            name
            for name in every
            if name not in exact
            and not name.endswith(("_raw", "_exp", "_id_raw"))
            and name not in ("symbol_id", "seq", "mid_px", "best_bid_px_dec", "best_ask_px_dec")
            and not callable(getattr(message, name))
        )
    values: dict[str, object] = {}
    for name in names:
        value = getattr(message, name)
        key = name.removesuffix("_dec")
        values[key] = name_of(value, MEMBERS[key]) if key in MEMBERS else _plain(value)
    return values


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return fields_of(value)


def _describe_answer(answer: Answer, values: dict[str, object]) -> None:
    number, kind = answer.kind >> 8, answer.kind & 0xFF
    values["question"] = QUESTIONS[number] if number < len(QUESTIONS) else f"question {number}"
    values["flags"] = (AnswerFlag(answer.flags).name or "NONE").replace("|", " ")
    del values["payload"]
    try:
        value = decoded(kind, answer.payload).result()
    except CodecError:
        values["value"] = answer.payload.hex()
    except Exception as error:  # noqa: BLE001 - an answer that is a failure: shown as one
        values["error"] = f"{type(error).__name__}: {error}"
    else:
        values["value"] = (
            [_plain(each) for each in value] if isinstance(value, list) else str(value or "")
        )


def _report_of(adopted: Adopted) -> object:
    try:
        return fields_of(_CODEC.decode(adopted.report).payload)
    except CodecError:
        return adopted.report.hex()


def _text(value: bytes) -> object:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()
