"""The control endpoint: faults, market, truth; on loopback, with a token."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from typing import Final, cast

from aiohttp import web

from regimeflow.apps.venues.exchange.kinds import Refused
from regimeflow.apps.venues.server.faults import Faults
from regimeflow.apps.venues.server.market import STEPPED, MarketDriver
from regimeflow.apps.venues.server.venue import HttpVenue

TOKEN_HEADER: Final = "X-Control-Token"  # noqa: S105  # the name of a header
_Handler = Callable[[web.Request], Awaitable[web.Response]]
_Act = Callable[[str, Mapping[str, object]], Awaitable[object]]


class Control:
    """Answers ``/control/...``.

    Args:
        venue: What is controlled.
        faults: Its faults.
        market: What plays.
        clock: The venue's time.
        token: What a request must show.
    """

    def __init__(
        self,
        venue: HttpVenue,
        faults: Faults,
        market: MarketDriver,
        clock: Callable[[], int],
        *,
        token: str,
    ) -> None:
        self._venue: Final = venue
        self._faults: Final = faults
        self._market: Final = market
        self._clock: Final = clock
        self._token: Final = token

    def add_routes(self, app: web.Application) -> None:
        """Add the paths."""
        routes: tuple[tuple[str, str, Callable[[web.Request], Awaitable[object]]], ...] = (
            ("GET", "/control/faults", self._show_faults),
            ("POST", "/control/faults", self._add_faults),
            ("DELETE", "/control/faults", self._clear_faults),
            ("GET", "/control/truth", self._show_truth),
            ("GET", "/control/market", self._show_market),
            ("POST", "/control/market", self._turn_market),
            ("POST", "/control/transfer", self._transfer),
            ("POST", "/control/action", self._act),
        )
        for method, path, answer in routes:
            app.router.add_route(method, path, self._guarded(answer))

    def _guarded(self, answer: Callable[[web.Request], Awaitable[object]]) -> _Handler:
        async def handle(request: web.Request) -> web.Response:
            if not _is_local(request.remote):
                return _json({"error": "the control endpoint answers to loopback only"}, 403)
            shown = request.headers.get(TOKEN_HEADER, "")
            if not hmac.compare_digest(shown.encode(), self._token.encode()):
                return _json({"error": f"expected the control token in {TOKEN_HEADER}"}, 401)
            try:
                return _json(await answer(request))
            except Refused as error:
                return _json({"error": str(error)}, 400)
            except (ValueError, InvalidOperation) as error:
                return _json({"error": str(error) or "that is no number"}, 400)

        return handle

    async def _show_faults(self, request: web.Request) -> object:
        del request
        declared = [
            {"name": each.name, "about": each.about, "parameters": dict(each.parameters)}
            for each in self._faults.declared.values()
        ]
        return {
            "declared": declared,
            "active": self._faults.active(),
            "fired": dict(self._faults.fired()),
        }

    async def _add_faults(self, request: web.Request) -> object:
        options = await _body(request)
        name = options.pop("name", None)
        if not isinstance(name, str):
            raise ValueError("name is missing")  # noqa: TRY004  # as any fault
        self._faults.add(name, **options)
        return {"active": self._faults.active()}

    async def _clear_faults(self, request: web.Request) -> object:
        self._faults.clear(request.query.get("name"))
        return {"active": self._faults.active()}

    async def _show_truth(self, request: web.Request) -> object:
        del request
        return {**self._venue.exchange.audit(), **self._venue.truth()}

    async def _show_market(self, request: web.Request) -> object:
        del request
        return self._market.state()

    async def _turn_market(self, request: web.Request) -> object:
        wish = await _body(request)
        strange = set(wish) - {"pause", "speed", "step", "step_seconds"}
        if strange:
            raise ValueError(f"no {min(strange)!r}; there are: pause, speed, step, step_seconds")
        if "pause" in wish:
            self._market.pause(is_paused=bool(wish["pause"]))
        if "speed" in wish:
            self._market.set_speed(_speed(wish["speed"]))
        if "step" in wish:
            await self._market.step(events=int(_number(wish["step"])))
        if "step_seconds" in wish:
            await self._market.step(seconds=_number(wish["step_seconds"]))
        return self._market.state()

    async def _transfer(self, request: web.Request) -> object:
        wish = await _body(request)
        account, asset = str(wish.get("account", "")), str(wish.get("asset", ""))
        amount = Decimal(str(wish.get("amount", "")))
        exchange = self._venue.exchange
        exchange.transfer(account, asset, amount, self._clock())
        free, locked = exchange.accounts[account].balances()[asset]
        return {"asset": asset, "free": str(free), "locked": str(locked)}

    async def _act(self, request: web.Request) -> object:
        wish = await _body(request)
        name = str(wish.pop("name", ""))
        act = getattr(self._venue, "act", None)
        if act is None:
            raise ValueError("this venue has no actions")
        return await cast("_Act", act)(name, wish)


def _is_local(remote: str | None) -> bool:
    try:
        return remote is not None and ip_address(remote).is_loopback
    except ValueError:
        return False


async def _body(request: web.Request) -> dict[str, object]:
    text = await request.text()
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        raise ValueError("the body is no JSON") from None
    if not isinstance(body, dict):
        raise ValueError("expected a JSON object")  # noqa: TRY004  # as any fault
    return body


def _speed(value: object) -> float | None:
    if value == "max":
        return None
    if value == "stepped":
        return STEPPED
    speed = _number(value)
    if not 0 < speed < float("inf"):
        raise ValueError(f"{value!r} is no speed; expected a number above 0, max or stepped")
    return speed


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{value!r} is no number; expected one of 0 or more")
    return float(value)


def _json(body: object, status: int = 200) -> web.Response:
    return web.json_response(body, status=status)
