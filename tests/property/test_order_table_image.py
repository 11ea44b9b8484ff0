"""An order table comes back from its image, and from its journal, as it was."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow.types.errors import CodecError
from tests.support.examples import examples
from tests.support.order_history import History, a_table, canonical, histories, replay, seen
from tests.support.order_table import IDS, Book

at_leisure = settings(deadline=None, max_examples=examples(100))


@at_leisure
@given(before=histories, after=histories)
def test_a_restored_table_goes_on_as_the_first_one_does(before: list, after: list) -> None:
    history = History()
    history.live(before)
    restored, so_far = a_table(), len(history.journal)

    restored.restore(history.table.image())
    assert canonical(history.table) == canonical(restored)
    assert seen(history.table, history) == seen(restored, history)

    history.live(after)
    replay(restored, history.journal[so_far:])
    assert canonical(history.table) == canonical(restored)
    assert seen(history.table, history) == seen(restored, history)


@at_leisure
@given(done=histories)
def test_a_journal_from_its_beginning_makes_the_same_table(done: list) -> None:
    history = History()
    history.live(done)
    again = a_table()

    replay(again, history.journal)

    assert canonical(history.table) == canonical(again)
    assert seen(history.table, history) == seen(again, history)


@at_leisure
@given(before=histories, after=histories, by_image=st.booleans())
def test_a_session_of_another_name_takes_over_every_order(
    before: list, after: list, by_image: bool
) -> None:
    history = History()
    history.live(before)
    restored, so_far = a_table("later-"), len(history.journal)
    if by_image:
        restored.restore(history.table.image())
    else:
        replay(restored, history.journal)
    history.live(after)

    replay(restored, history.journal[so_far:])

    assert seen(history.table, history) == seen(restored, history)


@at_leisure
@given(done=histories, at=st.integers(0, 1 << 20), how=st.integers(0, 255), cut=st.booleans())
def test_an_image_with_one_wrong_byte_or_cut_short_is_refused_and_leaves_nothing(
    done: list, at: int, how: int, cut: bool
) -> None:
    history = History()
    history.live(done)
    image = bytearray(history.table.image())
    at %= len(image)
    if cut:
        del image[at:]
    else:
        image[at] ^= how or 1
    table = a_table()

    with pytest.raises(CodecError):
        table.restore(bytes(image))

    assert (0, 0, (1 << 32)) == (len(table), table.open_count, table.next_order_id())
    table.restore(history.table.image())
    assert canonical(history.table) == canonical(table)


def test_what_is_no_image_is_refused() -> None:
    for data in (b"", b"RFORDERS", bytes(200), Book().table.image() + b"\0"):
        with pytest.raises(CodecError):
            a_table().restore(data)


def test_an_image_of_a_later_version_is_refused_by_its_version() -> None:
    image = bytearray(Book().table.image())
    struct.pack_into("<H", image, 12, 2)

    with pytest.raises(CodecError, match="version"):
        a_table().restore(bytes(image))


def test_an_image_goes_into_a_table_that_has_had_no_orders() -> None:
    book = Book()

    with pytest.raises(ValueError, match="has had orders"):
        book.table.restore(a_table().image())

    assert book.id == book.table.find_by_client_id(IDS.make(book.id))
