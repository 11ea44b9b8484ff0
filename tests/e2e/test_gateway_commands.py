"""What a gateway does with commands that come late, twice, from nobody, or about others' orders."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from regimeflow._core.messages import LiveMessage, SystemMessage
from regimeflow.adapters.clock import SystemClock
from regimeflow.adapters.gateway.lines import Inlet, Outlet, from_gateway, to_gateway
from regimeflow.adapters.gateway.parcels import Parcel, Unpacking
from regimeflow.adapters.gateway.values import messages_of
from regimeflow.live import MessageQueueConfig, OrderSide
from tests.contract.binance_bench import SYMBOL
from tests.contract.gateway_bench import GatewayBench

MINUTE_NS = 60 * 10**9


class Peer:
    """A host that sends what it likes."""

    def __init__(self, bench: GatewayBench, name: str) -> None:
        self._bench = bench
        self._numbers = itertools.count(1)
        self._clock = SystemClock()
        self._unpacking = Unpacking(name)
        self.answers: dict[int, Any] = {}
        queue = MessageQueueConfig(**bench.queue, origin=name)
        self._out = Outlet(to_gateway(queue), lambda _: None, self._clock.now_ns)
        self._in = Inlet(from_gateway(queue), self._hear, self._clock.now_ns() - MINUTE_NS)
        for line in (self._out, self._in):
            line.start()

    def _hear(self, message: LiveMessage) -> None:
        assert isinstance(message.payload, SystemMessage)
        parcel = self._unpacking.take(message.origin, message.payload.text)
        if parcel is not None and parcel.content["kind"] == "answer":
            self.answers[parcel.number] = parcel.content

    def send(self, kind: str, *, age_ns: int = 0, **args: object) -> int:
        until_ns = self._clock.now_ns() + MINUTE_NS - age_ns
        content = {"kind": kind, "session": "1", "until_ns": until_ns, **args}
        number = next(self._numbers)
        assert self._out.send(Parcel("gateway", number, content))
        return number

    async def ask(self, kind: str, **given: Any) -> Any:
        async with asyncio.timeout(30):
            while not (self._out.is_open and self._in.is_open):  # noqa: ASYNC110 - of threads
                await asyncio.sleep(0.01)
            number = self.send(kind, **given)
            while number not in self.answers:
                await self._bench.settle()
                await asyncio.sleep(0.01)
        return self.answers[number]

    async def stop(self) -> None:
        await asyncio.gather(*(asyncio.to_thread(each.stop) for each in (self._out, self._in)))


def an_order(name: str, **changes: object) -> dict[str, object]:
    return {
        "symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "0.01",
        "limit_price": "59995", "stop_price": None, "time_in_force": "GTC",
        "expire_time_ns": None, "client_order_id": name, "terms": None,
    } | changes  # fmt: skip


def play(act: Callable[[GatewayBench, Peer, Peer], Awaitable[None]]) -> None:
    async def whole() -> None:
        bench = GatewayBench()
        await bench.open()
        peers = Peer(bench, "desk-a"), Peer(bench, "desk-b")
        try:
            await bench.move_market()
            for each in peers:
                await each.ask("hello")
            await act(bench, *peers)
        finally:
            for each in peers:
                await each.stop()
            await bench.close()

    asyncio.run(whole())


def outcome(answer: Any) -> str | None:
    return answer["error"]["outcome"] if "error" in answer else None


def test_a_command_that_comes_too_late_is_not_carried_out():
    async def act(bench: GatewayBench, peer: Peer, _: Peer) -> None:
        late = await peer.ask("submit", order=an_order("late"), age_ns=2 * MINUTE_NS)

        assert "NOT_SENT" == outcome(late)
        assert {} == bench.truth().orders

    play(act)


def test_an_order_that_comes_twice_is_sent_once_and_answered_twice():
    async def act(bench: GatewayBench, peer: Peer, other: Peer) -> None:
        first = await peer.ask("submit", order=an_order("mine"))
        again = await peer.ask("submit", order=an_order("mine"))
        stolen = await other.ask("submit", order=an_order("mine"))

        assert first["value"] == again["value"]
        assert "UNKNOWN" == outcome(stolen)
        assert ["mine"] == [*bench.truth().orders]

    play(act)


def test_a_host_reaches_no_order_of_another():
    async def act(bench: GatewayBench, peer: Peer, other: Peer) -> None:
        mine = (await peer.ask("submit", order=an_order("mine")))["value"]
        change = {"quantity": "0.02", "limit_price": None, "stop_price": None}
        answers = [
            await other.ask("cancel", broker_order_id=mine),
            await other.ask("modify", broker_order_id=mine, change=change),
        ]
        seen = [
            await other.ask("open_orders"),
            await other.ask("find", client_order_id="mine"),
            await other.ask("executions", since_ns=0),
        ]

        assert ["REFUSED", "REFUSED"] == [outcome(each) for each in answers]
        assert ["", "", ""] == [each["value"] for each in seen]
        assert bench.truth().orders["mine"].is_open
        assert (await peer.ask("open_orders"))["value"]
        await peer.ask("cancel", broker_order_id=mine)

    play(act)


def test_an_average_price_without_an_end_is_told_as_far_as_a_message_has_room():
    async def act(bench: GatewayBench, peer: Peer, _: Peer) -> None:
        await peer.ask("submit", order=an_order("one", type="MARKET", limit_price=None))
        await peer.ask("submit", order=an_order("other", quantity="0.02"))
        await bench.take(OrderSide.BUY, Decimal("0.02"))
        async with asyncio.timeout(30):
            while not (found := messages_of((await peer.ask("positions"))["value"])):
                await bench.settle()
        while found[0].quantity_dec < Decimal("0.029"):
            found = messages_of((await peer.ask("positions"))["value"])

        assert Decimal(60_000) - 1 < found[0].avg_px_dec < Decimal(60_010)

    play(act)


def test_what_is_no_command_is_answered_and_does_no_harm():
    async def act(bench: GatewayBench, peer: Peer, _: Peer) -> None:
        bad = [
            await peer.ask("dance"),
            await peer.ask("submit"),
            await peer.ask("submit", order={}),
            await peer.ask("submit", order=an_order("bad", side="UP")),
            await peer.ask("submit", order=an_order("bad", quantity="many")),
            await peer.ask("submit", order=an_order("bad", symbol="XYZ")),
            await peer.ask("cancel"),
            await peer.ask("instrument", symbol="XYZ"),
        ]

        assert {"REFUSED"} == {outcome(each) for each in bad}
        assert outcome(await peer.ask("executions", since_ns="yesterday"))
        assert {} == bench.truth().orders
        assert outcome(await peer.ask("submit", order=an_order("good"))) is None

    play(act)


def test_commands_of_a_session_that_did_not_say_hello_are_sent_away():
    async def act(bench: GatewayBench, peer: Peer, _: Peer) -> None:
        answer = await peer.ask("submit", order=an_order("mine"), session="2")

        assert "NOT_SENT" == outcome(answer)
        assert "2" == answer["over"]
        assert {} == bench.truth().orders

    play(act)
