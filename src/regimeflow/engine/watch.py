"""What is watched on the session's clock: silent data, and a journal without room."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from regimeflow._core.messages import SystemMessage
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.kill_switch import BY_HAND, Hold
from regimeflow.engine.parts import Parts
from regimeflow.engine.session import Session
from regimeflow.ports.clock import TimerHandle
from regimeflow.types.enums import SystemCode, TradingState
from regimeflow.types.errors import InvalidState

if TYPE_CHECKING:
    from regimeflow.engine.journal.keeper import Journal
    from regimeflow.engine.journal.writing import SessionLog

_NS_PER_S = 1_000_000_000


class Repeating:
    """Calls back every ``interval_s`` of the session's clock until it is stopped."""

    def __init__(self, parts: Parts, interval_s: float, callback: Callable[[], None]) -> None:
        self._parts = parts
        self._interval_ns = int(interval_s * _NS_PER_S)
        self._callback = callback
        self._is_stopped = False
        self._handle: TimerHandle = self._next()

    def stop(self) -> None:
        """Never call again."""
        self._is_stopped = True
        self._handle.cancel()

    def _next(self) -> TimerHandle:
        clock = self._parts.clock
        return clock.call_at(clock.now_ns() + self._interval_ns, self._ring)

    def _ring(self) -> None:
        if self._is_stopped:
            return
        self._handle = self._next()
        self._callback()


class DataWatch:
    """Notices a symbol whose data has gone silent, and its return.

    Each symbol is watched by itself: one that is alive does not hide one that is dead.
    """

    def __init__(self, parts: Parts, session: Session) -> None:
        self._parts = parts
        self._session = session
        self._stale: set[str] = set()
        self._told: set[str] = set()  # by the adapter

    def check(self) -> None:
        """Compare each symbol's newest data with the clock."""
        parts, policy = self._parts, self._parts.config.heartbeat
        if policy.stale_after_s is None:
            return
        now_ns = parts.clock.now_ns()
        for symbol in parts.symbols:
            instrument = parts.instruments[symbol]
            # A session that has just come up has its full time before anything is called silent.
            last_ns = max(parts.board.last_recv_ns(symbol), self._session.up_since_ns)
            is_silent = now_ns - last_ns > policy.stale_after_s * _NS_PER_S
            if is_silent and not instrument.session.is_open(now_ns):
                continue  # a closed market is silent by right
            if is_silent and symbol not in self._stale:
                self._went_silent(symbol, (now_ns - last_ns) / _NS_PER_S)
            elif not is_silent and symbol in self._stale:
                self._came_back(symbol)

    def hear(self, message: SystemMessage) -> None:
        """Take what the adapter says of a symbol's data: it sees each stream, we see the sum.

        Trading is held at once, and orders stay: a connection that is opened again takes no time.
        They are cancelled when the symbol stays silent for as long as is configured.
        """
        symbol = message.symbol
        if symbol not in self._parts.symbols:
            return  # our own news name no symbol
        if message.code == SystemCode.TEXT and message.text:
            self._parts.say("warning", f"{symbol} {message.text}", symbol=symbol)  # a halt
        elif message.code == SystemCode.DATA_STALE and symbol not in self._told:
            self._told.add(symbol)
            self._hold(symbol, f"{symbol}: {message.text}")
        elif message.code == SystemCode.DATA_RESUMED and symbol in self._told:
            self._told.discard(symbol)
            self._release(symbol)

    def _went_silent(self, symbol: str, silent_s: float) -> None:
        parts, policy = self._parts, self._parts.config.heartbeat
        self._stale.add(symbol)
        text = f"no data of {symbol} for {silent_s:.1f} s"
        parts.publish_system(SystemCode.DATA_STALE, symbol, value=int(silent_s * _NS_PER_S))
        self._hold(symbol, text, silent_s=silent_s)
        if policy.cancel_orders:
            parts.manager.cancel_orders(symbol)

    def _hold(self, symbol: str, text: str, **data: object) -> None:
        parts, policy = self._parts, self._parts.config.heartbeat
        parts.say("heartbeat", text, symbol=symbol, **data)
        if policy.disable_trading:
            parts.switch.hold(
                Hold(
                    cause=f"stale {symbol}",
                    state=TradingState.HALTED,
                    text=text,
                    ends_with="data coming back" if policy.resume else BY_HAND,
                    since_ns=parts.clock.now_ns(),
                )
            )

    def _came_back(self, symbol: str) -> None:
        parts = self._parts
        self._stale.discard(symbol)
        parts.publish_system(SystemCode.DATA_RESUMED, symbol)
        self._release(symbol)

    def _release(self, symbol: str) -> None:
        parts = self._parts
        if symbol in self._stale or symbol in self._told:
            return  # silent in another way still
        parts.say("heartbeat", f"data of {symbol} is back", symbol=symbol)
        if parts.config.heartbeat.resume:
            parts.switch.release(f"stale {symbol}")


