"""Orders on their way, over REST; what becomes of them is told by the stream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers._shared.changes import exact_change
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers.alpaca import formatting
from regimeflow.adapters.brokers.alpaca.errors import VENUE, Meaning, Refusal, not_sent
from regimeflow.adapters.brokers.alpaca.formatting import Asked
from regimeflow.adapters.brokers.alpaca.groups import group_body, named_legs
from regimeflow.adapters.brokers.alpaca.hours import Hours
from regimeflow.adapters.brokers.alpaca.known import Known, Replacing
from regimeflow.adapters.brokers.alpaca.orders import KnownOrders
from regimeflow.adapters.brokers.alpaca.reads import Reads
from regimeflow.adapters.brokers.alpaca.rest import AlpacaRest
from regimeflow.adapters.brokers.alpaca.rules import AssetRules
from regimeflow.adapters.brokers.alpaca.translate import ANSWERS
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrdRejReason
from regimeflow.types.errors import BrokerError, InvalidArgument, NetworkError, Outcome
from regimeflow.types.records import replace

_ORDERS: Final = "/v2/orders"
_MOST_IDS: Final = 5


class Commands:
    """Sends orders, cancels and changes; a request leaves once.

    Args:
        rest: The trading host.
        reads: For what an answer leaves open.
        clock: The venue's time.
        known: The orders of this session.
        rules: Those of each symbol.
        hours: When what works.
        report: Takes news of orders.
        tell: Takes a line for people.
    """

    def __init__(
        self,
        rest: AlpacaRest,
        reads: Reads,
        clock: ClockOffset,
        known: KnownOrders,
        *,
        rules: Mapping[str, AssetRules],
        hours: Hours,
        report: Callable[[ExecutionReport], object],
        tell: Callable[[str], object],
    ) -> None:
        self._rest: Final = rest
        self._reads: Final = reads
        self._clock: Final = clock
        self._known: Final = known
        self._rules: Final = rules
        self._hours: Final = hours
        self._report: Final = report
        self._tell: Final = tell
        self._works: Final[set[asyncio.Task[None]]] = set()

    def submit(self, order: LiveOrder) -> Awaitable[str | None]:
        """Send a new order; see ``BrokerAdapter.submit_order``."""
        asked = formatting.asked_of(order)
        rules = self._rules_of(order.symbol)
        body = formatting.new_order(asked, rules, order.client_order_id)
        exits = [formatting.asked_of(each) for each in order.exits]
        if exits:
            body |= group_body(asked, exits, rules)
        self._hours.demand_works(asked, rules, self._clock.now_ns())
        known = self._known.sent(order.client_order_id, asked)
        legs = [
            self._known.sent(each.client_order_id, terms)
            for each, terms in zip(order.exits, exits, strict=True)
        ]
        return self._submitted(self._send("POST", _ORDERS, body), known, asked, legs)

    def cancel(self, broker_order_id: str) -> Awaitable[None]:
        """Ask for a cancel; see ``BrokerAdapter.cancel_order``."""
        known = self._known.by_broker_id(broker_order_id)
        newest = broker_order_id if known is None else known.broker_order_id
        answer = self._send("DELETE", f"{_ORDERS}/{newest}")
        return self._cancelled(answer, known, newest)

    def modify(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        """Ask for a change, which makes a new leg; see ``BrokerAdapter.modify_order``."""
        known = self._known.by_broker_id(broker_order_id)
        if known is None or known.asked is None:
            raise not_sent(f"order {broker_order_id} is not known yet")
        if known.replacing is not None:
            raise not_sent(f"order {broker_order_id} is being changed already")
        if not known.is_whole:
            text = f"what earlier legs of {broker_order_id} have filled is not known yet"
            raise not_sent(text)
        rules = self._rules_of(known.symbol)
        asked = _changed(known.asked, mod, rules)
        if asked.quantity <= known.filled:
            filled = formatting.number(known.filled)
            raise not_sent(f"{filled} of {broker_order_id} have filled; cancel it instead")
        return self._change(known, known.asked, asked)

    def restore(self, known: Known, asked: Asked) -> None:
        """Have a new leg that works more than was asked for work what was asked for."""
        self._tell(f"order {known.client_order_id} works more than was asked for; it is corrected")
        work = asyncio.ensure_future(self._restored(known, asked))
        self._works.add(work)
        work.add_done_callback(self._works.discard)

    def close(self) -> None:
        """Stop what goes on by itself."""
        for work in self._works:
            work.cancel()

    # ---- what is answered

    async def _submitted(
        self, answer: Awaitable[object], known: Known, asked: Asked, legs: Sequence[Known]
    ) -> str | None:
        try:
            result = ANSWERS.table(await answer, "a new order")
        except Refusal as error:
            if error.meaning is not Meaning.DUPLICATE:
                self._forget(known, *legs)
                raise
            return await self._read_back(known, asked, legs, error)
        except BrokerError as error:
            if error.outcome is Outcome.NOT_SENT:
                self._forget(known, *legs)
            raise
        row = self._reads.row_of(result)
        self._known.acknowledged(known, row.report.broker_order_id)
        if legs:
            for leg, name in named_legs(result):
                self._report(self._known.leg_answered(self._reads.row_of(leg), name))
        return row.report.broker_order_id

    async def _read_back(
        self, known: Known, asked: Asked, legs: Sequence[Known], error: Refusal
    ) -> str | None:
        """An order of this id is there: it is ours when its terms are; it is never sent again."""
        found = await self._reads.find(known.client_order_id)
        if found is None or (found.symbol, found.side) != (asked.symbol, asked.side):
            raise error
        self._report(found)
        for leg in legs:
            found = await self._reads.find(leg.client_order_id)
            if found is not None:
                self._report(found)
        return known.broker_order_id

    def _forget(self, *orders: Known) -> None:
        for known in orders:
            self._known.refused(known)

    async def _cancelled(
        self, answer: Awaitable[object], known: Known | None, broker_order_id: str
    ) -> None:
        try:
            await answer
        except Refusal as error:
            if error.is_being_cancelled:
                return
            heir_id = "" if known is None or known.replacing is None else known.replacing.heir_id
            if error.is_being_replaced and heir_id:
                await self._send("DELETE", f"{_ORDERS}/{heir_id}")
                return
            is_gone = error.reason in (OrdRejReason.TOO_LATE_TO_CANCEL, OrdRejReason.UNKNOWN_ORDER)
            if known is None or not (is_gone or error.meaning is Meaning.MISSING):
                raise
            # It has filled, was cancelled, or never was: the engine asks which.
            self._report(self._cancel_rejected(known, broker_order_id, error))

    def _change(
        self, known: Known, was: Asked, asked: Asked
    ) -> Coroutine[object, object, str | None]:
        own_id = known.next_leg_id()
        body = formatting.change(
            was, asked, self._rules_of(known.symbol), own_id, left_out=known.left_out
        )
        replacing = known.replacing = Replacing(own_id, asked)
        path = f"{_ORDERS}/{known.broker_order_id}"
        answer = self._patched(self._send("PATCH", path, body), path, body, known, replacing)
        return self._changed_answer(answer, known, replacing)

    async def _patched(
        self,
        answer: Awaitable[object],
        path: str,
        body: formatting.Body,
        known: Known,
        replacing: Replacing,
    ) -> object:
        """Take an answer; an id that a leg nobody remembers has had is changed for the next."""
        for _ in range(_MOST_IDS):
            try:
                return await answer
            except Refusal as error:
                if error.meaning is not Meaning.DUPLICATE or known.replacing is not replacing:
                    raise
            replacing.client_order_id = known.next_leg_id()
            body["client_order_id"] = replacing.client_order_id
            answer = self._send("PATCH", path, body)
        return await answer

    async def _changed_answer(
        self, answer: Awaitable[object], known: Known, replacing: Replacing
    ) -> str | None:
        """Take what a change is answered; that it was made is told by the stream."""
        try:
            result = ANSWERS.table(await answer, "a change of an order")
        except Refusal as error:
            if error.may_be_done:
                self._failed(known, replacing, is_known=False)
                raise NetworkError(error.text, venue=VENUE, outcome=Outcome.UNKNOWN) from None
            self._failed(known, replacing, is_known=True)
            raise
        except BrokerError as error:
            self._failed(known, replacing, is_known=error.outcome is Outcome.NOT_SENT)
            if error.outcome is Outcome.NOT_SENT or isinstance(error, NetworkError):
                raise
            raise NetworkError(error.text, venue=VENUE, outcome=Outcome.UNKNOWN) from None
        if known.replacing is replacing:
            self._known.heir_named(known, self._reads.row_of(result).report.broker_order_id)
        return None

    def _failed(self, known: Known, replacing: Replacing, *, is_known: bool) -> None:
        if known.replacing is replacing:
            self._known.change_failed(known, is_known=is_known)

    async def _restored(self, known: Known, asked: Asked) -> None:
        was = known.asked
        left = asked.quantity - known.filled
        try:
            if was is not None and left > 0:
                await self._change(known, was, asked)
            else:
                await self._send("DELETE", f"{_ORDERS}/{known.broker_order_id}")
        except BrokerError as error:
            self._tell(f"order {known.client_order_id} could not be corrected: {error}")

    def _cancel_rejected(
        self, known: Known, broker_order_id: str, error: Refusal
    ) -> ExecutionReport:
        now_ns = self._clock.now_ns()
        return ExecutionReport(
            symbol=known.symbol,
            exec_type=ExecType.CANCEL_REJECTED,
            ord_status=LiveOrderStatus.REJECTED,
            client_order_id=known.client_order_id,
            broker_order_id=broker_order_id,
            ord_rej_reason=OrdRejReason.UNKNOWN_ORDER,
            text=error.text,
            ts_event_ns=now_ns,
            ts_recv_ns=now_ns,
        )

    # ---- the way out

    def _send(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Awaitable[object]:
        return asyncio.ensure_future(self._rest.command(method, path, body))

    def _rules_of(self, symbol: str) -> AssetRules:
        rules = self._rules.get(symbol)
        if rules is None:
            raise not_sent(f"{symbol!r} is none of this session's symbols")
        return rules


def _changed(was: Asked, mod: OrderModification, rules: AssetRules) -> Asked:
    """The order as it is to be."""
    try:
        return replace(was, **exact_change(mod, rules.instrument))
    except InvalidArgument as error:
        raise not_sent(str(error)) from None
