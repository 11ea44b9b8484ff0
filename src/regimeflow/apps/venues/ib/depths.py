"""Market depth: rows of the book, told as insertions, updates and deletions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.contracts import Contract
from regimeflow.apps.venues.ib.errors import Code, Refusal
from regimeflow.apps.venues.ib.ids import Say
from regimeflow.apps.venues.ib.interruptions import Faulty
from regimeflow.apps.venues.ib.session import Session

_INSERT, _UPDATE, _DELETE = range(3)
_ASK, _BID = range(2)
_MOST_REQUESTS: Final = 3
Row: TypeAlias = tuple[Decimal, Decimal]


@dataclass(slots=True, kw_only=True)
class Watch:
    """One client's view of a book."""

    session: Session
    request_id: int
    contract: Contract
    rows: int
    is_smart: bool
    told: dict[int, list[Row]] = field(default_factory=lambda: {_ASK: [], _BID: []})


class Depths:
    """All views of all clients."""

    def __init__(self, exchange: Exchange, faults: Faulty) -> None:
        self._exchange = exchange
        self._faults = faults
        self._watches: dict[tuple[Session, int], Watch] = {}

    def subscribe(
        self, session: Session, request_id: int, contract: Contract, *, rows: int, is_smart: bool
    ) -> None:
        """Begin to tell a book.

        Raises:
            Refusal: too many at once.
        """
        if sum(key[0] is session for key in self._watches) >= _MOST_REQUESTS:
            raise Refusal(Code.TOO_MANY_DEPTHS)
        watch = Watch(
            session=session,
            request_id=request_id,
            contract=contract,
            rows=max(rows, 1),
            is_smart=is_smart,
        )
        self._watches[session, request_id] = watch
        self._tell(watch)

    def unsubscribe(self, session: Session, request_id: int) -> None:
        """Stop telling a book.

        Raises:
            Refusal: there is none of this id.
        """
        if self._watches.pop((session, request_id), None) is None:
            raise Refusal(Code.NO_SUCH_TICKER, id=request_id)

    def forget(self, session: Session) -> None:
        """Drop what a client had that is gone."""
        for key in [key for key in self._watches if key[0] is session]:
            del self._watches[key]

    def drop_all(self) -> None:
        """Lose every subscription, as 1101 says."""
        self._watches.clear()

    def book_changed(self, market: str) -> None:
        """Tell what changed of a book."""
        for watch in list(self._watches.values()):
            if watch.contract.market != market:
                continue
            if self._faults.take("depth_reset", symbol=market) is not None:
                watch.told = {_ASK: [], _BID: []}
                watch.session.refuse(watch.request_id, Refusal(Code.DEPTH_RESET))
            self._tell(watch)

    def _tell(self, watch: Watch) -> None:
        bids, asks = self._exchange.books[watch.contract.market].depth(watch.rows)
        for side, rows in ((_BID, bids), (_ASK, asks)):
            for operation, position, row in differences(watch.told[side], rows):
                self._send(watch, (position, operation, side), row)
            watch.told[side] = list(rows)

    def _send(self, watch: Watch, what: tuple[int, int, int], row: Row) -> None:
        position, operation, side = what
        size = messages.size(row[1], watch.session.version)
        if not watch.is_smart:
            fields = (1, watch.request_id, position, operation, side, row[0], size)
            watch.session.send(messages.of(Say.DEPTH, *fields))
            return
        head = (1, watch.request_id, position, "ISLAND", operation, side)
        watch.session.send(messages.of(Say.DEPTH_L2, *head, row[0], size, 1))


def differences(told: Sequence[Row], rows: Sequence[Row]) -> list[tuple[int, int, Row]]:
    """Return the operations that turn one list of rows into another, in their order.

    Rows are added and taken away at the end only: clients differ in whether an insertion or a
    deletion moves the rows behind it.
    """
    found = [
        (_UPDATE, position, row)
        for position, (before, row) in enumerate(zip(told, rows, strict=False))
        if before != row
    ]
    found += [(_INSERT, position, rows[position]) for position in range(len(told), len(rows))]
    gone = reversed(range(len(rows), len(told)))
    return [*found, *((_DELETE, position, (Decimal(0), Decimal(0))) for position in gone)]
