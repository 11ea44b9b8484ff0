"""Moves without an order in the books: which are new, and what each does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.moves import Move, move_of

if TYPE_CHECKING:
    from regimeflow.engine.journal.books import Books


def is_new_move(books: Books, report: ExecutionReport) -> bool:
    """Whether a move is to be counted: it is not in what the books began with, nor counted yet."""
    is_ours = books.is_opened and report.ts_event_ns >= books.base_ns
    return is_ours and not books.foreign.is_counted(report)


def take_move(books: Books, report: ExecutionReport) -> Move | None:
    """Count a move, once; None: it is not to be."""
    if not is_new_move(books, report):
        return None
    books.foreign.remember(report)
    move = move_of(report)
    books.portfolio.move(move)
    return move
