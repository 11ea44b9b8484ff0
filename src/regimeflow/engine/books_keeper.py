"""Puts down what the next session begins with: snapshots on the way, and the last one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from regimeflow.engine.journal.books import Books
from regimeflow.engine.parts import Parts
from regimeflow.engine.regime_watch import RegimeWatch
from regimeflow.engine.strategy_host import StrategyHost
from regimeflow.types.errors import InvalidState


class BooksKeeper:
    """Takes snapshots of a session's books, with what strategies and detector want to keep.

    Threading: the loop only.
    """

    def __init__(
        self, parts: Parts, hosts: Sequence[StrategyHost], regime_watch: RegimeWatch
    ) -> None:
        self._parts: Final = parts
        self._hosts: Final = hosts
        self._regime_watch: Final = regime_watch

    def snapshot_if_due(self) -> None:
        """Take one when enough was written since the last."""
        journal = self._parts.journal
        if journal is not None and journal.is_snapshot_due and self._parts.books.is_opened:
            self.snapshot()

    def snapshot(self) -> bool:
        """Take one; false, with the failure told, when it could not be written."""
        journal = self._parts.journal
        try:
            if journal is not None:
                journal.snapshot(self._books_now())
        except OSError as error:
            self._parts.listeners.tell_error(error)
            return False
        return True

    def close(self) -> None:
        """Take the last one and let go of journal and audit log."""
        parts, journal = self._parts, self._parts.journal
        if journal is None:
            return
        parts.journal = parts.log = parts.turns.log = None
        parts.bus.set_journal(None)
        try:
            journal.close(self._books_now() if parts.books.is_opened else None)
        except OSError as error:
            parts.listeners.tell_error(error)
        _close_audit(parts)

    def _books_now(self) -> Books:
        books = self._parts.books
        books.last_ns, books.seq = self._parts.clock.now_ns(), self._parts.bus.stats().delivered
        books.strategies |= {host.id: host.state() for host in self._hosts}
        books.regime = self._regime_watch.state()
        return books


def _close_audit(parts: Parts) -> None:
    trail, parts.audit = parts.audit, None
    try:
        if trail is not None:
            trail.stop()
    except OSError as error:
        text = "the audit log could not be written to its end; the next session goes on there"
        parts.listeners.tell_error(InvalidState(f"{text}: {error}"))
