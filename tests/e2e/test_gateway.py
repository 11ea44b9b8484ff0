"""Strategy hosts at a gateway, over a real queue, at the local Binance venue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import (
    LiveConfig,
    LiveOrder,
    LiveOrderStatus,
    Order,
    OrderSide,
    OrderType,
    TradingState,
)
from tests.contract.binance_bench import SYMBOL
from tests.contract.gateway_bench import GatewayBench
from tests.support.engines import Run
from tests.support.servers import Server, redis_server

BUY, SELL = OrderSide.BUY, OrderSide.SELL
QUANTITY = Decimal("0.01")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = redis_server(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


class Floor(GatewayBench):
    """A venue, a gateway, and hosts with engines of their own."""

    silence_s = 10.0  # longer than a slow machine stands still

    def __init__(self, server: Server, folder: Path, **tables: object) -> None:
        url = f"redis://{server.address}/0"
        super().__init__({"type": "redis", "url": url, "prefix": folder.name[-20:]})
        self._hosts_folder = folder
        self._tables = tables
        self._runs: list[tuple[Run, asyncio.Task[None]]] = []

    def config(self, **tables: object) -> LiveConfig:
        return super().config(**(self._tables | tables))

    async def host(self, name: str, **tables: object) -> Run:
        """Start a host; return when it trades."""
        run = Run(self.host_config(name, **tables))
        running = asyncio.create_task(run.engine.run())
        self._runs.append((run, running))
        await self.until(lambda: run.engine.is_running() or running.done())
        if running.done():
            running.result()
        await self.move_market()
        await self.until(lambda: run.engine._parts.board.mark_dec(SYMBOL))
        return run

    def host_config(self, name: str, **tables: object) -> LiveConfig:
        broker = {"queue": self.queue | {"origin": name}, "heartbeat_s": 0.2}
        broker["silence_s"] = self.silence_s
        given = {
            "broker_type": "queue",
            "symbols": [SYMBOL],
            "broker": broker,
            "journal": {"folder": str(self._hosts_folder / name), "segment_mb": 1},
            "audit": {"enabled": "no"},
            "orders": {"on_stop": "leave"},
        }
        return LiveConfig.from_dict(given | tables)

    async def end(self, run: Run) -> None:
        """End a host's session."""
        run.engine.stop()
        ((_, running),) = [each for each in self._runs if each[0] is run]
        await running

    async def until(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(30):
            while not is_so():
                await self.settle()
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        for run, running in self._runs:
            run.engine.stop()
            await asyncio.wait({running})
        await super().close()

    # What is so.

    def at_gateway(self, host: str) -> Decimal:
        assert self.engine is not None
        return self.engine.portfolio.position(SYMBOL, strategy=host).quantity_dec

    def at_venue(self) -> Decimal:
        return self.truth().position

    def open_at_venue(self) -> list[str]:
        return [name for name, each in self.truth().orders.items() if each.is_open]


@asynccontextmanager
async def floor_of(floor: Floor) -> AsyncIterator[Floor]:
    await floor.open()
    try:
        yield floor
    finally:
        await floor.close()


def play(floor: Floor, act: Callable[[Floor], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with floor_of(floor):
            await act(floor)

    asyncio.run(whole())


def order(run: Run, order_id: int) -> LiveOrder:
    found = run.engine.order_manager.get_order(order_id)
    assert found is not None
    return found


def held(run: Run) -> Decimal:
    return run.engine.portfolio.position(SYMBOL).quantity_dec


def buys(run: Run, quantity: Decimal = QUANTITY) -> int:
    return run.engine.order_manager.submit_order(Order(SYMBOL, BUY, OrderType.MARKET, quantity))


def rests(floor: Floor, run: Run, quantity: Decimal = QUANTITY) -> int:
    px = floor.resting_price(BUY)
    resting = Order(SYMBOL, BUY, OrderType.LIMIT, quantity, px)
    return run.engine.order_manager.submit_order(resting)


def has_come_back(run: Run) -> bool:
    is_active = run.engine.get_status().trading_state is TradingState.ACTIVE
    return is_active and len(run.texts("connected")) > 1


def is_at(run: Run, order_id: int, status: LiveOrderStatus) -> Callable[[], bool]:
    return lambda: order(run, order_id).status is status


def test_an_order_of_a_host_goes_out_its_fill_comes_back_and_all_books_are_equal(tmp_path, server):
    async def act(floor: Floor) -> None:
        run = await floor.host("desk-a")
        bought = buys(run)
        await floor.until(is_at(run, bought, LiveOrderStatus.FILLED))
        await floor.until(lambda: floor.at_gateway("desk-a") == held(run))

        assert order(run, bought).client_order_id in floor.truth().orders
        assert floor.at_venue() == floor.at_gateway("desk-a") == held(run) > 0
        assert [] == run.errors

        await floor.end(run)
        await floor.close_gateway()
        assert replay_session(str(tmp_path / "desk-a")).difference is None
        assert replay_session(floor.folder).difference is None

    play(Floor(server, tmp_path), act)


def test_each_of_two_hosts_has_its_own_orders_and_positions_and_nobody_elses(tmp_path, server):
    async def act(floor: Floor) -> None:
        first, second = await floor.host("desk-a"), await floor.host("desk-b")
        one, other = buys(first), buys(second, QUANTITY * 2)
        await floor.until(is_at(first, one, LiveOrderStatus.FILLED))
        await floor.until(is_at(second, other, LiveOrderStatus.FILLED))
        left = rests(floor, second)
        await floor.until(is_at(second, left, LiveOrderStatus.NEW))

        for run in (first, second):
            await run.engine.order_manager.reconcile_with_broker()
        assert floor.at_venue() == held(first) + held(second)
        assert (held(first), held(second)) == (
            floor.at_gateway("desk-a"),
            floor.at_gateway("desk-b"),
        )
        assert held(second) == 2 * held(first)
        assert [] == first.engine.order_manager.get_open_orders()
        assert [left] == [each.order_id for each in second.engine.order_manager.get_open_orders()]
        assert order(first, one).client_order_id != order(second, other).client_order_id
        assert [] == first.errors + second.errors

    play(Floor(server, tmp_path), act)


def test_the_gateways_limits_hold_for_the_whole_account(tmp_path, server):
    limits = {"max_position_qty": str(100 + QUANTITY * 3 / 2)}  # so much is there before

    async def act(floor: Floor) -> None:
        first, second = await floor.host("desk-a"), await floor.host("desk-b")
        one = buys(first)
        await floor.until(is_at(first, one, LiveOrderStatus.FILLED))
        other = buys(second)
        await floor.until(is_at(second, other, LiveOrderStatus.REJECTED))

        error = order(second, other).error
        assert error is not None
        assert "max_position_qty" in error.text
        assert [order(first, one).client_order_id] == [*floor.truth().orders]

    play(Floor(server, tmp_path, risk=limits), act)


def test_a_host_that_is_not_among_those_allowed_does_not_begin(tmp_path, server):
    async def act(floor: Floor) -> None:
        with pytest.raises(Exception, match="desk-b is not among the hosts"):
            await floor.host("desk-b")

    play(Floor(server, tmp_path, gateway={"hosts": ["desk-a"]}), act)


def test_a_fill_while_its_host_is_away_is_in_its_books_when_it_is_back(tmp_path, server):
    async def act(floor: Floor) -> None:
        run = await floor.host("desk-a")
        left = rests(floor, run)
        await floor.until(is_at(run, left, LiveOrderStatus.NEW))
        await floor.end(run)
        await floor.take(BUY, QUANTITY)
        await floor.until(lambda: floor.at_gateway("desk-a"))

        again = await floor.host("desk-a")
        await floor.until(is_at(again, left, LiveOrderStatus.FILLED))

        assert floor.at_venue() == floor.at_gateway("desk-a") == held(again)

    play(Floor(server, tmp_path), act)


def test_a_gateway_that_begins_anew_is_joined_again_and_nothing_is_lost(tmp_path, server):
    async def act(floor: Floor) -> None:
        run = await floor.host("desk-a", reconnect={"first_wait_s": 0.05})
        left = rests(floor, run)
        await floor.until(is_at(run, left, LiveOrderStatus.NEW))
        await floor.close_gateway()
        await floor.take(BUY, QUANTITY)
        await floor.open_gateway()

        await floor.until(is_at(run, left, LiveOrderStatus.FILLED))
        await floor.until(lambda: has_come_back(run))
        bought = buys(run)
        await floor.until(is_at(run, bought, LiveOrderStatus.FILLED))
        await floor.until(lambda: floor.at_gateway("desk-a") == held(run))

        assert floor.at_venue() == held(run)

    play(Floor(server, tmp_path), act)


@pytest.mark.parametrize("rule", ["keep", "cancel"])
def test_the_orders_of_a_host_that_falls_silent_are_kept_or_cancelled(tmp_path, server, rule):
    async def act(floor: Floor) -> None:
        run = await floor.host("desk-a")
        left = rests(floor, run)
        await floor.until(is_at(run, left, LiveOrderStatus.NEW))
        name = order(run, left).client_order_id
        gateway = Said(floor)
        run.engine._parts.broker._link._boot = ""  # else it would say goodbye
        await floor.end(run)

        await floor.until(lambda: gateway.has("host desk-a has been silent"))
        await floor.until(lambda: floor.open_at_venue() == ([name] if rule == "keep" else []))

    gateway = {"on_host_death": rule, "dead_after_s": 3.0, "heartbeat_s": 0.1}
    play(Floor(server, tmp_path, gateway=gateway), act)


def test_a_queue_that_dies_takes_the_session_away_and_gives_it_back_with_what_was_missed(
    tmp_path, server
):
    async def act(floor: Floor) -> None:
        run = await floor.host("desk-a", reconnect={"first_wait_s": 0.05, "longest_wait_s": 0.5})
        left = rests(floor, run)
        await floor.until(is_at(run, left, LiveOrderStatus.NEW))
        server.crash()
        await floor.take(BUY, QUANTITY)
        await floor.until(lambda: floor.at_gateway("desk-a"))
        await floor.until(lambda: run.texts("disconnected"))
        server.start()

        await floor.until(lambda: has_come_back(run))
        assert LiveOrderStatus.FILLED is order(run, left).status
        assert floor.at_venue() == floor.at_gateway("desk-a") == held(run)

    quick = {"reconnect_initial_ms": 50, "reconnect_max_ms": 200}
    floor = Floor(server, tmp_path)
    floor.queue |= quick
    play(floor, act)


def test_of_two_processes_with_one_name_the_newest_is_the_host_and_the_other_comes_back(
    tmp_path, server
):
    async def act(floor: Floor) -> None:
        run = await floor.host("desk-a", reconnect={"first_wait_s": 0.05})
        twin = floor.adapter("desk-a")
        await twin.connect()
        await floor.until(lambda: run.texts("disconnected"))
        await twin.disconnect()

        await floor.until(lambda: has_come_back(run))
        bought = buys(run)
        await floor.until(is_at(run, bought, LiveOrderStatus.FILLED))

    play(Floor(server, tmp_path), act)


class Said:
    """What a gateway has said since."""

    def __init__(self, floor: Floor) -> None:
        assert floor.engine is not None
        self._texts: list[str] = []
        floor.engine.on_event(lambda event: self._texts.append(event.text))

    def has(self, text: str) -> bool:
        return any(text in each for each in self._texts)
