"""The rules for stops of matching.py, on the small market."""

from __future__ import annotations

from pathlib import Path

from regimeflow.types.enums import OrderSide
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
