"""The running parts of one session, as wiring put them together."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from regimeflow._core.board import QuoteBoard
from regimeflow._core.bus import EventBus
from regimeflow._core.latency import LatencyHistogram
from regimeflow._core.messages import AccountInfo, Bar, Payload, SystemMessage
from regimeflow.domain.portfolio import Portfolio
from regimeflow.domain.risk.gate import RiskGate
from regimeflow.engine.dry_run import DryRunBroker
from regimeflow.engine.journal.books import Books
from regimeflow.engine.kill_switch import KillSwitch
from regimeflow.engine.listeners import Listeners
from regimeflow.engine.order_manager import LiveOrderManager
from regimeflow.engine.turns import Turns
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.types.config import LiveConfig
from regimeflow.types.enums import SystemCode
from regimeflow.types.errors import InvalidState
from regimeflow.types.events import EventKind
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record, made
from regimeflow.types.snapshots import RegimeState

if TYPE_CHECKING:
    import asyncio

    from regimeflow.domain.regime.loader import Loaded
    from regimeflow.engine.audit.trail import AuditTrail
    from regimeflow.engine.journal.keeper import Journal
    from regimeflow.engine.journal.writing import SessionLog
    from regimeflow.engine.queue.station import Station


# What a person is told and no message or frame says.
_AUDITED: Final[frozenset[EventKind]] = frozenset(
    {"trading_state", "strategy_error", "warning", "error"}
)


class Take(Protocol):
    """Where messages enter the stream; ``Intake`` is one."""

    def __call__(self, message: Payload, /) -> bool:
        """Take one; false when no more are taken."""
        ...

    def counts(self) -> dict[str, int]:
        """Return how many of each kind came."""
        ...


async def _no_fit(_: str) -> str:
    raise InvalidState("nothing here fits a model")


class Parts(Record, frozen=False, kw_only=True):
    """Everything that the engine's own modules share; nothing outside ``engine`` sees it.

    Threading: built on the host's thread, used on the loop.
    """

    config: LiveConfig
    symbols: tuple[str, ...]
    broker: BrokerAdapter
    turns: Turns
    bus: EventBus
    board: QuoteBoard
    gate: RiskGate
    manager: LiveOrderManager
    books: Books
    switch: KillSwitch
    dry_run: DryRunBroker | None
    listeners: Listeners
    latency: LatencyHistogram
    intake: Take
    random: random.Random
    seed: int
    boot_nonce: str
    journal: Journal | None = None
    queue: Station | None = None
    seq_before: int = 0  # of the last message of the journal when the session began
    audit: AuditTrail | None = None
    log: SessionLog | None = None  # where the session is written down; None: nowhere
    # Told when the journal has no room any more (why), and when it has ("").
    on_journal_room: Callable[[str], None] = lambda _: None
    # Whether the journal, with its snapshots, has everything that the books have.
    journal_is_whole: Callable[[], bool] = lambda: True
    # The last closed bars of a symbol that are at hand; None: not so many, or none of the interval.
    history: Callable[[str, str, int], Sequence[Bar] | None] = lambda *_: None
    regime: RegimeState = made(RegimeState)
    finder: Loaded | None = None  # what finds the regime; None: it is constant
    # Fits a model to samples, both as text, away from the loop.
    fit: Callable[[str], Awaitable[str]] = _no_fit
    # Whether new books wait for readings that have every fill; sessions of older versions did not.
    asks_before_opening: bool = True
    # Whether limits are looked at with every price; in sessions of older versions once a second.
    watches_news: bool = True

    loop: asyncio.AbstractEventLoop | None = None
    loop_thread: int = 0

    @property
    def clock(self) -> Turns:
        """The session's time and timers."""
        return self.turns

    @property
    def portfolio(self) -> Portfolio:
        """Positions and profit."""
        return self.books.portfolio

    @property
    def instruments(self) -> dict[str, Instrument]:
        """What may be ordered, by symbol."""
        return self.books.instruments

    @property
    def account(self) -> AccountInfo | None:
        """The account as the broker last told it."""
        return self.books.account

    def take_account(self, account: AccountInfo) -> None:
        """Take the account as the broker tells it, unless what is known of it is newer.

        What is asked for and what is told by itself overtake one another.
        """
        known = self.books.account
        if known is None or account.ts_event_ns >= known.ts_event_ns:
            self.books.account = account

    def on_loop(self, function: Callable[[], None]) -> None:
        """Call a function on the loop: now when this is its thread, else at its next turn."""
        if self.loop is None or threading.get_ident() == self.loop_thread:
            function()
            return
        with contextlib.suppress(
            RuntimeError
        ):  # the loop closed in between: there is nobody left to tell
            self.loop.call_soon_threadsafe(function)

    def say(self, kind: EventKind, text: str, /, **data: object) -> None:
        """Tell the listeners what happened to the session, and write down what is to be audited."""
        now_ns = self.clock.now_ns()
        if self.log is not None and kind in _AUDITED:
            self.log.audit(now_ns, kind, text, data)
        self.listeners.tell_event(kind, now_ns, text, data)

    def publish_system(self, code: SystemCode, text: str, *, value: int = 0) -> None:
        """Put a system message into the stream."""
        now_ns = self.clock.now_ns()
        self.intake(
            SystemMessage(text, code=code, value=value, ts_event_ns=now_ns, ts_recv_ns=now_ns)
        )
