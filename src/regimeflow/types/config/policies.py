"""How a session behaves: orders, reconnecting, heartbeat, reconciling, journal, audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from regimeflow.types.errors import Fault
from regimeflow.types.settings import Settings, setting


class OrderSettings(Settings):
    """How orders are sent and left."""

    request_timeout_s: float = setting(
        5.0,
        "How long a request may go unanswered before its order is in doubt.",
        above=0,
        at_most=600,
    )
    lookup_interval_s: float = setting(
        1.0,
        "How long between two questions to the venue about an order in doubt.",
        above=0,
        at_most=600,
    )
    lookup_patience_s: float = setting(
        30.0,
        "How long the venue may not know an order in doubt before it is presumed not sent.",
        above=0,
        at_most=86_400,
    )
    longest_pacing_s: float = setting(
        1.0,
        "How long an order may wait for the venue's rate limit; beyond it is refused.",
        at_least=0,
        at_most=60,
    )
    retire_after_s: float = setting(
        3_600.0, "How long an ended order is kept at hand.", above=0, at_most=604_800
    )
    guard_s: float = setting(
        86_400.0,
        "How long the ids of a retired order guard against repeats.",
        above=0,
        at_most=2_678_400,
    )
    on_stop: Literal["cancel", "leave"] = setting(
        "cancel", "What happens to open orders when the session stops."
    )
    stop_timeout_s: float = setting(
        1.0, "How long a stop waits for open orders to be cancelled.", above=0, at_most=600
    )


class ReconnectPolicy(Settings):
    """How long to wait before asking a venue for a new session.

    Waits grow by ``factor`` from ``first_wait_s`` to ``longest_wait_s`` with full jitter.
    """

    first_wait_s: float = setting(
        0.5,
        "Longest first wait.",
        above=0,
        at_most=3600,
        also=("initial_ms", "initial_s", "first_wait_ms"),
    )
    longest_wait_s: float = setting(
        30.0, "Longest wait.", above=0, at_most=86_400, also=("max_ms", "max_s", "longest_wait_ms")
    )
    factor: float = setting(
        2.0, "How much the wait grows with each attempt.", at_least=1, at_most=100
    )
    give_up_after: int | None = setting(
        None,
        "Attempts after which the session ends; none: never.",
        at_least=1,
        also=("max_attempts",),
    )

    def faults_together(self) -> Iterator[Fault]:
        """Waits grow, they do not shrink."""
        if self.longest_wait_s < self.first_wait_s:
            yield Fault(
                "longest_wait_s",
                f"found {self.longest_wait_s}; expected first_wait_s, {self.first_wait_s}, or more",
            )


class HeartbeatPolicy(Settings):
    """What to do when market data falls silent while the market is open."""

    stale_after_s: float | None = setting(
        None,
        "Silence after which market data is stale; none: never.",
        above=0,
        at_most=86_400,
        also=("interval_ms", "timeout_s", "stale_after_ms"),
    )
    disable_trading: bool = setting(
        True, "Whether stale data disables trading.", also=("disable_trading_on_timeout",)
    )
    cancel_orders: bool = setting(
        True, "Whether stale data cancels open orders.", also=("cancel_orders_on_timeout",)
    )
    resume: bool = setting(
        True, "Whether trading resumes when data returns, if stale data is what disabled it."
    )


class ReconcilePolicy(Settings):
    """How often our orders and positions are compared with the broker's."""

    interval_s: float = setting(30.0, "How long between two comparisons.", above=0, at_most=86_400)
    external_orders: Literal["adopt", "ignore", "cancel"] = setting(
        "adopt",
        "What is done about orders that somebody else placed: they are in the books, and cancelled"
        " only by id; they are not, but their fills move the position; they are cancelled at once.",
    )


class JournalSettings(Settings):
    """Where and how a session is written down."""

    enabled: Literal["auto", "yes", "no"] = setting(
        "auto", "Whether there is a journal; auto: unless the venue plays a feed."
    )
    folder: str | None = setting(
        None,
        "Its folder; none: regimeflow-journal/<venue>, beside the file or where it runs.",
        also=("path", "dir", "directory"),
    )
    durability: Literal["process", "power"] = setting(
        "process",
        "What an order's intent survives before the order leaves: kill -9, or a loss of power.",
    )
    market_data: bool = setting(
        True, "Whether market data is written too; without it a replay is not possible."
    )
    segment_mb: int = setting(
        64, "Size of its files, all blocks had ahead.", at_least=1, at_most=1024
    )
    snapshot_every: int = setting(
        100_000,
        "After how many messages a snapshot is taken, from which recovery begins.",
        at_least=1,
    )
    keep_days: float = setting(
        30.0, "How long files are kept that recovery needs no more.", at_least=0, at_most=36_500
    )


class AuditSettings(Settings):
    """What is written down so that it can be proved: the audit log, which follows the journal."""

    enabled: Literal["auto", "yes", "no"] = setting(
        "auto",
        "Whether there is an audit log; auto: with a journal, unless the venue plays a feed.",
    )
    folder: str | None = setting(
        None, "Its folder; none: audit, in the journal's.", also=("path", "dir", "directory")
    )
    rotate_mb: int = setting(
        64, "Length of a file in MiB beyond which another one follows.", at_least=1, at_most=16_384
    )
    sign_key: str | None = setting(
        None, "PEM file with an Ed25519 private key, which signs the log when the session ends."
    )
