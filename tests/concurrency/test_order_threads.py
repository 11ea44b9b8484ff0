"""Orders from other threads than the loop's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from regimeflow.domain.orders.order import OrderModification
from regimeflow.engine.order_threads import LoopThread
from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.errors import InvalidArgument, InvalidState
from tests.support.orders import Desk, X


def on_a_loop(session: Callable[[Desk, asyncio.AbstractEventLoop], object]) -> object:
    """Run ``session`` in another thread while a loop thread owns the orders."""

    async def main() -> object:
        loop = asyncio.get_running_loop()
        desk = Desk(loop=loop)
        with ThreadPoolExecutor(1) as pool:
            return await loop.run_in_executor(pool, session, desk, loop)

    return asyncio.run(main())


def test_an_order_from_another_thread_is_sent_on_the_loops() -> None:
    threads: list[int] = []

    def session(desk: Desk, _: asyncio.AbstractEventLoop) -> object:
        answer = desk.broker._answer

        def noted(kind: str, what: object) -> object:
            threads.append(threading.get_ident())
            return answer(kind, what)

        desk.broker._answer = noted
        order_id = desk.submit()
        desk.manager.cancel_order(order_id)
        desk.manager.modify_order(order_id, OrderModification(quantity=5))
        return desk.order(order_id).status, desk.manager.cancel_all_orders()

    assert (S.PENDING_NEW, 0) == on_a_loop(session)
    assert [threading.get_ident()] == threads


def test_a_refusal_is_raised_where_the_call_was_made() -> None:
    def session(desk: Desk, _: asyncio.AbstractEventLoop) -> object:
        with pytest.raises(InvalidArgument):
            desk.submit(quantity=-1)
        return True

    assert on_a_loop(session)


def test_orders_from_many_threads_are_all_sent_and_each_once() -> None:
    def session(desk: Desk, _: asyncio.AbstractEventLoop) -> object:
        with ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(lambda _: desk.submit(), range(200)))
        return ids, desk.broker.commands("submit")

    ids, sent = on_a_loop(session)
    assert 200 == len(set(ids)) == len(sent)
    assert set(ids) == {order.order_id for order in sent}


def test_a_call_that_the_loop_does_not_take_in_time_is_never_made() -> None:
    made: list[int] = []
    thread = LoopThread(patience_s=0.01)
    loop = asyncio.new_event_loop()  # bound, and not running
    thread.bind(loop, -1)

    with pytest.raises(InvalidState, match="nothing was done"):
        thread.call(lambda: made.append(1))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()

    assert [] == made


def test_a_call_after_the_loop_has_closed_is_an_invalid_state() -> None:
    thread = LoopThread()
    loop = asyncio.new_event_loop()
    thread.bind(loop, -1)
    loop.close()

    with pytest.raises(InvalidState, match="not running"):
        thread.call(lambda: None)


def test_orders_are_readable_from_any_thread() -> None:
    def session(desk: Desk, loop: asyncio.AbstractEventLoop) -> object:
        order_id = desk.submit()
        said = threading.Event()

        def acknowledge() -> None:
            desk.say(order_id, X.NEW, broker_order_id="B-1")
            said.set()

        loop.call_soon_threadsafe(acknowledge)
        assert said.wait(5)
        return (
            desk.order(order_id).status,
            desk.manager.find_order_id_by_broker_id("B-1") == order_id,
            len(desk.manager.get_open_orders("BTCUSDT")),
        )

    assert (S.NEW, True, 1) == on_a_loop(session)
