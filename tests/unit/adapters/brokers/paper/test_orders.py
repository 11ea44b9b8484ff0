"""Orders over their life: refusals, times in force, sessions, cancels and changes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.adapters.brokers.paper.orders import OrderStore, PaperOrder
from regimeflow.adapters.brokers.paper.spec import spec_of
from regimeflow.adapters.feeds.feed import Scale
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.instrument import Instrument
from tests.support.paper import PaperSession, an_order
from tests.support.recording import START_NS, STEP_NS, Recording, a_small_market

SELL = OrderSide.SELL
NEXT = 4
HELD = {"positions": {"BTCUSDT": "10"}}
DAY_NS = 86_400 * 10**9


def quiet(lines: int = 1) -> Recording:
    recording = a_small_market()
    for _ in range(lines):
        recording.depth(1, 1)
    return recording


def after(order: LiveOrder, folder: Path, **settings: object) -> PaperSession:
    """Play one order on a quiet market."""
    return PaperSession(quiet(2), folder, **settings).submit(NEXT, order).play()


# refusals


@pytest.mark.parametrize(
    ("order", "reason", "text"),
    [
        (an_order(symbol="DOGEUSDT"), "UNKNOWN_SYMBOL", "unknown symbol 'DOGEUSDT'"),
        (an_order(limit="100.005"), "BAD_TICK", "no multiple of the tick 0.01"),
        (an_order(stop="100.005"), "BAD_TICK", "stop price 100.005"),
        (an_order(qty="0.0005"), "BAD_LOT", "no multiple of the lot 0.001"),
        (an_order(qty="0"), "BAD_LOT", "below the minimum"),
        (an_order(qty="-1"), "BAD_LOT", "below the minimum"),
        (an_order(qty="NaN"), "BAD_LOT", "no multiple"),
        (an_order(qty="1E+1000000"), "BAD_LOT", "no multiple"),
        (an_order(qty="1E+17"), "EXCEEDS_LIMIT", "too large"),
        (an_order(limit="1E+16"), "EXCEEDS_LIMIT", "too large"),
        (an_order(limit="0"), "OTHER", "not above zero"),
        (an_order(limit="-5"), "OTHER", "not above zero"),
        (an_order(type=OrderType.LIMIT), "OTHER", "needs a limit price"),
        (an_order(type=OrderType.STOP), "OTHER", "needs a stop price"),
        (an_order(limit="99", type=OrderType.STOP_LIMIT), "OTHER", "needs a stop price"),
        (an_order(type=OrderType.TRAILING_STOP), "UNSUPPORTED", "TRAILING_STOP"),
        (an_order(tif=TimeInForce.NONE), "UNSUPPORTED", "time in force NONE"),
        (an_order(side=OrderSide.NONE), "OTHER", "needs a side"),
        (an_order(limit="99", tif=TimeInForce.GTD), "OTHER", "needs an expire time"),
        (
            an_order(limit="99", tif=TimeInForce.GTD, expire_time_ns=START_NS),
            "OTHER",
            "has passed",
        ),
        (an_order(qty="200"), "INSUFFICIENT_FUNDS", "not enough USDT"),
        (an_order(qty="101", limit="100.00"), "INSUFFICIENT_FUNDS", "not enough USDT"),
        (an_order(qty="100", stop="101"), "INSUFFICIENT_FUNDS", "not enough USDT"),
        (an_order(side=SELL), "INSUFFICIENT_FUNDS", "only 0.000 BTC can be sold"),
        (an_order(side=SELL, limit="101"), "INSUFFICIENT_FUNDS", "only 0.000 BTC"),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_its_reason(
    tmp_path: Path, order: LiveOrder, reason: str, text: str
) -> None:
    cash = "500" if "INSUFFICIENT" in reason else "10000000"
    session = after(order, tmp_path, cash=Decimal(cash))

    assert [("REJECTED", "REJECTED")] == session.story
    assert reason == session.refusal[0]
    assert text in session.refusal[1]
    assert (1, "c-1") == (session.reports[0].order_id, session.reports[0].client_order_id)


def test_a_refused_order_is_told_with_the_numbers_that_it_came_with(tmp_path: Path) -> None:
    session = after(an_order(qty="2", limit="100.005"), tmp_path)

    report = session.reports[0]

    assert Decimal(2) == report.order_qty_dec
    assert Decimal("100.005") == report.limit_px_dec
    assert (0, 0) == (report.cum_qty, report.leaves_qty)


@pytest.mark.parametrize(
    ("override", "order", "reason"),
    [
        ({"min_notional": "150"}, an_order(limit="100.00"), "EXCEEDS_LIMIT"),
        ({"min_notional": "150"}, an_order(), "EXCEEDS_LIMIT"),
        ({"max_notional": "50"}, an_order(limit="100.00"), "EXCEEDS_LIMIT"),
        ({"min_qty": "2"}, an_order(), "BAD_LOT"),
        ({"max_qty": "0.5"}, an_order(), "EXCEEDS_LIMIT"),
        ({"lot_size": "0.5"}, an_order(qty="0.7"), "BAD_LOT"),
        ({"tick_size": "0.05"}, an_order(limit="100.01"), "BAD_TICK"),
        ({"quote_currency": "EUR"}, an_order(), "UNSUPPORTED"),
        ({"session": {"open_time": "01:00", "close_time": "02:00"}}, an_order(), "EXCHANGE_CLOSED"),
    ],
)
def test_an_instrument_s_own_rules_can_be_configured(
    tmp_path: Path, override: dict[str, object], order: LiveOrder, reason: str
) -> None:
    session = after(order, tmp_path, instruments={"BTCUSDT": override})

    assert [("REJECTED", "REJECTED")] == session.story
    assert reason == session.refusal[0]


def test_a_client_order_id_is_used_once(tmp_path: Path) -> None:
    session = PaperSession(quiet(3), tmp_path)
    session.submit(NEXT, an_order(1, client_order_id="same"))
    session.submit(5, an_order(2, client_order_id="same"))

    session.play()

    assert ("DUPLICATE_ORDER", "client order id 'same' was used before") == session.refusal
    assert 1 == len(session.fills)


def test_money_held_by_an_open_order_is_not_spent_twice(tmp_path: Path) -> None:
    session = PaperSession(quiet(3), tmp_path, cash=Decimal(150))
    session.submit(NEXT, an_order(1, limit="99.00"))
    session.submit(5, an_order(2, limit="99.00"))

    session.play()

    assert ["NEW", "REJECTED"] == [step[0] for step in session.story]


def test_what_is_held_by_an_open_sell_is_not_sold_twice(tmp_path: Path) -> None:
    session = PaperSession(quiet(3), tmp_path, **HELD)
    session.submit(NEXT, an_order(1, side=SELL, qty="8", limit="105"))
    session.submit(5, an_order(2, side=SELL, qty="3"))

    session.play()

    assert ["NEW", "REJECTED"] == [step[0] for step in session.story]
    assert "only 2.000 BTC" in session.refusal[1]


# times in force


def test_a_gtd_order_expires_at_its_time(tmp_path: Path) -> None:
    at_ns = START_NS + 5 * STEP_NS + 1_000
    order = an_order(limit="99", tif=TimeInForce.GTD, expire_time_ns=at_ns)

    session = PaperSession(quiet(4), tmp_path).submit(NEXT, order).play()

    assert ["NEW", "EXPIRED"] == [step[0] for step in session.story]
    assert at_ns == session.reports[-1].ts_event_ns


def test_a_day_order_expires_at_midnight_where_the_market_never_closes(tmp_path: Path) -> None:
    recording = quiet().wait(DAY_NS / 1e6).depth(1, 1)
    order = an_order(limit="99", tif=TimeInForce.DAY)

    session = PaperSession(recording, tmp_path).submit(NEXT, order).play()

    assert ["NEW", "EXPIRED"] == [step[0] for step in session.story]
    assert 0 == session.reports[-1].ts_event_ns % DAY_NS


def test_a_day_order_expires_at_the_close(tmp_path: Path) -> None:
    # START_NS is 2023-11-14 22:13:20 UTC, a Tuesday
    hours = {"open_time": "22:00", "close_time": "22:14"}
    recording = quiet().wait(60_000).depth(1, 1)
    order = an_order(limit="99", tif=TimeInForce.DAY)

    session = PaperSession(recording, tmp_path, instruments={"BTCUSDT": {"session": hours}})
    session.submit(NEXT, order).play()

    assert ["NEW", "EXPIRED"] == [step[0] for step in session.story]
    assert 40 * 10**9 == session.reports[-1].ts_event_ns - START_NS


def test_a_gtc_order_outlives_the_day(tmp_path: Path) -> None:
    recording = quiet().wait(DAY_NS / 1e6).depth(1, 1)

    session = PaperSession(recording, tmp_path).submit(NEXT, an_order(limit="99")).play()

    assert ["NEW"] == [step[0] for step in session.story]


# open and close


HOURS = {"instruments": {"BTCUSDT": {"session": {"open_time": "22:14", "close_time": "22:15"}}}}


def test_an_on_open_order_takes_at_the_first_data_after_the_open(tmp_path: Path) -> None:
    recording = quiet().wait(45_000).quote(("101.00", "5"), ("101.01", "5"), update_id=200)
    order = an_order(type=OrderType.MARKET_ON_OPEN)

    session = PaperSession(recording, tmp_path, **HOURS).submit(NEXT, order).play()

    assert [("1", "101.01", "TAKER")] == session.fills
    assert "quote 200" == session.reports[-1].text


def test_an_on_close_order_takes_at_the_close(tmp_path: Path) -> None:
    recording = quiet().wait(45_000).quote(("101.00", "5"), ("101.01", "5"), update_id=200)
    recording.depth(1, 1).wait(60_000).quote(("102.00", "5"), ("102.01", "5"), update_id=201)
    order = an_order(type=OrderType.MARKET_ON_CLOSE)

    session = PaperSession(recording, tmp_path, **HOURS).submit(6, order)
    session.adapter.clock.call_at(
        START_NS + 46 * 10**9, lambda: session.adapter.submit_order(an_order(2, type=order.type))
    )
    session.play()

    assert "EXCHANGE_CLOSED" == _reason(session, 1)
    fill = session.reports[-1]
    assert (2, Decimal("101.01"), "close") == (fill.order_id, fill.last_px_dec, fill.text)
    assert 100 * 10**9 == fill.ts_event_ns - START_NS


def _reason(session: PaperSession, order_id: int) -> str:
    from regimeflow.types.enums import OrdRejReason

    one = next(report for report in session.reports if report.order_id == order_id)
    return OrdRejReason(one.ord_rej_reason).name


def test_around_the_clock_the_day_begins_and_ends_at_midnight(tmp_path: Path) -> None:
    recording = quiet().wait(DAY_NS / 1e6).quote(("101.00", "5"), ("101.01", "5"), update_id=200)
    session = PaperSession(recording, tmp_path)
    session.submit(NEXT, an_order(1, qty="0.5", type=OrderType.MARKET_ON_CLOSE))
    session.submit(NEXT, an_order(2, qty="0.5", type=OrderType.MARKET_ON_OPEN))

    session.play()

    trades = [(one.order_id, one.last_px) for one in session.reports if one.last_qty]
    assert [(1, 100.01), (2, 101.01)] == trades


def test_an_on_close_order_that_became_too_dear_expires(tmp_path: Path) -> None:
    recording = quiet().wait(1_000).quote(("900", "5"), ("901.00", "50"), update_id=200)
    recording.wait(DAY_NS / 1e6).depth(1, 1)
    order = an_order(qty="9", type=OrderType.MARKET_ON_CLOSE)

    session = PaperSession(recording, tmp_path, cash=Decimal(1_000)).submit(NEXT, order).play()

    assert [] == session.fills
    assert "INSUFFICIENT_FUNDS" == session.refusal[0]
    assert Decimal(1_000) == session.account.buying_power_dec


def test_a_waiting_on_open_order_can_be_cancelled(tmp_path: Path) -> None:
    recording = quiet(2).wait(45_000).quote(("101.00", "5"), ("101.01", "5"), update_id=200)
    session = PaperSession(recording, tmp_path, **HOURS)
    session.submit(NEXT, an_order(type=OrderType.MARKET_ON_OPEN)).cancel(5, "P-1")

    session.play()

    assert ["NEW", "CANCELED"] == [step[0] for step in session.story]


def test_nothing_fills_while_the_market_is_closed(tmp_path: Path) -> None:
    hours = {"open_time": "22:00", "close_time": "22:14"}
    recording = quiet().wait(60_000).trade("90", "5", aggressor="sell", trade_id=5)
    recording.quote(("80", "5"), ("81", "5"), update_id=300)
    session = PaperSession(recording, tmp_path, instruments={"BTCUSDT": {"session": hours}})

    session.submit(NEXT, an_order(limit="99")).play()

    assert [] == session.fills


# cancel and change


def test_a_cancel_gives_back_what_the_order_held(tmp_path: Path) -> None:
    session = PaperSession(quiet(3), tmp_path, cash=Decimal(1_000))
    session.submit(NEXT, an_order(qty="5", limit="99")).cancel(5, "P-1")

    session.play()

    assert ["NEW", "CANCELED"] == [step[0] for step in session.story]
    assert 0 == session.reports[-1].leaves_qty
    assert Decimal(1_000) == session.account.buying_power_dec


def test_a_cancelled_order_is_filled_no_more(tmp_path: Path) -> None:
    recording = quiet(2).trade("90", "5", aggressor="sell", trade_id=5)
    session = PaperSession(recording, tmp_path)
    session.submit(NEXT, an_order(limit="99")).cancel(5, "P-1")

    session.play()

    assert [] == session.fills


@pytest.mark.parametrize("command", ["cancel", "modify"])
def test_a_request_for_an_unknown_or_finished_order_is_refused(
    tmp_path: Path, command: str
) -> None:
    session = PaperSession(quiet(4), tmp_path).submit(NEXT, an_order())
    if command == "cancel":
        session.cancel(5, "P-1").cancel(6, "P-9")
    else:
        session.modify(5, "P-1", quantity="3").modify(6, "P-9", quantity="3")

    session.play()

    refused = session.story[-2:]
    word = "CANCEL_REJECTED" if command == "cancel" else "REPLACE_REJECTED"
    assert [(word, "FILLED"), (word, "REJECTED")] == refused
    reasons = [report.ord_rej_reason for report in session.reports[-2:]]
    assert [11, 12] == reasons
    assert "P-9" == session.reports[-1].broker_order_id


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"limit_price": "99.005"}, "BAD_TICK"),
        ({"limit_price": "text"}, "BAD_TICK"),
        ({"quantity": "0.0001"}, "BAD_LOT"),
        ({"stop_price": "99"}, "OTHER"),
        ({"quantity": "5000"}, "INSUFFICIENT_FUNDS"),
    ],
)
def test_a_change_that_cannot_be_leaves_the_order_as_it_was(
    tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    session = PaperSession(quiet(3), tmp_path, cash=Decimal(1_000))
    session.submit(NEXT, an_order(qty="2", limit="99")).modify(5, "P-1", **changes)

    session.play()

    assert ("REPLACE_REJECTED", "NEW") == session.story[-1]
    assert reason == session.refusal[0]
    report = session.reports[-1]
    assert (Decimal(2), Decimal(99)) == (report.order_qty_dec, report.limit_px_dec)
    assert Decimal("801.802") == session.account.buying_power_dec


def test_a_change_below_what_has_traded_is_refused(tmp_path: Path) -> None:
    session = PaperSession(quiet(3), tmp_path)
    session.submit(NEXT, an_order(qty="2", limit="100.01")).modify(5, "P-1", quantity="1")

    session.play()

    assert ("REPLACE_REJECTED", "PARTIALLY_FILLED") == session.story[-1]
    assert "1.000 has traded already" in session.refusal[1]


def test_a_change_holds_for_the_new_numbers(tmp_path: Path) -> None:
    session = PaperSession(quiet(3), tmp_path, cash=Decimal(1_000))
    session.submit(NEXT, an_order(qty="2", limit="99"))
    session.modify(5, "P-1", quantity="3", limit_price=98.0)

    session.play()

    assert ("REPLACED", "NEW") == session.story[-1]
    assert Decimal(1_000) - Decimal("294.294") == session.account.buying_power_dec


def test_a_market_order_has_no_price_to_change(tmp_path: Path) -> None:
    session = PaperSession(quiet(3), tmp_path, **HOURS)
    session.submit(NEXT, an_order(type=OrderType.MARKET_ON_OPEN))
    session.modify(5, "P-1", limit_price="99")

    session.play()

    assert "has no limit price to change" in session.refusal[1]


# what is kept


def test_finished_orders_are_forgotten_from_the_oldest() -> None:
    instrument = Instrument(symbol="X", tick_size=Decimal(1), lot_size=Decimal(1))
    spec, store = spec_of(instrument, Scale(0, 0)), OrderStore(kept_finished=2)
    orders = [PaperOrder(an_order(number), spec, f"P-{number}") for number in range(4)]
    for order in orders:
        store.add(order)

    for order in orders[:3]:
        store.finish(order)
        store.finish(order)

    assert [orders[3]] == list(store.open_orders())
    assert store.by_broker_id("P-0") is None
    assert store.by_client_id("c-0") is None
    assert orders[1] is store.by_broker_id("P-1")
    assert orders[3] is store.by_client_id("c-3")
