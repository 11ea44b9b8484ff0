from __future__ import annotations

from regimeflow.adapters.feeds.book import KEPT_DIFFS, BookChange, LocalBook
from regimeflow.adapters.feeds.feed import DepthEvent, Levels, SnapshotEvent


def a_diff(first_id: int, last_id: int, bids: Levels = (), asks: Levels = ()) -> DepthEvent:
    return DepthEvent(last_id, "BTCUSDT", first_id, last_id, bids, asks, last_id * 10)


def a_snapshot(last_id: int, bids: Levels = (), asks: Levels = ()) -> SnapshotEvent:
    return SnapshotEvent(last_id, "BTCUSDT", last_id, bids, asks)


def a_book(last_id: int = 100) -> LocalBook:
    book = LocalBook()
    book.apply_snapshot(a_snapshot(last_id, [(99, 1), (98, 2)], [(101, 3), (102, 4)]))
    return book


def test_a_snapshot_is_the_book_until_a_diff_changes_it() -> None:
    book = a_book(100)

    change = book.apply_diff(a_diff(101, 103, [(99, 0), (97, 5)], [(101, 9)]))

    assert BookChange.APPLIED is change
    assert [(98, 2), (97, 5)] == list(book.bids.best_first())
    assert [(101, 9), (102, 4)] == list(book.asks.best_first())
    assert 103 == book.last_id
    assert 1_030 == book.event_ns


def test_diffs_before_the_snapshot_are_kept_and_joined() -> None:
    book = LocalBook()

    kept = [book.apply_diff(a_diff(90, 95)), book.apply_diff(a_diff(96, 105, [(99, 7)]))]
    joined = book.apply_snapshot(a_snapshot(100, [(99, 1)]))

    assert [BookChange.KEPT, BookChange.KEPT] == kept
    assert BookChange.APPLIED is joined
    assert 7 == book.bids.qty_at(99)
    assert 105 == book.last_id


def test_diffs_up_to_the_snapshot_are_dropped() -> None:
    book = LocalBook()
    book.apply_diff(a_diff(90, 95, [(99, 0)]))

    book.apply_snapshot(a_snapshot(95, [(99, 1)]))

    assert 1 == book.bids.qty_at(99)
    assert 95 == book.last_id


def test_a_snapshot_older_than_the_first_kept_diff_is_refused() -> None:
    book = LocalBook()
    book.apply_diff(a_diff(102, 105))

    refused = book.apply_snapshot(a_snapshot(100, [(99, 1)]))

    assert BookChange.REFUSED is refused
    assert not book.is_synced


def test_a_snapshot_that_ends_where_the_first_kept_diff_begins_is_joined() -> None:
    book = LocalBook()
    book.apply_diff(a_diff(101, 105, [(99, 7)]))

    joined = book.apply_snapshot(a_snapshot(100, [(99, 1)]))

    assert BookChange.APPLIED is joined
    assert 7 == book.bids.qty_at(99)


def test_a_diff_that_begins_one_past_the_book_is_applied() -> None:
    assert BookChange.APPLIED is a_book(100).apply_diff(a_diff(101, 101))


def test_a_diff_that_begins_two_past_the_book_is_a_gap_and_empties_it() -> None:
    book = a_book(100)

    change = book.apply_diff(a_diff(102, 103, [(99, 9)]))

    assert BookChange.GAP is change
    assert 1 == book.gap_count
    assert not book.is_synced
    assert book.bids.best_px() is None
    assert book.asks.best_px() is None


def test_after_a_gap_a_snapshot_joins_again_with_the_diff_that_showed_it() -> None:
    book = a_book(100)
    book.apply_diff(a_diff(110, 112, [(99, 9)]))

    joined = book.apply_snapshot(a_snapshot(111, [(99, 1), (98, 2)]))

    assert BookChange.APPLIED is joined
    assert [(99, 9), (98, 2)] == book.bids.top(10)
    assert 1 == book.gap_count


def test_a_diff_that_overlaps_the_book_is_applied_and_one_behind_it_ignored() -> None:
    book = a_book(100)

    overlapping = book.apply_diff(a_diff(95, 105, [(99, 4)]))
    repeated = book.apply_diff(a_diff(95, 105, [(99, 8)]))

    assert [BookChange.APPLIED, BookChange.IGNORED] == [overlapping, repeated]
    assert 4 == book.bids.qty_at(99)


def test_removing_an_absent_level_is_harmless() -> None:
    book = a_book()

    book.apply_diff(a_diff(101, 101, [(50, 0)], [(500, 0)]))

    assert 2 == len(book.bids)


def test_a_newer_snapshot_replaces_the_book_and_an_older_one_is_ignored() -> None:
    book = a_book(100)

    newer = book.apply_snapshot(a_snapshot(120, [(90, 1)]))
    older = book.apply_snapshot(a_snapshot(110, [(80, 1)]))

    assert [BookChange.APPLIED, BookChange.IGNORED] == [newer, older]
    assert [(90, 1)] == book.bids.top(5)


def test_only_what_follows_a_hole_among_kept_diffs_can_be_joined() -> None:
    book = LocalBook()
    book.apply_diff(a_diff(10, 12))
    book.apply_diff(a_diff(20, 22, [(99, 5)]))

    before_hole = book.apply_snapshot(a_snapshot(11))
    after_hole = book.apply_snapshot(a_snapshot(21, [(99, 1)]))

    assert [BookChange.REFUSED, BookChange.APPLIED] == [before_hole, after_hole]
    assert 5 == book.bids.qty_at(99)


def test_a_diff_told_again_while_waiting_is_kept_once() -> None:
    book = LocalBook()
    book.apply_diff(a_diff(10, 12, [(99, 5)]))
    book.apply_diff(a_diff(8, 11, [(99, 1)]))

    book.apply_snapshot(a_snapshot(10))

    assert 5 == book.bids.qty_at(99)


def test_what_is_kept_while_waiting_is_bounded() -> None:
    book = LocalBook()
    for number in range(KEPT_DIFFS + 10):
        book.apply_diff(a_diff(number, number))

    too_old = book.apply_snapshot(a_snapshot(5))
    fits = book.apply_snapshot(a_snapshot(10))

    assert [BookChange.REFUSED, BookChange.APPLIED] == [too_old, fits]


def test_levels_behind_a_price_are_the_worse_ones_best_first() -> None:
    book = a_book()

    assert [(98, 2)] == list(book.bids.behind(99))
    assert [(101, 3), (102, 4)] == list(book.asks.behind(100))
    assert [] == list(book.asks.behind(102))


def test_zero_levels_of_a_snapshot_are_no_levels() -> None:
    book = LocalBook()

    book.apply_snapshot(a_snapshot(1, [(99, 0), (98, 1)]))

    assert [(98, 1)] == book.bids.top(5)
