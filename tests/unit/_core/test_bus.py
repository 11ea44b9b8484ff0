"""The event bus drained by its owner: what arrives, where, and in which order."""

from __future__ import annotations

import gc
import sys

import pytest

from regimeflow._core.board import QuoteBoard
from regimeflow._core.bus import EventBus
from regimeflow._core.messages import LiveMessage, OrderBook, Payload, Quote, Tick
from regimeflow._core.symbols import intern, name_of
from regimeflow.types.enums import LiveTopic
from tests.support.stream import (
    BOOK,
    QUOTE,
    REPORT,
    SYSTEM,
    TICK,
    a_book,
    a_notice,
    a_quote,
    a_report,
    drain_all,
    numbers,
)


def test_a_burst_arrives_in_the_order_of_publishing() -> None:
    """Row 50 of the known defects: a stack instead of a queue turned bursts round."""
    bus, seen = EventBus(4096), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)

    accepted = [bus.publish(a_quote(number)) for number in range(1, 4001)]
    drained = drain_all(bus)

    assert [True] * 4000 == accepted
    assert 4000 == drained
    assert list(range(1, 4001)) == numbers(seen)
    assert list(range(1, 4001)) == [message.seq for message in seen]


def test_all_subscribers_of_a_topic_share_one_object_per_message() -> None:
    bus, first, second = EventBus(), list[LiveMessage](), list[LiveMessage]()
    bus.subscribe(LiveTopic.SYSTEM, first.append)
    bus.subscribe(LiveTopic.SYSTEM, second.append)
    for number in range(1, 4):
        bus.publish(a_notice(number))

    bus.drain()

    assert [1, 2, 3] == numbers(first)
    assert [True] * 3 == [one is two for one, two in zip(first, second, strict=True)]


def test_a_subscriber_gets_its_topic_and_no_other() -> None:
    bus = EventBus()
    seen: dict[int, list[LiveMessage]] = {topic: [] for topic in LiveTopic}
    for topic, messages in seen.items():
        bus.subscribe(topic, messages.append)
    sent: list[Payload] = [a_quote(1), a_report(2), a_notice(3), a_book(4)]

    for message in sent:
        bus.publish(message)
    drain_all(bus)

    assert [1, 4] == numbers(seen[LiveTopic.MARKET_DATA])
    assert [2] == numbers(seen[LiveTopic.EXECUTION_REPORT])
    assert [3] == numbers(seen[LiveTopic.SYSTEM])
    assert [] == seen[LiveTopic.POSITION_UPDATE] + seen[LiveTopic.ACCOUNT_UPDATE]


def test_a_live_message_is_published_as_well_as_a_payload() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)

    bus.publish(LiveMessage(LiveTopic.MARKET_DATA, a_quote(1), "gateway"))
    bus.publish(LiveMessage(LiveTopic.MARKET_DATA, a_book(2), "gateway"))
    bus.drain()

    assert [1, 2] == numbers(seen)
    assert ["gateway", "gateway"] == [message.origin for message in seen]


def test_payload_subscribers_get_the_typed_object_of_their_kind() -> None:
    bus, quotes, same, books = EventBus(), list[Quote](), list[Quote](), list[OrderBook]()
    bus.subscribe_payload(QUOTE, quotes.append)
    bus.subscribe_payload(QUOTE, same.append)
    bus.subscribe_payload(BOOK, books.append)

    bus.publish(a_quote(1))
    bus.publish(a_book(2))
    bus.publish(Tick("BTCUSDT", 1, 1))
    bus.drain()

    assert [a_quote(1)] == quotes
    assert quotes[0] is same[0]
    assert [a_book(2)] == books
    assert (1, 2) == (quotes[0].seq, books[0].seq)


def test_a_message_that_was_kept_never_changes() -> None:
    """What nobody kept is filled again for the next message; what somebody kept is not."""
    bus, kept, wrapped = EventBus(), list[Quote](), list[LiveMessage]()
    bus.subscribe_payload(QUOTE, lambda quote: kept.append(quote) if quote.update_id % 3 else None)
    bus.subscribe(LiveTopic.MARKET_DATA, lambda m: wrapped.append(m) if m.seq % 5 else None)

    for number in range(1, 301):
        bus.publish(a_quote(number))
    drain_all(bus)

    expected = [number for number in range(1, 301) if number % 3]
    assert expected == numbers(kept)
    assert expected == [quote.seq for quote in kept]
    assert [number for number in range(1, 301) if number % 5] == numbers(wrapped)


def test_callbacks_run_in_the_order_of_subscribing_whatever_they_subscribed_to() -> None:
    bus, calls = EventBus(), list[str]()
    bus.subscribe(LiveTopic.EXECUTION_REPORT, lambda _: calls.append("first"))
    bus.subscribe_payload(REPORT, lambda _: calls.append("second"))
    bus.subscribe(LiveTopic.EXECUTION_REPORT, lambda _: calls.append("third"))

    bus.publish(a_report(1))
    bus.drain()

    assert ["first", "second", "third"] == calls


def test_an_execution_overtakes_market_data_and_notices() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    for topic in LiveTopic:
        bus.subscribe(topic, seen.append)

    for message in (a_quote(1), a_quote(2), a_notice(3), a_report(4), a_report(5)):
        bus.publish(message)
    bus.drain()

    assert [4, 5] == numbers(seen)[:2]
    assert [1, 2, 3, 4, 5] == [message.seq for message in seen]


