"""Requests about orders."""

from __future__ import annotations

from typing import Final

from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.clients import TWS_OWNER
from regimeflow.apps.venues.ib.errors import Code, Refusal, invalid
from regimeflow.apps.venues.ib.fields import Reader
from regimeflow.apps.venues.ib.ids import Say
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.ticket import Hold
from regimeflow.apps.venues.ib.tws import Tws

_FILTER: Final = ("clientId", "acctCode", "time", "symbol", "secType", "exchange", "side")


def place(tws: Tws, session: Session, order_id: int, reader: Reader) -> None:
    """Answer placeOrder."""
    if tws.settings.is_read_only:
        raise Refusal(Code.INVALID, str(Refusal(Code.READ_ONLY)))
    tws.flow.place(session, order_id, reader)


def cancel(tws: Tws, session: Session, order_id: int, _: Reader) -> None:
    """Answer cancelOrder."""
    tws.flow.cancel(session, order_id)


def cancel_all(tws: Tws, session: Session, _: int, __: Reader) -> None:
    """Answer reqGlobalCancel."""
    del session
    tws.flow.cancel_all()


def ids(tws: Tws, session: Session, _: int, __: Reader) -> None:
    """Answer reqIds."""
    next_id = tws.desk.next_valid_id(session.client_id)
    session.send(messages.of(Say.NEXT_VALID_ID, 1, next_id))


def open_orders(tws: Tws, session: Session, _: int, __: Reader) -> None:
    """Answer reqOpenOrders: the client's own."""
    for ticket in tws.desk:
        is_known = not ticket.is_ended and ticket.hold is not Hold.NOT_TRANSMITTED
        if is_known and ticket.client_id == session.client_id:
            tws.teller.order_to(session, ticket)
    session.send(messages.of(Say.OPEN_ORDERS_END, 1))


def all_open_orders(tws: Tws, session: Session, _: int, __: Reader) -> None:
    """Answer reqAllOpenOrders: everybody's, those typed into the window included."""
    for ticket in tws.desk:
        if not ticket.is_ended and ticket.hold is not Hold.NOT_TRANSMITTED:
            is_foreign = ticket.client_id != session.client_id
            tws.teller.order_to(session, ticket, is_foreign=is_foreign)
    session.send(messages.of(Say.OPEN_ORDERS_END, 1))


def auto_open_orders(tws: Tws, session: Session, _: int, reader: Reader) -> None:
    """Answer reqAutoOpenOrders: client 0 takes what is typed into the window."""
    if session.client_id != TWS_OWNER:
        raise invalid("Only the default client (id 0) may bind orders")
    tws.clients.binds_manual_orders = reader.flag()
    if tws.clients.binds_manual_orders:
        tws.flow.bind_manual_orders(session)


def executions(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    """Answer reqExecutions: those of the day, with their commissions."""
    wanted = {name: reader.text() for name in _FILTER}
    try:
        found = tws.executions.today(tws.now_ns(), wanted)
    except ValueError:
        raise invalid(f"Invalid time in the execution filter: {wanted['time']}") from None
    tws.teller.executions_to(session, request_id, found)
    session.send(messages.of(Say.EXECUTIONS_END, 1, request_id))


def completed_orders(tws: Tws, session: Session, _: int, reader: Reader) -> None:
    """Answer reqCompletedOrders."""
    api_only = reader.flag()
    ended = [ticket for ticket in tws.desk if ticket.is_ended]
    for ticket in sorted(ended, key=lambda ticket: ticket.completed_ns, reverse=True):
        if not api_only or ticket.order_id > 0:
            tws.teller.completed_to(session, ticket)
    session.send(messages.of(Say.COMPLETED_ORDERS_END))
