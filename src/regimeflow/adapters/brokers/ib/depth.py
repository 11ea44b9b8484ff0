"""A book as IB tells it: rows that are put in, changed and taken out by their position."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Final

from regimeflow._core.messages import OrderBook

Row = tuple[Decimal, Decimal]
_INSERT, _UPDATE, _DELETE = 0, 1, 2
_BID: Final = 1


class Depth:
    """The rows of one symbol's book.

    Args:
        symbol: Whose.
    """

    def __init__(self, symbol: str) -> None:
        self._symbol: Final = symbol
        self._bids: Final[list[Row]] = []
        self._asks: Final[list[Row]] = []
        self._update_id = 0

    def reset(self) -> None:
        """Empty it: what was told holds no more."""
        self._bids.clear()
        self._asks.clear()

    def change(self, position: int, operation: int, side: int, row: Row) -> bool:
        """Take a change; False when it does not fit what was told before."""
        rows = self._bids if side == _BID else self._asks
        if operation == _INSERT and 0 <= position <= len(rows):
            rows.insert(position, row)
        elif operation == _UPDATE and 0 <= position < len(rows):
            rows[position] = row
        elif operation == _UPDATE and position == len(rows):
            rows.append(row)
        elif operation == _DELETE and 0 <= position < len(rows):
            del rows[position]
        else:
            return False
        return True

    def shown(self, event_ns: int, recv_ns: int) -> OrderBook | None:
        """Return the book, None while its rows are between two states.

        Changes of both sides come one by one: until the last of them the sides may overlap, or a
        row stand twice.
        """
        if not self._bids or not self._asks or self._bids[0][0] >= self._asks[0][0]:
            return None
        if not _falls(self._bids) or not _falls(self._asks[::-1]):
            return None
        self._update_id += 1
        return OrderBook(
            self._symbol,
            [row for row in self._bids if row[1] > 0],
            [row for row in self._asks if row[1] > 0],
            update_id=self._update_id,
            is_snapshot=True,
            ts_event_ns=event_ns,
            ts_recv_ns=recv_ns,
        )


def _falls(rows: list[Row]) -> bool:
    return all(before[0] > after[0] for before, after in pairwise(rows))
