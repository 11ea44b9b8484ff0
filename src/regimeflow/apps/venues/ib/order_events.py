"""What happens at the exchange, told in IB's words, with what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import singledispatchmethod
from typing import Final

from regimeflow.apps.venues.exchange import events
from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.exchange.kinds import Refused, State, Tif
from regimeflow.apps.venues.ib.clients import Clients
from regimeflow.apps.venues.ib.contracts import SMART
from regimeflow.apps.venues.ib.desk import Desk
from regimeflow.apps.venues.ib.errors import Code, Refusal, rejected
from regimeflow.apps.venues.ib.executions import Executions
from regimeflow.apps.venues.ib.fields import number
from regimeflow.apps.venues.ib.interruptions import Faulty, Interruptions
from regimeflow.apps.venues.ib.messages import Execution
from regimeflow.apps.venues.ib.order_flow import OrderFlow
from regimeflow.apps.venues.ib.portfolio import Portfolio
from regimeflow.apps.venues.ib.teller import Teller
from regimeflow.apps.venues.ib.ticket import (
    CANCELLED,
    FILLED,
    INACTIVE,
    PRE_SUBMITTED,
    SUBMITTED,
    Ticket,
)

_FILLED_AT: Final = "ISLAND"  # SMART orders fill elsewhere
_CANCEL_REST: Final = "1"  # ocaType: one fill cancels the others; else they shrink


class OrderEvents:
    """Translates the exchange's events about orders."""

    def __init__(
        self,
        exchange: Exchange,
        desk: Desk,
        flow: OrderFlow,
        teller: Teller,
        *,
        executions: Executions,
        portfolio: Portfolio,
        clients: Clients,
        lines: Interruptions,
        faults: Faulty,
        now_ns: Callable[[], int],
    ) -> None:
        self._exchange = exchange
        self._desk = desk
        self._flow = flow
        self._teller = teller
        self._executions = executions
        self._portfolio = portfolio
        self._clients = clients
        self._lines = lines
        self._faults = faults
        self._now_ns = now_ns
        self._late: list[Callable[[], None]] = []

    def handle(self, event: events.OrderEvent) -> None:
        """Tell what happened to one of our orders; others' are no business of TWS."""
        ticket = self._desk.of_exchange(event.order.order_id)
        if ticket is not None:
            self._tell(event, ticket)

    def release_answers(self) -> int:
        """Send the answers that wait to be released; return how many."""
        late, self._late = self._late, []
        for send in late:
            send()
        return len(late)

    @singledispatchmethod
    def _tell(self, event: object, ticket: Ticket) -> None:
        """Anything that clients are not told of."""

    @_tell.register
    def _(self, event: events.Accepted, ticket: Ticket) -> None:
        late = self._faults.take("late_answer", symbol=ticket.contract.market)
        ticket.status = PRE_SUBMITTED
        self._answer(ticket, late)
        order = event.order
        waits = order.state is State.HELD and not order.kind.has_stop
        if waits and order.tif not in {Tif.OPG, Tif.CLS}:
            self._teller.error(ticket, _closed(ticket))
        now = self._exchange.order(event.order.order_id)
        if now is not None and now.state is State.WORKING:
            ticket.status = SUBMITTED
            self._answer(ticket, late)

    @_tell.register(events.Triggered)
    @_tell.register(events.Released)
    def _(self, event: events.OrderEvent, ticket: Ticket) -> None:
        if event.order.state is State.WORKING and ticket.status == PRE_SUBMITTED:
            ticket.status = SUBMITTED
            self._teller.order(ticket)

    @_tell.register
    def _(self, event: events.Traded, ticket: Ticket) -> None:
        owner = next(
            (session for session in self._clients if session.client_id == ticket.client_id), None
        )
        context = {"symbol": ticket.contract.market, "order_ref": ticket.order_ref}
        self._lines.strike("fill", owner, **context)
        self._lines.strike_after("fill", owner, **context)
        ticket.filled = event.fill.cum_qty - ticket.busted
        ticket.average_px = event.order.average_price
        ticket.last_px = event.fill.price
        execution = self._execution(event, ticket)
        self._executions.add(execution)
        self._tell_fill(ticket, execution)
        self._correct(ticket, execution)
        self._follow(ticket, event.fill.quantity)

    @_tell.register
    def _(self, event: events.Canceled, ticket: Ticket) -> None:
        self._cancelled(ticket, "Cancelled by Trader", event.time_ns)

    @_tell.register
    def _(self, event: events.Expired, ticket: Ticket) -> None:
        self._cancelled(ticket, event.cause.name.replace("_", " ").capitalize(), event.time_ns)

    @_tell.register
    def _(self, event: events.Rejected, ticket: Ticket) -> None:
        ticket.end(INACTIVE, event.text, event.time_ns)
        ticket.is_rejected = True
        self._teller.error(ticket, rejected(event.text))
        self._teller.order(ticket)

    def _answer(self, ticket: Ticket, late: Mapping[str, object] | None) -> None:
        if late is None:
            self._teller.order(ticket)
        elif seconds := float(str(late["seconds"])):
            self._lines.later(seconds, self._teller.order_later(ticket))
        else:
            self._late.append(self._teller.order_later(ticket))

    def _cancelled(self, ticket: Ticket, text: str, now_ns: int) -> None:
        ticket.end(CANCELLED, text, now_ns)
        self._teller.status(ticket)
        self._teller.error(ticket, Refusal(Code.CANCELLED))
        for child in self._desk.children(ticket):
            self._flow.end_if_open(child)

    def _execution(self, event: events.Traded, ticket: Ticket) -> Execution:
        fill, contract = event.fill, ticket.contract
        later = self._faults.take("revise_price_later", symbol=contract.market)
        return Execution(
            exec_id=self._executions.next_id(),
            time_ns=event.time_ns,
            account=ticket.account,
            exchange=_FILLED_AT if contract.exchange == SMART else contract.exchange,
            is_buy=ticket.is_buy,
            shares=fill.quantity,
            price=fill.price,
            order_id=ticket.told_id,
            perm_id=ticket.perm_id,
            client_id=ticket.client_id,
            cum_qty=fill.cum_qty,
            average_px=ticket.average_px,
            order_ref=ticket.order_ref,
            is_maker=fill.is_maker,
            commission=fill.commission,
            currency=fill.commission_asset,
            realized_pnl=self._portfolio.fill(fill, contract),
            contract=contract,
            is_priced_later=later is not None,
        )

    def _tell_fill(self, ticket: Ticket, execution: Execution) -> None:
        is_done = ticket.remaining <= ticket.busted
        symbol = ticket.contract.market
        is_first = self._faults.take("commission_first", symbol=symbol) is not None
        if is_first:
            self._teller.commission(ticket, execution)
        self._teller.execution(ticket, execution)
        if is_done:
            ticket.end(FILLED, f"Filled Size: {number(ticket.filled)}", execution.time_ns)
        elif not ticket.is_ended:
            ticket.status = SUBMITTED
        mute = not is_done and self._faults.take("fill_without_status", symbol=symbol) is not None
        if not mute:
            self._teller.open_order(ticket)
            self._teller.status(ticket)
        ticket.commission += execution.commission
        if is_first:
            return
        late = self._faults.take("late_commission", symbol=symbol)
        if late is None:
            self._tell_commission(ticket, execution)
            return
        self._executions.owe_commission(execution)
        if seconds := float(str(late["seconds"])):
            self._lines.later(seconds, lambda: self._pay(ticket, execution))

    def _pay(self, ticket: Ticket, execution: Execution) -> None:
        if self._executions.pay_commission(execution):
            self._tell_commission(ticket, execution)

    def _tell_commission(self, ticket: Ticket, execution: Execution) -> None:
        if ticket.remaining <= ticket.busted:
            self._teller.open_order(ticket)
        self._teller.commission(ticket, execution)

    def _correct(self, ticket: Ticket, execution: Execution) -> None:
        struck = self._faults.take("correct_execution", symbol=ticket.contract.market)
        if struck is None:
            return
        change = int(str(struck["ticks"])) * ticket.contract.min_tick
        corrected = self._executions.corrected(execution, execution.price + change)
        signed = execution.shares if execution.is_buy else -execution.shares
        cost = signed * change * ticket.contract.size_of_one
        money = self._exchange.listings[ticket.contract.market].quote
        try:
            self._exchange.transfer(ticket.account, money, -cost, self._now_ns())
        except Refused:
            return  # the account cannot pay the difference: the execution stands
        self._portfolio.reprice(ticket.account, ticket.contract, signed, change)
        self._executions.add(corrected)
        ticket.average_px = corrected.average_px
        self._teller.execution(ticket, corrected)
        self._teller.commission(ticket, corrected)

    def _follow(self, ticket: Ticket, filled: Decimal) -> None:
        """Let the children of a filled parent go; end or shrink the rest of its group."""
        is_done = ticket.remaining <= ticket.busted
        if is_done:
            for child in self._desk.children(ticket):
                self._flow.release(child)
        ends = is_done or ticket.asked.get("ocaType") == _CANCEL_REST
        for sibling in self._desk.group(ticket):
            left = sibling.quantity - filled
            if ends or left <= sibling.filled:
                self._flow.end_if_open(sibling)
                continue
            smaller = {**sibling.asked, "totalQuantity": number(left)}
            try:
                self._desk.modify(sibling, smaller, self._now_ns())
            except Refusal:
                continue  # it has ended: its own event comes next
            self._teller.order(sibling)


def _closed(ticket: Ticket) -> Refusal:
    return Refusal(
        Code.ORDER_MESSAGE,
        f"Order Message:\n{ticket.asked['action']} {number(ticket.quantity)}"
        f" {ticket.contract.local_symbol} {ticket.contract.trading_class}\nWarning: your order will"
        " not be placed at the exchange until the next open",
    )