def test_an_execution_published_by_a_callback_comes_before_the_next_quote() -> None:
    bus, seen = EventBus(), list[int]()
    bus.subscribe_payload(QUOTE, lambda quote: seen.append(quote.update_id))
    bus.subscribe_payload(QUOTE, lambda quote: bus.publish(a_report(100 + quote.update_id)))
    bus.subscribe_payload(REPORT, lambda report: seen.append(report.order_id))

    for number in (1, 2, 3):
        bus.publish(a_quote(number))
    bus.drain()

    assert [1, 101, 2, 102, 3, 103] == seen


def test_neither_market_data_nor_notices_wait_for_the_others_flood() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    bus.subscribe(LiveTopic.SYSTEM, seen.append)
    for number in range(1, 101):
        bus.publish(a_quote(number))
        bus.publish(a_notice(1000 + number))

    bus.drain(10)

    assert 5 == sum(1 for number in numbers(seen) if number < 1000)


def test_drain_stops_at_its_limit_and_says_how_many() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    for number in range(1, 8):
        bus.publish(a_quote(number))

    counts = [bus.drain(3), bus.drain(0), bus.drain(3), bus.drain(3), bus.drain(3)]

    assert [3, 0, 3, 1, 0] == counts
    assert list(range(1, 8)) == numbers(seen)


def test_one_callback_may_subscribe_several_times() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    first = bus.subscribe(LiveTopic.SYSTEM, seen.append)
    second = bus.subscribe(LiveTopic.SYSTEM, seen.append)

    bus.publish(a_notice(1))
    bus.drain()
    bus.unsubscribe(first)
    bus.publish(a_notice(2))
    bus.drain()

    assert first != second
    assert [1, 1, 2] == numbers(seen)


def test_a_dispatch_copies_no_callbacks() -> None:
    """Row 59: every subscriber was copied for every message, under a lock."""
    bus, held = EventBus(), list[tuple[int, int]]()

    def callback(_: object) -> None:
        held.append((sys.getrefcount(callback), len(gc.get_referrers(callback))))

    bus.subscribe_payload(SYSTEM, callback)
    bus.publish(a_notice(1))
    before = (sys.getrefcount(callback), len(gc.get_referrers(callback)))

    bus.drain()

    running = (held[0][0] - before[0], held[0][1] - before[1])
    assert running <= (1, 1)  # the frame that runs it


def test_a_symbols_text_stays_the_same_object_while_the_table_grows() -> None:
    """Row 58: a lookup handed out a reference into a vector that grew under it."""
    bus, seen = EventBus(), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    bus.publish(a_quote(1, "FIRST"))
    bus.drain()
    text = seen[0].symbol

    ids = [intern(f"GROW{number}") for number in range(2000)]

    assert "FIRST" == text
    assert text is seen[0].symbol
    assert [f"GROW{number}" for number in range(2000)] == [name_of(symbol) for symbol in ids]


def test_a_bus_that_holds_a_message_does_not_lie_down_to_sleep() -> None:
    """Row 51: what came between the last look and the sleep waited for the next message."""
    bus = EventBus()
    bus.publish(a_quote(1))

    parked = bus.park()
    drain_all(bus)

    assert not parked
    assert bus.park()


def test_dispatch_delivers_at_once_and_in_order() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    bus.publish(a_quote(1))

    accepted = bus.dispatch(a_quote(2))

    assert accepted
    assert [1, 2] == numbers(seen)


def test_a_board_has_seen_the_quote_when_callbacks_run() -> None:
    bus, board, seen = EventBus(), QuoteBoard(), list[bool]()
    bus.subscribe_board(board)
    bus.subscribe_payload(QUOTE, lambda quote: seen.append(board.quote("BTCUSDT") == quote))

    bus.dispatch(a_quote(1))
    bus.dispatch(a_quote(2))
    bus.subscribe_board(None)
    bus.dispatch(a_quote(3))

    assert [True, True, False] == seen


@pytest.mark.parametrize("topic", [-1, 5, 99])
def test_an_unknown_topic_is_refused(topic: int) -> None:
    with pytest.raises(ValueError, match=f"topic is {topic}; expected 0 to 4"):
        EventBus().subscribe(topic, print)


@pytest.mark.parametrize("kind", [-1, 0, 9])
def test_an_unknown_kind_is_refused(kind: int) -> None:
    with pytest.raises(ValueError, match=f"kind is {kind}; expected 1 to 8"):
        EventBus().subscribe_payload(kind, print)


def test_what_cannot_be_called_cannot_subscribe() -> None:
    with pytest.raises(TypeError, match="callback is 7; expected something callable"):
        EventBus().subscribe(LiveTopic.SYSTEM, 7)  # type: ignore[arg-type]


def test_only_messages_can_be_published() -> None:
    with pytest.raises(TypeError, match="is no message"):
        EventBus().publish("quote")  # type: ignore[arg-type]


@pytest.mark.parametrize("capacity", [-1, 0, 1 << 21])
def test_a_capacity_out_of_bounds_is_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match=f"capacity is {capacity}; expected 1 to 1048576"):
        EventBus(capacity)


def test_a_bus_that_subscribes_to_itself_is_collected() -> None:
    def tied_to_itself() -> None:
        bus = EventBus()
        bus.subscribe(LiveTopic.SYSTEM, lambda _: bus.publish(a_notice(1)))

    gc.collect()
    before = sum(isinstance(thing, EventBus) for thing in gc.get_objects())

    tied_to_itself()
    gc.collect()

    assert before == sum(isinstance(thing, EventBus) for thing in gc.get_objects())


def test_messages_without_a_subscriber_are_counted_and_gone() -> None:
    bus = EventBus()
    bus.subscribe_payload(TICK, print)
    for number in range(1, 4):
        bus.publish(a_quote(number))

    drained = bus.drain()

    assert 3 == drained
    assert (3, 3, (0, 0, 0)) == (bus.stats().published, bus.stats().delivered, bus.stats().depth)
