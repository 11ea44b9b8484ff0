"""A gateway's desk: it hears its hosts on the queue and answers each."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any, Final

from regimeflow._core.messages import LiveMessage, SystemMessage
from regimeflow.adapters.clock import SystemClock
from regimeflow.adapters.gateway.lines import Inlet, Outlet, from_gateway, to_gateway
from regimeflow.adapters.gateway.parcels import EVERYBODY, Parcel, Unpacking
from regimeflow.adapters.gateway.values import error_state
from regimeflow.adapters.queues._shared.origins import name_in_force
from regimeflow.engine.gateway.commands import Commands
from regimeflow.engine.gateway.hosts import Hosts
from regimeflow.engine.gateway.reads import Reads
from regimeflow.engine.parts import Parts
from regimeflow.types.config.gateway import GatewaySettings
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.errors import (
    BrokerError,
    CodecError,
    InvalidState,
    NetworkError,
    Outcome,
    RegimeFlowError,
)
from regimeflow.types.records import replace

Args = Mapping[str, Any]

_NS_PER_S: Final = 1_000_000_000
_SKEW_S: Final = 5  # by which the queue's clock may be behind ours


class GatewayDesk:
    """Takes the commands and questions of hosts from the queue, and says that it lives.

    What hosts ask for is done as calls of the host are: written into the journal, and made again by
    a replay. The desk itself is of the edge: it takes the machine's time, and nothing that it
    keeps outlives the process.

    Args:
        parts: Of the session.
        settings: Who may trade, and what becomes of the orders of the dead.
        queue: Of the session.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts, settings: GatewaySettings, queue: MessageQueueConfig) -> None:
        self._parts: Final = parts
        self._settings: Final = settings
        self._clock: Final = SystemClock()
        self._hosts: Final = Hosts(parts.books.table, settings.hosts, settings.dead_after_s)
        self._commands: Final = Commands(parts, self._hosts)
        self._reads: Final = Reads(parts, self._hosts)
        named = replace(queue, origin=name_in_force(queue))
        self._unpacking: Final = Unpacking(named.origin or "")
        since_ns = self._clock.now_ns() - _SKEW_S * _NS_PER_S
        self._inlet: Final = Inlet(to_gateway(named), self._hear, since_ns)
        self._outlet: Final = Outlet(from_gateway(named), _lost, self._clock.now_ns)
        self._asking: Final[set[asyncio.Task[None]]] = set()
        self._beating: asyncio.TimerHandle | None = None
        self._is_open = False

    def start(self) -> None:
        """Begin to hear."""
        self._is_open = True
        self._outlet.start()
        self._inlet.start()
        self._beat()

    async def stop(self) -> None:
        """Hear no more; harmless when it never began."""
        if not self._is_open:
            return
        self._is_open = False
        if self._beating is not None:
            self._beating.cancel()
        for task in self._asking:
            task.cancel()
        self._say_alive()
        lines = self._inlet, self._outlet
        await asyncio.gather(*(asyncio.to_thread(each.stop) for each in lines))

    def _beat(self) -> None:
        self._say_alive()
        now_ns = self._clock.monotonic_ns()
        for name in self._hosts.dead(now_ns, can_hear=self._inlet.is_open):
            self._mourn(name)
        loop = asyncio.get_running_loop()
        self._beating = loop.call_later(self._settings.heartbeat_s, self._beat)

    def _say_alive(self) -> None:
        is_up = self._is_open and self._parts.broker.is_connected()
        content = {"kind": "beat", "boot": self._parts.boot_nonce, "is_up": is_up}
        self._outlet.send(Parcel(EVERYBODY, self._clock.now_ns(), content))

    def _mourn(self, name: str) -> None:
        text = f"host {name} has been silent for {self._settings.dead_after_s:g} s"
        count = sum(1 for _ in self._hosts.open_rows(name))
        if self._settings.on_host_death == "cancel":
            count = self._commands.cancel_all(name)
            self._parts.say("warning", f"{text}; {count} of its orders are being cancelled")
        else:
            self._parts.say("warning", f"{text}; its {count} open orders stay")

    # On the inlet's thread.

    def _hear(self, message: LiveMessage) -> None:
        payload = message.payload
        if not isinstance(payload, SystemMessage):
            return
        try:
            parcel = self._unpacking.take(message.origin, payload.text)
        except CodecError:
            return  # whoever may write to the queue may write that
        if parcel is not None:
            self._parts.on_loop(partial(self._take, message.origin, parcel))

    # On the loop.

    def _take(self, host: str, parcel: Parcel) -> None:
        if not self._is_open:
            return
        answer = partial(self._answer, host, parcel.number)
        kind, fault = str(parcel.content.get("kind")), self._hosts.fault_of(host)
        if fault:
            answer(BrokerError(fault))
            return
        session = str(parcel.content.get("session"))
        if kind == "hello":
            self._hosts.begin(host, session)
        elif not self._hosts.is_current(host, session):
            self._send_away(host, session, parcel.number)
            return
        if kind == "bye":
            self._hosts.left(host)
            self._parts.say("log", f"host {host} has left")
            return
        if self._hosts.heard(host, self._clock.monotonic_ns()):
            self._parts.say("log", f"host {host} is here")
        try:
            self._do(host, kind, parcel)
        except (RegimeFlowError, LookupError, TypeError, ValueError) as error:
            answer(error)

    def _do(self, host: str, kind: str, parcel: Parcel) -> None:
        args: Args = parcel.content
        answer = partial(self._answer, host, parcel.number)
        if kind == "beat":
            return
        if self._clock.now_ns() > int(args["until_ns"]):
            raise NetworkError("it came too late, and was not carried out")
        if kind == "submit":
            self._commands.submit(host, args, answer)
        elif kind == "cancel":
            self._commands.cancel(host, args)
            answer(None)
        elif kind == "modify":
            self._commands.modify(host, args)
            answer(None)
        elif kind == "hello":
            answer(self._welcome(host))
        else:
            self._ask(self._read(host, kind, parcel))

    def _send_away(self, host: str, session: str, number: int) -> None:
        error = NetworkError(f"another session of {host} has begun, or none is known")
        content = {"kind": "answer", "over": session, "error": error_state(error)}
        self._outlet.send(Parcel(host, number, content))

    def _welcome(self, host: str) -> object:
        if not self._parts.broker.is_connected():
            raise NetworkError("the gateway has no session with its venue")
        abilities = self._parts.broker.capabilities()
        return {
            "boot": self._parts.boot_nonce,
            "said_ns": self._clock.now_ns(),
            "now_ns": self._parts.clock.now_ns(),
            "venue": abilities.venue,
            "has_sessions": abilities.has_sessions,
            "sets_exits_aside": abilities.sets_exits_aside,
            "orders": [row.client_order_id for row in self._hosts.open_rows(host)],
        }

    def _ask(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _read(self, host: str, kind: str, parcel: Parcel) -> None:
        try:
            found = await self._reads.answer(host, kind, parcel.content)
        except (RegimeFlowError, LookupError, TypeError, OSError) as error:
            self._answer(host, parcel.number, error)
        except Exception as error:  # noqa: BLE001 - our fault: the host may ask again
            text = f"the gateway could not answer: {error!r}"
            self._answer(host, parcel.number, NetworkError(text, outcome=Outcome.UNKNOWN))
        else:
            self._answer(host, parcel.number, found)

    def _answer(self, host: str, number: int, found: object | Exception) -> None:
        content: dict[str, object] = {"kind": "answer"}
        if isinstance(found, Exception):
            if not isinstance(found, RegimeFlowError):
                found = InvalidState(f"the gateway cannot do that: {found!r}")
            content["error"] = error_state(found)
        else:
            content["value"] = found
        self._outlet.send(Parcel(host, number, content))


def _lost(_: int) -> None:
    """An answer that is lost is asked for again, or its order is in doubt and looked up."""
