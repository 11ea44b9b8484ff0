"""The books as a snapshot has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.messages import AccountInfo
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.order_terms import terms_by_id, texts_by_id
from regimeflow.domain.portfolio import portfolio_state, restore_portfolio
from regimeflow.engine.journal.answers import instrument_bytes, load
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.trades import trade_of, trade_state
from regimeflow.types.errors import CodecError, InvalidArgument
from regimeflow.types.instrument import Instrument

_CODEC: Final = LiveMessageCodec()


def books_state(books: Books) -> dict[str, object]:
    """Return all but the order table, as JSON has it."""
    return {
        "portfolio": portfolio_state(books.portfolio),
        "instruments": {
            name: load(instrument_bytes(each)) for name, each in books.instruments.items()
        },
        "account": None if books.account is None else _CODEC.encode(books.account).hex(),
        "orphans": [_CODEC.encode(report).hex() for report in books.orphans.reports()],
        "trades": [trade_state(trade) for trade in books.trades],
        "foreign": books.foreign.state(),
        "terms": texts_by_id(books.table.terms),
        "wishes": sorted(books.wishes.cancels),
        "changes": books.wishes.state(),
        "holds": books.holds,
        "groups": {str(number): group for number, group in books.groups.items()},
        "strategies": books.strategies,
        "risk": books.risk,
        "regime": books.regime,
        "disagreement": books.disagreement,
        "sessions": books.sessions,
        "is_opened": books.is_opened,
        "since_ns": books.since_ns,
        "base_ns": books.base_ns,
        "venue": books.venue,
        "last_ns": books.last_ns,
        "seq": books.seq,
    }


def restore_books(books: Books, state: Mapping[str, Any], image: bytes) -> None:
    """Take what ``books_state`` and the table's image say, into books that are new.

    Raises:
        CodecError: they are damaged; the books are then of no use.
    """
    try:
        _restore(books, state, image)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise CodecError(f"a snapshot that means nothing: {error!r}") from error
    except InvalidArgument as error:
        raise CodecError(f"a snapshot that means nothing: {error}") from error


def _restore(books: Books, state: Mapping[str, Any], image: bytes) -> None:
    # What decides what we own must be there; an older version may lack the rest.
    for name, each in state["instruments"].items():
        books.instruments[name] = Instrument(**each)
    books.table.restore(image)
    books.table.terms.update(terms_by_id(state.get("terms", {})))
    restore_portfolio(books.portfolio, state["portfolio"])
    books.is_opened, books.last_ns = state["is_opened"], state["last_ns"]
    if state.get("account") is not None:
        account = _CODEC.decode(bytes.fromhex(state["account"])).payload
        books.account = account if isinstance(account, AccountInfo) else None
    for text in state.get("orphans", ()):
        report = _CODEC.decode(bytes.fromhex(text)).payload
        if isinstance(report, ExecutionReport):
            books.orphans.keep(report)
    books.trades.extend(trade_of(each) for each in state.get("trades", ()))
    books.foreign.restore(state.get("foreign", ()))
    books.wishes.restore(state.get("wishes", []), state.get("changes", {}))
    books.holds.update(state.get("holds", {}))
    groups = state.get("groups", {})
    books.groups.update({int(number): group for number, group in groups.items()})
    books.strategies = dict(state.get("strategies", {}))
    books.risk.update(state.get("risk", {}))
    books.regime = dict(state.get("regime", {}))
    books.disagreement, books.venue = state.get("disagreement", ""), state.get("venue", "")
    books.sessions, books.seq = state.get("sessions", 0), state.get("seq", 0)
    books.since_ns = state.get("since_ns", books.last_ns) or books.since_ns
    books.base_ns = state.get("base_ns", 0)
