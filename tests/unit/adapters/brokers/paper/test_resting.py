"""Rules M1 to M4 and the queue of matching.py, on the small market."""

from __future__ import annotations

from pathlib import Path

import pytest

from regimeflow.types.enums import OrderSide, OrderType
from tests.support.paper import PaperSession, an_order
from tests.support.recording import Recording, a_small_market

SELL = OrderSide.SELL
NEXT = 4  # the line after the small market
HELD = {"positions": {"BTCUSDT": "10"}}


def a_session(recording: Recording, folder: Path, **settings: object) -> PaperSession:
    return PaperSession(recording, folder, **settings)


def quiet(recording: Recording | None = None) -> Recording:
    """Add a line that changes nothing: a depth update that the book has already."""
    return (recording or a_small_market()).depth(1, 1)


def test_m1_a_trade_below_our_bid_fills_it_at_our_price_whatever_stood_ahead(
    tmp_path: Path,
) -> None:
    recording = a_small_market().trade("99.98", "0.3", aggressor="sell", trade_id=2)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(limit="99.99"))

    session.play()

    assert [("0.3", "99.99", "MAKER")] == session.fills
    assert "trade 2" == session.reports[-1].text


def test_m1_a_trade_above_our_ask_fills_it(tmp_path: Path) -> None:
    recording = a_small_market().trade("100.05", "5", aggressor="buy", trade_id=2)
    session = a_session(recording, tmp_path, **HELD)
    session.submit(NEXT, an_order(side=SELL, limit="100.02"))

    session.play()

    assert [("1", "100.02", "MAKER")] == session.fills


def test_m2_a_trade_at_our_price_first_consumes_the_queue_ahead(tmp_path: Path) -> None:
    recording = a_small_market()
    recording.trade("100.00", "1.5", aggressor="sell", trade_id=2)
    recording.trade("100.00", "0.7", aggressor="sell", trade_id=3)
    recording.trade("100.00", "0.7", aggressor="sell", trade_id=4)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(limit="100.00"))

    session.play()

    assert [("0.2", "100.00", "MAKER"), ("0.7", "100.00", "MAKER")] == session.fills


def test_m2_a_buyer_s_trade_at_our_bid_does_not_fill_it(tmp_path: Path) -> None:
    recording = a_small_market().trade("100.00", "50", aggressor="buy", trade_id=2)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(limit="100.00"))

    session.play()

    assert [] == session.fills


def test_m2_inside_the_spread_nothing_stands_ahead(tmp_path: Path) -> None:
    recording = a_small_market().quote(("99.90", "2"), ("100.01", "1"), update_id=106)
    recording.trade("99.95", "0.4", aggressor="sell", trade_id=2)
    session = a_session(recording, tmp_path).submit(5, an_order(limit="99.95"))

    session.play()

    assert [("0.4", "99.95", "MAKER")] == session.fills


def test_m3_an_ask_that_comes_down_to_our_bid_fills_it_at_our_price(tmp_path: Path) -> None:
    recording = a_small_market().quote(("99.90", "2"), ("99.95", "0.4"), update_id=106)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(limit="99.99"))

    session.play()

    assert [("0.4", "99.99", "MAKER")] == session.fills
    assert "quote 106" == session.reports[-1].text


def test_m3_a_depth_update_crosses_as_a_quote_does(tmp_path: Path) -> None:
    recording = a_small_market().depth(106, 107, bids=[("100.00", "0")], asks=[("99.99", "0.6")])
    session = a_session(recording, tmp_path).submit(NEXT, an_order(limit="99.99"))

    session.play()

    assert [("0.6", "99.99", "MAKER")] == session.fills
    assert "book 107" == session.reports[-1].text


def test_m3_the_same_offer_fills_only_once(tmp_path: Path) -> None:
    recording = a_small_market().quote(("99.90", "2"), ("99.95", "0.4"), update_id=106)
    recording.quote(("99.89", "2"), ("99.95", "0.4"), update_id=107)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(limit="99.99"))

    session.play()

    assert [("0.4", "99.99", "MAKER")] == session.fills


