"""The orders that this session has sent or seen, found by any of IB's names for them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from regimeflow.adapters.brokers.ib.terms import Terms
from regimeflow.domain.orders.client_order_ids import is_of_our_making
from regimeflow.types.enums import LiveOrderStatus
from regimeflow.types.errors import BrokerError
from regimeflow.types.records import Record, made

# How many orders that have ended stay known: answers and repeats about them still come.
ENDED_KEPT: Final = 20_000
_ZERO: Final = Decimal(0)


class Answer:
    """What a request about an order waits for."""

    def __init__(self) -> None:
        self._future: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()

    @property
    def is_open(self) -> bool:
        """Whether nothing has answered it."""
        return not self._future.done()

    def give(self, error: BrokerError | None = None) -> None:
        """Answer it; only the first answer counts."""
        if self._future.done():
            return
        if error is None:
            self._future.set_result(None)
        else:
            self._future.set_exception(error)
            self._future.exception()  # somebody may have stopped waiting

    async def wait(self, timeout_s: float) -> None:
        """Wait for the answer; TimeoutError when there is none in time."""
        async with asyncio.timeout(timeout_s):
            await asyncio.shield(self._future)


class Known(Record, frozen=False, kw_only=True):
    """One order, as far as is known here."""

    symbol: str
    client_order_id: str
    client_id: int
    order_id: int
    perm_id: int = 0
    leg: str = ""  # its symbol, of another leg of a combo than the first
    terms: Terms | None = None
    state: LiveOrderStatus | None = None  # None: nothing was heard of it
    word: str = ""  # IB's own status
    filled: Decimal = _ZERO  # by executions
    told_filled: Decimal = _ZERO  # by statuses
    refused: str = ""  # an error has named it, and the order is dead
    is_held: bool = False  # an error has named it, and it waits
    is_cancel_asked: bool = False
    asked: Terms | None = None  # of a modification that is out
    sending: Answer | None = None
    cancelling: Answer | None = None
    changing: Answer | None = None
    shares: dict[str, Decimal] = made(dict)  # of each execution, by what its corrections share

    @property
    def broker_order_id(self) -> str:
        """Its name to the engine: known from the moment it is sent, and for good."""
        if self.leg:
            return f"{self.perm_id}-{self.leg}"
        return f"{self.client_id}-{self.order_id}" if self.order_id > 0 else str(self.perm_id)

    @property
    def is_over(self) -> bool:
        """Whether IB will not work it again."""
        return self.state is not None and self.state.is_terminal

    def answers(self) -> Iterator[Answer]:
        """What waits for an answer."""
        for each in (self.sending, self.cancelling, self.changing):
            if each is not None and each.is_open:
                yield each


class KnownOrders:
    """Finds orders: by permId, by client and order id, by our own id."""

    def __init__(self) -> None:
        self._by_perm: Final[dict[int, Known]] = {}
        self._by_order: Final[dict[tuple[int, int], Known]] = {}
        self._by_name: Final[dict[str, Known]] = {}
        self._ended: Final[deque[Known]] = deque()

    def __iter__(self) -> Iterator[Known]:
        return iter(list(self._by_name.values()))

    def sent(self, known: Known) -> None:
        """Remember an order that is about to leave."""
        self._by_order[known.client_id, known.order_id] = known
        self._by_name[known.client_order_id] = known

    def find(self, client_order_id: str) -> Known | None:
        """Return an order by our own id."""
        return self._by_name.get(client_order_id)

    def by_order_id(self, client_id: int, order_id: int) -> Known | None:
        """Return a client's order."""
        return self._by_order.get((client_id, order_id))

    def by_broker_id(self, broker_order_id: str) -> Known | None:
        """Return an order by its name to the engine, or by its permId."""
        client, dash, number = broker_order_id.partition("-")
        if dash and client.isdecimal() and number.isdecimal():
            return self._by_order.get((int(client), int(number)))
        return self._by_perm.get(int(client)) if client.isdecimal() else None

    def of(self, *, perm_id: int, client_id: int, order_id: int) -> Known | None:
        """Return what a message is about.

        By permId first: of other clients' orders, statuses name client ids that are none.
        """
        found = self._by_perm.get(perm_id) if perm_id else None
        if found is None and order_id > 0:
            found = self._by_order.get((client_id, order_id))
            if found is not None and found.perm_id and perm_id and found.perm_id != perm_id:
                return None  # the id was used again, by another order
        return found

    def meet(
        self, symbol: str, *, perm_id: int, client_id: int, order_id: int, ref: str, own_client: int
    ) -> Known:
        """Return what a message is about, new if nobody knew it."""
        known = self.of(perm_id=perm_id, client_id=client_id, order_id=order_id)
        if known is not None and known.symbol != symbol:
            return self._leg(known, symbol)
        if known is None:
            known = self._sent_as(ref, perm_id=perm_id, order_id=order_id)
        if known is None:
            is_ours = client_id == own_client or is_of_our_making(ref)
            known = Known(
                symbol=symbol,
                client_order_id=ref if ref and is_ours and ref not in self._by_name else "",
                client_id=client_id,
                order_id=max(order_id, 0),
            )
            known.client_order_id = known.client_order_id or str(perm_id or known.broker_order_id)
            self._by_name[known.client_order_id] = known
        if perm_id and not known.perm_id:
            known.perm_id = perm_id
            self._by_perm[perm_id] = known
        if order_id > 0 and not known.order_id:  # a completed order names none
            known.client_id, known.order_id = client_id, order_id
        if known.order_id:
            self._by_order.setdefault((known.client_id, known.order_id), known)
        return known

    def _leg(self, known: Known, symbol: str) -> Known:
        """Return another leg of a combo: one order at IB, and one here for each of its symbols."""
        name = f"{known.perm_id}-{symbol}"
        leg = self._by_name.get(name)
        if leg is None:
            leg = Known(
                symbol=symbol,
                client_order_id=name,
                client_id=known.client_id,
                order_id=0,
                perm_id=known.perm_id,
                leg=symbol,
            )
            self._by_name[name] = leg
        return leg

    def _sent_as(self, ref: str, *, perm_id: int, order_id: int) -> Known | None:
        """Our order of a name, of which no answer has told IB's number yet."""
        known = self._by_name.get(ref) if ref else None
        if known is None or known.perm_id not in {0, perm_id}:
            return None
        return known if order_id <= 0 or known.order_id in {0, order_id} else None

    def ended(self, known: Known) -> None:
        """Take that an order is over; many later it is forgotten."""
        self._ended.append(known)
        while len(self._ended) > ENDED_KEPT:
            self._forget(self._ended.popleft())

    def fail_requests(self, error: BrokerError) -> None:
        """Answer whatever waits with an error."""
        for known in self:
            for answer in known.answers():
                answer.give(error)

    def _forget(self, known: Known) -> None:
        if not known.is_over:
            return
        self._by_name.pop(known.client_order_id, None)
        if self._by_perm.get(known.perm_id) is known:
            del self._by_perm[known.perm_id]
        key = known.client_id, known.order_id
        if self._by_order.get(key) is known:
            del self._by_order[key]
