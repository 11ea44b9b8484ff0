"""What is in a journal beside the messages of the stream: one class per template of the schema.

Fields are in the schema's order. Numbers are raw: mantissas with their exponent beside them, None
where the schema says optional and nothing is given. Times are UTC [ns].
"""

from __future__ import annotations

from typing import Final

from regimeflow._core.tuples import NamedTuple


class SegmentEnd(NamedTuple):
    """The last frame of a segment; ``torn_bytes``: what a crash left behind it, and was cut."""

    next_segment: int
    torn_bytes: int


class SessionStart(NamedTuple):
    """A session begins: all that its decisions depend on; ``info`` is JSON."""

    now_ns: int
    seed: int
    boot_nonce: str
    info: bytes


class TimerFired(NamedTuple):
    """A timer came due."""

    timer_id: int
    now_ns: int


class Answer(NamedTuple):
    """What the outside said to a question; bits of ``flags``: 0 at once, 1 it failed."""

    ask_id: int
    now_ns: int
    flags: int
    kind: int
    payload: bytes


class Call(NamedTuple):
    """A call from outside; ``arguments`` is JSON."""

    now_ns: int
    name: str
    arguments: bytes


class Command(NamedTuple):
    """What goes to the broker; ``kind``: 0 submit, 1 cancel, 2 modify. Prices are at ``px_exp``."""

    now_ns: int
    kind: int
    order_id: int
    side: int
    ord_type: int
    time_in_force: int
    qty: int | None
    qty_exp: int
    limit_px: int | None
    stop_px: int | None
    px_exp: int
    expire_time_ns: int
    symbol: str
    client_order_id: str
    broker_order_id: str
    strategy: str
    text: str


class OrderEvent(NamedTuple):
    """What happened to an order on our side."""

    now_ns: int
    order_id: int
    event: int
    text: str


class Adopted(NamedTuple):
    """An order taken over; ``report`` is the message of the ExecutionReport that it was made from.

    The notional is one number of 128 bits in two.
    """

    now_ns: int
    order_id: int
    base_qty: int
    base_notional_low: int
    base_notional_high: int
    strategy: str
    report: bytes


class Snapshot(NamedTuple):
    """A snapshot of everything up to ``seq`` is in a file of this name."""

    now_ns: int
    seq: int
    file_name: str


class Note(NamedTuple):
    """Anything else; ``body`` is JSON, its meaning is ``code``'s."""

    now_ns: int
    code: int
    body: bytes


class RegimeChange(NamedTuple):
    """A change of regime, before and after; ``symbol`` is "" for all of the market.

    ``model`` names what found it, by its digest.
    """

    now_ns: int
    ts_event_ns: int
    before: int
    before_confidence: float
    before_since_ns: int
    after: int
    after_confidence: float
    after_since_ns: int
    symbol: str
    before_name: str
    after_name: str
    model: str


Frame = (
    SegmentEnd
    | SessionStart
    | TimerFired
    | Answer
    | Call
    | Command
    | OrderEvent
    | Adopted
    | Snapshot
    | Note
    | RegimeChange
)

FRAMES: Final[dict[int, type[Frame]]] = {
    100: SegmentEnd,
    101: SessionStart,
    102: TimerFired,
    103: Answer,
    104: Call,
    105: Command,
    106: OrderEvent,
    107: Adopted,
    108: Snapshot,
    109: Note,
    110: RegimeChange,
}
TEMPLATES: Final[dict[type[Frame], int]] = {cls: template for template, cls in FRAMES.items()}


class Damage(NamedTuple):
    """What a reader could not read: so many bytes there, and why."""

    segment: int
    offset: int
    length: int
    reason: str
