"""What clients ask of orders, from the wire to the desk, with all that may go wrong between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.clients import TWS_OWNER
from regimeflow.apps.venues.ib.desk import Desk
from regimeflow.apps.venues.ib.errors import Code, Refusal, rejected
from regimeflow.apps.venues.ib.fields import UNSET_DOUBLE, Reader, double
from regimeflow.apps.venues.ib.ids import Say
from regimeflow.apps.venues.ib.interruptions import Faulty, Interruptions
from regimeflow.apps.venues.ib.layout import Rows, Values, read
from regimeflow.apps.venues.ib.order_forms import open_order
from regimeflow.apps.venues.ib.order_layouts import PLACE_ORDER
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.teller import Teller
from regimeflow.apps.venues.ib.ticket import (
    API_CANCELLED,
    CANCELLED,
    INACTIVE,
    PENDING_CANCEL,
    PRE_SUBMITTED,
    Hold,
    Ticket,
)

_TRUE: Final = frozenset({"1", "true", "True"})


class OrderFlow:
    """Handles placeOrder and the cancels."""

    def __init__(
        self,
        desk: Desk,
        teller: Teller,
        lines: Interruptions,
        faults: Faulty,
        now_ns: Callable[[], int],
    ) -> None:
        self._desk = desk
        self._teller = teller
        self._lines = lines
        self._faults = faults
        self._now_ns = now_ns
        # told when an order has left, so that what it met is told before what comes next
        self.on_sent: Callable[[], None] = lambda: None
        lines.on_restart.append(self._forget_untransmitted)

    def place(self, session: Session, order_id: int, reader: Reader) -> None:
        """Handle placeOrder: a new order, or the modification of one.

        Raises:
            Refusal: nothing has changed.
        """
        reader = _again(order_id, reader)
        asked, rows = read(PLACE_ORDER, reader, session.version)
        ticket = self._desk.find(session.client_id, order_id)
        at = "place" if ticket is None else "modify"
        context = {"symbol": asked["symbol"], "order_ref": asked["orderRef"]}
        if self._lines.strike(at, session, **context):
            return
        try:
            if ticket is not None:
                self._modify(session, ticket, asked)
            elif asked["whatIf"] in _TRUE:
                self._preview(session, asked, rows)
            else:
                self._open(session, asked, rows)
        finally:
            self._lines.strike_after(at, session, **context)

    def place_by_hand(self, asked: Values) -> Ticket:
        """Place an order as a user of the window does."""
        ticket = self._desk.open_manual(asked, self._now_ns())
        self.release(ticket)
        return ticket

    def cancel(self, session: Session, order_id: int) -> None:
        """Handle cancelOrder.

        Raises:
            Refusal: it is unknown or has ended.
        """
        ticket = self._desk.find(session.client_id, order_id)
        struck = self._faults.take("cancel_refused", client=session.client_id)
        if ticket is None:
            raise Refusal(Code.CANCEL_UNKNOWN, id=order_id)
        if struck is not None:
            code = Code(int(str(struck["code"])))
            raise Refusal(code, id=order_id, state=ticket.status)
        if ticket.is_ended:
            raise Refusal(Code.CANCEL_REFUSED, id=order_id, state=ticket.status)
        context = {"symbol": ticket.contract.market, "order_ref": ticket.order_ref}
        if self._lines.strike("cancel", session, **context):
            return
        try:
            self.end(ticket)
        finally:
            self._lines.strike_after("cancel", session, **context)

    def cancel_all(self) -> None:
        """Handle reqGlobalCancel: every order, whoever placed it."""
        for ticket in self._desk:
            self.end_if_open(ticket)

    def end(self, ticket: Ticket) -> None:
        """Cancel an order, wherever it is."""
        if ticket.is_ended or (
            ticket.hold is not Hold.OUTAGE and self._lines.park(lambda: self._end_later(ticket))
        ):
            return
        if ticket.exchange_id:
            self._desk.cancel_at_exchange(ticket, self._now_ns())
            ticket.status = PENDING_CANCEL
            self._teller.status(ticket)
            return
        status = API_CANCELLED if ticket.hold is Hold.ACKNOWLEDGEMENT else CANCELLED
        ticket.end(status, "Cancelled by Trader", self._now_ns())
        self._teller.status(ticket)
        self._teller.error(ticket, Refusal(Code.CANCELLED))
        for child in self._desk.children(ticket):
            self.end_if_open(child)

    def _end_later(self, ticket: Ticket) -> None:
        try:
            self.end(ticket)
        except Refusal as refusal:
            self._teller.error(ticket, refusal)

    def end_if_open(self, ticket: Ticket) -> None:
        """Cancel an order unless it has ended at the exchange, of which its own event tells."""
        try:
            self.end(ticket)
        except Refusal:
            return

    def release(self, ticket: Ticket) -> None:
        """Let an order go to the exchange, when nothing holds it back."""
        if ticket.is_ended or ticket.exchange_id:
            return
        if self._lines.park(lambda: self.release(ticket)):
            ticket.hold = Hold.OUTAGE
            return
        if not self._desk.may_leave(ticket):
            ticket.status = PRE_SUBMITTED
            self._teller.order(ticket)
            return
        late = self._faults.take("late_acknowledgement", symbol=ticket.contract.market)
        if late is not None:
            ticket.hold = Hold.ACKNOWLEDGEMENT
            self._teller.order(ticket)
            if seconds := float(str(late["seconds"])):
                self._lines.later(seconds, lambda: self.submit(ticket))
            return
        held = self._faults.take("hold_order", symbol=ticket.contract.market)
        if held is None:
            self.submit(ticket)
            return
        ticket.hold, ticket.status = Hold.LOCATE, INACTIVE
        self._teller.error(ticket, Refusal(Code.HELD_FOR_LOCATE))
        self._teller.order(ticket)
        if seconds := float(str(held["seconds"])):
            self._lines.later(seconds, lambda: self.submit(ticket))

    def release_held(self) -> int:
        """Submit the orders that wait for a locate or an acknowledgement; return how many."""
        waiting = {Hold.LOCATE, Hold.ACKNOWLEDGEMENT}
        held = [ticket for ticket in self._desk if ticket.hold in waiting]
        for ticket in held:
            self.submit(ticket)
        return len(held)

    def submit(self, ticket: Ticket) -> None:
        """Send an order to the exchange; what becomes of it comes as events."""
        if ticket.is_ended or ticket.exchange_id:
            return
        ticket.hold = None
        try:
            self._desk.submit(ticket, self._now_ns())
        except Refusal as refusal:
            self.reject(ticket, refusal, {})
        self.on_sent()

    def reject(self, ticket: Ticket, refusal: Refusal, form: Mapping[str, object]) -> None:
        """End an order with an error, in one of the sequences that users have seen."""
        ticket.end(INACTIVE, refusal.text, self._now_ns())
        ticket.is_rejected = True
        if form.get("status_first"):
            self._teller.order(ticket)
        self._teller.error(ticket, refusal)
        if form.get("alone") or form.get("status_first"):
            return
        self._teller.order(ticket)
        if form.get("then_cancelled"):
            ticket.status = CANCELLED
            self._teller.status(ticket)

    def _open(self, session: Session, asked: Values, rows: Rows) -> None:
        preset = self._faults.take("tif_preset", symbol=asked["symbol"])
        if preset is not None:
            asked["tif"] = "DAY"
        ticket, may_go = self._desk.open_ticket(session.client_id, asked, rows, self._now_ns())
        symbol = ticket.contract.market
        if preset is not None:
            self._teller.error(ticket, Refusal(Code.TIF_PRESET))
        refused = self._faults.take("reject_order", symbol=symbol, order_ref=ticket.order_ref)
        if refused is not None:
            self.reject(ticket, rejected(str(refused["reason"])), refused)
            return
        warned = self._faults.take("order_message", symbol=symbol)
        if warned is not None:
            text = f"Order Message:\n{asked['action']} {ticket.quantity} {symbol}\n{warned['text']}"
            self._teller.error(ticket, Refusal(Code(int(str(warned["code"]))), text))
        if may_go:
            for member in self._desk.family(ticket):
                self.release(member)

    def _modify(self, session: Session, ticket: Ticket, asked: Values) -> None:
        refused = self._faults.take("modify_refused", symbol=ticket.contract.market)
        if refused is not None:
            raise Refusal(Code(int(str(refused["code"]))))
        if self._lines.park(lambda: self._modify_later(session, ticket, asked)):
            return
        self._desk.modify(ticket, asked, self._now_ns())
        if ticket.hold is Hold.NOT_TRANSMITTED:
            if asked["transmit"] in _TRUE:
                for member in self._desk.family(ticket):
                    self.release(member)
            return
        self._teller.order(ticket)

    def _modify_later(self, session: Session, ticket: Ticket, asked: Values) -> None:
        try:
            self._modify(session, ticket, asked)
        except Refusal as refusal:
            session.refuse(ticket.order_id, refusal)

    def _preview(self, session: Session, asked: Values, rows: Rows) -> None:
        ticket, _ = self._desk.open_ticket(session.client_id, asked, rows, self._now_ns())
        ticket.end(PRE_SUBMITTED, "", self._now_ns())
        self._desk.discard(ticket)
        values = ticket.told()
        price = Decimal(asked["lmtPrice"] or 0)
        margin = double(ticket.quantity * price * ticket.contract.size_of_one / 2)
        values |= {"initMarginChange": margin, "maintMarginChange": margin}
        values |= {"commission": UNSET_DOUBLE, "minCommission": "1.0", "maxCommission": "1.0"}
        session.send(open_order(values | {"commissionCurrency": "USD"}, rows, session.version))

    def _forget_untransmitted(self) -> None:
        for ticket in self._desk:
            if ticket.hold is Hold.NOT_TRANSMITTED or ticket.hold is Hold.OUTAGE:
                ticket.end(CANCELLED, "", self._now_ns())
                self._desk.discard(ticket)

    def bind_manual_orders(self, session: Session) -> None:
        """Hand the orders that were typed into the window to client 0."""
        for ticket in self._desk:
            if ticket.client_id == TWS_OWNER and ticket.order_id < 0 and not ticket.is_ended:
                ticket.is_bound = True
                bound = (ticket.perm_id, TWS_OWNER, ticket.order_id)
                session.send(messages.of(Say.ORDER_BOUND, *bound))
                self._teller.order_to(session, ticket)


def _again(order_id: int, reader: Reader) -> Reader:
    """Return a reader with the order id, which the dispatcher has taken, in front again."""
    return Reader([str(order_id), *(reader.text() for _ in range(reader.left))])
