"""OrderBook."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow._core.messages import OrderBook

D = Decimal
BIDS = [("100.5", "1"), ("100.4", "2.5")]
ASKS = [("100.6", 3)]


def test_levels_are_pairs_best_first() -> None:
    book = OrderBook("BTCUSDT", BIDS, ASKS, update_id=9, is_snapshot=True, ts_recv_ns=3)

    assert ((100.5, 1.0), (100.4, 2.5)) == book.bids
    assert ((100.6, 3.0),) == book.asks
    assert ((D("100.5"), D("1.0")), (D("100.4"), D("2.5"))) == book.bids_dec
    assert ((D("100.6"), D("3.0")),) == book.asks_dec
    assert (100.5, 100.6) == (book.best_bid_px, book.best_ask_px)
    assert (D("100.5"), D("100.6")) == (book.best_bid_px_dec, book.best_ask_px_dec)
    assert (9, True, 3, -1, -1) == (
        book.update_id,
        book.is_snapshot,
        book.ts_recv_ns,
        book.px_exp,
        book.qty_exp,
    )


def test_an_empty_side_has_no_best() -> None:
    book = OrderBook("BTCUSDT", [], ())

    assert ((), (), (), ()) == (book.bids, book.asks, book.bids_dec, book.asks_dec)
    assert (None, None, None, None) == (
        book.best_bid_px,
        book.best_ask_px,
        book.best_bid_px_dec,
        book.best_ask_px_dec,
    )


def test_ten_levels_a_side_fit() -> None:
    side = [(str(level), level * 2) for level in range(10)]

    book = OrderBook("BTCUSDT", side, side[::-1])

    assert tuple((float(level), float(level * 2)) for level in range(10)) == book.bids
    assert book.bids[::-1] == book.asks


def test_any_iterable_gives_levels() -> None:
    assert OrderBook("BTCUSDT", BIDS, ASKS) == OrderBook(
        "BTCUSDT", iter(BIDS), (list(level) for level in ASKS)
    )


def test_a_book_from_integers_is_the_book_from_text() -> None:
    made = OrderBook.from_raw(
        "BTCUSDT", [(1005, 10), (1004, 25)], [(1006, 30)], px_exp=-1, qty_exp=-1, update_id=9
    )

    assert OrderBook("BTCUSDT", BIDS, ASKS, update_id=9) == made


@pytest.mark.parametrize(
    ("bids", "words"),
    [
        ([(1, 1)] * 11, "bids_raw has 11 levels"),
        ([(1, -(2**63))], "bids_raw is -9223372036854775808"),
    ],
)
def test_levels_of_integers_are_checked(bids, words) -> None:
    with pytest.raises(ValueError, match=words):
        OrderBook.from_raw("BTCUSDT", bids, [], px_exp=0, qty_exp=0)


@pytest.mark.parametrize("level", [1, (1,), (1, 2, 3), "12", None])
def test_a_level_that_is_no_pair_is_refused(level) -> None:
    with pytest.raises(TypeError, match=r"asks\[1\] is .*; expected a pair"):
        OrderBook("BTCUSDT", [], [(1, 1), level])
    with pytest.raises(TypeError, match=r"asks_raw\[1\] is .*; expected a pair"):
        OrderBook.from_raw("BTCUSDT", [], [(1, 1), level], px_exp=0, qty_exp=0)


@pytest.mark.parametrize(
    "other",
    [
        OrderBook("BTCUSDT", BIDS[:1], ASKS),
        OrderBook("BTCUSDT", [BIDS[0], ("100.3", "2.5")], ASKS),
        OrderBook("BTCUSDT", [BIDS[0], ("100.4", "2.6")], ASKS),
        OrderBook("BTCUSDT", BIDS, [("100.7", 3)]),
        OrderBook("BTCUSDT", BIDS, [("100.6", 4)]),
        OrderBook("BTCUSDT", ASKS, BIDS),
        OrderBook("BTCUSDT", BIDS, ASKS, is_snapshot=True),
        OrderBook("BTCUSDT", BIDS, ASKS, update_id=1),
    ],
)
def test_a_difference_in_any_level_makes_books_unequal(other) -> None:
    assert OrderBook("BTCUSDT", BIDS, ASKS) != other


def test_levels_compare_by_value() -> None:
    finer = [(f"{px}000", f"{qty}.0" if "." not in qty else qty) for px, qty in BIDS]

    assert OrderBook("BTCUSDT", BIDS, ASKS) == OrderBook("BTCUSDT", finer, ASKS)
    assert hash(OrderBook("BTCUSDT", BIDS, ASKS)) == hash(OrderBook("BTCUSDT", finer, ASKS))
