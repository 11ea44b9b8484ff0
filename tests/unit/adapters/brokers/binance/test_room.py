"""Room for orders under the venue's limits, changes counted with new ones."""

from __future__ import annotations

import pytest

from regimeflow.adapters.brokers.binance.room import OrderRoom


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_room(clock: Clock, **limits: tuple[int, int]) -> OrderRoom:
    room = OrderRoom(clock)
    room.set_limits({name.replace("_", " "): limit for name, limit in limits.items()})
    return room


def test_orders_leave_at_once_until_the_stretch_is_full(clock):
    room = a_room(clock, ORDERS_10_SECOND=(3, 10))

    assert [0, 0, 0] == [room.take() for _ in range(3)]
    assert 10.0 == room.wait_s()


def test_the_next_one_waits_until_the_oldest_is_out_of_it(clock):
    room = a_room(clock, ORDERS_10_SECOND=(3, 10))
    for _ in range(3):
        room.take()
        clock.now_s += 1

    assert 7.0 == room.take()
    assert 8.0 == room.take()  # behind the one that waits
    clock.now_s += 8
    assert 1.0 == room.wait_s()


def test_the_tightest_limit_counts(clock):
    room = a_room(clock, ORDERS_1_SECOND=(1, 1), ORDERS_10_SECOND=(2, 10))
    room.take()

    assert 1.0 == room.take()
    clock.now_s += 2
    assert 8.0 == room.wait_s()


def test_limits_that_are_none_of_ours_are_passed_over(clock):
    room = a_room(
        clock, REQUEST_WEIGHT_1_MINUTE=(1, 60), ORDERS_1_DAY=(1, 86_400), ORDERS_1_SECOND=(0, 1)
    )

    assert [0, 0, 0] == [room.take() for _ in range(3)]


def test_what_the_user_says_stands_over_a_lower_limit(clock):
    room = OrderRoom(clock)
    room.set_limits({"ORDERS 10 SECOND": (2, 10)}, per_second=0.4)

    assert [0, 0, 0, 0, 10] == [room.take() for _ in range(5)]


def test_what_has_left_still_counts_when_the_limits_are_read_again(clock):
    room = a_room(clock, ORDERS_10_SECOND=(2, 10))
    room.take()
    room.take()

    room.set_limits({"ORDERS 10 SECOND": (2, 10)})

    assert 10.0 == room.wait_s()
