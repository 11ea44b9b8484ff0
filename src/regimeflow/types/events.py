"""What an engine tells its host: news while it runs, and the account of a session at its end."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from regimeflow.types.enums import TradingState
from regimeflow.types.records import Record, made

EventKind = Literal[
    "connected",
    "disconnected",
    "reconnecting",
    "heartbeat",
    "order",
    "fill",
    "account",
    "trading_state",
    "strategy_error",
    "feed_end",
    "journal",
    "queue",
    "regime",
    "warning",
    "error",
    "log",
]


class ExitCause(enum.Enum):
    """Why a session ended."""

    FEED_END = "feed end"  # the recording, or the duration asked for, is over
    STOPPED = "stopped"  # stop(), a signal
    FAILED = "failed"  # the broker went away for good, or the engine could not go on


class EngineEvent(Record):
    """One piece of news for a person.

    Args:
        kind: What it is about.
        ts_ns: When, on the session's own clock (the feed's time over a recorded feed), UTC.
        text: One line, complete in itself.
        data: The same as named values; numbers exact (``Decimal``), enums by name.
    """

    kind: EventKind
    ts_ns: int
    text: str
    data: Mapping[str, object] = made(dict)


class StrategySummary(Record, kw_only=True):
    """What one strategy did in a session; money in the session's ``currency``."""

    name: str
    orders: int = 0
    fills: int = 0
    realized_pnl: Decimal | None = Decimal(0)
    unrealized_pnl: Decimal | None = Decimal(0)
    commission: Decimal | None = Decimal(0)
    net_pnl: Decimal | None = Decimal(0)
    positions: Mapping[str, Decimal] = made(dict)


class SessionSummary(Record, kw_only=True):
    """What a session did, counted; money in ``currency``.

    Args:
        started_ns: Stream time of the first event, UTC.
        ended_ns: Stream time of the last one, UTC.
        wall_s: How long it took by the wall clock.
        messages: How many messages of each kind (quotes, trades, depth_updates, snapshots, ...).
        orders: How many orders ended in each status, by its name.
        fills: Fills counted; ``partial_fills`` of them left something open.
        buy_notional: Price times quantity of what was bought; ``sell_notional`` of what was sold.
        net_pnl: Realized plus unrealized, less commission; None, like each of them, while a price
            is missing.
        latency_ns: From a message's receipt to its last handler's return: p50, p90, p99, max.
        quotes: The last best bid and ask of each symbol.
        book_gaps: How often a recorded book lost its thread and had to be rebuilt.
        bad_lines: Lines of a recording that were no known message.
        feed_faults: The first of them, and where a file is torn: file, line, what is wrong.
        trading_cause: Why trading is in ``trading_state``.
        exit_text: What ended the session, for a person; the failure when ``exit_cause`` is FAILED.
    """

    started_ns: int = 0
    ended_ns: int = 0
    wall_s: float = 0.0
    messages: Mapping[str, int] = made(dict)
    orders: Mapping[str, int] = made(dict)
    fills: int = 0
    partial_fills: int = 0
    buy_fills: int = 0
    sell_fills: int = 0
    buy_notional: Decimal = Decimal(0)
    sell_notional: Decimal = Decimal(0)
    realized_pnl: Decimal | None = Decimal(0)
    unrealized_pnl: Decimal | None = Decimal(0)
    commission: Decimal | None = Decimal(0)
    net_pnl: Decimal | None = Decimal(0)
    currency: str = ""
    strategies: tuple[StrategySummary, ...] = ()
    latency_ns: Mapping[str, int] = made(dict)
    quotes: Mapping[str, tuple[Decimal, Decimal]] = made(dict)
    book_gaps: int = 0
    bad_lines: int = 0
    feed_faults: tuple[str, ...] = ()
    reconnects: int = 0
    trading_state: TradingState = TradingState.ACTIVE
    trading_cause: str = ""
    exit_cause: ExitCause = ExitCause.STOPPED
    exit_text: str = ""

    @property
    def messages_per_s(self) -> float:
        """Messages of all kinds per second of wall-clock time."""
        return sum(self.messages.values()) / self.wall_s if self.wall_s > 0 else 0.0
