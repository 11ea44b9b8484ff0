"""A dashboard over a stand-in for an engine, and a client that sends what it is told to."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from time import monotonic

from regimeflow.apps.server.attach import Watching
from regimeflow.types.config import LiveConfig
from regimeflow.types.errors import InvalidState
from regimeflow.types.events import EngineEvent, SessionSummary
from regimeflow.types.snapshots import DashboardSnapshot
from tests.support.pictures import START_NS, a_snapshot

PATIENCE_S = 30.0
OPERATOR, READER = "operator-token-0123456789", "reader-token-0123456789"
READS = ["/api/snapshot", "/api/stream", "/api/role", "/metrics"]
BUTTONS = {
    "/api/cancel": {"order_id": "7"},
    "/api/cancel-all": {},
    "/api/trading": {"enabled": True},
    "/api/kill": {"confirm": "KILL", "flatten": True},
}
PAGE = ["/", "/app.css", "/app.js", "/charts.js", "/tables.js"]


class FakeOrders:
    """Takes cancels."""

    def __init__(self, presses: list[tuple[object, ...]]) -> None:
        self._presses = presses

    def cancel_order(self, order_id: int) -> None:
        if order_id == 404:
            raise InvalidState("order 404 has ended; key hunter2hunter2")
        self._presses.append(("cancel", order_id))

    def cancel_all_orders(self) -> int:
        self._presses.append(("cancel_all",))
        return 2


class FakeEngine:
    """Answers as an engine does; ``hang`` keeps it from answering."""

    def __init__(self) -> None:
        self.presses: list[tuple[object, ...]] = []
        self.order_manager = FakeOrders(self.presses)
        self.snapshot = a_snapshot()
        self.is_up = True
        self.is_silent = False
        self.asked = 0
        self.on_events: list = []
        self.on_errors: list = []

    def is_running(self) -> bool:
        return self.is_up

    def get_dashboard_snapshot(self) -> DashboardSnapshot:
        self.asked += 1
        if self.is_silent:
            raise InvalidState("the engine's loop did not answer within 5 s")
        return self.snapshot

    def summary(self) -> SessionSummary:
        return SessionSummary(
            started_ns=START_NS,
            messages={"quotes": 7},
            orders={"FILLED": 3},
            fills=3,
            buy_fills=2,
            sell_fills=1,
            realized_pnl=Decimal("3.5"),
            unrealized_pnl=None,
            commission=Decimal("0.18"),
            net_pnl=None,
            currency="USDT",
        )

    def on_event(self, cb) -> None:
        self.on_events.append(cb)

    def on_error(self, cb) -> None:
        self.on_errors.append(cb)

    def say(self, kind: str, text: str) -> None:
        for cb in self.on_events:
            cb(EngineEvent(kind, START_NS, text))

    def enable_trading(self) -> None:
        self.presses.append(("enable",))

    def disable_trading(self) -> None:
        self.presses.append(("disable",))

    def press_kill_switch(self, text: str = "", *, flatten: bool | None = None) -> None:
        assert "from 127.0.0.1" in text
        self.presses.append(("kill", flatten))


class Client:
    """One address, and what was answered there."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port = port
        self.token = token

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        hosts: tuple[str, ...] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            link.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for host in (f"127.0.0.1:{self.port}",) if hosts is None else hosts:
                link.putheader("Host", host)
            given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            if body is not None:
                given |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
            for name, value in {**given, **(headers or {})}.items():
                link.putheader(name, value)
            link.endheaders(body)
            answer = link.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            link.close()

    def json(self, path: str) -> dict:
        """Return the JSON of an answer of 200."""
        status, _, body = self.ask(path)
        assert 200 == status, body
        return json.loads(body)

    def press(self, path: str, body: object, **headers: str) -> tuple[int, dict]:
        """Press a button."""
        status, _, said = self.ask(path, "POST", json.dumps(body).encode(), headers)
        return status, json.loads(said)


def a_watched_config(**tables: object) -> LiveConfig:
    """Return the configuration of a session that serves both at free ports."""
    return LiveConfig.from_dict(
        {
            "broker_type": "paper",
            "symbols": ["BTCUSDT"],
            "dashboard": {
                "enabled": True,
                "port": 0,
                "updates_per_s": 50,
                "token": "env:RF_OPERATOR",
                "read_only_token": "env:RF_READER",
            },
            "metrics": {"enabled": True, "port": 0},
            **tables,
        }
    ).frozen()


@contextmanager
def a_dashboard(
    engine: object, config: LiveConfig | None = None, *, patience_s: float = 10.0
) -> Iterator[Watching]:
    """Serve an engine; everything is gone afterwards."""
    watching = Watching(engine, config or a_watched_config(), patience_s=patience_s)
    watching.start()
    try:
        yield watching
    finally:
        watching.stop()


def until(condition, what: str) -> None:
    """Wait for a condition, long enough for the slowest machine."""
    limit_s = monotonic() + PATIENCE_S
    pause = threading.Event()
    while not condition():
        assert monotonic() < limit_s, what
        pause.wait(0.01)


def first_event(client: Client) -> dict:
    """Return what a stream says first."""
    with socket.create_connection(("127.0.0.1", client.port), timeout=PATIENCE_S) as link:
        head = f"GET /api/stream HTTP/1.1\r\nHost: localhost:{client.port}\r\n"
        link.sendall(f"{head}Authorization: Bearer {client.token}\r\n\r\n".encode())
        said = b""
        while b"\n\n" not in said.partition(b"data: ")[2]:
            said += link.recv(65536)
    return json.loads(said.partition(b"data: ")[2].partition(b"\n\n")[0])
