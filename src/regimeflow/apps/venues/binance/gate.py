"""The one way in for a request: limits, keys, the operation itself, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal

from regimeflow._core.tuples import NamedTuple
from regimeflow.apps.venues.binance import rates, refusals
from regimeflow.apps.venues.binance.keys import Credentials, Key
from regimeflow.apps.venues.binance.operations import DATA, FREE, TRADE, Operation
from regimeflow.apps.venues.binance.parameters import Parameters
from regimeflow.apps.venues.binance.parts import Call, Parts
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.user_data import UserHub
from regimeflow.apps.venues.exchange.requests import Fees

MILLISECOND = 1_000_000


class Request(NamedTuple):
    """What came in, by whichever door."""

    sent: Mapping[str, str]
    lists: Mapping[str, list[str]]
    credentials: Credentials
    address: str
    unit: int
    transport: str


class Answer(NamedTuple):
    """What goes out.

    ``after`` are accounts whose events wait for it; ``is_lost``: it is not sent at all.
    """

    result: object
    account: str = ""
    holds: bool = False
    is_lost: bool = False


class Gate:
    """Lets requests in, carries them out and spoils them where a fault says so.

    Args:
        parts: Of the venue.
        hub: Knows who hears of events.
    """

    def __init__(self, parts: Parts, hub: UserHub) -> None:
        self._parts = parts
        self._hub = hub

    def now(self, **context: object) -> int:
        """Return the time as the venue sees it."""
        now_ns = self._parts.clock()
        skew = self._parts.faults.take("clock_skew", **context)
        if skew is None:
            return now_ns
        return now_ns + int(Decimal(str(skew["ms"])) * MILLISECOND)

    def identify(self, credentials: Credentials, now_ns: int) -> Key:
        """Return whose request it is."""
        return self._parts.keys.admit(credentials, now_ns)

    async def answer(self, operation: Operation, request: Request) -> Answer:
        """Carry out a request.

        Raises:
            Refusal: the error to answer with.
        """
        parts = self._parts
        where: dict[str, object] = {
            "method": operation.name,
            "transport": request.transport,
            "symbol": request.sent.get("symbol", ""),
        }
        now_ns = self.now(**where)
        weight = operation.weight(request.sent)
        parts.weights.admit(request.address, weight, now_ns)
        self._limit(operation, request, where, now_ns)
        try:
            account = ""
            if operation.security != FREE:
                account = self._account(request, where, now_ns)
            where["account"] = account
            found = await self._carry_out(operation, request, where, account, now_ns)
        except Refusal:
            parts.weights.add(request.address, weight, now_ns)
            raise
        if not operation.is_free:
            parts.weights.add(request.address, weight, now_ns)
        return found

    def _limit(
        self, operation: Operation, request: Request, where: Mapping[str, object], now_ns: int
    ) -> None:
        parts, now_ms = self._parts, now_ns // MILLISECOND
        ban = parts.faults.take("banned", **where)
        if ban is not None:
            parts.weights.ban(request.address, float(str(ban["seconds"])), now_ns)
            parts.weights.admit(request.address, 0, now_ns)
        busy = parts.faults.take("too_many_requests", **where)
        if busy is not None:
            wait_s = int(str(busy["retry_after_s"]))
            raise rates.weight_exceeded(parts.weights.limit, wait_s, now_ms + wait_s * 1000, now_ms)
        if parts.faults.take("overloaded", **where) is not None:
            raise Refusal(
                -1008,
                "Server is currently overloaded with other requests. "
                "Please try again in a few minutes.",
                status=503,
            )
        if parts.faults.take("firewall", **where) is not None:
            raise refusals.unexpected(403)
        if operation.counts and parts.faults.take("too_many_orders", **where) is not None:
            raise rates.too_many_orders(parts.counts.limits["10S"], 10, "SECOND")

    def _account(self, request: Request, where: Mapping[str, object], now_ns: int) -> str:
        key = self.identify(request.credentials, now_ns)
        if self._parts.faults.take("key_revoked", **where, account=key.account) is not None:
            self._parts.keys.revoke(key.name)
            raise refusals.key_refused()
        return key.account

    async def _carry_out(
        self,
        operation: Operation,
        request: Request,
        where: Mapping[str, object],
        account: str,
        now_ns: int,
    ) -> Answer:
        faults = self._parts.faults
        unknown = faults.take("unknown_outcome", **where) if operation.security == TRADE else None
        broken = faults.take("server_error", **where)
        if operation.counts and faults.take("window_over_late", **where) is not None:
            self._parts.counts.add(account, 1, now_ns)
            raise refusals.outside_window()
        if unknown is not None and not unknown["carried_out"]:
            raise refusals.unknown_outcome()
        if broken is not None and not broken["carried_out"]:
            raise refusals.unexpected(int(str(broken["status"])))
        holds = faults.take("events_after_answer", **where) is not None
        sockets = self._hub.sockets(account) if holds else []
        for socket in sockets:
            socket.hold()
        try:
            result = operation.run(self._parts, self._call(operation, request, account, now_ns))
            if unknown is not None:
                raise refusals.unknown_outcome()
            if broken is not None:
                raise refusals.unexpected(int(str(broken["status"])))
        except Refusal:
            for socket in sockets:
                socket.release()
            raise
        late = faults.take("answer_late", **where)
        if late is not None:
            for socket in self._hub.sockets(account):
                await socket.flush()
            await asyncio.sleep(float(str(late["delay_ms"])) / 1000)
        if isinstance(result, dict) and faults.take("new_field", **where) is not None:
            result = {**result, "unheardOf": {"new": [1]}}
        is_lost = faults.take("answer_lost", **where) is not None
        return Answer(result, account, holds, is_lost)

    def _call(self, operation: Operation, request: Request, account: str, now_ns: int) -> Call:
        faults = self._parts.faults
        lag_ns = 0
        if operation.security == DATA:
            lag = faults.take("read_lags", method=operation.name, account=account)
            lag_ns = 0 if lag is None else int(Decimal(str(lag["lag_ms"])) * MILLISECOND)
        if operation.counts:
            bnb = faults.take("commission_in_bnb", method=operation.name, account=account)
            if bnb is not None:
                self.pay_in_bnb(account, bnb, now_ns)
        return Call(
            Parameters(request.sent, request.lists),
            account,
            now_ns,
            request.unit,
            request.transport,
            lag_ns,
        )

    def pay_in_bnb(self, account: str, how: Mapping[str, object], now_ns: int) -> None:
        """Let an account pay its commissions in BNB, and have some."""
        parts = self._parts
        view = parts.exchange.accounts[account]
        price = Decimal(str(how["price"]))
        quotes = {row.quote: price for row in parts.catalog.rows.values()}
        view.fees = Fees(
            maker=view.fees.maker,
            taker=view.fees.taker,
            asset="BNB",
            asset_prices=quotes,
            discount=Decimal(str(how["discount"])),
        )
        held = view.balances().get("BNB")
        if held is None or not held.free:
            parts.exchange.transfer(account, "BNB", Decimal(str(how["balance"])), now_ns)

    def release(self, answer: Answer) -> None:
        """Send the events that waited for an answer, which is sent now."""
        if answer.holds:
            for socket in self._hub.sockets(answer.account):
                socket.release()
