"""The rules of matching.py, one by one; the small market is 100.00 x 2 / 100.01 x 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
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


# taker


def test_t1_a_market_order_walks_the_visible_levels_at_their_own_prices(tmp_path: Path) -> None:
    session = a_session(quiet(), tmp_path).submit(NEXT, an_order(qty="4"))

    session.play()

    assert [
        ("1", "100.01", "TAKER"),
        ("2", "100.02", "TAKER"),
        ("1", "100.03", "TAKER"),
    ] == session.fills


def test_t1_a_sell_walks_the_bids_downward(tmp_path: Path) -> None:
    session = a_session(quiet(), tmp_path, **HELD).submit(NEXT, an_order(side=SELL, qty="6"))

    session.play()

    prices = [("2", "100.00"), ("3", "99.99"), ("1", "99.98")]
    assert prices == [fill[:2] for fill in session.fills]


def test_t1_a_limit_bounds_the_walk_and_the_rest_rests(tmp_path: Path) -> None:
    session = a_session(quiet(), tmp_path).submit(NEXT, an_order(qty="4", limit="100.02"))

    session.play()

    assert [("1", "100.01", "TAKER"), ("2", "100.02", "TAKER")] == session.fills
    assert ("TRADE", "PARTIALLY_FILLED") == session.story[-1]


def test_t1_a_newer_quote_stands_for_its_level(tmp_path: Path) -> None:
    recording = a_small_market().quote(("100.00", "2"), ("100.02", "0.5"), update_id=106)
    session = a_session(quiet(recording), tmp_path).submit(5, an_order(qty="2"))

    session.play()

    assert [("0.5", "100.02", "TAKER"), ("1.5", "100.03", "TAKER")] == session.fills


def test_t1_a_depth_update_newer_than_the_quote_stands(tmp_path: Path) -> None:
    recording = a_small_market().depth(106, 106, asks=[("100.01", "0"), ("100.02", "7")])
    session = a_session(quiet(recording), tmp_path).submit(5, an_order(qty="2"))

    session.play()

    assert [("2", "100.02", "TAKER")] == session.fills


def test_t1_a_quote_older_than_the_book_changes_nothing_visible(tmp_path: Path) -> None:
    recording = a_small_market().quote(("99.00", "9"), ("99.50", "9"), update_id=90)
    session = a_session(quiet(recording), tmp_path).submit(5, an_order(qty="1"))

    session.play()

    assert [("1", "100.01", "TAKER")] == session.fills


def test_t1_what_we_took_is_not_offered_again(tmp_path: Path) -> None:
    session = a_session(quiet(), tmp_path)
    session.submit(NEXT, an_order(1, qty="0.4")).submit(NEXT, an_order(2, qty="1"))

    session.play()

    assert [("0.4", "100.01"), ("0.6", "100.01"), ("0.4", "100.02")] == [
        fill[:2] for fill in session.fills
    ]


def test_t1_a_level_whose_quantity_the_feed_changes_is_offered_anew(tmp_path: Path) -> None:
    recording = quiet().quote(("100.00", "2"), ("100.01", "0.8"), update_id=106)
    session = a_session(quiet(recording), tmp_path)
    session.submit(NEXT, an_order(1, qty="1")).submit(6, an_order(2, qty="1"))

    session.play()

    assert [("1", "100.01"), ("0.8", "100.01"), ("0.2", "100.02")] == [
        fill[:2] for fill in session.fills
    ]


def test_t1_a_level_that_the_feed_states_unchanged_stays_taken(tmp_path: Path) -> None:
    recording = quiet().quote(("99.99", "2"), ("100.01", "1"), update_id=106)
    session = a_session(quiet(recording), tmp_path)
    session.submit(NEXT, an_order(1, qty="1")).submit(6, an_order(2, qty="1"))

    session.play()

    assert [("1", "100.01"), ("1", "100.02")] == [fill[:2] for fill in session.fills]


def test_t1_quantities_are_cut_to_whole_lots(tmp_path: Path) -> None:
    recording = a_small_market().quote(("100.00", "2"), ("100.01", "0.0057"), update_id=106)
    session = a_session(quiet(recording), tmp_path).submit(5, an_order(qty="1", limit="100.01"))

    session.play()

    assert [("0.005", "100.01", "TAKER")] == session.fills


def test_t2_the_rest_of_a_market_order_expires_when_nothing_more_is_offered(tmp_path: Path) -> None:
    session = a_session(quiet(), tmp_path).submit(NEXT, an_order(qty="9"))

    session.play()

    assert 3 == len(session.fills)
    assert ("EXPIRED", "EXPIRED") == session.story[-1]
    assert "NO_LIQUIDITY" == session.refusal[0]
    assert 0 == session.reports[-1].leaves_qty


def test_t2_what_ioc_cannot_take_at_once_expires(tmp_path: Path) -> None:
    order = an_order(qty="3", limit="100.01", tif=TimeInForce.IOC)
    session = a_session(quiet(), tmp_path).submit(NEXT, order)

    session.play()

    assert [("1", "100.01", "TAKER")] == session.fills
    assert ("EXPIRED", "EXPIRED") == session.story[-1]


@pytest.mark.parametrize(("qty", "fills"), [("3", 2), ("3.001", 0)])
def test_t2_fok_trades_whole_or_not_at_all(tmp_path: Path, qty: str, fills: int) -> None:
    order = an_order(qty=qty, limit="100.02", tif=TimeInForce.FOK)
    session = a_session(quiet(), tmp_path).submit(NEXT, order)

    session.play()

    assert fills == len(session.fills)
    assert ("TRADE", "FILLED") if fills else ("EXPIRED", "EXPIRED") == session.story[-1]


# maker


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


# the queue


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


# stops


def test_a_buy_stop_waits_for_a_trade_at_its_price_then_takes(tmp_path: Path) -> None:
    recording = quiet().trade("100.02", "0.1", aggressor="buy", trade_id=3)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(stop="100.02"))

    session.play()

    assert [("1", "100.01", "TAKER")] == session.fills
    assert ["NEW", "NEW", "TRADE"] == [step[0] for step in session.story]
    assert "triggered by trade 3" == session.reports[1].text


def test_a_sell_stop_is_triggered_at_or_below(tmp_path: Path) -> None:
    recording = quiet().trade("99.97", "0.1", aggressor="sell", trade_id=3)
    session = a_session(recording, tmp_path, **HELD)
    session.submit(NEXT, an_order(side=SELL, stop="99.98"))

    session.play()

    assert [("1", "100.00", "TAKER")] == session.fills


def test_a_quote_beyond_the_stop_does_not_trigger_where_there_are_trades(tmp_path: Path) -> None:
    recording = quiet().quote(("100.10", "1"), ("100.11", "1"), update_id=106)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(stop="100.05"))

    session.play()

    assert [("NEW", "NEW")] == session.story


def test_where_no_trade_was_seen_the_quote_triggers(tmp_path: Path) -> None:
    recording = Recording().quote(("100.00", "1"), ("100.01", "1"), update_id=1)
    recording.quote(("100.10", "1"), ("100.11", "1"), update_id=2)
    session = a_session(recording, tmp_path).submit(1, an_order(stop="100.05"))

    session.play()

    assert [("1", "100.11", "TAKER")] == session.fills


def test_a_stop_that_the_last_trade_has_passed_takes_on_arrival(tmp_path: Path) -> None:
    session = a_session(quiet(), tmp_path).submit(NEXT, an_order(stop="99.50"))

    session.play()

    assert [("1", "100.01", "TAKER")] == session.fills


def test_a_triggered_stop_limit_rests_at_its_limit(tmp_path: Path) -> None:
    recording = quiet().trade("100.02", "0.1", aggressor="buy", trade_id=3)
    recording.trade("99.90", "0.2", aggressor="sell", trade_id=4)
    session = a_session(recording, tmp_path)
    session.submit(NEXT, an_order(stop="100.02", limit="99.99"))

    session.play()

    assert [("0.2", "99.99", "MAKER")] == session.fills


def test_a_resting_stop_is_not_filled_by_trades(tmp_path: Path) -> None:
    recording = a_small_market().trade("99.00", "5", aggressor="sell", trade_id=2)
    session = a_session(recording, tmp_path).submit(NEXT, an_order(stop="101", limit="100.50"))

    session.play()

    assert [] == session.fills


def test_stops_trigger_in_the_order_of_their_arrival(tmp_path: Path) -> None:
    recording = quiet().trade("100.02", "0.1", aggressor="buy", trade_id=3)
    session = a_session(recording, tmp_path)
    session.submit(NEXT, an_order(1, qty="0.6", stop="100.02"))
    session.submit(NEXT, an_order(2, qty="0.6", stop="100.01"))

    session.play()

    trades = [one.order_id for one in session.reports if one.last_qty]
    assert [1, 2, 2] == trades


def test_a_changed_stop_price_that_is_passed_already_triggers(tmp_path: Path) -> None:
    session = a_session(quiet(quiet()), tmp_path).submit(NEXT, an_order(stop="105"))
    session.modify(5, "P-1", stop_price="99")

    session.play()

    assert [("1", "100.01", "TAKER")] == session.fills


# ours among themselves


def test_two_orders_of_ours_never_trade_with_each_other(tmp_path: Path) -> None:
    recording = a_small_market().quote(("99.00", "2"), ("101.00", "1"), update_id=106)
    recording.quote(("99.00", "3"), ("101.00", "1"), update_id=107)
    session = a_session(recording, tmp_path, **HELD)
    session.submit(5, an_order(1, limit="100.00"))
    session.submit(5, an_order(2, side=SELL, limit="100.00", type=OrderType.LIMIT))

    session.play()

    assert [] == session.fills


def test_a_quote_that_comes_after_a_newer_one_is_passed_over(tmp_path: Path) -> None:
    recording = a_small_market().quote(("100.00", "2"), ("100.03", "1"), update_id=108)
    recording.quote(("100.00", "2"), ("100.01", "1"), update_id=107)
    session = a_session(quiet(recording), tmp_path).submit(6, an_order(qty="1"))

    session.play()

    assert [("1", "100.03", "TAKER")] == session.fills
