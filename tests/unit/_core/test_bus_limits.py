"""The event bus when it is full, stopped, or told to conflate."""

from __future__ import annotations

import resource

import pytest

from regimeflow._core.bus import EventBus
from regimeflow._core.bus_errors import BusHalted
from regimeflow._core.messages import LiveMessage, Payload, Quote, Tick
from regimeflow.types.enums import LiveTopic
from tests.support.stream import (
    QUOTE,
    a_book,
    a_notice,
    a_quote,
    a_report,
    drain_all,
    numbers,
)


def everything(bus: EventBus) -> list[LiveMessage]:
    """Return the list that all messages of the bus will be in."""
    seen: list[LiveMessage] = []
    for topic in LiveTopic:
        bus.subscribe(topic, seen.append)
    return seen


def test_the_dispatch_thread_never_waits_and_what_it_published_keeps_its_order() -> None:
    bus = EventBus(capacity=4)
    seen = everything(bus)

    accepted = [bus.publish(a_quote(number)) for number in range(1, 9)]

    assert [True] * 8 == accepted
    assert (4, (0, 8, 0)) == (bus.stats().reserve_used, bus.stats().depth)
    assert 8 == drain_all(bus)
    assert list(range(1, 9)) == numbers(seen)
    assert not bus.halted


def test_a_reserve_keeps_the_order_when_the_ring_has_room_again() -> None:
    bus = EventBus(capacity=4)
    seen = everything(bus)
    for number in range(1, 7):
        bus.publish(a_quote(number))

    bus.drain(2)
    bus.publish(a_quote(7))
    bus.publish(a_quote(8))
    drain_all(bus)
    bus.publish(a_quote(9))
    drain_all(bus)

    assert list(range(1, 10)) == numbers(seen)
    assert 0 == bus.stats().reserve_used


def test_a_callback_may_publish_more_than_a_lane_holds() -> None:
    bus = EventBus(capacity=8)
    seen = everything(bus)
    bus.subscribe(
        LiveTopic.SYSTEM,
        lambda _: [bus.publish(a_quote(number)) for number in range(1, 17)],
    )

    bus.publish(a_notice(0))
    drain_all(bus)

    assert list(range(17)) == numbers(seen)
    assert not bus.halted


def test_a_message_that_fits_nowhere_halts_the_bus_and_is_told() -> None:
    """Row 53: a full queue dropped the newest message without a word."""
    bus, told = EventBus(capacity=4), list[tuple[BaseException, LiveMessage | None]]()
    bus.on_error(lambda error, message: told.append((error, message)))
    seen = everything(bus)

    accepted = [bus.publish(a_quote(number)) for number in range(1, 12)]

    assert [True] * 8 + [False] * 3 == accepted
    assert bus.halted
    assert bus.stats().halted
    ((error, message),) = told  # once, not for each of the three
    assert isinstance(error, BusHalted)
    assert "market data lane and its reserve are full" in str(error)
    assert message is not None
    assert [9] == numbers([message])
    drain_all(bus)
    assert list(range(1, 9)) == numbers(seen)


def test_a_halted_bus_goes_on_delivering_and_stays_halted() -> None:
    bus = EventBus(capacity=2)
    bus.on_error(lambda *_: None)
    seen = everything(bus)
    for number in range(1, 6):
        bus.publish(a_quote(number))
    drain_all(bus)

    accepted = bus.publish(a_quote(6))
    drain_all(bus)

    assert accepted
    assert [1, 2, 3, 4, 6] == numbers(seen)
    assert bus.halted


def test_a_flood_of_market_data_leaves_executions_alone() -> None:
    bus = EventBus(capacity=4)
    bus.on_error(lambda *_: None)
    seen = everything(bus)
    for number in range(1, 20):
        bus.publish(a_quote(number))

    accepted = bus.publish(a_report(100))
    drain_all(bus)

    assert accepted
    assert 100 == numbers(seen)[0]


def test_a_message_larger_than_the_capacity_enters_an_empty_lane() -> None:
    bus = EventBus(capacity=1)
    seen = everything(bus)

    accepted = [bus.publish(a_notice(1, "x" * 1024)), bus.publish(a_report(2))]
    drain_all(bus)

    assert [True, True] == accepted
    assert [2, 1] == numbers(seen)


def test_memory_stays_bounded_when_nobody_drains() -> None:
    """Row 52: the queue grew without bound, 2.4 GB at 460,000 messages."""
    bus = EventBus(capacity=4096)
    bus.on_error(lambda *_: None)
    quote = a_quote(1)
    for _ in range(10_000):
        bus.publish(quote)
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    accepted = sum(bus.publish(quote) for _ in range(200_000))

    assert 0 == accepted
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 1024
    assert 8192 == sum(bus.stats().depth)