class JournalWatch:
    """Holds trading while the journal lacks something; a snapshot makes it whole again.

    What could not be written is in the books all the same, so that a snapshot taken when there is
    room again covers it, and recovery begins there.
    """

    CAUSE = "journal"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._covered = 0  # frames and messages that are lost to the journal, not to a snapshot
        parts.journal_is_whole = self.is_whole

    def tell_room(self, why: str) -> None:
        """Take that there is no room for what comes (why), or that there is ("").

        It comes from the thread that works ahead, so it is a turn of its own.
        """
        act = partial(self._room, why)
        self._parts.turns.call("journal_room", act, lambda: {"why": why})

    def check(self, snapshot: Callable[[], bool]) -> None:
        """Look whether anything was lost, and have a snapshot taken when it can be.

        Args:
            snapshot: Takes one; whether it was taken.
        """
        parts, journal = self._parts, self._parts.journal
        if journal is None or parts.log is None:
            return
        lost, fault = self._lost(journal, parts.log)
        if lost > self._covered:
            missing = f"{lost - self._covered} frames are not in the journal"
            self._hold(f"{missing} {journal.folder}: {fault}")
            if journal.has_room and snapshot():
                self._note(journal, parts.log, lost, fault)
                parts.say("journal", f"journal {journal.folder}: a snapshot makes it whole again")
                self._room("")

    def is_whole(self) -> bool:
        """Whether no frame is missing that no snapshot stands for."""
        parts = self._parts
        if parts.journal is None or parts.log is None:
            return True
        return self._lost(parts.journal, parts.log)[0] <= self._covered

    def finish(self) -> None:
        """Write down, at the session's end, the losses that no snapshot has stood for yet."""
        parts, journal = self._parts, self._parts.journal
        if journal is None or parts.log is None:
            return
        lost, fault = self._lost(journal, parts.log)
        if lost > self._covered:
            self._note(journal, parts.log, lost, fault)

    def _lost(self, journal: Journal, log: SessionLog) -> tuple[int, str]:
        fault = log.fault or journal.writer.fault or "it was full for a moment"
        return self._parts.bus.journal_lost + log.lost, fault

    def _note(self, journal: Journal, log: SessionLog, lost: int, fault: str) -> None:
        journal.writer.prepare_next()  # its thread may not have got round to it
        body = {"lost": lost - self._covered, "fault": fault}
        log.note(self._parts.clock.now_ns(), NoteCode.LOST, body)
        self._covered = lost

    def _room(self, why: str) -> None:
        parts = self._parts
        if parts.log is None:
            return
        parts.log.is_full = bool(why)
        if why:
            self._hold(f"the journal has no room: {why}")
        elif parts.bus.journal_lost + parts.log.lost <= self._covered:
            parts.switch.release(self.CAUSE)

    def _hold(self, text: str) -> None:
        parts = self._parts
        hold = Hold(
            cause=self.CAUSE,
            state=TradingState.HALTED,
            text=text,
            ends_with="room on its disk",
            since_ns=parts.clock.now_ns(),
        )
        if parts.switch.hold(hold):
            parts.say("error", f"trading is halted: {text}")
            parts.listeners.tell_error(InvalidState(text))