def test_m4_one_trade_is_shared_by_price_then_time(tmp_path: Path) -> None:
    recording = a_small_market().trade("99.97", "1.2", aggressor="sell", trade_id=2)
    session = a_session(recording, tmp_path)
    session.submit(NEXT, an_order(1, qty="0.5", limit="99.98"))
    session.submit(NEXT, an_order(2, qty="0.5", limit="99.98"))
    session.submit(NEXT, an_order(3, qty="0.5", limit="99.99"))

    session.play()

    trades = [report for report in session.reports if report.last_qty]
    assert [(3, 0.5), (1, 0.5), (2, 0.2)] == [(one.order_id, one.last_qty) for one in trades]


def test_m4_two_orders_at_one_price_do_not_both_get_the_same_trade(tmp_path: Path) -> None:
    recording = a_small_market().trade("100.00", "2.8", aggressor="sell", trade_id=2)
    session = a_session(recording, tmp_path)
    session.submit(NEXT, an_order(1, qty="0.5", limit="100.00"))
    session.submit(NEXT, an_order(2, qty="0.5", limit="100.00"))

    session.play()

    assert ["0.5", "0.3"] == [fill[0] for fill in session.fills]


def test_a_queue_is_never_longer_than_the_book_shows(tmp_path: Path) -> None:
    recording = a_small_market().depth(106, 106, bids=[("100.00", "0.5")])
    recording.trade("100.00", "0.8", aggressor="sell", trade_id=2)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(limit="100.00"))

    session.play()

    assert [("0.3", "100.00", "MAKER")] == session.fills


def test_a_book_that_grows_does_not_lengthen_the_queue(tmp_path: Path) -> None:
    recording = a_small_market().depth(106, 106, bids=[("100.00", "9")])
    recording.trade("100.00", "2.5", aggressor="sell", trade_id=2)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(limit="100.00"))

    session.play()

    assert [("0.5", "100.00", "MAKER")] == session.fills


def test_a_trade_that_the_book_knows_already_shortens_nothing_and_fills_nothing(
    tmp_path: Path,
) -> None:
    recording = a_small_market().depth(106, 106, bids=[("100.00", "0.5")])
    told_late = Recording(start_ns=recording.now_ns - 20_000_000)
    told_late.trade("100.00", "1.5", aggressor="sell", trade_id=2)
    late = told_late.lines[0].split(" ", 1)[1]
    recording.raw(f"{recording.now_ns} {late}")
    recording.trade("100.00", "0.6", aggressor="sell", trade_id=3)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(limit="100.00"))

    session.play()

    assert [("0.1", "100.00", "MAKER")] == session.fills


def test_less_quantity_keeps_the_place_in_the_queue(tmp_path: Path) -> None:
    recording = a_small_market().trade("100.00", "2", aggressor="sell", trade_id=2)
    recording.trade("100.00", "0.3", aggressor="sell", trade_id=3)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(limit="100.00"))
    session.modify(5, "P-1", quantity="0.5")

    session.play()

    assert [("0.3", "100.00", "MAKER")] == session.fills


@pytest.mark.parametrize("change", [{"quantity": "1.5"}, {"limit_price": "99.99"}])
def test_more_quantity_or_another_price_goes_to_the_end(
    tmp_path: Path, change: dict[str, str]
) -> None:
    recording = a_small_market().trade("100.00", "2", aggressor="sell", trade_id=2)
    recording.trade(change.get("limit_price", "100.00"), "1.9", aggressor="sell", trade_id=3)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(limit="100.00"))
    session.modify(5, "P-1", **change)

    session.play()

    assert [] == session.fills


def test_an_order_changed_through_the_spread_takes(tmp_path: Path) -> None:
    session = a_session(quiet(quiet()), tmp_path).submit(NEXT, an_order(limit="99.00"))
    session.modify(5, "P-1", limit_price="100.01")

    session.play()

    assert [("1", "100.01", "TAKER")] == session.fills
    assert ["NEW", "REPLACED", "TRADE"] == [step[0] for step in session.story]


def test_two_orders_of_ours_never_trade_with_each_other(tmp_path: Path) -> None:
    recording = a_small_market().quote(("99.00", "2"), ("101.00", "1"), update_id=106)
    recording.quote(("99.00", "3"), ("101.00", "1"), update_id=107)
    session = a_session(recording, tmp_path, **HELD)
    session.submit(5, an_order(1, limit="100.00"))
    session.submit(5, an_order(2, side=SELL, limit="100.00", type=OrderType.LIMIT))

    session.play()

    assert [] == session.fills