def test_conflation_delivers_the_latest_quote_in_the_place_of_the_first() -> None:
    bus = EventBus(conflate=True)
    seen = everything(bus)
    for number, symbol in ((1, "BTC"), (2, "ETH"), (3, "BTC"), (4, "BTC"), (5, "ETH")):
        bus.publish(a_quote(number, symbol))

    drain_all(bus)

    assert [4, 5] == numbers(seen)
    stats = bus.stats()
    assert (5, 2, 3) == (stats.published, stats.delivered, stats.conflated)


def test_conflation_begins_again_once_the_latest_is_delivered() -> None:
    bus = EventBus(conflate=True)
    seen = everything(bus)

    for number in range(1, 7):
        bus.publish(a_quote(number))
        if number % 2 == 0:
            drain_all(bus)

    assert [2, 4, 6] == numbers(seen)


def test_quotes_and_books_of_a_symbol_are_conflated_apart() -> None:
    bus = EventBus(conflate=True)
    seen = everything(bus)

    for number in (1, 3, 5):
        bus.publish(a_quote(number))
        bus.publish(a_book(number + 1))
    drain_all(bus)

    assert [5, 6] == numbers(seen)
    assert [a_quote(5), a_book(6)] == [message.payload for message in seen]


def test_trades_reports_and_notices_are_never_conflated() -> None:
    bus = EventBus(conflate=True)
    seen = everything(bus)
    trades = [Tick("BTC", number, 1) for number in (1, 2)]
    sent: list[Payload] = [*trades, a_report(3), a_report(4), a_notice(5), a_notice(6)]

    for message in sent:
        bus.publish(message)
    drain_all(bus)

    assert 6 == len(seen)
    assert 0 == bus.stats().conflated


def test_conflation_needs_one_place_per_symbol_however_long_nobody_drains() -> None:
    bus = EventBus(capacity=4, conflate=True)
    seen = everything(bus)

    accepted = all(bus.publish(a_quote(n, f"S{n % 4}")) for n in range(1, 10_001))
    drain_all(bus)

    assert accepted
    assert not bus.halted
    assert [9997, 9998, 9999, 10_000] == sorted(numbers(seen))


def test_conflation_on_a_full_lane_uses_the_reserve() -> None:
    bus = EventBus(capacity=2, conflate=True)
    seen = everything(bus)

    accepted = [bus.publish(a_quote(n, f"S{n % 3}")) for n in range(1, 10)]
    drain_all(bus)

    assert [True] * 9 == accepted
    assert [7, 8, 9] == numbers(seen)


def test_without_conflation_every_quote_arrives() -> None:
    bus = EventBus()
    seen = everything(bus)
    for number in (1, 2, 3):
        bus.publish(a_quote(number))

    drain_all(bus)

    assert [1, 2, 3] == numbers(seen)


@pytest.mark.parametrize("conflate", [False, True])
def test_stop_delivers_all_that_was_published_before(conflate: bool) -> None:
    """Row 51: stop() left up to half of ten thousand messages undelivered."""
    bus = EventBus(capacity=16384, conflate=conflate)
    seen = everything(bus)
    for number in range(1, 10_001):
        bus.publish(a_quote(number, f"S{number}" if conflate else "BTC"))

    bus.stop()

    assert list(range(1, 10_001)) == numbers(seen)


def test_stop_delivers_the_reserve_too() -> None:
    bus = EventBus(capacity=4)
    seen = everything(bus)
    for number in range(1, 9):
        bus.publish(a_quote(number))

    bus.stop()

    assert list(range(1, 9)) == numbers(seen)


@pytest.mark.parametrize("conflate", [False, True])
def test_a_stopped_bus_refuses_everything(conflate: bool) -> None:
    bus = EventBus(conflate=conflate)
    seen = everything(bus)

    bus.stop()
    bus.stop()
    refused = [bus.publish(a_quote(1)), bus.publish(a_report(2)), bus.dispatch(a_notice(3))]

    assert [False] * 3 == refused
    assert 0 == bus.drain()
    assert [] == seen
    assert not bus.halted


def test_a_stopped_bus_may_still_be_subscribed_to() -> None:
    bus = EventBus()
    bus.stop()

    subscription = bus.subscribe_payload(QUOTE, print)
    bus.unsubscribe(subscription)

    assert isinstance(subscription, int)


def test_stats_read_as_they_were_made() -> None:
    bus = EventBus(capacity=4)
    for number in range(1, 7):
        bus.publish(a_quote(number))
    bus.drain(1)

    shown = repr(bus.stats())

    assert (
        "BusStats(published=6, delivered=1, conflated=0, waits=0, depth=(0, 5, 0), reserve_used=2, "
        "halted=False, callback_errors=0)"
    ) == shown


def test_quotes_may_be_kept_from_inside_a_conflated_stream() -> None:
    bus, kept = EventBus(conflate=True), list[Quote]()
    bus.subscribe_payload(QUOTE, kept.append)

    for number in range(1, 101):
        bus.dispatch(a_quote(number))

    assert list(range(1, 101)) == numbers(kept)
