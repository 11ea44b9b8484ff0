"""What IB tells of orders, as reports: openOrder, orderStatus, completedOrder, errors.

Statuses say where an order stands, never that something has traded: they repeat and skip.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers.ib import errors, terms, words
from regimeflow.adapters.brokers.ib.amounts import amount
from regimeflow.adapters.brokers.ib.clock import VenueClock
from regimeflow.adapters.brokers.ib.contracts import Contracts
from regimeflow.adapters.brokers.ib.orders import Known, KnownOrders
from regimeflow.adapters.brokers.ib.reports import report_of
from regimeflow.types.enums import ExecType, LiveOrderStatus, TimeInForce
from regimeflow.types.errors import BrokerError
from regimeflow.types.records import Record, replace

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import TwsContract, TwsOrder, TwsOrderState

# For so long an order that came as far as PreSubmitted is taken for one on its way, not for held.
_ON_ITS_WAY_S: Final = 1.0
_EXEC_TYPES: Final = {
    LiveOrderStatus.PENDING_NEW: ExecType.PENDING_NEW,
    LiveOrderStatus.NEW: ExecType.NEW,
    LiveOrderStatus.INACTIVE: ExecType.SUSPENDED,
    LiveOrderStatus.PENDING_CANCEL: ExecType.PENDING_CANCEL,
    LiveOrderStatus.CANCELLED: ExecType.CANCELED,
    LiveOrderStatus.EXPIRED: ExecType.EXPIRED,
    LiveOrderStatus.REJECTED: ExecType.REJECTED,
    LiveOrderStatus.FILLED: ExecType.ORDER_STATUS,
}


class Owner(Record, kw_only=True):
    """Whose messages count: one account of the login, seen by one client."""

    account: str
    client_id: int
    zone: str


class OrderNews:
    """Follows every order, and tells what is new of it.

    Args:
        known: The orders.
        contracts: What this session trades.
        clock: The venue's time.
        report: Takes reports.
        tell: Takes a line for people.
    """

    def __init__(
        self,
        known: KnownOrders,
        contracts: Contracts,
        clock: VenueClock,
        *,
        report: Callable[[ExecutionReport], object],
        tell: Callable[[str], object],
    ) -> None:
        self._known: Final = known
        self._contracts: Final = contracts
        self._clock: Final = clock
        self._report: Final = report
        self._tell: Final = tell
        self.owner: Owner | None = None
        self.on_open: Callable[[Known], object] = lambda known: known
        self.on_unclear: Callable[[], object] = lambda: None

    # ---- messages

    def open_order(
        self, order_id: int, contract: TwsContract, order: TwsOrder, state: TwsOrderState
    ) -> None:
        """Take an openOrder: the order's terms, and how it stands."""
        known = self._meet(contract, order, client_id=order.clientId, order_id=order_id)
        if known is None:
            return
        told = terms.of_ib(order, self._zone)
        self._take_terms(known, told)
        self._take_word(known, state.status)
        if not known.is_over:
            self.on_open(known)

    def order_status(  # noqa: PLR0917  # as the library calls it
        self,
        order_id: int,
        status: str,
        filled: float,
        remaining: float,
        average_px: float,
        perm_id: int,
        parent_id: int,
        last_px: float,
        client_id: int,
        why_held: str = "",
        cap_px: float = 0.0,
    ) -> None:
        """Take an orderStatus; one of an order that no openOrder has told of says nothing."""
        del remaining, average_px, parent_id, last_px, cap_px
        known = self._known.of(perm_id=perm_id, client_id=client_id, order_id=order_id)
        if known is None:
            return
        known.told_filled = max(known.told_filled, amount(filled))
        known.is_held = bool(why_held) or (known.is_held and status != words.SUBMITTED)
        self._take_word(known, status)
        if known.told_filled > known.filled and not known.is_over:
            self._report(self.status_of(known))

    def completed_order(
        self, contract: TwsContract, order: TwsOrder, state: TwsOrderState
    ) -> Known | None:
        """Take a completedOrder: it names no order id, and what is left as its quantity."""
        ours = 0 if self.owner is None else self.owner.client_id  # whose it is, is not told
        known = self._meet(contract, order, client_id=ours, order_id=0)
        if known is None:
            return None
        told = terms.of_ib(order, self._zone)
        filled = amount(order.filledQuantity)
        whole = replace(told, quantity=told.quantity + filled)
        if known.terms is None or (whole.quantity and not known.is_over):
            known.terms = whole
        known.told_filled = max(known.told_filled, filled)
        word = "Cancelled" if state.status == words.PRE_SUBMITTED else state.status
        if word == words.INACTIVE and not known.refused:
            known.refused = state.completedStatus or "rejected"
        self._take_word(known, word)
        return known

    def error(self, known: Known, code: int, text: str, json: str = "") -> None:
        """Take an error that names an order: most end it, many do not."""
        shown = errors.shown(code, f"{text} {json}" if json else text)
        if code in errors.HELD:
            known.is_held = True
            self._tell(f"order {known.client_order_id}: {shown}")
            if known.word == words.PRE_SUBMITTED:
                self._move(known, LiveOrderStatus.INACTIVE, shown)
        elif errors.is_informative(code):
            self._tell(f"order {known.client_order_id}: {shown}")
        elif code == errors.CANCELLED:
            self._cancelled(known, shown)
        elif code in errors.CANCEL_REFUSED:
            self._cancel_refused(known, shown)
        elif (known.word in words.UNCONFIRMED and known.changing is None) or (
            code == errors.REJECTED and known.changing is None
        ):
            self._rejected(known, code, shown)
        else:
            self._request_refused(known, code, shown)

    # ---- what is told of it

    def status_of(self, known: Known) -> ExecutionReport:
        """Return an order as it stands, as an answer to a question."""
        return self._made(known, ExecType.ORDER_STATUS, self._state_of(known))

    def cancel_rejected(self, known: Known, text: str) -> None:
        """Tell that a cancel changed nothing."""
        state = self._state_of(known)
        self._report(self._made(known, ExecType.CANCEL_REJECTED, state, text=text))

    def replace_rejected(self, known: Known, text: str) -> None:
        """Tell that a change changed nothing."""
        state = self._state_of(known)
        self._report(self._made(known, ExecType.REPLACE_REJECTED, state, text=text))

    # ---- the parts

    @property
    def _zone(self) -> str:
        return "UTC" if self.owner is None else self.owner.zone

    def _meet(
        self, contract: TwsContract, order: TwsOrder, *, client_id: int, order_id: int
    ) -> Known | None:
        traded, owner = self._contracts.of(contract), self.owner
        if traded is None or owner is None or order.account != owner.account:
            return None
        return self._known.meet(
            traded.symbol,
            perm_id=order.permId,
            client_id=client_id,
            order_id=order_id,
            ref=order.orderRef,
            own_client=owner.client_id,
        )

    def _take_terms(self, known: Known, told: terms.Terms) -> None:
        before = known.terms
        if before is not None and told.is_trailing:
            told = replace(told, stop_price=before.stop_price)
        known.terms = told
        if known.asked is not None and terms.are_those(told, known.asked):
            self._changed(known)
        elif before is not None and known.state is not None and not terms.are_those(told, before):
            self._report(self._made(known, ExecType.RESTATED, self._state_of(known)))

    def _changed(self, known: Known) -> None:
        known.asked, changing, known.changing = None, known.changing, None
        if changing is not None:
            changing.give()
        if known.state is not None and not known.is_over:
            self._report(self._made(known, ExecType.REPLACED, self._state_of(known)))

    def _take_word(self, known: Known, word: str) -> None:
        state = words.STATUSES.get(word)
        if state is None or (known.is_over and state is not LiveOrderStatus.FILLED):
            return
        known.word = word
        if word == words.INACTIVE and known.refused:
            state = LiveOrderStatus.REJECTED
        elif word == words.PRE_SUBMITTED and self._is_on_its_way(known):
            state = LiveOrderStatus.PENDING_NEW
            asyncio.get_running_loop().call_later(_ON_ITS_WAY_S, self._still_waits, known)
        elif state is LiveOrderStatus.CANCELLED and self._has_expired(known):
            state = LiveOrderStatus.EXPIRED
        elif state is LiveOrderStatus.PENDING_CANCEL and known.cancelling is not None:
            known.cancelling.give()
        self._move(known, state)

    def _is_on_its_way(self, known: Known) -> bool:
        """Whether PreSubmitted is but a step of an order that nothing holds."""
        is_new = known.state in {None, LiveOrderStatus.PENDING_NEW}
        waits = known.terms is None or known.terms.type in words.WAITING_TYPES
        return is_new and not waits and not known.is_held

    def _still_waits(self, known: Known) -> None:
        if known.word == words.PRE_SUBMITTED and known.state is LiveOrderStatus.PENDING_NEW:
            self._move(known, LiveOrderStatus.INACTIVE)

    def _has_expired(self, known: Known) -> bool:
        until_ns = None if known.terms is None else known.terms.expire_time_ns
        is_gtd = known.terms is not None and known.terms.time_in_force is TimeInForce.GTD
        return (
            is_gtd
            and not known.is_cancel_asked
            and until_ns is not None
            and self._clock.now_ns() >= until_ns - self._clock.DOUBT_NS
        )

    def _move(self, known: Known, state: LiveOrderStatus, text: str = "") -> None:
        """Tell a new state, and answer what waits for it."""
        if known.sending is not None:
            known.sending.give()
        if state is known.state:
            return
        if known.is_over or (known.state is not None and state is LiveOrderStatus.PENDING_NEW):
            return
        known.state = state
        if state.is_terminal:
            self._known.ended(known)
            for answer in (known.cancelling, known.changing):
                if answer is not None:
                    answer.give(_too_late(known) if answer is known.changing else None)
            known.asked = known.changing = known.cancelling = None
        self._report(self._made(known, _EXEC_TYPES[state], self._state_of(known), text=text))

    def _cancelled(self, known: Known, text: str) -> None:
        if known.sending is not None and known.state is None:
            known.sending.give()
        state = LiveOrderStatus.CANCELLED
        self._move(known, LiveOrderStatus.EXPIRED if self._has_expired(known) else state, text)

    def _cancel_refused(self, known: Known, text: str) -> None:
        cancelling, known.cancelling = known.cancelling, None
        known.is_cancel_asked = False
        if cancelling is not None:
            cancelling.give()
        self.cancel_rejected(known, text)

    def _rejected(self, known: Known, code: int, text: str) -> None:
        known.refused = text
        if known.state is None and known.sending is not None and known.sending.is_open:
            known.state = LiveOrderStatus.REJECTED
            self._known.ended(known)
            known.sending.give(errors.refusal(code, text))
            return
        self._move(known, LiveOrderStatus.REJECTED, text)

    def _request_refused(self, known: Known, code: int, text: str) -> None:
        """An error of an order that IB has: of a request about it, if one is out."""
        for answer in (known.changing, known.cancelling):
            if answer is not None and answer.is_open:
                if answer is known.changing:
                    known.asked = known.changing = None
                else:
                    known.cancelling, known.is_cancel_asked = None, False
                answer.give(errors.refusal(code, text))
                break
        else:
            self._tell(f"order {known.client_order_id}: {text}")
        if not known.is_over:
            self.on_unclear()  # how it stands is asked for, not guessed from the code

    def _state_of(self, known: Known) -> LiveOrderStatus:
        state = known.state or LiveOrderStatus.PENDING_NEW
        has_traded = max(known.filled, known.told_filled) > 0
        if state is LiveOrderStatus.NEW and has_traded:
            return LiveOrderStatus.PARTIALLY_FILLED
        return state

    def _made(
        self, known: Known, exec_type: ExecType, state: LiveOrderStatus, *, text: str = ""
    ) -> ExecutionReport:
        return report_of(
            known,
            exec_type,
            state,
            cum_qty=max(known.filled, known.told_filled),
            event_ns=self._clock.now_ns(),
            recv_ns=time.time_ns(),
            text=text or (known.refused if state is LiveOrderStatus.REJECTED else ""),
        )


def _too_late(known: Known) -> BrokerError:
    name = "ended" if known.state is None else known.state.name
    return errors.refusal(0, f"order {known.broker_order_id} is over: {name}")
