"""A silent stream is told, asked for again, and its connection replaced: in order and on time."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from regimeflow.adapters.brokers._shared.silence import Silence, Stream
from regimeflow.types.enums import SystemCode

STALE, RESUMED = SystemCode.DATA_STALE, SystemCode.DATA_RESUMED
QUOTES = Stream("btc@quote", "BTC", 1, 10.0)
DEPTH = Stream("btc@depth", "BTC", 4, 10.0)
TRADES = Stream("btc@trade", "BTC", 2, None)
OTHER = Stream("eth@quote", "ETH", 1, 10.0)


class Connection:
    """Carries streams, and a clock that is set by hand [s]; all were asked for at 0."""

    def __init__(self, *streams: Stream) -> None:
        self._streams = streams
        self._heard: dict[str, float] = {}
        self.asked: list[str] = []
        self.now_s = 0.0

    def watched(self) -> Iterable[Stream]:
        return self._streams

    def heard_ns(self, stream: Stream) -> int:
        return int(self._heard.get(stream.name, 0.0) * 1e9)

    def silent_s(self, stream: Stream, now_ns: int) -> float:
        return now_ns / 1e9 - self._heard.get(stream.name, 0.0)

    def ask_again(self, stream: Stream) -> None:
        self.asked.append(stream.name)

    def says(self, *streams: Stream) -> None:
        for each in streams:
            self._heard[each.name] = self.now_s


class Watch:
    """Looks at a connection every quarter of a second, and notes when what happens."""

    def __init__(self, *streams: Stream) -> None:
        self.connection = Connection(*streams)
        self.silence = Silence(lambda code, symbol, _: self._note(f"{code.name} {symbol}"))
        self.noted: list[tuple[float, str]] = []

    def until(self, end_s: float, *alive: Stream) -> None:
        connection = self.connection
        while connection.now_s < end_s:
            connection.now_s += 0.25
            connection.says(*alive)
            asked = len(connection.asked)
            replace = self.silence.check(connection, int(connection.now_s * 1e9))
            for name in connection.asked[asked:]:
                self._note(f"ask {name}")
            if replace:
                self._note("replace")

    def _note(self, what: str) -> None:
        self.noted.append((self.connection.now_s, what))


def test_it_is_told_then_asked_for_again_then_its_connection_is_replaced_each_in_its_time():
    watch = Watch(QUOTES)

    watch.until(25.0)

    expected = [(10.25, "DATA_STALE BTC"), (10.25, "ask btc@quote"), (20.5, "replace")]
    assert expected == watch.noted


def test_a_connection_is_replaced_for_it_less_and_less_often():
    watch = Watch(QUOTES)

    watch.until(4_000.0)

    replaced = [at_s for at_s, what in watch.noted if what == "replace"]
    waits = [later - early for early, later in pairwise(replaced)]
    assert [20.25, 40.25, 80.25, 160.25, 320.25, 640.25, 640.25, 640.25] == waits[:8]
    assert ["btc@quote"] == watch.connection.asked


def test_what_comes_in_time_is_never_stale():
    watch = Watch(QUOTES)

    for second in range(0, 100, 10):
        watch.until(second)
        watch.connection.says(QUOTES)

    assert [] == watch.noted


def test_a_stream_that_answers_to_being_asked_again_is_back_and_nothing_is_replaced():
    watch = Watch(QUOTES)
    watch.until(12.0)

    watch.until(40.0, QUOTES)

    assert [(12.25, "DATA_RESUMED BTC")] == watch.noted[2:]


def test_one_that_falls_silent_a_second_time_is_asked_for_again():
    watch = Watch(QUOTES)
    watch.until(12.0)
    watch.until(13.0, QUOTES)

    watch.until(25.0)

    assert ["btc@quote", "btc@quote"] == watch.connection.asked
    assert (23.25, "ask btc@quote") == watch.noted[-1]


def test_a_stream_that_lives_does_not_hide_one_that_is_dead():
    watch = Watch(QUOTES, DEPTH, OTHER)

    watch.until(15.0, DEPTH, OTHER)

    assert [(10.25, "DATA_STALE BTC"), (10.25, "ask btc@quote")] == watch.noted


def test_a_symbol_is_back_when_each_of_its_streams_is():
    watch = Watch(QUOTES, DEPTH)
    watch.until(11.0)

    watch.until(12.0, QUOTES)
    watch.until(13.0, QUOTES, DEPTH)

    assert [(12.25, "DATA_RESUMED BTC")] == [each for each in watch.noted if "RESUMED" in each[1]]


def test_a_stream_without_a_limit_may_be_silent_for_ever():
    watch = Watch(TRADES)

    watch.until(1_000.0)

    assert [] == watch.noted


def test_a_lost_connection_is_told_once_and_the_first_word_of_the_next_ends_it():
    watch = Watch(QUOTES, TRADES)
    for _ in range(2):
        watch.silence.lost("BTC", "the connection is lost")

    watch.until(1.0)
    watch.until(2.0, TRADES)

    assert [(0.0, "DATA_STALE BTC"), (1.25, "DATA_RESUMED BTC")] == watch.noted


def test_what_is_not_subscribed_any_more_is_forgotten():
    watch = Watch(QUOTES)
    watch.until(11.0)
    watch.silence.forget("BTC")
    watch.connection.says(QUOTES)

    watch.until(15.0, QUOTES)

    assert 2 == len(watch.noted)
