"""Gateways in processes of their own: one owns the account, another stands by."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from regimeflow.adapters.clock import SystemClock
from regimeflow.adapters.gateway.lines import Outlet, to_gateway
from regimeflow.adapters.gateway.parcels import Parcel
from regimeflow.adapters.gateway.redis_lease import lease_of
from regimeflow.apps.cli.exits import Exit
from regimeflow.live import LiveOrderStatus, MessageQueueConfig, OrderSide
from tests.contract.binance_bench import SYMBOL
from tests.e2e.test_gateway import (
    BUY,
    QUANTITY,
    Floor,
    buys,
    has_come_back,
    held,
    is_at,
    play,
    rests,
)
from tests.support.servers import Server, redis_server

LEASE_S = 2.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = redis_server(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


class Gateway:
    """``regimeflow-live gateway`` as a process, and what it says."""

    def __init__(self, config: Path) -> None:
        command = [sys.executable, "-m", "regimeflow.apps.cli", "gateway", str(config), "--json"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._lines: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stdout:
            for each in stdout:
                self._lines.append(each)

    def says(self, text: str) -> bool:
        assert self.process.poll() is None or self._has(text), "".join(self._lines)
        return self._has(text)

    def _has(self, text: str) -> bool:
        return any(text in each for each in self._lines)

    def owns(self) -> bool:
        return self.process.poll() is None and self._has('"connected"')

    def last(self) -> list[str]:
        return self._lines[-8:]

    def is_over(self) -> bool:
        return self.process.poll() is not None and not self._reading.is_alive()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        self._reading.join()


class LeasedFloor(Floor):
    """A venue and hosts here, gateways elsewhere."""

    silence_s = 3.0  # else a take-over takes longer

    def __init__(self, server: Server, folder: Path) -> None:
        settings = {
            "lease": "redis", "lease_s": LEASE_S, "lease_margin_s": 0.1, "heartbeat_s": 0.2,
        }  # fmt: skip
        super().__init__(server, folder, gateway=settings)
        self._file = folder / "gateway.toml"
        self.gateways: list[Gateway] = []

    async def open_gateway(self) -> None:
        self._file.write_text(self.config().describe())
        gateway = self.start_gateway()
        await self.until(lambda: gateway.says('"connected"'))

    def start_gateway(self) -> Gateway:
        self.gateways.append(Gateway(self._file))
        return self.gateways[-1]

    async def close_gateway(self) -> None:
        for each in self.gateways:
            await asyncio.to_thread(each.end)


def test_a_standby_takes_over_from_an_owner_that_is_killed_and_all_books_are_equal(
    tmp_path, server
):
    async def act(floor: LeasedFloor) -> None:
        run = await floor.host("desk-a", reconnect={"first_wait_s": 0.05, "longest_wait_s": 1})
        left = rests(floor, run)
        await floor.until(is_at(run, left, LiveOrderStatus.NEW))
        standby = floor.start_gateway()
        await floor.until(lambda: standby.says("standing by"))

        floor.gateways[0].process.kill()
        await floor.take(BUY, QUANTITY)
        await floor.until(lambda: standby.says('"connected"'))
        await floor.until(is_at(run, left, LiveOrderStatus.FILLED))
        await floor.until(lambda: has_come_back(run))
        await floor.move_market()
        bought = buys(run)
        await floor.until(is_at(run, bought, LiveOrderStatus.FILLED))

        assert floor.at_venue() == held(run) > QUANTITY

    play(LeasedFloor(server, tmp_path), act)


def test_an_owner_that_was_paused_sends_nothing_when_it_wakes_and_leaves(tmp_path, server):
    async def act(floor: LeasedFloor) -> None:
        (paused,) = floor.gateways
        paused.process.send_signal(signal.SIGSTOP)
        queue = MessageQueueConfig(**floor.queue, origin="desk-a")
        other = lease_of(queue, "binance-local", 60)
        await floor.until(other.try_take)
        commands = Outlet(to_gateway(queue), lambda _: None, SystemClock().now_ns)
        commands.start()
        order = {
            "symbol": SYMBOL, "side": OrderSide.BUY.name, "type": "LIMIT",
            "quantity": str(QUANTITY), "limit_price": "59995", "stop_price": None,
            "time_in_force": "GTC", "expire_time_ns": None, "client_order_id": "late",
            "terms": None,
        }  # fmt: skip
        head = {"until_ns": SystemClock().now_ns() * 2, "session": "1"}
        await floor.until(lambda: commands.is_open)
        commands.send(Parcel("gateway", 1, {"kind": "hello", **head}))
        commands.send(Parcel("gateway", 2, {"kind": "submit", "order": order, **head}))
        await asyncio.to_thread(commands.stop)

        paused.process.send_signal(signal.SIGCONT)
        await floor.until(paused.is_over)

        assert Exit.FAILED == paused.process.returncode
        assert paused.says("another gateway owns the account now")
        assert {} == floor.truth().orders
        other.give_back()

    play(LeasedFloor(server, tmp_path), act)
