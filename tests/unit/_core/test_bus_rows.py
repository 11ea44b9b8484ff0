"""Batches: many messages of one kind as one structured array, out of the bus and into it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import LiveMessage, from_array, to_array
from regimeflow.types.enums import LiveTopic
from tests.support.stream import (
    BOOK,
    QUOTE,
    SYSTEM,
    a_book,
    a_notice,
    a_quote,
    a_report,
    drain_all,
    numbers,
)

Rows = npt.NDArray[np.void]


def numbers_in(batches: list[Rows]) -> list[list[int]]:
    return [batch["update_id"].tolist() for batch in batches]


def test_the_messages_of_a_drain_come_as_one_array() -> None:
    bus, batches = EventBus(), list[Rows]()
    bus.subscribe_batch(QUOTE, batches.append)
    for number in range(1, 301):
        bus.publish(a_quote(number))

    drain_all(bus)

    assert [list(range(1, 257)), list(range(257, 301))] == numbers_in(batches)
    assert list(range(1, 301)) == [seq for batch in batches for seq in batch["seq"].tolist()]
    assert [a_quote(number) for number in range(1, 257)] == from_array(batches[0])


def test_an_array_keeps_its_rows_whatever_the_bus_does_later() -> None:
    bus, batches = EventBus(64), list[Rows]()
    bus.subscribe_batch(QUOTE, batches.append)

    for lap in range(20):
        for number in range(50):
            bus.publish(a_quote(lap * 50 + number + 1))
        bus.drain()

    assert [list(range(lap * 50 + 1, lap * 50 + 51)) for lap in range(20)] == numbers_in(batches)


def test_batch_subscribers_share_one_read_only_array() -> None:
    bus, first, second = EventBus(), list[Rows](), list[Rows]()
    bus.subscribe_batch(QUOTE, first.append)
    bus.subscribe_batch(QUOTE, second.append)
    bus.publish(a_quote(1))

    bus.drain()

    assert first[0] is second[0]
    assert not first[0].flags.writeable


def test_kinds_between_others_are_collected_without_a_gap() -> None:
    bus, quotes, books, seen = EventBus(), list[Rows](), list[Rows](), list[LiveMessage]()
    bus.subscribe_batch(QUOTE, quotes.append)
    bus.subscribe_batch(BOOK, books.append)
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    for number in range(1, 21):
        bus.publish(a_book(number) if number % 3 == 0 else a_quote(number))

    bus.drain()

    assert [[number for number in range(1, 21) if number % 3]] == numbers_in(quotes)
    assert [[3, 6, 9, 12, 15, 18]] == numbers_in(books)
    assert list(range(1, 21)) == numbers(seen)
    assert [a_book(3), a_book(6)] == from_array(books[0][:2])


def test_an_execution_still_comes_first() -> None:
    bus, order = EventBus(), list[str]()
    bus.subscribe_batch(QUOTE, lambda rows: order.append(f"{len(rows)} quotes"))
    bus.subscribe(LiveTopic.EXECUTION_REPORT, lambda _: order.append("report"))
    for number in (1, 2, 3):
        bus.publish(a_quote(number))
    bus.publish(a_report(4))

    bus.drain()

    assert ["report", "3 quotes"] == order


def test_what_a_batch_callback_publishes_is_delivered_by_the_same_drain() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    bus.subscribe_batch(QUOTE, lambda rows: bus.publish(a_notice(len(rows))))
    bus.subscribe(LiveTopic.SYSTEM, seen.append)
    for number in (1, 2, 3):
        bus.publish(a_quote(number))

    bus.drain()

    assert [3] == numbers(seen)


def test_a_drain_of_one_makes_arrays_of_one() -> None:
    bus, batches = EventBus(), list[Rows]()
    bus.subscribe_batch(QUOTE, batches.append)
    for number in (1, 2, 3):
        bus.publish(a_quote(number))

    counts = [bus.drain(1), bus.drain(1), bus.drain(1), bus.drain(1)]

    assert [1, 1, 1, 0] == counts
    assert [[1], [2], [3]] == numbers_in(batches)


def test_a_raising_batch_callback_is_reported_and_the_others_are_called() -> None:
    bus, told, batches = EventBus(), list[tuple[str, object]](), list[Rows]()
    bus.on_error(lambda error, message: told.append((type(error).__name__, message)))
    bus.subscribe_batch(QUOTE, lambda _: 1 / 0)
    bus.subscribe_batch(QUOTE, batches.append)
    bus.publish(a_quote(1))

    bus.drain()

    assert [("ZeroDivisionError", None)] == told
    assert [[1]] == numbers_in(batches)


def test_a_batch_subscriber_added_by_a_callback_gets_only_later_rows() -> None:
    bus, early, late = EventBus(), list[Rows](), list[Rows]()
    bus.subscribe_batch(QUOTE, early.append)
    bus.subscribe(
        LiveTopic.MARKET_DATA,
        lambda message: message.seq == 2 and bus.subscribe_batch(QUOTE, late.append),
    )
    for number in (1, 2, 3, 4):
        bus.publish(a_quote(number))

    bus.drain()

    assert [1, 2, 3, 4] == [number for batch in numbers_in(early) for number in batch]
    assert [[3, 4]] == numbers_in(late)


def test_a_batch_subscriber_that_left_gets_nothing_of_what_was_collected() -> None:
    bus, batches = EventBus(), list[Rows]()
    gone = bus.subscribe_batch(QUOTE, batches.append)
    bus.subscribe(LiveTopic.SYSTEM, lambda _: bus.unsubscribe(gone))
    bus.publish(a_quote(1))
    bus.publish(a_notice(2))

    bus.drain()

    assert [] == batches


def test_stop_hands_out_the_rows_that_are_left() -> None:
    bus, batches = EventBus(8192), list[Rows]()
    bus.subscribe_batch(QUOTE, batches.append)
    for number in range(1, 6001):
        bus.publish(a_quote(number))

    bus.stop()

    assert list(range(1, 6001)) == [n for batch in numbers_in(batches) for n in batch]


def test_conflated_quotes_come_as_rows_too() -> None:
    bus, batches = EventBus(conflate=True), list[Rows]()
    bus.subscribe_batch(QUOTE, batches.append)
    for number, symbol in ((1, "BTC"), (2, "ETH"), (3, "BTC")):
        bus.publish(a_quote(number, symbol))

    bus.drain()

    assert [[3, 2]] == numbers_in(batches)


def test_rows_are_published_as_the_messages_they_hold() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)
    messages = [a_quote(number) for number in range(1, 101)]

    taken = bus.publish_rows(to_array(messages))
    bus.drain()

    assert 100 == taken
    assert messages == [message.payload for message in seen]


def test_rows_of_many_cells_are_published_whole() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    bus.subscribe(LiveTopic.SYSTEM, seen.append)
    messages = [a_notice(number, "x" * (number * 50)) for number in range(1, 20)]

    taken = bus.publish_rows(to_array(messages))
    bus.drain()

    assert 19 == taken
    assert messages == [message.payload for message in seen]


def test_a_broken_row_is_refused_before_anything_is_published() -> None:
    bus = EventBus()
    rows = to_array([a_quote(1), a_quote(2)]).copy()
    rows["kind"][1] = 77

    with pytest.raises(ValueError, match="element 1 is"):
        bus.publish_rows(rows)

    assert 0 == bus.stats().published


def test_a_stopped_bus_takes_no_rows() -> None:
    bus = EventBus()
    bus.stop()

    assert 0 == bus.publish_rows(to_array([a_quote(1)]))


def test_an_unknown_kind_has_no_rows() -> None:
    with pytest.raises(ValueError, match="kind is 9; expected 1 to 8"):
        EventBus().subscribe_batch(9, print)


def test_texts_and_balances_are_not_in_the_rows() -> None:
    """A row is the fixed part of a record; ``from_array`` is for arrays that hold whole ones."""
    bus, batches = EventBus(), list[Rows]()
    bus.subscribe_batch(SYSTEM, batches.append)
    bus.publish(a_notice(7, "x" * 500))

    bus.drain()

    assert [7] == batches[0]["value"].tolist()
    assert 128 == batches[0].dtype.itemsize
