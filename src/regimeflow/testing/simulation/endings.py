"""What is demanded of the end of a run: the account as heard, nothing held, nothing kept."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from regimeflow._core.order_table import OrderTable
from regimeflow.engine.runtime import Runtime
from regimeflow.testing.simulation.hearing import misheard
from regimeflow.testing.simulation.process import Process
from regimeflow.testing.simulation.venue import ModelVenue
from regimeflow.types.enums import LiveOrderStatus, OrderSide

_FIRST_ID: Final = 1 << 32  # our internal ids are at or above this
_DEEPEST: Final = 12
# The last ones only, so many at most: what an order was heard to be last, to tell no news twice.
_BOUNDED: Final = frozenset({"tally._ended_lately", "tally._told_errors"})


def heard_wrong(process: Process, venue: ModelVenue) -> Iterator[str]:
    """How the account differs from the venue's, as the bus and the strategy have it."""
    ledger = venue.ledger
    yield from misheard(process.hearing.account, ledger)
    cash = Decimal(ledger.cash).scaleb(-ledger.money_places)
    for host in process.runtime.hosts:
        account = host.strategy.ctx.account()
        if account is None or account.cash_dec != cash:
            yield f"the strategy's account: {account and account.cash_dec}, theirs {cash}"


def owned_wrong(process: Process, venue: ModelVenue) -> Iterator[str]:
    """How the strategy's positions differ from what it began with and its orders have traded.

    All that are ours are its own. A fill that comes after its order was let go is the account's:
    where that may have happened nothing is compared.
    """
    ledger, books = venue.ledger, process.runtime.parts.books
    began_ns, table = books.base_ns, books.table
    known = {row.client_order_id for each in table.ids() if (row := table.get(each)) is not None}
    if any(each.is_ours and each.fills and each.client_id not in known for each in venue.tickets):
        return
    for host in process.runtime.hosts:
        for symbol, product in ledger.products.items():
            ours = host.strategy.ctx.position(symbol).quantity_dec
            theirs = Decimal(product.qty(ledger.owned_by_us(symbol, began_ns)))
            if ours != theirs:
                yield f"the strategy's position {symbol}: {ours}, its orders left {theirs}"


def not_flat(venue: ModelVenue) -> Iterator[str]:
    """What is still held after every position was closed, that no open order of others closes."""
    for symbol, held in venue.ledger.positions.items():
        side = OrderSide.SELL if held > 0 else OrderSide.BUY
        closing = sum(
            ticket.leaves
            for ticket in venue.open
            if (ticket.product.symbol, ticket.side) == (symbol, side)
        )
        lot = venue.ledger.products[symbol].lot  # less than one cannot be traded
        if abs(held) - closing >= lot:
            yield f"position {symbol} was not closed: {held} steps are left"


def left_behind(runtime: Runtime) -> Iterator[str]:
    """What is kept of orders that ended, were asked about, and are past the time they are kept.

    One that is in ERROR stays: it may yet turn out to be alive. Where the clock was set back, all
    stay until it has come to where it was.
    """
    table, now_ns = runtime.parts.books.table, runtime.parts.clock.now_ns()
    rows = [row for order_id in table.ids() if (row := table.get(order_id)) is not None]
    ended = sum(LiveOrderStatus(row.status).is_terminal for row in rows)
    if ended and all(row.updated_at_ns <= now_ns for row in rows):
        yield f"{ended} orders that have ended are still in the table"
    yield from _Remains(table).found(runtime)


class _Remains:
    """Looks through an engine for what is kept under the id of an order that is gone."""

    def __init__(self, table: OrderTable) -> None:
        self._live: Final = frozenset(table.ids())
        self._seen: Final[set[int]] = set()

    def found(self, runtime: Runtime) -> Iterator[str]:
        """What there is, by where it is."""
        for name, part in sorted(vars(runtime).items()):
            yield from self._look(part, name, 0)

    def _look(self, thing: object, path: str, depth: int) -> Iterator[str]:
        if id(thing) in self._seen or depth > _DEEPEST:
            return
        self._seen.add(id(thing))
        if isinstance(thing, (dict, set, frozenset)) and path not in _BOUNDED:
            gone = [each for each in thing if self._is_gone(each)]
            if gone:
                yield f"{path} keeps {len(gone)} orders that are gone"
        if isinstance(thing, dict):
            for key, value in thing.items():
                yield from self._look(value, f"{path}[{key!r}]", depth + 1)
        elif isinstance(thing, (list, tuple)):
            for value in thing:
                yield from self._look(value, f"{path}[]", depth + 1)
        elif type(thing).__module__.startswith(("regimeflow.engine", "regimeflow.domain")):
            for name, value in _attributes(thing):
                yield from self._look(value, f"{path}.{name}", depth + 1)

    def _is_gone(self, key: object) -> bool:
        return type(key) is int and key >= _FIRST_ID and key not in self._live


def _attributes(thing: object) -> Iterator[tuple[str, object]]:
    yield from getattr(thing, "__dict__", {}).items()
    for owner in type(thing).__mro__:
        slots = owner.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(thing, name):
                yield name, getattr(thing, name)
