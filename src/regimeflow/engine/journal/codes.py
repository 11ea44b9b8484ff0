"""What the numbers in a journal's own frames mean; they are never given a second meaning."""

from __future__ import annotations

import enum
from typing import Final


class NoteCode(enum.IntEnum):
    """What a note is about; its body is JSON."""

    INSTRUMENT = 1  # what may be ordered of a symbol, as the session learnt it
    OPENED = 2  # account and positions at the broker, when the books began
    HOLD = 3  # trading is held until a person says otherwise
    RELEASE = 4  # that hold has ended
    DISAGREED = 5  # our books and the broker's differ
    LINK = 6  # the session with the broker was seen to be up, or down
    GROUP = 7  # linked orders: a group, an order of it, its end
    FOREIGN_FILL = 8  # of an order that is none of these books: the position moves all the same
    LOST = 9  # there was no room for frames: how many, and why; a snapshot stands for them
    WRITTEN_OFF = 10  # between sessions: a person says that an order which the venue lost is gone
    AUDIT = (
        11  # what a person was told, or an order that was denied: for the audit log, no decision
    )
    RISK = 12  # what a restart must know of losses and stops: it follows from the stream
    RETIRED = 13  # orders that ended long ago were let go: until when, and for how long ids guard


class CommandKind(enum.IntEnum):
    """What a command asks of the broker."""

    SUBMIT = 0
    CANCEL = 1
    MODIFY = 2


class AnswerFlag(enum.IntFlag):
    """How an answer came."""

    NONE = 0
    AT_ONCE = 1  # before the call returned
    FAILED = 2
    PENDING = 4  # not an answer yet: the call has returned without one


class ValueKind(enum.IntEnum):
    """What an answer's payload is."""

    NOTHING = 0
    TEXT = 1
    MESSAGE = 2
    MESSAGES = 3
    INSTRUMENT = 4
    ERROR = 5
    OTHER = 6  # a value that is of no consequence to anything


# An order event of the journal's own, beside those of the transition table: a cancel is wanted of
# an order that the venue has not acknowledged.
CANCEL_WISHED: Final = 200
MODIFY_WISHED: Final = 201  # a change, likewise; the text says which

# Questions to the broker, by number: an answer's kind is number << 8 | value kind.
QUESTIONS: Final = (
    "other",
    "connect",
    "disconnect",
    "subscribe",
    "submit_order",
    "cancel_order",
    "modify_order",
    "get_account_info",
    "get_positions",
    "get_open_orders",
    "get_executions",
    "get_instrument",
    "get_bars",
    "find_order",
    "stop",
    "sync",
    "fit",
)
QUESTION_NUMBERS: Final = {name: number for number, name in enumerate(QUESTIONS)}
