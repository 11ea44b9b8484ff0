"""Orders on their way: one message each, its answer the first that IB tells of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from regimeflow.adapters.brokers.ib import terms as order_terms
from regimeflow.adapters.brokers.ib.contracts import Contracts
from regimeflow.adapters.brokers.ib.errors import not_sent, refused, unknown
from regimeflow.adapters.brokers.ib.news import Owner
from regimeflow.adapters.brokers.ib.order_ids import OrderIds
from regimeflow.adapters.brokers.ib.orders import Answer, Known, KnownOrders
from regimeflow.adapters.brokers.ib.words import TYPE_WORDS
from regimeflow.domain.orders.order import LiveOrder, OrderModification

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import Requests


class Commands:
    """Sends orders, cancels and changes; each leaves once.

    Args:
        requests: Gives what sends requests; raises while nothing would be heard.
        timeout_s: How long an answer may take.
    """

    def __init__(
        self,
        requests: Callable[[], Requests],
        ids: OrderIds,
        *,
        known: KnownOrders,
        contracts: Contracts,
        timeout_s: float,
    ) -> None:
        self._requests: Final = requests
        self._ids: Final = ids
        self._known: Final = known
        self._contracts: Final = contracts
        self._timeout_s: Final = timeout_s
        self.owner: Owner | None = None

    def submit(self, order: LiveOrder) -> Awaitable[str | None]:
        """Send a new order; see ``BrokerAdapter.submit_order``."""
        requests, owner = self._requests(), self._whose()
        terms = order_terms.of_order(order)
        if self._known.find(order.client_order_id) is not None:
            raise refused(f"there is an order {order.client_order_id} already: it is sent once")
        known = Known(
            symbol=order.symbol,
            client_order_id=order.client_order_id,
            client_id=owner.client_id,
            order_id=self._ids.next(),
            terms=terms,
            sending=Answer(),
        )
        self._place(requests, known, terms)
        self._known.sent(known)
        return self._sent(known)

    def cancel(self, broker_order_id: str) -> Awaitable[None]:
        """Ask for a cancel; see ``BrokerAdapter.cancel_order``."""
        requests, known = self._requests(), self._own(broker_order_id)
        answer = Answer()
        try:
            requests.cancelOrder(known.order_id)
        except ConnectionError as error:
            raise not_sent(str(error)) from None
        known.cancelling, known.is_cancel_asked = answer, True
        return self._answered(answer, f"the cancel of order {broker_order_id}")

    def modify(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        """Ask for a change; see ``BrokerAdapter.modify_order``."""
        requests, known = self._requests(), self._own(broker_order_id)
        if known.terms is None or known.is_over or known.changing is not None:
            what = "is not known yet" if known.terms is None else "is being changed already"
            raise refused(f"order {broker_order_id} {'is over' if known.is_over else what}")
        traded = self._contracts.to_order(known.symbol)
        if known.terms.type not in TYPE_WORDS:
            raise refused(
                f"order {broker_order_id} is of a type that has no word here: change it in TWS, or"
                " cancel it and send another"
            )
        asked = order_terms.changed(known.terms, mod, traded)
        if asked.quantity <= known.filled:
            raise refused(f"{known.filled} of {broker_order_id} have filled; cancel it instead")
        answer = Answer()
        self._place(requests, known, asked)
        known.asked, known.changing = asked, answer
        return self._changed(known, answer)

    # ---- what is answered

    async def _sent(self, known: Known) -> str | None:
        if known.sending is not None:
            await self._answered(known.sending, f"order {known.client_order_id}")
        return known.broker_order_id

    async def _changed(self, known: Known, answer: Answer) -> str | None:
        try:
            await self._answered(answer, f"the change of order {known.broker_order_id}")
        finally:
            if known.changing is answer:
                known.changing = None  # what was asked is still known, should it come true
        return known.broker_order_id

    async def _answered(self, answer: Answer, what: str) -> None:
        try:
            await answer.wait(self._timeout_s)
        except TimeoutError:
            error = unknown(f"{what}: no answer in {self._timeout_s:g} s")
            answer.give(error)  # whatever comes now is news
            raise error from None

    # ---- the parts

    def _place(self, requests: Requests, known: Known, terms: order_terms.Terms) -> None:
        contract = self._contracts.to_order(known.symbol).contract
        order = order_terms.to_ib(
            terms, account=self._whose().account, client_order_id=known.client_order_id
        )
        try:
            requests.placeOrder(known.order_id, contract, order)
        except ConnectionError as error:
            raise not_sent(str(error)) from None

    def _whose(self) -> Owner:
        if self.owner is None:
            raise not_sent("there is no session")
        return self.owner

    def _own(self, broker_order_id: str) -> Known:
        """An order that this client may touch: IB lets no client touch another's."""
        known, owner = self._known.by_broker_id(broker_order_id), self._whose()
        if known is None:
            raise refused(f"order {broker_order_id} is not known here")
        if known.order_id <= 0 or known.client_id != owner.client_id:
            whose = f"client {known.client_id}'s" if known.order_id > 0 else "made by hand in TWS"
            raise refused(f"order {broker_order_id} is {whose}: IB lets only that one touch it")
        return known
