"""A session as its journal tells it: of an engine that runs elsewhere, or has ended."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from regimeflow._core.board import QuoteBoard
from regimeflow._core.frames import Call, Frame, Note, RegimeChange, SessionStart
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.journal_writer import segments_of
from regimeflow._core.messages import LiveMessage
from regimeflow.domain.orders.pictures import live_order
from regimeflow.engine.journal.answers import load
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.journal.recovery import read_books
from regimeflow.engine.tally import money_of
from regimeflow.engine.view import order_summary, quote_summary, strategy_status
from regimeflow.types.enums import LiveOrderStatus, RegimeType, TradingState
from regimeflow.types.errors import RegimeFlowError
from regimeflow.types.events import EngineEvent, EventKind, SessionSummary
from regimeflow.types.snapshots import (
    DashboardSnapshot,
    EngineStatus,
    LiveOrderSummary,
    RegimeState,
    SystemHealth,
)

_RECENT_TRADES: Final = 50
_RECENT_EVENTS: Final = 200
_TOLD: Final = frozenset({"trading_state", "strategy_error", "warning", "error"})
_MOST_FRAMES: Final = 200_000  # of one look: a page is drawn in between
_UNREADABLE: Final = (RegimeFlowError, LookupError, TypeError, ValueError, ArithmeticError)


class JournalSource:
    """Follows a journal, and shows what it comes to; it writes, locks and asks nothing.

    It has the face of an engine that is looked at. What no journal tells is not known: the loop's
    lag, the process's memory.

    Threading: one thread.

    Args:
        folder: Of the journal.
        symbols: What is traded; none: what is held or ordered.

    Raises:
        NotFound: there is no journal in the folder.
        OSError: it cannot be read.
    """

    def __init__(self, folder: str, symbols: Sequence[str] = ()) -> None:
        self._folder: Final = folder
        self._symbols: Final = tuple(symbols)
        self._events: Final[list[Callable[[EngineEvent], object]]] = []
        self._told: Final[deque[EngineEvent]] = deque(maxlen=_RECENT_EVENTS)
        self._begin()

    def is_running(self) -> bool:
        """Whether there is something to show: there is."""
        return True

    def on_event(self, cb: Callable[[EngineEvent], object], /) -> None:
        """Call back for what people were told, lately and from now on."""
        for event in self._told:
            cb(event)
        self._events.append(cb)

    def on_error(self, cb: Callable[[BaseException], object], /) -> None:
        """Nothing here fails but reading, which raises."""

    def get_dashboard_snapshot(self) -> DashboardSnapshot:
        """Read what is new, and return everything that a dashboard shows.

        Raises:
            RegimeFlowError: it cannot be read any more.
        """
        try:
            self._follow()
        except OSError as error:
            raise RegimeFlowError(f"the journal cannot be read: {error}") from error
        books, portfolio = self._books, self._books.portfolio
        orders = self._open_orders()
        positions = tuple(each for each in portfolio.positions() if each.quantity)
        counts = Counter(order.strategy for order in orders)
        names = sorted({*counts} | {trade.strategy for trade in books.trades})
        return DashboardSnapshot(
            ts_ns=books.last_ns,
            status=self._status(len(orders)),
            health=SystemHealth(
                ts_ns=books.last_ns,
                messages=books.seq,
                last_data_ns={each: self._board.last_recv_ns(each) for each in self._traded()},
            ),
            regime=self._regime,
            positions=positions,
            open_orders=orders,
            recent_trades=tuple(books.trades)[-_RECENT_TRADES:],
            strategies=tuple(
                strategy_status(portfolio, self._trading, name, counts[name])
                for name in names
                if name
            ),
            quotes=tuple(quote_summary(self._board, symbol) for symbol in self._traded()),
        )

    def summary(self) -> SessionSummary:
        """Return what the books have counted."""
        books, totals = self._books, money_of(self._books.portfolio)
        rows = (books.table.get(order_id) for order_id in books.table.ids())
        return SessionSummary(
            ended_ns=books.last_ns,
            orders=Counter(LiveOrderStatus(row.status).name for row in rows if row),
            fills=books.portfolio.fills(),
            realized_pnl=totals.realized,
            unrealized_pnl=totals.unrealized,
            commission=totals.commission,
            net_pnl=totals.net,
            currency=books.account.currency if books.account is not None else "",
        )

    def _begin(self) -> None:
        self._board = QuoteBoard()
        recovered = read_books(self._folder, id_prefix="look-", board=self._board)
        self._books: Books = recovered.books
        self._regime = RegimeState()
        self._is_up = False
        self._has_ended = False
        self._trading = TradingState.HALTED if self._books.holds else TradingState.ACTIVE
        self._cause = "; ".join(f"{name}: {text}" for name, text in self._books.holds.items())
        # The newest file alone: of the rest the books have all that a page shows.
        segment = segments_of(self._folder)[-1]
        for frame in JournalReader(self._folder, segment=segment):
            if frame.position >= recovered.position:
                break
            if frame.message is not None:
                self._look(frame.message)
        self._reader = JournalReader(self._folder, position=recovered.position)

    def _follow(self) -> None:
        for count, frame in enumerate(self._reader):
            thing = frame.message
            if isinstance(thing, SessionStart):
                self._begin()  # a market that is played begins with nothing
                return
            if thing is None:
                continue
            try:
                self._books.take(thing)
                self._look(thing)
            except _UNREADABLE as error:
                self._tell("error", self._books.last_ns, f"a frame means nothing: {error!r}")
            if count >= _MOST_FRAMES:
                return

    def _look(self, thing: LiveMessage | Frame) -> None:
        if isinstance(thing, LiveMessage):
            self._board.observe(thing)
        elif isinstance(thing, RegimeChange):
            self._regime = RegimeState(
                regime=RegimeType(thing.after),
                name=thing.after_name or RegimeType(thing.after).name.lower(),
                confidence=thing.after_confidence,
                since_ns=thing.after_since_ns,
            )
        elif isinstance(thing, Call):
            self._has_ended |= thing.name == "end"
        elif isinstance(thing, Note) and thing.code == NoteCode.LINK:
            self._is_up = bool(load(thing.body)["is_up"])
        elif isinstance(thing, Note) and thing.code == NoteCode.AUDIT:
            self._hear(thing.now_ns, cast("dict[str, Any]", load(thing.body)))

    def _hear(self, now_ns: int, body: dict[str, Any]) -> None:
        kind, data = body["kind"], body["data"]
        if kind not in _TOLD:
            return
        if kind == "trading_state" and "state" in data:
            self._trading = TradingState[data["state"]]
            self._cause = str(data.get("text", ""))
        self._tell(kind, now_ns, str(body["text"]))

    def _tell(self, kind: EventKind, ts_ns: int, text: str) -> None:
        event = EngineEvent(kind, ts_ns, text)
        self._told.append(event)
        for callback in self._events:
            callback(event)

    def _traded(self) -> tuple[str, ...]:
        return self._symbols or tuple(sorted(self._books.instruments))

    def _open_orders(self) -> tuple[LiveOrderSummary, ...]:
        table = self._books.table
        rows = [row for row in map(table.get, sorted(table.open_ids())) if row is not None]
        return tuple(order_summary(live_order(row)) for row in rows)

    def _status(self, open_orders: int) -> EngineStatus:
        books = self._books
        heard = [self._board.last_recv_ns(symbol) for symbol in self._traded()]
        return EngineStatus(
            connected=self._is_up and not self._has_ended,
            trading_state=self._trading,
            trading_cause=self._cause,
            current_regime=self._regime,
            open_orders=open_orders,
            equity=books.portfolio.equity(),
            daily_pnl=books.portfolio.daily_pnl(),
            last_update_ns=max([books.last_ns, *heard]),
        )
