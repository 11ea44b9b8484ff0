"""The event bus under real threads: nothing lost, nothing doubled, nothing stuck.

Nothing here sleeps or measures time; a test that hangs fails when its patience ends.
"""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import LiveMessage, Quote, to_array
from regimeflow.types.enums import LiveTopic
from tests.support.stream import (
    QUOTE,
    a_quote,
    a_report,
    drain_all,
    number_of,
    numbers,
)
from tests.support.threads import PATIENCE_S, publisher, threads, wait_until


@pytest.mark.slow
def test_a_million_messages_of_four_producers_reach_both_subscribers_in_one_order() -> None:
    producers, each = 4, 250_000
    bus = EventBus(capacity=4096)
    seen: tuple[list[int], list[int]] = ([], [])
    one, two = seen[0].append, seen[1].append
    bus.subscribe_payload(QUOTE, lambda quote: one(quote.update_id))
    bus.subscribe(LiveTopic.MARKET_DATA, lambda message: two(number_of(message.payload)))

    def produce(first: int) -> Callable[[], None]:
        def run() -> None:
            publish = bus.publish
            for number in range(first, first + each):
                publish(Quote("BTCUSDT", 1, 1, 2, 1, update_id=number))

        return run

    bus.start()
    with threads(*(produce(producer * each) for producer in range(producers))):
        pass
    bus.stop()

    assert seen[0] == seen[1]
    assert producers * each == len(seen[0])
    for producer in range(producers):
        first = producer * each
        mine = [number for number in seen[0] if first <= number < first + each]
        assert list(range(first, first + each)) == mine
    assert 0 == bus.stats().callback_errors


def test_no_message_waits_for_the_next_one() -> None:
    """Row 51: an isolated message could sit in the bus until another one came."""
    bus, arrived = EventBus(), queue.SimpleQueue[int]()
    bus.subscribe_payload(QUOTE, lambda quote: arrived.put(quote.update_id))
    bus.start()

    answers = []
    for number in range(1, 5001):
        bus.publish(a_quote(number))
        answers.append(arrived.get(timeout=PATIENCE_S))

    bus.stop()
    assert list(range(1, 5001)) == answers


def test_a_foreign_thread_waits_on_a_full_lane_until_there_is_room() -> None:
    bus, accepted, seen = EventBus(capacity=4), list[int](), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    messages = [a_quote(number) for number in range(1, 21)]

    with threads(publisher(bus, messages, accepted)):
        wait_until(lambda: bus.stats().waits == 1)
        held = sum(bus.stats().depth)
        bus.drain(1)
        wait_until(lambda: bus.stats().waits == 2)
        while len(seen) < 20:
            bus.drain()

    assert 4 == held
    assert [20] == accepted
    assert list(range(1, 21)) == numbers(seen)
    assert 0 == bus.stats().reserve_used


def test_waiting_threads_leave_with_false_when_the_bus_stops() -> None:
    bus, accepted, seen = EventBus(capacity=4), list[int](), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    messages = [a_quote(number) for number in range(1, 21)]

    with threads(*[publisher(bus, messages, accepted)] * 6):
        wait_until(lambda: bus.stats().waits == 6)
        bus.stop()

    assert sum(accepted) == len(seen)
    assert 4 == len(seen)


def test_a_waiting_main_thread_can_be_interrupted() -> None:
    """Ctrl-C must work although the lane is full and the GIL released."""
    bus = EventBus(capacity=2)
    main = threading.get_ident()

    def take_over_and_interrupt() -> None:
        bus.drain()  # from now on the main thread is a foreign one
        taken.set()
        wait_until(lambda: bus.stats().waits == 1)
        signal.pthread_kill(main, signal.SIGINT)

    taken = threading.Event()
    with threads(take_over_and_interrupt):
        taken.wait(PATIENCE_S)
        with pytest.raises(KeyboardInterrupt):
            publisher(bus, [a_quote(number) for number in range(1, 10)], [])()

    assert 2 == drain_all(bus)


def test_the_bus_thread_never_waits_for_room_that_only_it_could_make() -> None:
    bus, seen = EventBus(capacity=4), list[int]()

    def on_quote(quote: Quote) -> None:
        seen.append(quote.update_id)
        if quote.update_id == 1:
            for number in range(2, 9):
                bus.publish(a_quote(number))

    bus.subscribe_payload(QUOTE, on_quote)
    bus.start()
    bus.publish(a_quote(1))
    wait_until(lambda: len(seen) == 8)
    bus.stop()

    assert list(range(1, 9)) == seen
    assert not bus.halted


