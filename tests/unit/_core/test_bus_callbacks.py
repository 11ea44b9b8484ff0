"""The event bus used from inside its own callbacks."""

from __future__ import annotations

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import LiveMessage, Quote
from regimeflow.types.enums import LiveTopic
from tests.support.stream import QUOTE, a_notice, a_quote, a_report, numbers


def test_drain_inside_a_callback_does_nothing() -> None:
    bus, inner, seen = EventBus(), list[int](), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, lambda _: inner.append(bus.drain()))
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    for number in (1, 2, 3):
        bus.publish(a_quote(number))

    bus.drain()

    assert [0, 0, 0] == inner
    assert [1, 2, 3] == numbers(seen)


def test_what_a_callback_publishes_is_delivered_by_the_same_drain() -> None:
    bus, seen = EventBus(), list[int]()

    def echo(message: LiveMessage) -> None:
        (number,) = numbers([message])
        seen.append(number)
        if number < 5:
            bus.publish(a_notice(number + 1))

    bus.subscribe(LiveTopic.SYSTEM, echo)
    bus.publish(a_notice(1))

    drained = bus.drain()

    assert 5 == drained
    assert [1, 2, 3, 4, 5] == seen


def test_a_subscriber_added_by_a_callback_begins_with_the_next_message() -> None:
    bus, late = EventBus(), list[LiveMessage]()
    bus.subscribe(
        LiveTopic.SYSTEM,
        lambda message: message.seq == 1 and bus.subscribe(LiveTopic.SYSTEM, late.append),
    )
    for number in (1, 2, 3):
        bus.publish(a_notice(number))

    bus.drain()

    assert [2, 3] == numbers(late)


def test_a_subscriber_removed_by_a_callback_misses_even_the_message_under_way() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    subscriptions = list[int]()
    bus.subscribe(LiveTopic.SYSTEM, lambda _: bus.unsubscribe(subscriptions[0]))
    subscriptions.append(bus.subscribe(LiveTopic.SYSTEM, seen.append))

    bus.publish(a_notice(1))
    bus.publish(a_notice(2))
    bus.drain()

    assert [] == seen


def test_a_subscriber_that_removes_itself_is_called_once() -> None:
    bus, seen, others = EventBus(), list[LiveMessage](), list[LiveMessage]()

    def once(message: LiveMessage) -> None:
        seen.append(message)
        bus.unsubscribe(subscription)

    subscription = bus.subscribe(LiveTopic.SYSTEM, once)
    bus.subscribe(LiveTopic.SYSTEM, others.append)
    for number in (1, 2, 3):
        bus.publish(a_notice(number))

    bus.drain()

    assert [1] == numbers(seen)
    assert [1, 2, 3] == numbers(others)


def test_unsubscribing_what_does_not_exist_is_harmless() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    subscription = bus.subscribe(LiveTopic.SYSTEM, seen.append)

    bus.unsubscribe(subscription + 1)
    bus.unsubscribe(subscription)
    bus.unsubscribe(subscription)
    bus.publish(a_notice(1))
    bus.drain()

    assert [] == seen


def test_dispatch_inside_a_callback_only_publishes() -> None:
    bus, seen = EventBus(), list[int]()

    def nested(quote: Quote) -> None:
        if quote.update_id == 1:
            bus.dispatch(a_quote(2))
        seen.append(quote.update_id)

    bus.subscribe_payload(QUOTE, nested)

    bus.dispatch(a_quote(1))

    assert [1, 2] == seen


def test_stop_inside_a_callback_delivers_the_rest_and_refuses_what_comes_later() -> None:
    bus, seen, later = EventBus(), list[int](), list[bool]()

    def on_quote(quote: Quote) -> None:
        if quote.update_id == 1:
            bus.stop()
            later.extend([bus.publish(a_quote(99)), bus.publish(a_report(99))])
        seen.append(quote.update_id)

    bus.subscribe_payload(QUOTE, on_quote)
    for number in range(1, 501):
        bus.publish(a_quote(number))

    drained = bus.drain(10)

    assert 500 == drained
    assert list(range(1, 501)) == seen
    assert [False, False] == later


def test_stop_twice_inside_a_callback_is_harmless() -> None:
    bus, seen = EventBus(), list[LiveMessage]()

    def stop_twice(_: LiveMessage) -> None:
        bus.stop()
        bus.stop()

    bus.subscribe(LiveTopic.SYSTEM, stop_twice)
    bus.subscribe(LiveTopic.SYSTEM, seen.append)
    bus.publish(a_notice(1))
    bus.publish(a_notice(2))

    bus.drain()
    bus.stop()

    assert [1, 2] == numbers(seen)
