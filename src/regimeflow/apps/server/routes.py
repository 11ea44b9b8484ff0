"""What is answered at which address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files
from typing import Final

import orjson
from aiohttp import web

from regimeflow.apps.server.access import Access, Role, add_headers, needs, refuse
from regimeflow.apps.server.board import Board, Seen
from regimeflow.apps.server.controls import Controls
from regimeflow.apps.server.health import Health
from regimeflow.apps.server.redaction import Redactor
from regimeflow.apps.server.stream import MOST_STREAMS, Hub
from regimeflow.types.errors import RegimeFlowError
from regimeflow.types.records import Record

_LARGEST_BODY: Final = 4_096
_PAGE: Final = {  # and nothing else of the folder
    "/": ("index.html", "text/html"),
    "/app.css": ("app.css", "text/css"),
    "/app.js": ("app.js", "text/javascript"),
    "/charts.js": ("charts.js", "text/javascript"),
    "/tables.js": ("tables.js", "text/javascript"),
}
# What must stand in the body of what cannot be taken back.
CONFIRMED: Final = "KILL"
_log = logging.getLogger("regimeflow.dashboard")

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Served(Record, kw_only=True):
    """What answers are made of. ``controls``: None where there is no engine to press buttons of."""

    board: Board
    hub: Hub
    health: Health
    redactor: Redactor
    controls: Controls | None
    metrics: Callable[[], tuple[bytes, str]] | None


def dashboard_app(served: Served, access: Access) -> web.Application:
    """Return everything that the dashboard's door answers."""
    app = _app(access)
    reader, operator = needs(Role.READER, access), needs(Role.OPERATOR, access)
    for path, (name, kind) in _PAGE.items():
        app.router.add_get(path, partial(_file, files(__package__) / "page" / name, kind))
    app.router.add_get("/favicon.ico", _nothing)
    app.router.add_get("/api/snapshot", reader(partial(_snapshot, served)))
    app.router.add_get("/api/stream", reader(partial(_stream, served)))
    app.router.add_get("/api/role", reader(partial(_role, served, access)))
    for name in ("cancel", "cancel-all", "trading", "kill"):
        app.router.add_post(f"/api/{name}", operator(partial(_press, served, name)))
    _add_watching(app, served, access)
    return app


def metrics_app(served: Served, access: Access) -> web.Application:
    """Return what the door of metrics answers."""
    app = _app(access)
    _add_watching(app, served, access)
    return app


def _app(access: Access) -> web.Application:
    app = web.Application(client_max_size=_LARGEST_BODY, middlewares=[access.guard])
    app.on_response_prepare.append(add_headers)
    return app


def _add_watching(app: web.Application, served: Served, access: Access) -> None:
    app.router.add_get("/healthz", partial(_watched, served.health.faults))
    app.router.add_get("/readyz", partial(_watched, served.health.obstacles))
    app.router.add_get("/metrics", needs(Role.READER, access)(partial(_metrics, served)))


async def _file(file: object, kind: str, _: web.Request) -> web.Response:
    text = await asyncio.to_thread(file.read_text, encoding="utf-8")  # type: ignore[attr-defined]
    return web.Response(text=text, content_type=kind, charset="utf-8")


async def _nothing(_: web.Request) -> web.Response:
    return web.Response(status=204)


async def _snapshot(served: Served, _: web.Request) -> web.Response:
    data, _seen = served.board.since(Seen())
    return web.Response(body=data or b"{}", content_type="application/json")


async def _stream(served: Served, request: web.Request) -> web.StreamResponse:
    if served.hub.count >= MOST_STREAMS:
        return refuse(503, f"{MOST_STREAMS} pages are open already", {"Retry-After": "5"})
    return await served.hub.serve(request)


async def _role(served: Served, access: Access, request: web.Request) -> web.Response:
    role = access.role_of(request)
    may_press = role is Role.OPERATOR and served.controls is not None
    return web.json_response({"role": role.name.lower(), "may_press": may_press})


async def _watched(reasons: Callable[[], list[str]], _: web.Request) -> web.Response:
    found = reasons()
    said = {"status": "failing" if found else "ok", "reasons": found}
    return web.json_response(said, status=503 if found else 200)


async def _metrics(served: Served, _: web.Request) -> web.Response:
    if served.metrics is None:
        return refuse(501, 'metrics need prometheus_client: pip install "regimeflow[metrics]"')
    body, kind = await asyncio.to_thread(served.metrics)
    return web.Response(body=body, headers={"Content-Type": kind})


async def _press(served: Served, name: str, request: web.Request) -> web.Response:
    if served.controls is None:
        return refuse(409, "this shows a journal: there is no engine here to tell anything")
    if request.content_type != "application/json":
        return refuse(415, "expected a body of application/json")
    try:
        body = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        return refuse(400, "the body is no JSON")
    if not isinstance(body, dict):
        return refuse(400, "expected a JSON object")
    press = _button(served.controls, name, body, request.remote or "somebody")
    if press is None:
        return refuse(400, _EXPECTED[name])
    try:
        done = await asyncio.to_thread(press)
    except RegimeFlowError as error:
        return refuse(409, served.redactor.text(f"{type(error).__name__}: {error}"))
    except Exception:  # noqa: BLE001 - an engine that fails here is still to be watched
        _log.exception("the button %s failed", name)
        return refuse(500, "that failed; the engine's log says how")
    served.hub.wake()
    return web.json_response({"done": done})


_EXPECTED: Final = {
    "cancel": 'expected {"order_id": "..."}',
    "cancel-all": "expected {}",
    "trading": 'expected {"enabled": true} or {"enabled": false}',
    "kill": f'expected {{"confirm": "{CONFIRMED}", "flatten": true, false or null}}',
}


def _button(
    controls: Controls, name: str, body: dict[str, object], who: str
) -> Callable[[], str] | None:
    if name == "cancel":
        order_id = body.get("order_id")
        return partial(controls.cancel, order_id, who) if isinstance(order_id, str) else None
    if name == "cancel-all":
        return partial(controls.cancel_all, who) if not body else None
    if name == "trading":
        enabled = body.get("enabled")
        if not isinstance(enabled, bool):
            return None
        return partial(controls.enable if enabled else controls.disable, who)
    flatten = body.get("flatten")
    if body.get("confirm") != CONFIRMED or not isinstance(flatten, bool | None):
        return None
    return partial(controls.kill, who, flatten=flatten)
