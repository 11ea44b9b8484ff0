"""What keeps us below the venue's limits, and its time."""

from __future__ import annotations

import asyncio
import random

import pytest

from regimeflow.adapters.backoff import Backoff
from regimeflow.adapters.brokers._shared.budget import WeightBudget
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers._shared.pacing import MessagePacer
from regimeflow.live import BrokerError
from regimeflow.types.errors import Outcome


class Time:
    """A clock that is set by hand [s]."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def test_a_question_that_would_be_too_much_is_not_sent():
    budget = WeightBudget("v", 100, Time(30.0))
    budget.take(90)

    with pytest.raises(BrokerError, match="90 of 100") as caught:
        budget.take(20)

    assert Outcome.NOT_SENT is caught.value.outcome
    assert 30.0 == caught.value.retry_after_s


def test_an_order_may_use_what_questions_may_not():
    budget = WeightBudget("v", 100, Time())
    budget.take(100)

    budget.take(1, is_urgent=True)

    assert 101 == budget.used


def test_the_next_minute_begins_at_nothing():
    now = Time(59.0)
    budget = WeightBudget("v", 100, now)
    budget.take(100)
    now.now_s = 60.0

    budget.take(100)

    assert 100 == budget.used


def test_the_venues_own_count_stands():
    budget = WeightBudget("v", 100, Time())
    budget.take(5)

    budget.hear(95)

    with pytest.raises(BrokerError):
        budget.take(6)


def test_once_told_to_stop_nothing_leaves_until_the_time_is_over_not_even_orders():
    now = Time()
    budget = WeightBudget("v", 100, now)
    budget.stop(10.0, "418")

    with pytest.raises(BrokerError, match="418") as caught:
        budget.take(1, is_urgent=True)
    now.now_s = 10.0
    budget.take(1)

    assert 10.0 == caught.value.retry_after_s


def test_a_shorter_stop_does_not_end_a_longer_one():
    budget = WeightBudget("v", 100, Time())
    budget.stop(100.0, "418")

    budget.stop(1.0, "429")

    assert 100.0 == budget.wait_s


class Clocks:
    """Our UTC and our monotonic clock, both by hand [ns]."""

    def __init__(self) -> None:
        self.utc_ns, self.mono_ns = 10**18, 5 * 10**9

    def offset(self) -> ClockOffset:
        return ClockOffset(lambda: self.utc_ns, lambda: self.mono_ns)

    def after(self, ms: int) -> None:
        self.utc_ns += ms * 10**6
        self.mono_ns += ms * 10**6


def test_the_venues_time_is_that_of_the_middle_of_the_way_there_and_back():
    clocks = Clocks()
    offset = clocks.offset()
    sent_ns = offset.monotonic_ns()
    clocks.after(100)

    offset.hear(sent_ns, 10**12 + 3_050)

    assert 3_000.0 == offset.offset_ms
    assert 10**12 + 3_100 == offset.now_ms()


def test_of_several_readings_the_one_with_the_shortest_way_stands():
    clocks = Clocks()
    offset = clocks.offset()
    sent_ns = offset.monotonic_ns()
    clocks.after(2)
    offset.hear(sent_ns, 10**12 + 1 + 500)
    sent_ns = offset.monotonic_ns()
    clocks.after(800)

    offset.hear(sent_ns, 10**12 + 99_999)

    assert 500.0 == offset.offset_ms


def test_a_reading_is_believed_when_what_was_believed_is_known_to_be_wrong():
    clocks = Clocks()
    offset = clocks.offset()
    offset.hear(offset.monotonic_ns(), 10**12)
    sent_ns = offset.monotonic_ns()
    clocks.after(200)

    offset.hear(sent_ns, 10**12 + 7_100, is_forced=True)

    assert 7_000.0 == offset.offset_ms


def test_our_clock_being_set_moves_the_venues_time_not_at_all():
    clocks = Clocks()
    offset = clocks.offset()
    offset.hear(offset.monotonic_ns(), 10**12)
    clocks.utc_ns += 3_600 * 10**9

    assert 10**12 == offset.now_ms()


def test_waits_grow_up_to_a_bound_and_begin_again():
    backoff = Backoff(1.0, 8.0, dice=random.Random(1))
    waits = [backoff.next_s() for _ in range(6)]
    backoff.reset()

    bounds = [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert all(bound / 2 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))
    assert backoff.next_s() <= 1.0


def test_control_messages_leave_in_order_and_no_more_than_the_venue_takes_in_a_second():
    sent: list[tuple[float, bytes]] = []
    done = asyncio.Event()

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def send(text: bytes) -> None:
            sent.append((loop.time(), text))
            if len(sent) == 6:
                done.set()

        pacer = MessagePacer(send, per_second=4)
        for number in range(6):
            pacer.put(b"%d" % number)
        await done.wait()

    asyncio.run(asyncio.wait_for(main(), 10))

    assert [b"0", b"1", b"2", b"3", b"4", b"5"] == [text for _, text in sent]
    assert all(sent[n + 4][0] - sent[n][0] >= 1.0 for n in range(2))
