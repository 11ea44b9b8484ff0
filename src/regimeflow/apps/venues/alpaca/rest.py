"""What every REST answer shares: keys, budgets, refusals, and failures on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal

from aiohttp import web

from regimeflow.apps.venues.alpaca.accounts import Account
from regimeflow.apps.venues.alpaca.doors import KEY_HEADER, Doors
from regimeflow.apps.venues.alpaca.framing import Codec, encode
from regimeflow.apps.venues.alpaca.refusals import INTERNAL, Refusal, coded
from regimeflow.apps.venues.server.faults import Faults

Answer = tuple[int, object]
"""Status and body; a body of None is none."""
Operation = Callable[[web.Request, Account], Awaitable[Answer]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_MOST_KEPT: Final = 1_000  # answers that may be given again
Kind = Literal["trading", "data"]


class Rest:
    """Turns operations into handlers."""

    def __init__(self, doors: Doors, faults: Faults, clock: Callable[[], int]) -> None:
        self._doors: Final = doors
        self._faults: Final = faults
        self._clock: Final = clock
        self._answers: Final[dict[tuple[str, str], Answer]] = {}

    def handler(self, operation: Operation, kind: Kind, *, needs_key: bool = True) -> Handler:
        """Wrap an operation; ``needs_key`` is false where crypto data is free for all."""

        async def handle(request: web.Request) -> web.StreamResponse:
            headers: dict[str, str] = {}
            try:
                if needs_key or KEY_HEADER in request.headers:
                    account = self._doors.enter(request.headers)
                else:
                    account = self._doors.anyone
                headers, refusal = self._doors.count(account, kind, self._clock())
                if refusal is not None:
                    raise refusal
                status, body = await self._answer(operation, request, account)
            except Refusal as refusal:
                status, body = refusal.status, dict(refusal.body)
            except ConnectionAbortedError:
                if request.transport is not None:
                    request.transport.abort()
                status, body = 500, None
            return respond(status, body, headers)

        return handle

    async def _answer(self, operation: Operation, request: web.Request, account: Account) -> Answer:
        where = {"method": request.method, "path": request.path, "account": account.name}
        take = self._faults.take
        if (struck := take("error_before", **where)) is not None:
            raise _failure(struck)
        key = (account.name, request.path_qs)
        if request.method == "GET":
            if key in self._answers and take("stale_reads", **where) is not None:
                return self._answers[key]
            if (
                request.path.startswith("/v2/orders")
                and take("missing_at_first", **where) is not None
            ):
                raise coded(404, 40410000, "order not found")
        answer = await operation(request, account)
        if (struck := take("error_after_done", **where)) is not None:
            raise _failure(struck)
        if (struck := take("late_answer", **where)) is not None:
            await asyncio.sleep(float(str(struck["seconds"])))
        if take("no_answer", **where) is not None:
            raise ConnectionAbortedError
        if request.method == "GET" and request.path.startswith("/v2/") and "stocks" not in key[1]:
            if len(self._answers) >= _MOST_KEPT:
                self._answers.clear()
            self._answers[key] = answer
        return answer


def _failure(struck: Mapping[str, object]) -> Refusal:
    status = int(str(struck["status"]))
    return coded(status, INTERNAL, "internal server error occurred")


def respond(status: int, body: object, headers: Mapping[str, str]) -> web.Response:
    """Write an answer; numbers of market data as numbers, instants as text."""
    if body is None:
        return web.Response(status=status, headers=headers)
    return web.Response(
        status=status,
        body=encode(body, Codec.JSON),
        content_type="application/json",
        headers=headers,
    )


def query_of(request: web.Request) -> dict[str, str]:
    """The query's parameters; of one that comes twice the last."""
    return dict(request.query)
