"""Orders on their way: over the WebSocket API, over REST while that is down, never over both."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers._shared.changes import exact_change
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers.binance import formatting
from regimeflow.adapters.brokers.binance.api import ApiConnection
from regimeflow.adapters.brokers.binance.errors import (
    REPLACE_FAILED,
    REPLACE_HALF_DONE,
    TOO_MANY_ORDERS,
    UNKNOWN_ORDER,
    VENUE,
    Meaning,
    Refusal,
)
from regimeflow.adapters.brokers.binance.formatting import Terms, refused
from regimeflow.adapters.brokers.binance.orders import Known, KnownOrders, Replacing, leg_of
from regimeflow.adapters.brokers.binance.rest import BinanceRest
from regimeflow.adapters.brokers.binance.room import OrderRoom
from regimeflow.adapters.brokers.binance.rules import SymbolRules
from regimeflow.adapters.brokers.binance.signing import Value
from regimeflow.adapters.brokers.binance.translate import amount, table_of, whole
from regimeflow.adapters.brokers.binance.words import WAITING
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.domain.orders.order_terms import shown_quantity
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrdRejReason
from regimeflow.types.errors import BrokerError, InvalidArgument, NetworkError, Outcome
from regimeflow.types.records import replace

_ROUTES: Final = {
    "order.place": ("POST", "/api/v3/order"),
    "order.cancel": ("DELETE", "/api/v3/order"),
    "order.cancelReplace": ("POST", "/api/v3/order/cancelReplace"),
    "order.amend.keepPriority": ("PUT", "/api/v3/order/amend/keepPriority"),
}
_AMEND_WEIGHT: Final = 4
_LONGEST_WAIT_S: Final = 2.0  # for room under the order limit: well within a request's patience
_LIMIT_S: Final = 10.0  # the shortest stretch that Binance counts orders in


class Commands:
    """Sends orders, cancels and changes.

    A request leaves once. Only where the venue's answer is that it was not carried out because our
    time was wrong does it leave again.

    Args:
        rest: For while there is no connection.
        connection: Gives the open connection, None while there is none.
        clock: The venue's time.
        known: The orders of this session.
        rules: Those of each symbol.
        report: Takes news of orders.
    """

    def __init__(
        self,
        rest: BinanceRest,
        connection: Callable[[], ApiConnection | None],
        clock: ClockOffset,
        known: KnownOrders,
        rules: Mapping[str, SymbolRules],
        *,
        report: Callable[[ExecutionReport], object],
    ) -> None:
        self._rest: Final = rest
        self._connection: Final = connection
        self._clock: Final = clock
        self._known: Final = known
        self._rules: Final = rules
        self._report: Final = report
        self._full_until_s = 0.0  # the venue's order limit is reached
        self.room: Final = OrderRoom(time.monotonic)

    def submit(self, order: LiveOrder) -> Awaitable[str | None]:
        """Send a new order; see ``BrokerAdapter.submit_order``."""
        terms = Terms(
            symbol=order.symbol,
            side=order.side,
            type=order.type,
            time_in_force=order.time_in_force,
            quantity=order.quantity,
            limit_price=order.limit_price,
            stop_price=order.stop_price,
            more=order.terms,
        )
        self._demand_room()
        formatting.check_own_id(order.client_order_id)
        rules = self._rules_of(order.symbol)
        params = formatting.new_order(terms, rules, order.client_order_id)
        self._demand_place(terms, rules)
        answer = self._send_in_turn("order.place", params)
        known = self._known.sent(order.client_order_id, terms)
        return self._submitted(answer, known)

    def cancel(self, broker_order_id: str) -> Awaitable[None]:
        """Ask for a cancel; see ``BrokerAdapter.cancel_order``."""
        known = self._found(broker_order_id)
        params: dict[str, Value] = {"symbol": known.symbol, "orderId": int(broker_order_id)}
        return self._cancelled(self._send("order.cancel", params), known, broker_order_id)

    def modify(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        """Ask for a change: a smaller quantity keeps the order's place, all else makes a new leg.

        See ``BrokerAdapter.modify_order``.
        """
        known = self._found(broker_order_id)
        terms, rules = known.terms, self._rules_of(known.symbol)
        if terms is None or known.replacing is not None:
            what = "is not known yet" if terms is None else "is being changed already"
            raise refused(f"order {broker_order_id} {what}")
        if not known.is_whole:
            raise refused(f"what earlier legs of {broker_order_id} have filled is not known yet")
        asked = _asked(known, terms, mod, rules)
        quantity = asked.quantity
        if quantity <= known.cum:
            raise refused(f"{known.filled} of {broker_order_id} have filled; cancel it instead")
        if rules.allows_amend and _is_only_smaller(terms, asked):
            params = formatting.amendment(known.symbol, broker_order_id, quantity, leg_of(known))
            answer = self._send("order.amend.keepPriority", params, weight=_AMEND_WEIGHT)
            return self._amended(answer, broker_order_id)
        return self._replace(known, asked, rules)

    def _replace(
        self, known: Known, asked: Terms, rules: SymbolRules
    ) -> Coroutine[object, object, str | None]:
        self._demand_room()
        if not asked.is_all:
            text = "was placed elsewhere: what else was asked of it is not known before it is read"
            raise refused(f"order {known.broker_order_id} {text}; cancel it instead")
        leg = known.leg + 1
        quantity = asked.quantity - known.cum
        left = replace(asked, quantity=quantity, more=shown_quantity(asked.more, quantity))
        params = formatting.replacement(
            left,
            rules,
            broker_order_id=known.broker_order_id,
            client_order_id=known.client_order_id,
            leg=leg,
            only_new=not known.cum,
        )
        answer = self._send_in_turn("order.cancelReplace", params)
        known.replacing = Replacing(leg, left, self._clock.now_s(), known.filled)
        return self._replaced(answer, known, leg, known.filled)

    # ---- what is answered

    async def _submitted(self, answer: Awaitable[object], known: Known) -> str | None:
        result = table_of(await answer, "a new order")
        broker_order_id = str(whole(result, "orderId", "a new order"))
        self._known.acknowledged(known, broker_order_id)
        return broker_order_id

    async def _cancelled(
        self, answer: Awaitable[object], known: Known, broker_order_id: str
    ) -> None:
        try:
            await answer
        except Refusal as error:
            if error.code != UNKNOWN_ORDER:
                raise
            # It has filled, was cancelled, or never was: the engine asks which.
            self._report(self._cancel_rejected(known, broker_order_id, error.text))

    async def _amended(self, answer: Awaitable[object], broker_order_id: str) -> str | None:
        await answer  # what it says, the REPLACED event says too
        return broker_order_id

    async def _replaced(
        self, answer: Awaitable[object], known: Known, leg: int, filled: Decimal
    ) -> str | None:
        try:
            result = table_of(await answer, "a cancel-replace")
            made = table_of(result.get("newOrderResponse"), "a cancel-replace")
            broker_order_id = str(whole(made, "orderId", "a cancel-replace"))
        except Refusal as error:
            self._tell(self._known.replace_failed(known, is_known=True))
            if error.code == REPLACE_HALF_DONE:
                raise self._half_done(error) from None
            if error.code == REPLACE_FAILED:
                raise self._not_done(error) from None
            raise
        except NetworkError as error:
            if error.outcome is Outcome.NOT_SENT:
                self._tell(self._known.replace_failed(known, is_known=True))
            else:
                self._known.replace_failed(known, is_known=False)
            raise
        except BrokerError as error:
            if error.outcome is Outcome.NOT_SENT:
                self._tell(self._known.replace_failed(known, is_known=True))
                raise
            self._known.replace_failed(known, is_known=False)
            raise NetworkError(error.text, venue=VENUE, outcome=Outcome.UNKNOWN) from None
        ended = result.get("cancelResponse")
        if isinstance(ended, Mapping) and "executedQty" in ended and known.leg < leg:
            known.cum = max(known.cum, amount(ended, "executedQty", "a cancel-replace"))
        now_ns = self._clock.now_ns()
        self._tell(self._known.replaced(known, leg, broker_order_id, now_ns=now_ns))
        if known.leg == leg and known.before > filled:
            await self._trim(known, broker_order_id, known.before - filled)
        return broker_order_id

    async def _trim(self, known: Known, broker_order_id: str, excess: Decimal) -> None:
        """Take off a new leg what the old one has filled while the request was on its way."""
        terms = known.terms
        left = Decimal(0) if terms is None else terms.quantity - excess
        with contextlib.suppress(BrokerError):  # it has filled: then the fills say so
            if left > 0 and self._rules_of(known.symbol).allows_amend:
                own_id = leg_of(known)
                params = formatting.amendment(known.symbol, broker_order_id, left, own_id)
                await self._send("order.amend.keepPriority", params, weight=_AMEND_WEIGHT)
            else:
                where: dict[str, Value] = {"symbol": known.symbol, "orderId": int(broker_order_id)}
                await self._send("order.cancel", where)

    def _half_done(self, error: Refusal) -> BrokerError:
        """The old leg is gone and there is no new one: the order has ended, and says so itself."""
        text = _part(error, "newOrderResponse") or error.text
        if error.data.get("cancelResult") != "SUCCESS":
            text = f"both may live: {error.text}"
            return NetworkError(text, venue=VENUE, outcome=Outcome.UNKNOWN, code=error.code)
        return BrokerError(
            f"cancelled, but not placed again: {text}",
            venue=VENUE,
            code=error.code,
            retry_after_s=error.retry_after_s,
        )

    def _not_done(self, error: Refusal) -> BrokerError:
        text = _part(error, "cancelResponse") or error.text
        return BrokerError(f"nothing was changed: {text}", venue=VENUE, code=error.code)

    def _tell(self, report: ExecutionReport | None) -> None:
        if report is not None:
            self._report(report)

    def _cancel_rejected(self, known: Known, broker_order_id: str, text: str) -> ExecutionReport:
        now_ns = self._clock.now_ns()
        return ExecutionReport(
            symbol=known.symbol,
            exec_type=ExecType.CANCEL_REJECTED,
            ord_status=LiveOrderStatus.REJECTED,
            client_order_id=known.client_order_id,
            broker_order_id=broker_order_id,
            ord_rej_reason=OrdRejReason.UNKNOWN_ORDER,
            text=text,
            ts_event_ns=now_ns,
            ts_recv_ns=now_ns,
        )

    # ---- the way out

    def _send(
        self, method: str, params: Mapping[str, Value], *, weight: int = 1
    ) -> Awaitable[object]:
        """Hand a request to the connection now, or to REST where there is none."""
        connection = self._connection()
        if connection is None:
            verb, path = _ROUTES[method]
            return asyncio.ensure_future(self._rest.command(verb, path, params, weight=weight))
        answer = connection.call(method, params, weight=weight, is_urgent=True)
        return self._answered(answer, method, params, weight)

    def _send_in_turn(self, method: str, params: Mapping[str, Value]) -> Awaitable[object]:
        """Send what the venue counts as an order: now, or as soon as its limit leaves room."""
        wait_s = self.room.take()
        return (
            self._send(method, params) if not wait_s else self._send_later(method, params, wait_s)
        )

    async def _send_later(self, method: str, params: Mapping[str, Value], wait_s: float) -> object:
        await asyncio.sleep(wait_s)
        return await self._send(method, params)

    async def _answered(
        self,
        answer: Awaitable[object],
        method: str,
        params: Mapping[str, Value],
        weight: int,
    ) -> object:
        try:
            return await answer
        except Refusal as error:
            self._note_limit(error)
            if error.meaning is not Meaning.CLOCK:
                raise
        await self._rest.measure_clock(is_forced=True)
        connection = self._connection()
        if connection is None:
            verb, path = _ROUTES[method]
            return await self._rest.command(verb, path, params, weight=weight)
        return await connection.call(method, params, weight=weight, is_urgent=True)

    def _note_limit(self, error: Refusal) -> None:
        part = error.data.get("newOrderResponse")
        code = part.get("code") if isinstance(part, Mapping) else error.code
        if code == TOO_MANY_ORDERS:
            now_s = self._clock.now_s()
            self._full_until_s = now_s + _LIMIT_S - now_s % _LIMIT_S

    def _demand_room(self) -> None:
        """Send no order that the venue's order limit would refuse; cancels leave all the same."""
        left_s = self._full_until_s - self._clock.now_s()
        if left_s <= 0 and self.room.wait_s() > _LONGEST_WAIT_S:
            left_s = self.room.wait_s()
        if left_s > 0:
            raise refused(f"the venue's order limit is reached; {left_s:.1f} s left")

    def _demand_place(self, terms: Terms, rules: SymbolRules) -> None:
        """Send no order where no more may be open, or may wait for a price."""
        most, count = rules.most_orders, self._known.open_count(terms.symbol)
        if most is not None and count >= most:
            text = f"{count} orders of {terms.symbol} are open already"
            raise refused(f"{text}, and no more may be (MAX_NUM_ORDERS)")
        most, held = rules.most_algo_orders, self._known.held(terms.symbol)
        if terms.type in WAITING and most is not None and held >= most:
            text = f"{held} orders of {terms.symbol} wait for a price already"
            raise refused(f"{text}, and no more may (MAX_NUM_ALGO_ORDERS)")

    def _found(self, broker_order_id: str) -> Known:
        known = self._known.by_broker_id(broker_order_id)
        if known is not None:
            return known
        if len(self._rules) == 1 and broker_order_id.isdecimal():
            (symbol,) = self._rules
            return Known(symbol, "", broker_order_id=broker_order_id)
        text = f"order {broker_order_id} is not known here: of which symbol it is, is not said"
        raise refused(text)

    def _rules_of(self, symbol: str) -> SymbolRules:
        rules = self._rules.get(symbol)
        if rules is None:
            raise refused(f"{symbol!r} is none of this session's symbols")
        return rules


def _asked(known: Known, terms: Terms, mod: OrderModification, rules: SymbolRules) -> Terms:
    """The newest leg's terms as they are to be."""
    try:
        given = exact_change(mod, rules.instrument)
    except InvalidArgument as error:
        raise refused(str(error)) from None
    if "quantity" in given:
        given["quantity"] -= known.before
    return replace(terms, **given)


def _is_only_smaller(was: Terms, asked: Terms) -> bool:
    return (
        asked.quantity < was.quantity
        and asked.limit_price == was.limit_price
        and asked.stop_price == was.stop_price
    )


def _part(error: Refusal, name: str) -> str:
    part = error.data.get(name)
    return f"{part.get('msg')} ({part.get('code')})" if isinstance(part, Mapping) else ""
