"""Rules T1 and T2 of matching.py; the small market is 100.00 x 2 / 100.01 x 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from regimeflow.types.enums import OrderSide, TimeInForce
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


def test_a_quote_that_comes_after_a_newer_one_is_passed_over(tmp_path: Path) -> None:
    recording = a_small_market().quote(("100.00", "2"), ("100.03", "1"), update_id=108)
    recording.quote(("100.00", "2"), ("100.01", "1"), update_id=107)
    session = a_session(quiet(recording), tmp_path).submit(6, an_order(qty="1"))

    session.play()

    assert [("1", "100.03", "TAKER")] == session.fills
