"""The bus writes each message down, with its number, before anyone sees it."""

from __future__ import annotations

import resource
import threading
from pathlib import Path

import pytest

from regimeflow._core.bus import EventBus
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.messages import LiveMessage, Quote, SystemMessage, to_array
from regimeflow.types.enums import LiveTopic
from tests.support.journal import a_writer, some_quotes
from tests.support.messages import a_report, one_of_each

QUOTE = 1


def journalled(folder: Path) -> list[LiveMessage]:
    return [frame.message for frame in JournalReader(folder)]


def test_the_journal_has_the_numbers_and_the_order_of_the_dispatch(tmp_path: Path) -> None:
    bus, seen = EventBus(), []
    for topic in LiveTopic:
        bus.subscribe(topic, seen.append)
    with a_writer(tmp_path) as writer:
        bus.set_journal(writer)
        for message in [some_quotes(1)[0], a_report(), *one_of_each()]:
            bus.publish(message)
        bus.drain()

        found = journalled(tmp_path)

    assert [(live.seq, live.payload) for live in seen] == [
        (live.seq, live.payload) for live in found
    ]
    assert list(range(1, len(seen) + 1)) == [live.seq for live in found]


def test_several_producers_are_written_down_in_the_order_of_the_dispatch(tmp_path: Path) -> None:
    bus, seen = EventBus(64), []
    bus.subscribe(LiveTopic.MARKET_DATA, lambda live: seen.append((live.seq, live.payload)))
    bus.subscribe(LiveTopic.SYSTEM, lambda live: seen.append((live.seq, live.payload)))

    def produce(first: int) -> None:
        for quote in some_quotes(300, first=first):
            bus.publish(quote)
            bus.publish(SystemMessage("", value=quote.update_id))

    with a_writer(tmp_path) as writer:
        bus.set_journal(writer)
        bus.start()
        threads = [threading.Thread(target=produce, args=(n * 1000,)) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        bus.stop()

        found = journalled(tmp_path)

    assert 1800 == len(seen)
    assert seen == [(live.seq, live.payload) for live in found]


def test_a_message_is_in_the_journal_when_its_callback_runs(tmp_path: Path) -> None:
    bus, reader, seen = EventBus(), JournalReader(tmp_path), []
    bus.subscribe_payload(QUOTE, lambda quote: seen.append(reader.read().message.payload == quote))
    with a_writer(tmp_path) as writer:
        bus.set_journal(writer)
        for quote in some_quotes(3):
            bus.dispatch(quote)

    assert [True] * 3 == seen


@pytest.mark.parametrize("listening", ["nobody", "rows", "rows and a callback"])
def test_every_way_through_the_bus_is_written_down(tmp_path: Path, listening: str) -> None:
    bus, rows = EventBus(), []
    if listening != "nobody":
        bus.subscribe_batch(QUOTE, lambda array: rows.extend(array["seq"].tolist()))
    if listening == "rows and a callback":
        bus.subscribe_payload(QUOTE, lambda quote: None)
    with a_writer(tmp_path) as writer:
        bus.set_journal(writer)
        bus.publish_rows(to_array(some_quotes(100)))
        bus.drain(1000)

        found = journalled(tmp_path)

    assert list(range(1, 101)) == [live.seq for live in found]
    assert list(range(1, 101)) == [live.payload.update_id for live in found]
    assert rows in ([], list(range(1, 101)))


def test_a_conflated_quote_is_written_down_as_it_was_handed_out(tmp_path: Path) -> None:
    bus = EventBus(conflate=True)
    with a_writer(tmp_path) as writer:
        bus.set_journal(writer)
        for quote in some_quotes(5):
            bus.publish(quote)
        bus.drain()

        found = journalled(tmp_path)

    assert [(1, 5)] == [(live.seq, live.payload.update_id) for live in found]


def test_market_data_can_be_left_out(tmp_path: Path) -> None:
    bus = EventBus()
    with a_writer(tmp_path) as writer:
        bus.set_journal(writer, market_data=False)
        for message in (some_quotes(1)[0], SystemMessage("a"), some_quotes(1)[0], a_report()):
            bus.dispatch(message)

        found = journalled(tmp_path)

    assert [2, 4] == [live.seq for live in found]


def test_without_a_journal_nothing_is_written(tmp_path: Path) -> None:
    bus = EventBus()
    with a_writer(tmp_path) as writer:
        bus.set_journal(writer)
        bus.dispatch(some_quotes(1)[0])
        bus.set_journal(None)
        bus.dispatch(some_quotes(1)[0])

        assert 1 == len(journalled(tmp_path))
        assert 0 == bus.journal_lost


def test_a_message_that_the_journal_cannot_take_is_handed_out_and_counted(tmp_path: Path) -> None:
    bus, seen = EventBus(), []
    bus.subscribe_payload(QUOTE, seen.append)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with a_writer(tmp_path) as writer:
        bus.set_journal(writer)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            for quote in some_quotes(1000):
                bus.dispatch(quote)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

        found = journalled(tmp_path)

    assert 1000 == len(seen)
    assert 0 < bus.journal_lost == 1000 - len(found)
    assert list(range(1, len(found) + 1)) == [live.seq for live in found]


def test_a_closed_journal_counts_too(tmp_path: Path) -> None:
    bus = EventBus()
    writer = a_writer(tmp_path)
    bus.set_journal(writer)
    writer.close()

    bus.dispatch(Quote("A", 1, 1, 2, 2))

    assert 1 == bus.journal_lost
