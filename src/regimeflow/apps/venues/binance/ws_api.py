"""The WebSocket API: requests with an id, answers in any order, events between them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from aiohttp import WSMsgType, web

from regimeflow.apps.venues.binance import event_forms, rates, refusals, ws_requests
from regimeflow.apps.venues.binance.gate import Answer, Gate
from regimeflow.apps.venues.binance.operations import BY_NAME, FREE, GONE_METHODS, Operation
from regimeflow.apps.venues.binance.parts import Parts
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.rest import unit_of
from regimeflow.apps.venues.binance.sockets import POLICY, Pace, Socket
from regimeflow.apps.venues.binance.user_data import UserHub
from regimeflow.apps.venues.binance.ws_requests import Message
from regimeflow.apps.venues.binance.ws_session import Session

CONNECTION_WEIGHT: Final = 2
MOST_CONTROL_FRAMES: Final = 5
Form = dict[str, object]


class WebSocketDoor:
    """Serves ``/ws-api/v3``.

    Args:
        parts: Of the venue.
        gate: Carries requests out.
        hub: Tells about accounts.
    """

    def __init__(self, parts: Parts, gate: Gate, hub: UserHub) -> None:
        self._parts = parts
        self._gate = gate
        self._hub = hub
        self._sessions: set[Session] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def add_routes(self, app: web.Application) -> None:
        """Add the path."""
        app.router.add_get("/ws-api/v3", self._serve)

    @property
    def sockets(self) -> Sequence[Socket]:
        """Every connection."""
        return [each.socket for each in self._sessions]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        refused = self._parts.faults.take("connect_refused", kind="ws-api")
        if refused is not None:
            return web.Response(status=int(str(refused["status"])))
        address = request.remote or ""
        now_ns = self._parts.clock()
        try:
            unit = unit_of(request.query.get("timeUnit"))
            if request.query.get("responseFormat") == "sbe":
                raise refusals.no_sbe()
            self._parts.weights.admit(address, CONNECTION_WEIGHT, now_ns)
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=refusal.status)
        self._parts.weights.add(address, CONNECTION_WEIGHT, now_ns)
        web_socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=1_000_000)
        await web_socket.prepare(request)
        socket = Socket(request, web_socket, "ws-api", self._parts.faults)
        session = Session(self._parts, self._gate, self._hub, socket, unit)
        session.returns_limits = request.query.get("returnRateLimits", "true") != "false"
        self._sessions.add(session)
        try:
            await self._listen(web_socket, session, address)
        finally:
            self._sessions.discard(session)
            session.end()
            await socket.end()
        return web_socket

    async def _listen(
        self, web_socket: web.WebSocketResponse, session: Session, address: str
    ) -> None:
        pace = Pace(MOST_CONTROL_FRAMES)
        loop = asyncio.get_running_loop()
        async for frame in web_socket:
            if frame.type is WSMsgType.TEXT:
                task = loop.create_task(self._handle(session, frame.data, address))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                continue
            session.socket.heard(frame.type)
            if not pace.admits(loop.time()):
                session.socket.close(POLICY)
            elif frame.type is WSMsgType.PING:
                await web_socket.pong(frame.data)

    async def _handle(self, session: Session, text: str, address: str) -> None:
        identity = ws_requests.identity_of(text)
        operation: Operation | None = None
        found: Answer | None = None
        account = session.key.account if session.key else ""
        shows = session.returns_limits
        try:
            message = ws_requests.read(text)
            shows = self._wants_limits(session, message)
            operation = BY_NAME.get(message.method)
            if operation is None:
                found = Answer(self._own(session, message, address))
            else:
                asked = session.request(without_flag(message), address)
                found = await self._gate.answer(operation, asked)
                account = found.account
        except Refusal as refusal:
            form: Form = {"id": identity, "status": refusal.status, "error": refusal.body()}
            if refusal.code == refusals.key_refused().code and session.key is not None:
                self._revoke(session)
        else:
            form = {"id": identity, "status": 200, "result": found.result}
        if found is not None and found.is_lost:
            return
        if shows:
            form["rateLimits"] = self._limits(operation, account, address)
        session.socket.send(form)
        if found is not None:
            self._gate.release(found)

    def _wants_limits(self, session: Session, message: Message) -> bool:
        flag = message.sent.get("returnRateLimits")
        return session.returns_limits if flag is None else flag == "true"

    def _own(self, session: Session, message: Message, address: str) -> object:
        """Carry out what concerns the connection itself."""
        known = session.methods.get(message.method)
        if known is None:
            if message.method in GONE_METHODS:
                raise refusals.unsupported()
            raise Refusal(-1000, f"Unknown method '{message.method}'.")
        weight, act = known
        now_ns = self._parts.clock()
        self._parts.weights.admit(address, weight, now_ns)
        self._parts.weights.add(address, weight, now_ns)
        return act(without_flag(message))

    def _limits(self, operation: Operation | None, account: str, address: str) -> list[Form]:
        now_ns = self._parts.clock()
        weights = self._parts.weights
        row = rates.weight_row(weights.used(address, now_ns), weights.limit)
        if operation is None or not operation.counts or operation.security == FREE:
            return [row]
        return [*self._parts.counts.rows(account, now_ns), row]

    def _revoke(self, session: Session) -> None:
        """Tell a session that its key opens nothing any more, without being asked."""
        key = session.key
        if key is None:
            return
        session.forget(key)
        refusal = refusals.key_refused()
        session.socket.send({"id": None, "status": 401, "error": refusal.body()})

    def revoke(self, name: str) -> None:
        """Revoke a key: sessions that it opened are told so."""
        self._parts.keys.revoke(name)
        for session in list(self._sessions):
            if session.key is not None and session.key.name == name:
                self._revoke(session)

    def warn(self, grace_s: float) -> None:
        """Send serverShutdown, and close some time later."""
        for session in list(self._sessions):
            event = event_forms.server_shutdown(self._parts.clock(), session.unit)
            session.socket.send({"event": event})
            session.socket.close(delay_s=grace_s)


def without_flag(message: Message) -> Message:
    """Return a message without what only says how to answer; it is signed all the same."""
    if "returnRateLimits" not in message.sent:
        return message
    sent = {name: value for name, value in message.sent.items() if name != "returnRateLimits"}
    return message._replace(sent=sent)
