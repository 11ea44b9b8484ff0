"""Every legal order transition, and nothing else: (state, event, nothing left or not) to state.

Rule 1: a transition that is not a row here does not exist: it is reported, the state is kept.
Rule 2: a row says why it exists when the FIX tables alone would not tell you.
Rule 3: NEW and PARTIALLY_FILLED are one state, working, told apart by whether anything has filled;
a row that ends in either means that state.
Rule 4: events move states; quantities move with executions alone, whatever the state.

``python -m regimeflow.domain.orders.transitions_page`` prints it as the page ``docs/orders.md``.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.types.enums import ExecType
from regimeflow.types.enums import LiveOrderStatus as S


class OrderEvent(enum.IntEnum):
    """What can happen to an order: a report's ``ExecType``, our own requests, and two conclusions.

    ``NOT_FOUND``: the venue says, after its patience, that it has no such order. ``NEW_LEG``: the
    venue replaced the order by another that has a new broker id (Alpaca replace, Binance
    cancel-replace). ORDER_STATUS moves the order by the event of the status that it carries
    (``STATUS_EVENT``); TRADE_CANCEL and TRADE_CORRECT swap rows where what is left says so.
    """

    NEW = ExecType.NEW
    TRADE = ExecType.TRADE
    TRADE_CORRECT = ExecType.TRADE_CORRECT
    TRADE_CANCEL = ExecType.TRADE_CANCEL
    CANCELED = ExecType.CANCELED
    REPLACED = ExecType.REPLACED
    REJECTED = ExecType.REJECTED
    EXPIRED = ExecType.EXPIRED
    PENDING_NEW = ExecType.PENDING_NEW
    PENDING_CANCEL = ExecType.PENDING_CANCEL
    PENDING_REPLACE = ExecType.PENDING_REPLACE
    SUSPENDED = ExecType.SUSPENDED
    RESTATED = ExecType.RESTATED
    DONE_FOR_DAY = ExecType.DONE_FOR_DAY
    ORDER_STATUS = ExecType.ORDER_STATUS
    CANCEL_REJECTED = ExecType.CANCEL_REJECTED
    REPLACE_REJECTED = ExecType.REPLACE_REJECTED
    UNKNOWN_OUTCOME = ExecType.UNKNOWN_OUTCOME
    CANCEL_REQUESTED = 18
    REPLACE_REQUESTED = 19
    NOT_FOUND = 20
    NEW_LEG = 21


E = OrderEvent
ILLEGAL: Final = 255
INITIAL: Final = S.PENDING_NEW
WORKING: Final = frozenset({S.NEW, S.PARTIALLY_FILLED})
TERMINAL: Final = frozenset(state for state in S if state.is_terminal)

_ALIVE = (S.NEW, S.PARTIALLY_FILLED)
_UNSEEN = (S.PENDING_NEW, S.ERROR)
_ASKED = (S.PENDING_CANCEL, S.PENDING_REPLACE)
_OPEN = (*_UNSEEN, *_ALIVE, *_ASKED, S.INACTIVE)
_KILLED = (S.CANCELLED, S.EXPIRED)
_DEAD = (S.FILLED, *_KILLED, S.REJECTED)


class Row(NamedTuple):
    """One line of the table: from each of ``states`` to ``left``; to ``done`` when nothing is left.

    None: the state stays.
    """

    event: OrderEvent
    states: tuple[S, ...]
    left: S | None
    done: S | None
    why: str = ""


_LATE = "late: the report was overtaken by what ended the order"
_OVERTAKEN = "the report was overtaken by our own request, which is still out"

ROWS: Final[tuple[Row, ...]] = (
    Row(E.NEW, (S.PENDING_NEW, *_ALIVE), S.NEW, S.FILLED),
    Row(
        E.NEW,
        (S.ERROR,),
        S.NEW,
        S.FILLED,
        "presumed not sent, and here it is: the same order lives again",
    ),
    Row(E.NEW, (S.INACTIVE,), S.NEW, S.FILLED, "the venue works the order again"),
    Row(E.NEW, _ASKED, None, S.FILLED, _OVERTAKEN),
    Row(E.NEW, _DEAD, None, None, _LATE),
    Row(
        E.TRADE,
        (*_UNSEEN, *_ALIVE, S.INACTIVE),
        S.PARTIALLY_FILLED,
        S.FILLED,
        "a fill needs no acknowledgement before it",
    ),
    Row(E.TRADE, _ASKED, None, S.FILLED, "the fill won the race; the request is still out"),
    Row(
        E.TRADE,
        (S.FILLED,),
        None,
        None,
        "overfill: counted, since the venue did trade it, and flagged",
    ),
    Row(
        E.TRADE,
        _KILLED,
        None,
        S.FILLED,
        "late fill: the venue matched first; the state stays unless all has filled",
    ),
    Row(
        E.TRADE,
        (S.REJECTED,),
        S.PARTIALLY_FILLED,
        S.FILLED,
        "a fill proves that the order lives, whatever the refusal was about",
    ),
    Row(E.TRADE_CORRECT, (*_UNSEEN, *_ALIVE, S.REJECTED), S.PARTIALLY_FILLED, S.FILLED),
    Row(E.TRADE_CORRECT, (*_ASKED, S.INACTIVE), None, S.FILLED),
    Row(
        E.TRADE_CORRECT,
        (S.FILLED,),
        S.PARTIALLY_FILLED,
        None,
        "corrected to less, and the venue works the rest",
    ),
    Row(E.TRADE_CORRECT, _KILLED, None, S.FILLED),
    Row(
        E.TRADE_CANCEL,
        (*_UNSEEN, *_ALIVE),
        S.NEW,
        S.CANCELLED,
        "a busted quantity is worked again, or is gone when the venue says that nothing is left",
    ),
    Row(E.TRADE_CANCEL, (*_ASKED, S.INACTIVE), None, S.CANCELLED),
    Row(
        E.TRADE_CANCEL,
        (S.FILLED,),
        S.PARTIALLY_FILLED,
        S.CANCELLED,
        "the bust opens the order again, or ends it short of its quantity",
    ),
    Row(E.TRADE_CANCEL, (*_KILLED, S.REJECTED), None, None),
    Row(
        E.CANCELED,
        (S.PENDING_NEW,),
        S.CANCELLED,
        S.CANCELLED,
        "IOC and FOK are killed before any acknowledgement",
    ),
    Row(E.CANCELED, (*_ALIVE, *_ASKED, S.INACTIVE, S.ERROR), S.CANCELLED, S.CANCELLED),
    Row(E.CANCELED, _KILLED, None, None, "said twice, or said in two ways"),
    Row(
        E.REPLACED,
        (*_UNSEEN, *_ALIVE, S.PENDING_REPLACE),
        S.NEW,
        S.FILLED,
        "reduced to what has filled, an order is filled",
    ),
    Row(
        E.REPLACED,
        (S.PENDING_CANCEL, S.INACTIVE),
        None,
        S.FILLED,
        "the new terms hold; the cancel is still out, the venue still holds the order",
    ),
    Row(
        E.REPLACED,
        (S.FILLED,),
        S.PARTIALLY_FILLED,
        None,
        "the venue had raised the quantity before the fill that looked like the last",
    ),
    Row(E.REPLACED, (*_KILLED, S.REJECTED), None, None, _LATE),
    Row(E.REJECTED, (*_UNSEEN, S.NEW), S.REJECTED, S.REJECTED),
    Row(
        E.REJECTED,
        (S.PARTIALLY_FILLED, *_ASKED, S.INACTIVE),
        S.REJECTED,
        S.FILLED,
        "a gateway acknowledged what the exchange then refused",
    ),
    Row(E.REJECTED, (S.REJECTED,), None, None),
    Row(E.EXPIRED, (*_UNSEEN, *_ALIVE, *_ASKED, S.INACTIVE), S.EXPIRED, S.EXPIRED),
    Row(E.EXPIRED, _KILLED, None, None, "said twice, or said in two ways"),
    Row(
        E.PENDING_NEW,
        (S.PENDING_NEW, S.ERROR),
        S.PENDING_NEW,
        S.PENDING_NEW,
        "the venue has it and has not accepted it yet",
    ),
    Row(
        E.PENDING_NEW,
        (*_ALIVE, *_ASKED, S.INACTIVE, *_DEAD),
        None,
        None,
        "late: the order is past that",
    ),
    Row(
        E.PENDING_CANCEL,
        _OPEN,
        S.PENDING_CANCEL,
        S.PENDING_CANCEL,
        "also when it was not us who asked",
    ),
    Row(E.PENDING_CANCEL, _DEAD, None, None, _LATE),
    Row(
        E.PENDING_REPLACE,
        (*_UNSEEN, *_ALIVE, S.PENDING_REPLACE, S.INACTIVE),
        S.PENDING_REPLACE,
        S.PENDING_REPLACE,
    ),
    Row(E.PENDING_REPLACE, (S.PENDING_CANCEL,), None, None, "the cancel is the later word"),
    Row(E.PENDING_REPLACE, _DEAD, None, None, _LATE),
    Row(E.SUSPENDED, (*_UNSEEN, *_ALIVE, S.INACTIVE), S.INACTIVE, S.INACTIVE),
    Row(E.SUSPENDED, _ASKED, None, None, _OVERTAKEN),
    Row(E.SUSPENDED, _DEAD, None, None, _LATE),
    Row(
        E.RESTATED,
        (*_UNSEEN, *_ALIVE, S.INACTIVE),
        S.NEW,
        S.FILLED,
        "the venue changed the terms by itself, or a GTC order wakes for its next day",
    ),
    Row(E.RESTATED, _ASKED, None, S.FILLED, _OVERTAKEN),
    Row(
        E.RESTATED,
        (S.FILLED,),
        S.PARTIALLY_FILLED,
        None,
        "the venue raised the quantity before the fill that looked like the last",
    ),
    Row(E.RESTATED, (*_KILLED, S.REJECTED), None, None, _LATE),
    Row(
        E.DONE_FOR_DAY,
        (*_UNSEEN, *_ALIVE, S.INACTIVE),
        S.INACTIVE,
        S.FILLED,
        "held until the next session: not terminal, so that a fill reported afterwards counts",
    ),
    Row(E.DONE_FOR_DAY, _ASKED, None, S.FILLED, _OVERTAKEN),
    Row(E.DONE_FOR_DAY, _DEAD, None, None, _LATE),
    Row(
        E.ORDER_STATUS,
        (*_OPEN, *_DEAD),
        None,
        None,
        "a status that names no state of the venue's (ERROR) moves nothing",
    ),
    Row(
        E.CANCEL_REJECTED,
        (S.PENDING_CANCEL,),
        S.NEW,
        S.FILLED,
        "the order works on, as far as we know; where it was too late, its end is on the way",
    ),
    Row(
        E.CANCEL_REJECTED,
        (*_UNSEEN, *_ALIVE, S.PENDING_REPLACE, S.INACTIVE, *_DEAD),
        None,
        None,
        "the answer to a request that something else has settled",
    ),
    Row(E.REPLACE_REJECTED, (S.PENDING_REPLACE,), S.NEW, S.FILLED, "the old terms stand"),
    Row(
        E.REPLACE_REJECTED,
        (*_UNSEEN, *_ALIVE, S.PENDING_CANCEL, S.INACTIVE, *_DEAD),
        None,
        None,
        "the answer to a request that something else has settled",
    ),
    Row(
        E.UNKNOWN_OUTCOME,
        (*_OPEN, *_DEAD),
        None,
        None,
        "a request without an answer changes no state; a pending one becomes in doubt",
    ),
    Row(
        E.CANCEL_REQUESTED,
        (S.PENDING_NEW,),
        S.PENDING_CANCEL,
        S.PENDING_CANCEL,
        "asked once the venue has given an id to cancel by; until then it waits with us",
    ),
    Row(
        E.CANCEL_REQUESTED,
        (S.ERROR,),
        None,
        None,
        "asked, or queued until the order appears; we still do not know",
    ),
    Row(E.CANCEL_REQUESTED, (*_ALIVE, *_ASKED, S.INACTIVE), S.PENDING_CANCEL, S.PENDING_CANCEL),
    Row(
        E.REPLACE_REQUESTED,
        (S.PENDING_NEW,),
        None,
        None,
        "queued: the venue has given no id to replace by",
    ),
    Row(E.REPLACE_REQUESTED, (*_ALIVE, S.INACTIVE), S.PENDING_REPLACE, S.PENDING_REPLACE),
    Row(
        E.NOT_FOUND,
        _OPEN,
        S.ERROR,
        S.ERROR,
        "we do not know: not terminal, and whatever the venue says later moves it on",
    ),
    Row(E.NOT_FOUND, _DEAD, None, None, "venues forget orders that have ended"),
    Row(E.NEW_LEG, (*_UNSEEN, *_ALIVE, S.PENDING_REPLACE, S.INACTIVE), S.NEW, S.FILLED),
    Row(
        E.NEW_LEG,
        (S.PENDING_CANCEL,),
        None,
        S.FILLED,
        "the cancel is still out, for the old leg: it is asked again for the new one",
    ),
    Row(
        E.NEW_LEG,
        (S.FILLED,),
        S.PARTIALLY_FILLED,
        None,
        "the venue had raised the quantity before the fill that looked like the last",
    ),
    Row(
        E.NEW_LEG,
        _KILLED,
        S.NEW,
        S.FILLED,
        "what was cancelled is the old leg of a cancel-replace; the new one works",
    ),
)

# What an ORDER_STATUS report means, by the status in it. FILLED waits for its fills.
STATUS_EVENT: Final[Mapping[S, OrderEvent]] = MappingProxyType(
    {
        S.PENDING_NEW: E.PENDING_NEW,
        S.NEW: E.NEW,
        S.PARTIALLY_FILLED: E.NEW,
        S.FILLED: E.NEW,
        S.PENDING_CANCEL: E.PENDING_CANCEL,
        S.PENDING_REPLACE: E.PENDING_REPLACE,
        S.CANCELLED: E.CANCELED,
        S.REJECTED: E.REJECTED,
        S.EXPIRED: E.EXPIRED,
        S.INACTIVE: E.SUSPENDED,
        S.ERROR: E.ORDER_STATUS,
    }
)


def _expanded() -> Iterator[tuple[tuple[S, OrderEvent, bool], S, str]]:
    for row in ROWS:
        for state in row.states:
            yield (state, row.event, False), state if row.left is None else row.left, row.why
            yield (state, row.event, True), state if row.done is None else row.done, row.why


TRANSITIONS: Final[Mapping[tuple[S, OrderEvent, bool], S]] = MappingProxyType(
    {key: target for key, target, _ in _expanded()}
)


@functools.cache
def as_lookup() -> bytes:
    """Return the table as bytes for the compiled core, ILLEGAL where there is no row.

    Index: ``(state * len(OrderEvent) + event) * 2 + nothing_left``.
    """
    return bytes(
        TRANSITIONS.get((state, event, done), ILLEGAL)
        for state in S
        for event in OrderEvent
        for done in (False, True)
    )


@functools.cache
def status_events() -> bytes:
    """Return ``STATUS_EVENT`` as bytes, by status."""
    return bytes(STATUS_EVENT[status] for status in S)
