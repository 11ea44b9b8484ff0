"""The event bus started and stopped, by anyone, at any time."""

from __future__ import annotations

import threading

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import LiveMessage
from regimeflow.types.enums import LiveTopic
from tests.support.stream import QUOTE, a_notice, a_quote, numbers
from tests.support.threads import threads, wait_until


def test_start_and_stop_in_a_row_never_hang_and_never_lose() -> None:
    """Row 51: start and stop in a loop hung about once in 35,000 times."""
    bus, seen = EventBus(), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)

    for number in range(1, 1001):
        bus.start()
        assert bus.publish(a_quote(number))
        bus.stop()

    assert list(range(1, 1001)) == numbers(seen)


def test_start_and_stop_from_several_threads_never_hang() -> None:
    bus = EventBus()
    bus.subscribe_payload(QUOTE, lambda _: None)

    def hammer() -> None:
        for number in range(200):
            bus.start()
            bus.publish(a_quote(number))
            bus.stop()

    with threads(hammer, hammer, hammer):
        pass
    bus.stop()

    stats = bus.stats()
    assert (False, stats.published) == (bus.running, stats.delivered)
    assert not bus.publish(a_quote(1))


def test_start_twice_runs_one_thread() -> None:
    bus = EventBus()

    bus.start()
    bus.start()
    running = [thread for thread in threading.enumerate() if thread.name == "regimeflow-bus"]
    bus.stop()

    assert 1 == len(running)
    assert not bus.running


def test_stop_from_many_threads_at_once_returns_everywhere_and_delivers_all() -> None:
    bus, seen = EventBus(capacity=8192), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    for number in range(1, 5001):
        bus.publish(a_quote(number))
    bus.start()

    with threads(*[bus.stop] * 8):
        pass

    assert list(range(1, 5001)) == numbers(seen)


def test_stop_without_a_thread_of_its_own_from_many_threads_delivers_each_message_once() -> None:
    bus, seen = EventBus(capacity=8192), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    for number in range(1, 5001):
        bus.publish(a_quote(number))

    with threads(*[bus.stop] * 8):
        pass

    assert list(range(1, 5001)) == numbers(seen)


def test_stop_inside_a_callback_of_the_bus_thread_delivers_the_rest() -> None:
    bus, seen = EventBus(capacity=8192), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, lambda m: bus.stop() if m.seq == 10 else None)
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    for number in range(1, 1001):
        bus.publish(a_quote(number))

    bus.start()
    wait_until(lambda: not bus.running)

    assert list(range(1, 1001)) == numbers(seen)
    assert not bus.publish(a_quote(1))


def test_a_callback_that_exits_stops_the_bus_and_what_was_published_is_delivered() -> None:
    bus, seen, told = EventBus(), list[LiveMessage](), list[BaseException]()
    bus.on_error(lambda error, _: told.append(error))

    def leave(message: LiveMessage) -> None:
        if message.seq == 3:
            raise SystemExit

    bus.subscribe(LiveTopic.MARKET_DATA, leave)
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    for number in range(1, 301):
        bus.publish(a_quote(number))

    bus.start()
    wait_until(lambda: not bus.running)

    assert list(range(1, 301)) == numbers(seen)
    assert [SystemExit] == [type(error) for error in told]
    assert not bus.publish(a_quote(1))


def test_a_start_inside_a_callback_takes_over_from_the_callers_drain() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    bus.subscribe(LiveTopic.SYSTEM, lambda _: bus.start())
    bus.subscribe(LiveTopic.SYSTEM, seen.append)
    bus.publish(a_notice(1))
    bus.publish(a_notice(2))

    bus.drain()
    bus.publish(a_notice(3))
    bus.stop()

    assert [1, 2, 3] == numbers(seen)
