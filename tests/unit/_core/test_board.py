"""The newest quote and trade of every symbol."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow._core.board import QuoteBoard
from regimeflow._core.messages import Bar, ExecutionReport, LiveMessage, OrderBook, Quote, Tick
from regimeflow.types.enums import ExecType, LiveOrderStatus, LiveTopic

D = Decimal


def a_quote(symbol: str = "BTCUSDT", bid: str = "100.00", ask: str = "100.03", **more) -> Quote:
    return Quote(symbol, bid, "1.5", ask, "2", **more)


def test_what_was_never_seen_is_none() -> None:
    board = QuoteBoard()

    assert None is board.quote("NOTHING")
    assert [None] * 5 == [
        read("NOTHING")
        for read in (board.bid_dec, board.ask_dec, board.mid_dec, board.last_dec, board.mark_dec)
    ]
    assert (None, 0, 0) == (
        board.top_raw("NOTHING"),
        board.last_event_ns("NOTHING"),
        board.last_recv_ns("NOTHING"),
    )
    assert [] == board.symbols()


def test_the_newest_quote_is_given_back_as_it_came() -> None:
    board, quote = QuoteBoard(), a_quote(ts_event_ns=5, ts_recv_ns=6, update_id=7)

    board.observe(a_quote(bid="1", ask="2"))
    board.observe(quote)

    assert quote == board.quote("BTCUSDT")
    assert (10000, 15, 10003, 20, -2, -1) == board.top_raw("BTCUSDT")
    assert (5, 6) == (board.last_event_ns("BTCUSDT"), board.last_recv_ns("BTCUSDT"))


def test_the_mid_is_exact() -> None:
    board = QuoteBoard()

    board.observe(a_quote(bid="9.000000000000000001", ask="9.000000000000000002"))

    assert D("9.0000000000000000015") == board.mid_dec("BTCUSDT")


def test_a_live_message_is_taken_like_its_payload() -> None:
    board = QuoteBoard()

    board.observe(LiveMessage(LiveTopic.MARKET_DATA, a_quote()))

    assert D("100.00") == board.bid_dec("BTCUSDT")


def test_symbols_are_kept_apart_however_many_there_are() -> None:
    board = QuoteBoard()
    names = [f"SYM{number}" for number in range(300)]

    for number, name in enumerate(names, 1):
        board.observe(a_quote(name, bid=str(number), ask=str(number + 1)))

    assert [D(number) for number in range(1, 301)] == [board.bid_dec(name) for name in names]
    assert sorted(names) == sorted(board.symbols())


def test_the_mark_is_the_mid_and_else_the_last_trade() -> None:
    board = QuoteBoard()

    board.observe(Tick("BTCUSDT", "99", "1"))
    traded = board.mark_dec("BTCUSDT")
    board.observe(a_quote(bid="100", ask="102"))

    assert (D(99), D(101), D(99)) == (traded, board.mark_dec("BTCUSDT"), board.last_dec("BTCUSDT"))


def test_a_bar_gives_the_last_price_of_a_symbol_without_trades() -> None:
    board = QuoteBoard()
    bar = Bar("BTCUSDT", "1", "3", "1", "2", "10", interval_ns=60_000_000_000)

    board.observe(bar)
    before = board.last_dec("BTCUSDT")
    board.observe(Tick("BTCUSDT", "5", "1"))
    board.observe(bar)

    assert (D(2), D(5)) == (before, board.last_dec("BTCUSDT"))


def test_a_books_top_counts_until_the_symbol_has_quotes() -> None:
    board = QuoteBoard()
    book = OrderBook("BTCUSDT", [("99", "1"), ("98", "1")], [("101", "3")])

    board.observe(book)
    top = board.quote("BTCUSDT")
    board.observe(a_quote())
    board.observe(book)

    assert top is not None
    assert (D(99), D(101), D(3)) == (top.bid_px_dec, top.ask_px_dec, top.ask_qty_dec)
    assert D("100.00") == board.bid_dec("BTCUSDT")


def test_a_book_with_one_side_has_no_mid() -> None:
    board = QuoteBoard()

    board.observe(OrderBook("BTCUSDT", [("99", "1")], []))

    assert (D(99), None, None) == (
        board.bid_dec("BTCUSDT"),
        board.ask_dec("BTCUSDT"),
        board.mid_dec("BTCUSDT"),
    )


def test_other_messages_are_passed_over_and_other_objects_refused() -> None:
    board = QuoteBoard()

    board.observe(
        ExecutionReport(symbol="BTCUSDT", exec_type=ExecType.NEW, ord_status=LiveOrderStatus.NEW)
    )

    assert [] == board.symbols()
    assert 0 == board.last_recv_ns("BTCUSDT")
    with pytest.raises(TypeError):
        board.observe("BTCUSDT")
