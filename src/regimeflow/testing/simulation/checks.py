"""After a run: whether our books are the venue's, line by line."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from regimeflow._core.frames import SessionStart
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.order_rows import OrderRow
from regimeflow._core.order_table import OrderTable
from regimeflow.domain.portfolio import Portfolio
from regimeflow.engine.journal.replay import replay_session
from regimeflow.testing.simulation.news import status_of
from regimeflow.testing.simulation.tickets import Ticket
from regimeflow.testing.simulation.venue import ModelVenue
from regimeflow.types.enums import LiveOrderStatus
from regimeflow.types.errors import RegimeFlowError

_NEVER_THERE: Final = frozenset(
    {LiveOrderStatus.REJECTED, LiveOrderStatus.CANCELLED, LiveOrderStatus.ERROR}
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One line on which the two sides differ; ``names`` find the order in the trace."""

    text: str
    names: tuple[str, ...] = ()


def differences(
    venue: ModelVenue, table: OrderTable, portfolio: Portfolio, sent: Mapping[str, int]
) -> list[Difference]:
    """Everything that differs between our books and the venue's truth."""
    rows = [row for order_id in table.ids() if (row := table.get(order_id)) is not None]
    return [
        *_orders(venue, table, rows),
        *_unknown(venue, rows),
        *_positions(venue, portfolio),
        *_cash(venue, portfolio),
        *_sent(venue, sent),
    ]


def sessions_of(folder: str, boots: Collection[str]) -> list[int]:
    """The numbers in a journal of the sessions that began with one of these boot nonces."""
    things = (frame.message for frame in JournalReader(folder))
    starts = [thing for thing in things if isinstance(thing, SessionStart)]
    return [number for number, start in enumerate(starts, 1) if start.boot_nonce in boots]


def replays(folder: str, number: int | None = None) -> tuple[int, list[Difference]]:
    """Replay a session of a journal: how many frames were the same, and what was not.

    Args:
        folder: Of the journal.
        number: Of the session; one that was killed is replayed to its cut. None: the last one.
    """
    logging.disable(logging.CRITICAL)  # it fails again as it failed then, and nobody listens
    try:
        replayed = replay_session(folder, number=number)
    except RegimeFlowError as error:
        return 0, [Difference(f"replay of session {number or 'last'}: {error}")]
    finally:
        logging.disable(logging.NOTSET)
    found = replayed.difference
    text = f"replay of session {replayed.session}: {found}"
    return replayed.frames, [] if found is None else [Difference(text)]


def _orders(venue: ModelVenue, table: OrderTable, rows: list[OrderRow]) -> Iterator[Difference]:
    by_client = {row.client_order_id: row for row in rows if row.client_order_id}
    by_broker = {row.broker_order_id: row for row in rows if row.broker_order_id}
    for ticket in venue.tickets:
        row = by_client.get(ticket.client_id) if ticket.client_id else None
        if row is None:
            row = next((by_broker[each] for each in ticket.broker_ids if each in by_broker), None)
        names = (ticket.client_id, *ticket.broker_ids)
        if row is not None:
            for text in _of_one(ticket, row):
                yield Difference(f"order {ticket.client_id or ticket.broker_id}: {text}", names)
        elif ticket.stage.is_over and table.was_used(ticket.client_id):
            continue  # retired: what it traded is in positions and cash
        elif ticket.is_ours or not ticket.stage.is_over:
            # What others placed and has ended without a trace in our session is not ours to know;
            # if it traded, positions tell.
            yield Difference(
                f"order {ticket.client_id or ticket.broker_id}: not in our books", names
            )


def _of_one(ticket: Ticket, row: OrderRow) -> Iterator[str]:
    product = ticket.product
    if row.is_external is ticket.is_ours:
        yield f"is taken for {'somebody else' if row.is_external else 'ours'}"
    status = status_of(ticket.stage, ticket.cum)
    if row.status != status:
        yield f"ours {LiveOrderStatus(row.status).name}, theirs {status.name}"
    cum = Decimal(product.qty(ticket.cum))
    if row.cum_qty_dec != cum:
        yield f"filled: ours {row.cum_qty_dec}, theirs {cum}"
    value = Decimal(ticket.notional).scaleb(-product.px_places - product.qty_places)
    ours = Decimal(row.notional_raw).scaleb(row.px_exp + row.qty_exp)
    if ours != value:
        yield f"value filled: ours {ours}, theirs {value}"
    if ticket.stage.is_over:
        return
    quantity = Decimal(product.qty(ticket.qty))
    if row.order_qty_dec != quantity:
        yield f"quantity: ours {row.order_qty_dec}, theirs {quantity}"
    for name, mine, theirs in (
        ("limit price", row.limit_px_dec, ticket.limit_px),
        ("stop price", row.stop_px_dec, ticket.stop_px),
    ):
        if mine != (None if theirs is None else Decimal(product.px(theirs))):
            yield f"{name}: ours {mine}, theirs {theirs}"


def _unknown(venue: ModelVenue, rows: list[OrderRow]) -> Iterator[Difference]:
    theirs = {ticket.client_id for ticket in venue.tickets}
    for row in rows:
        names = (row.client_order_id, row.broker_order_id)
        status = LiveOrderStatus(row.status)
        if row.in_doubt:
            yield Difference(f"order {names[0]}: still in doubt, {status.name}", names)
            continue
        was_there = row.is_external or row.client_order_id in theirs
        if not was_there and status not in _NEVER_THERE:
            text = f"order {names[0]}: ours {status.name}, the venue never had it"
            yield Difference(text, names)


def _positions(venue: ModelVenue, portfolio: Portfolio) -> Iterator[Difference]:
    ours = {each.symbol: each.quantity for each in portfolio.positions()}
    for symbol, held in venue.ledger.positions.items():
        theirs = Decimal(venue.ledger.products[symbol].qty(held))
        if ours.get(symbol, Decimal(0)) != theirs:
            yield Difference(f"position {symbol}: ours {ours.get(symbol, 0)}, theirs {theirs}")


def _cash(venue: ModelVenue, portfolio: Portfolio) -> Iterator[Difference]:
    theirs = Decimal(venue.ledger.cash).scaleb(-venue.ledger.money_places)
    ours = (portfolio.cash() or {}).get("USD")
    if ours != theirs:
        yield Difference(f"cash: ours {ours}, theirs {theirs}")


def _sent(venue: ModelVenue, sent: Mapping[str, int]) -> Iterator[Difference]:
    for client_id, times in sent.items():
        if times > 1:
            yield Difference(f"order {client_id}: sent {times} times", (client_id,))
    seen: set[str] = set()
    for ticket in venue.tickets:
        if ticket.client_id and ticket.client_id in seen:
            yield Difference(f"client order id {ticket.client_id}: used twice", (ticket.client_id,))
        seen.add(ticket.client_id)
