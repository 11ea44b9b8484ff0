"""The ring by itself, on one thread; tests/concurrency has the threads."""

from __future__ import annotations

import pytest

from regimeflow._core.ring import Ring
from tests.support.stream import a_book, a_notice, a_quote, numbers


def test_what_went_in_comes_out_in_order() -> None:
    ring = Ring(8)

    accepted = [ring.try_publish(a_quote(number)) for number in range(1, 6)]

    assert [True] * 5 == accepted
    assert [a_quote(number) for number in range(1, 6)] == ring.reader(0).poll()
    assert [] == ring.reader(0).poll()


def test_a_full_ring_refuses_and_takes_again_after_a_poll() -> None:
    ring = Ring(4)
    filled = [ring.try_publish(a_quote(number)) for number in range(1, 6)]

    read = ring.reader(0).poll(1)
    again = [ring.try_publish(a_quote(6)), ring.try_publish(a_quote(7))]

    assert [True, True, True, True, False] == filled
    assert [1] == numbers(read)
    assert [True, False] == again
    assert [2, 3, 4, 6] == numbers(ring.reader(0).poll())


def test_every_reader_sees_every_message() -> None:
    ring = Ring(16, readers=8)
    for number in range(1, 11):
        ring.try_publish(a_quote(number))

    seen = [numbers(ring.reader(index).poll()) for index in range(8)]

    assert [list(range(1, 11))] * 8 == seen


def test_the_slowest_reader_decides_how_much_room_there_is() -> None:
    ring = Ring(4, readers=2)
    for number in range(1, 5):
        ring.try_publish(a_quote(number))
    ring.reader(0).poll()

    while_slow = ring.try_publish(a_quote(5))
    ring.reader(1).poll(1)
    after = ring.try_publish(a_quote(5))

    assert (False, True) == (while_slow, after)
    assert [5] == numbers(ring.reader(0).poll())
    assert [2, 3, 4, 5] == numbers(ring.reader(1).poll())


def test_poll_returns_at_most_its_limit() -> None:
    ring = Ring(8)
    for number in range(1, 6):
        ring.try_publish(a_quote(number))

    assert [1, 2] == numbers(ring.reader(0).poll(2))
    assert [3] == numbers(ring.reader(0).poll(1))
    assert [] == ring.reader(0).poll(0)


@pytest.mark.parametrize("capacity", [8, 16, 64])
def test_long_messages_survive_the_end_of_the_ring(capacity: int) -> None:
    """A book takes three cells, so it straddles the end at every second lap or so."""
    ring = Ring(capacity)
    seen: list[int] = []

    for number in range(1, 501):
        message = a_book(number) if number % 2 else a_quote(number)
        assert ring.try_publish(message)
        read = ring.reader(0).poll()
        assert [message] == read
        seen += numbers(read)

    assert list(range(1, 501)) == seen
    assert 0 == ring.reader(0).depth


def test_a_text_of_many_cells_comes_back_whole() -> None:
    ring = Ring(64)
    messages = [a_notice(number, "x" * (number * 97 % 1024)) for number in range(1, 200)]
    seen = []

    for message in messages:
        assert ring.try_publish(message)
        seen += ring.reader(0).poll()

    assert messages == seen


def test_a_message_that_would_not_fit_everywhere_is_refused_with_its_size() -> None:
    ring = Ring(4)

    with pytest.raises(ValueError, match="takes 3 cells; a ring of 4 takes at most 2"):
        ring.try_publish(a_book(1))


def test_what_earlier_laps_left_behind_is_never_read() -> None:
    ring = Ring(2)
    seen = []

    for number in range(1, 100):
        assert ring.try_publish(a_quote(number))
        seen += numbers(ring.reader(0).poll(5))
        seen += numbers(ring.reader(0).poll(5))

    assert list(range(1, 100)) == seen


@pytest.mark.parametrize("capacity", [-4, 0, 1, 3, 1000, 1 << 25])
def test_a_capacity_is_a_power_of_two(capacity: int) -> None:
    with pytest.raises(ValueError, match=f"capacity_cells is {capacity}; expected a power of two"):
        Ring(capacity)


@pytest.mark.parametrize("readers", [-1, 0, 9])
def test_a_ring_has_one_to_eight_readers(readers: int) -> None:
    with pytest.raises(ValueError, match=f"readers is {readers}; expected 1 to 8"):
        Ring(8, readers=readers)


def test_a_reader_that_does_not_exist_is_an_error() -> None:
    ring = Ring(8, readers=2)

    with pytest.raises(IndexError, match="reader 2 does not exist; the ring has 2"):
        ring.reader(2)


def test_only_messages_can_be_published() -> None:
    with pytest.raises(TypeError, match="is no message"):
        Ring(8).try_publish("quote")  # type: ignore[arg-type]
