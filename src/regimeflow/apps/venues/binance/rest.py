"""The REST door: paths, parameters, headers, and errors as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from regimeflow.apps.venues.binance import refusals
from regimeflow.apps.venues.binance.gate import Gate, Request
from regimeflow.apps.venues.binance.keys import Credentials
from regimeflow.apps.venues.binance.operations import GONE, OPERATIONS, Operation
from regimeflow.apps.venues.binance.parts import Parts
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.signing import rest_payload
from regimeflow.apps.venues.binance.texts import MICROSECOND, MILLISECOND

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
JSON: Final = "application/json;charset=UTF-8"
BAD_GATEWAY: Final = "<html><head><title>{0}</title></head><body>{0}</body></html>"
BEFORE_THE_VENUE: Final = {403: "Forbidden", 502: "Bad Gateway", 503: "Unavailable", 504: "Timeout"}
UNITS: Final = {
    "MILLISECOND": MILLISECOND,
    "MICROSECOND": MICROSECOND,
    "millisecond": MILLISECOND,
    "microsecond": MICROSECOND,
}


def unit_of(text: str | None) -> int:
    """Return the unit of times that a client asks for.

    Raises:
        Refusal: -1194.
    """
    unit = UNITS.get(text or "MILLISECOND")
    if unit is None:
        raise Refusal(
            -1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
        )
    return unit


def parameters_of(query: str, body: str) -> dict[str, str]:
    """Return what was sent; the query wins over the body.

    Raises:
        Refusal: -1101, a name came twice.
    """
    sent: dict[str, str] = {}
    for part in (query, body):
        pairs = parse_qsl(part, keep_blank_values=True)
        if len({name for name, _ in pairs}) != len(pairs):
            raise refusals.duplicated()
        for name, value in pairs:
            sent.setdefault(name, value)
    return sent


class RestDoor:
    """Answers HTTP.

    Args:
        parts: Of the venue.
        gate: Carries requests out.
    """

    def __init__(self, parts: Parts, gate: Gate) -> None:
        self._parts = parts
        self._gate = gate

    def add_routes(self, app: web.Application) -> None:
        """Add every path."""
        for operation in OPERATIONS:
            method, path = operation.http
            app.router.add_route(method, path, self._handler(operation))
        for path in GONE:
            app.router.add_route("*", path, self._gone)
        app.router.add_route("*", "/api/{tail:.*}", self._unknown)
        app.router.add_route("*", "/sapi/{tail:.*}", self._unknown)

    def _handler(self, operation: Operation) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._answer(operation, request)

        return handle

    async def _gone(self, request: web.Request) -> web.StreamResponse:
        refusal = refusals.unsupported()
        return self._response(request, refusal.body(), status=404)

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        del request
        return web.Response(status=404, text=BAD_GATEWAY.format("404 Not found"))

    async def _answer(self, operation: Operation, request: web.Request) -> web.StreamResponse:
        try:
            asked = await self._read(request)
            answer = await self._gate.answer(operation, asked)
        except Refusal as refusal:
            return self._refuse(request, refusal)
        if answer.is_lost:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        response = self._response(request, answer.result)
        if operation.counts:
            now_ns = self._parts.clock()
            for name in self._parts.counts.limits:
                count = self._parts.counts.count(answer.account, name, now_ns)
                response.headers[f"X-MBX-ORDER-COUNT-{name}"] = str(count)
        if answer.holds:
            try:
                await response.prepare(request)
                await response.write_eof()
            finally:
                self._gate.release(answer)
        return response

    async def _read(self, request: web.Request) -> Request:
        if "X-MBX-SBE" in request.headers:
            raise refusals.no_sbe()
        _, _, query = request.raw_path.partition("?")
        body = "" if request.method == "GET" else await request.text()
        sent = parameters_of(query, body)
        credentials = Credentials(
            request.headers.get("X-MBX-APIKEY"),
            rest_payload(query, body),
            sent.get("signature"),
            sent.get("timestamp"),
            sent.get("recvWindow"),
        )
        unit = unit_of(request.headers.get("X-MBX-TIME-UNIT"))
        return Request(sent, {}, credentials, request.remote or "", unit, "rest")

    def _refuse(self, request: web.Request, refusal: Refusal) -> web.StreamResponse:
        if refusal.status in BEFORE_THE_VENUE and refusal.code == refusals.UNEXPECTED:
            text = BAD_GATEWAY.format(f"{refusal.status} {BEFORE_THE_VENUE[refusal.status]}")
            return web.Response(status=refusal.status, text=text, content_type="text/html")
        form = refusal.body()
        if "retryAfter" in (refusal.data or {}):
            form.pop("data")  # over HTTP the header says it
        response = self._response(request, form, status=refusal.status)
        response.headers.update(refusal.headers)
        return response

    def _response(self, request: web.Request, form: object, *, status: int = 200) -> web.Response:
        used = self._parts.weights.used(request.remote or "", self._parts.clock())
        headers = {
            "Content-Type": JSON,
            "X-MBX-USED-WEIGHT": str(used),
            "X-MBX-USED-WEIGHT-1M": str(used),
        }
        return web.Response(body=orjson.dumps(form), status=status, headers=headers)
