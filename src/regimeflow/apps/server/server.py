"""The thread that serves pages and metrics, with a loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import web

from regimeflow.apps.server.access import Access
from regimeflow.apps.server.routes import Served, dashboard_app, metrics_app
from regimeflow.apps.server.stream import Hub
from regimeflow.types.errors import InvalidState
from regimeflow.types.records import Record

_LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
# What one connection may have the kernel keep for it.
_SEND_BUFFER_BYTES: Final = 256 * 1024
_BACKLOG: Final = 64
_STOP_S: Final = 5.0


class Door(Record, kw_only=True):
    """One address that is listened at, and who may come in there."""

    what: str  # dashboard or metrics: also the table of the configuration
    listening: socket.socket
    access: Access

    @property
    def port(self) -> int:
        """The port in force, where any was asked for."""
        return int(self.listening.getsockname()[1])


def listen(what: str, host: str, port: int, *, has_token: bool) -> socket.socket:
    """Listen at an address.

    Raises:
        InvalidState: the port is taken, or there is no such address here; or others can reach it
            and no token is asked for, whatever its name promised.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        found = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        why = error.strerror or str(error)
        text = f"{what}.port: cannot listen at {host} port {port}: {why}; nothing was started"
        raise InvalidState(text) from error
    found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    address = found.getsockname()[0]
    if not ipaddress.ip_address(address).is_loopback and not has_token:
        found.close()
        raise InvalidState(f"{what}.token is missing; {address} can be reached from other machines")
    return found


def names_of(host: str, more: Sequence[str]) -> set[str]:
    """Return what a ``Host`` header may name, without ports."""
    bare = f"[{host}]" if ":" in host else host
    is_wild = host in ("0.0.0.0", "::")  # noqa: S104 - compared, not listened at
    own = set() if is_wild else {bare}
    if is_wild or bare in _LOOPBACK_NAMES or bare.startswith("127."):
        own |= set(_LOOPBACK_NAMES)
    return own | {f"[{each}]" if ":" in each else each for each in more}


class Server:
    """Serves on a thread of its own; a client that hangs holds up nobody, stopping included.

    Args:
        doors: Listening already, so that a port that is taken is told before anything trades.
        serve: Makes what answers are made of, on the server's loop.

    Threading: any thread.
    """

    def __init__(self, doors: Sequence[Door], serve: Callable[[], Served]) -> None:
        self._doors: Final = tuple(doors)
        self._serve: Final = serve
        self._ready: Final = threading.Event()
        self._thread: Final = threading.Thread(
            target=self._run, name="regimeflow-dashboard", daemon=True
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._hub: Hub | None = None
        self._failure: BaseException | None = None

    def start(self) -> None:
        """Serve; returns once it does, or raises what keeps it from it."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End, within seconds, whoever is connected; harmless the second time."""
        if self._loop is not None and self._stopping is not None:
            with contextlib.suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread.is_alive():
            self._thread.join(_STOP_S)
        for door in self._doors:
            door.listening.close()

    def wake(self) -> None:
        """Have pages told what changed."""
        with contextlib.suppress(RuntimeError):  # it has ended
            if self._hub is not None:
                self._hub.wake()

    @property
    def watchers(self) -> int:
        """How many pages are open."""
        return self._hub.count if self._hub is not None else 0

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - raised by start()
            self._failure = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        served = self._serve()
        self._hub = served.hub
        runners = []
        try:
            for door in self._doors:
                make = dashboard_app if door.what == "dashboard" else metrics_app
                runner = web.AppRunner(
                    make(served, door.access),
                    access_log=None,  # it would have the addresses of every request
                    handle_signals=False,
                    shutdown_timeout=0.5,
                    keepalive_timeout=30.0,
                )
                await runner.setup()
                runners.append(runner)
                await web.SockSite(runner, door.listening).start()
            self._ready.set()
            await self._stopping.wait()
        finally:
            served.hub.close()
            for runner in runners:
                await runner.cleanup()
