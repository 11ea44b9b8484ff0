"""LocalBook: the U/u rule, what is shown, and what is given up."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from regimeflow._core.binance_frames import BinanceFrames, DepthDiff, FrameError
from regimeflow._core.local_book import BookChange, LocalBook

D = Decimal
Pairs = list[list[str]]
PARSER = BinanceFrames()


def a_diff(
    first: int, last: int, bids: Pairs | None = None, asks: Pairs | None = None, symbol: str = "BTC"
) -> DepthDiff:
    event = {"e": "depthUpdate", "E": 9, "s": symbol, "U": first, "u": last}
    frame = event | {"b": bids or [], "a": asks or []}
    diff = PARSER.parse(json.dumps(frame).encode(), 5)
    assert isinstance(diff, DepthDiff)
    return diff


def a_snapshot(last: int, bids: Pairs, asks: Pairs) -> bytes:
    return json.dumps({"lastUpdateId": last, "bids": bids, "asks": asks}).encode()


def a_book(**arguments: object) -> LocalBook:
    book = LocalBook("BTC", **arguments)  # type: ignore[arg-type]
    book.apply_snapshot(a_snapshot(10, [["99", "1"], ["98", "2"]], [["101", "3"]]), 5)
    return book


def test_a_diff_sets_and_removes_levels() -> None:
    book = a_book()

    change = book.apply_diff(a_diff(11, 12, [["99", "0"], ["97.5", "4"]], [["100.5", "1"]]))

    assert BookChange.APPLIED == change
    assert [(D(98), D(2)), (D("97.5"), D(4))] == book.bids(10)
    assert [(D("100.5"), D(1)), (D(101), D(3))] == book.asks(10)
    assert (12, 9_000_000, 5) == (book.last_update_id, book.ts_event_ns, book.ts_recv_ns)


def test_a_diff_that_is_no_news_is_ignored() -> None:
    book = a_book()

    assert BookChange.IGNORED == book.apply_diff(a_diff(9, 10, [["99", "0"]]))
    assert (D(99), D(1)) == book.bids(1)[0]


def test_a_level_that_is_removed_twice_does_no_harm() -> None:
    book = a_book()

    assert BookChange.APPLIED == book.apply_diff(a_diff(11, 11, [["42", "0"]]))


def test_a_gap_empties_the_book_and_is_told() -> None:
    told: list[tuple[LocalBook, int]] = []
    book = a_book(on_trouble=lambda *trouble: told.append(trouble))

    change = book.apply_diff(a_diff(12, 13, [["99", "5"]]))

    assert (BookChange.GAP, False, 1) == (change, book.is_synced, book.gap_count)
    assert ([], None) == (book.bids(10), book.message())
    assert [(book, BookChange.GAP)] == told


def test_after_a_gap_a_snapshot_is_joined_with_what_was_kept() -> None:
    book = a_book()
    book.apply_diff(a_diff(12, 13, [["99", "5"]]))
    book.apply_diff(a_diff(14, 15, [["99.5", "6"]]))

    too_old = book.apply_snapshot(a_snapshot(10, [], []), 6)
    joined = book.apply_snapshot(a_snapshot(12, [["99", "1"]], [["101", "1"]]), 6)

    assert (BookChange.REFUSED, BookChange.APPLIED) == (too_old, joined)
    assert [(D("99.5"), D(6)), (D(99), D(5))] == book.bids(10)
    assert (15, True, 0) == (book.last_update_id, book.is_synced, book.kept)


def test_diffs_with_a_hole_between_them_are_not_kept_together() -> None:
    book = LocalBook("BTC")

    for first, last in ((1, 2), (3, 4), (8, 9), (9, 9)):
        book.apply_diff(a_diff(first, last))

    assert (1, 8) == (book.kept, book.first_kept_id)


def test_a_crossed_book_is_given_up_and_never_shown() -> None:
    told: list[int] = []
    book = a_book(on_trouble=lambda _, change: told.append(change))

    change = book.apply_diff(a_diff(11, 12, [["101", "1"]]))

    assert (BookChange.CROSSED, [BookChange.CROSSED]) == (change, told)
    assert (1, False, None) == (book.crossed_count, book.is_synced, book.message())


def test_levels_beyond_the_reach_of_the_snapshot_are_not_shown() -> None:
    told: list[int] = []
    book = LocalBook("BTC", on_trouble=lambda _, change: told.append(change))
    bids = [[str(100 - n), "1"] for n in range(11)]
    asks = [[str(101 + n), "1"] for n in range(11)]
    book.apply_snapshot(a_snapshot(10, bids, asks), 5, limit=11)

    beyond = book.apply_diff(a_diff(11, 11, [["80", "7"]]))
    thin = book.apply_diff(a_diff(12, 12, [["100", "0"], ["99", "0"]]))
    again = book.apply_diff(a_diff(13, 13, [["98", "2"]]))

    assert (BookChange.APPLIED, BookChange.THIN, BookChange.THIN) == (beyond, thin, again)
    assert (D(90), D(1)) == book.bids(20)[-1]
    assert [BookChange.THIN] == told


def test_a_thin_book_is_joined_with_a_snapshot_older_than_itself() -> None:
    book = LocalBook("BTC")
    bids = [[str(100 - n), "1"] for n in range(10)]
    book.apply_snapshot(a_snapshot(10, bids, [["101", "1"]]), 5, limit=10)
    book.apply_diff(a_diff(11, 12, [["100", "0"]]))
    book.apply_diff(a_diff(13, 14, [["99", "9"]]))

    change = book.apply_snapshot(a_snapshot(12, [*bids[1:], ["90", "1"]], [["101", "1"]]), 6)

    assert (BookChange.APPLIED, 14) == (change, book.last_update_id)
    assert ((D(99), D(9)), (D(90), D(1))) == (book.bids(1)[0], book.bids(20)[-1])


def test_a_book_becomes_finer_where_a_level_is() -> None:
    book = a_book()

    book.apply_diff(a_diff(11, 12, [["99.00000001", "0.5"]]))

    assert [(D("99.00000001"), D("0.5")), (D(99), D(1))] == book.bids(2)


def test_numbers_that_fit_no_common_exponent_give_the_book_up() -> None:
    book = a_book()
    book.apply_diff(a_diff(11, 11, [["50", "9000000000000000000"]]))

    with pytest.raises(FrameError, match="does not fit"):
        book.apply_diff(a_diff(12, 12, [["50.5", "0.1"]]))

    assert book.message() is None


def test_the_message_has_the_ten_best_levels() -> None:
    book = LocalBook("BTC")
    bids = [[str(100 - n), "1"] for n in range(30)]
    book.apply_snapshot(a_snapshot(7, bids, [["101", "2.5"]]), 5)

    message = book.message()

    assert message is not None
    assert [(100.0 - n, 1.0) for n in range(10)] == list(message.bids)
    assert (((101.0, 2.5),), 7) == (message.asks, message.update_id)


def test_reset_forgets_everything() -> None:
    book = a_book()
    book.apply_diff(a_diff(20, 21))

    book.reset()

    assert (False, 0, 0) == (book.is_synced, book.kept, book.last_update_id)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "byte 0"),
        (b'{"code":-1121,"msg":"Invalid symbol."}', "no snapshot"),
        (b'{"lastUpdateId":5,"bids":[["1"]],"asks":[]}', "pair"),
        (b'{"lastUpdateId":5,"bids":[]}', "asks"),
    ],
)
def test_a_body_that_is_no_snapshot_is_an_error(body: bytes, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        LocalBook("BTC").apply_snapshot(body, 5)


def test_a_diff_of_another_symbol_is_refused() -> None:
    with pytest.raises(ValueError, match="ETH"):
        a_book().apply_diff(a_diff(11, 12, symbol="ETH"))