def test_only_one_thread_drains_at_a_time() -> None:
    """Row 57: a queue for one consumer was emptied by several threads."""
    bus, seen, inside, overlaps = EventBus(capacity=8192), list[int](), list[int](), list[int]()

    def on_quote(quote: Quote) -> None:
        inside.append(1)
        os.sched_yield()
        overlaps.append(len(inside) - 1)
        seen.append(quote.update_id)
        inside.pop()

    bus.subscribe_payload(QUOTE, on_quote)
    for number in range(1, 201):
        bus.publish(a_quote(number))

    def drain() -> None:
        while bus.stats().delivered < 200:
            bus.drain(7)
            os.sched_yield()

    with threads(*[drain] * 4):
        pass

    assert list(range(1, 201)) == seen
    assert {0} == set(overlaps)


def test_a_drain_beside_another_one_hands_out_nothing() -> None:
    """Row 57, without luck: the second thread drains while the first is inside a callback."""
    bus, beside = EventBus(), list[int]()

    def on_quote(quote: Quote) -> None:
        if quote.update_id == 1:
            with threads(lambda: beside.append(bus.drain())):
                pass

    bus.subscribe_payload(QUOTE, on_quote)
    for number in range(1, 4):
        bus.publish(a_quote(number))

    drained = bus.drain()

    assert [0] == beside
    assert 3 == drained


def test_drain_does_nothing_while_the_bus_has_a_thread_of_its_own() -> None:
    bus, where = EventBus(), queue.SimpleQueue[str]()
    bus.subscribe_payload(QUOTE, lambda _: where.put(threading.current_thread().name))
    bus.start()

    bus.publish(a_quote(1))
    drained = bus.drain()
    bus.dispatch(a_quote(2))

    names = {where.get(timeout=PATIENCE_S) for _ in range(2)}
    bus.stop()
    assert 0 == drained
    assert {"regimeflow-bus"} == names


def test_an_asyncio_loop_that_parks_misses_nothing() -> None:
    bus, seen = EventBus(capacity=64), list[int]()
    bus.subscribe_payload(QUOTE, lambda quote: seen.append(quote.update_id))
    each = 3000

    async def consume() -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def on_readable() -> None:
            while bus.drain() or not bus.park():
                pass
            if len(seen) == 3 * each and not done.done():
                done.set_result(None)

        loop.add_reader(bus.fileno(), on_readable)
        on_readable()
        await asyncio.wait_for(done, PATIENCE_S)
        loop.remove_reader(bus.fileno())

    def produce(first: int) -> Callable[[], None]:
        return publisher(bus, [a_quote(first + n) for n in range(each)], [])

    ready = threading.Event()

    def loop_thread() -> None:
        bus.drain()  # this thread is the dispatch thread before anybody publishes
        ready.set()
        asyncio.run(consume())

    with threads(loop_thread):
        ready.wait(PATIENCE_S)
        with threads(*(produce(producer * each) for producer in range(3))):
            pass

    for producer in range(3):
        first = producer * each
        mine = [number for number in seen if first <= number < first + each]
        assert list(range(first, first + each)) == mine


def test_subscribing_and_unsubscribing_while_messages_flow_is_safe() -> None:
    bus, steady = EventBus(capacity=256), list[int]()
    bus.subscribe_payload(QUOTE, lambda quote: steady.append(quote.update_id))
    bus.start()

    def churn() -> None:
        for _ in range(500):
            passing = bus.subscribe_payload(QUOTE, lambda _: None)
            bus.unsubscribe(passing)

    with threads(churn, churn):
        for number in range(1, 5001):
            bus.publish(a_quote(number))
    bus.stop()

    assert list(range(1, 5001)) == steady


def test_executions_are_not_held_up_by_a_full_lane_of_market_data() -> None:
    bus, accepted, seen = EventBus(capacity=4), list[int](), list[LiveMessage]()
    bus.subscribe(LiveTopic.EXECUTION_REPORT, seen.append)
    messages = [a_quote(number) for number in range(1, 21)]

    with threads(publisher(bus, messages, accepted)):
        wait_until(lambda: bus.stats().waits == 1)
        accepted_report = bus.publish(a_report(1))
        bus.drain(1)
        seen_at_once = numbers(seen)
        bus.stop()

    assert accepted_report
    assert [1] == seen_at_once


def test_rows_published_without_the_gil_arrive_once_and_in_order() -> None:
    bus, seen = EventBus(capacity=64), list[int]()
    bus.subscribe_payload(QUOTE, lambda quote: seen.append(quote.update_id))
    each, taken = 20_000, list[int]()
    arrays = [
        to_array([a_quote(producer * each + number) for number in range(each)])
        for producer in range(3)
    ]

    def produce(rows: npt.NDArray[np.void]) -> Callable[[], None]:
        return lambda: taken.append(bus.publish_rows(rows))

    bus.start()
    with threads(*map(produce, arrays)):
        pass
    bus.stop()

    assert [each] * 3 == taken
    for producer in range(3):
        first = producer * each
        mine = [number for number in seen if first <= number < first + each]
        assert list(range(first, first + each)) == mine
