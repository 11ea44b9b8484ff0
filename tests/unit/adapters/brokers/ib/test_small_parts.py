from __future__ import annotations

import asyncio
import importlib.util
import json
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.adapters.brokers.ib import errors, times
from regimeflow.adapters.brokers.ib.adapter import IBAdapter
from regimeflow.adapters.brokers.ib.amounts import UNSET, amount, exact, price, text_of
from regimeflow.adapters.brokers.ib.barmaker import BarMaker
from regimeflow.adapters.brokers.ib.clock import VenueClock
from regimeflow.adapters.brokers.ib.depth import Depth
from regimeflow.adapters.brokers.ib.history import Stretch
from regimeflow.adapters.brokers.ib.order_ids import OrderIds
from regimeflow.adapters.brokers.ib.pacing import Pacer
from regimeflow.adapters.brokers.ib.questions import Questions
from regimeflow.engine.wiring import broker_of
from regimeflow.live import LiveConfig
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.enums import OrdRejReason
from regimeflow.types.errors import BrokerError, ConfigError, NetworkError

NOON = 1_795_435_200  # 2026-11-23 12:00:00 UTC


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (196.52, "196.52"),
        (0.1, "0.1"),
        (1e-08, "0.00000001"),
        (150.10000000000002, "150.1"),
        (1000000.0, "1000000"),
        (0.0, "0"),
        (-110.0, "-110"),
        ("10.0", "10"),
        ("10", "10"),
    ],
)
def test_a_float_is_the_decimal_that_tws_wrote(number, expected):
    assert expected == text_of(exact(number))


def test_what_is_unset_is_none_and_no_price_is_none():
    assert [None] * 4 == [exact(each) for each in (UNSET, float("inf"), None, "")]
    assert (Decimal(0), None, "") == (amount(UNSET), price(0.0), text_of(None))


@pytest.mark.parametrize(
    "text",
    [
        "20261123  07:00:00",
        "20261123 07:00:00 US/Eastern",
        "20261123 07:00:00 EST",
        "20261123-12:00:00",
        "20261123-12:00:00Z",
        "20261123 12:00:00 GMT",
        "20261123 13:00:00 Europe/Berlin",
        str(NOON),
    ],
)
def test_a_time_in_every_form_of_tws_is_the_same_moment(text):
    assert NOON == times.seconds_of(text, "US/Eastern")


def test_a_day_is_its_beginning_and_what_is_no_time_is_refused():
    assert NOON - 12 * 3600 == times.seconds_of("20261123", "US/Eastern")
    assert "20261123-12:00:00" == times.stamp(NOON * 10**9)
    with pytest.raises(ValueError, match="expected a time"):
        times.seconds_of("yesterday", "UTC")


def test_an_unknown_zone_is_that_of_tws():
    assert NOON == times.seconds_of("20261123 07:00:00 XYZ", "US/Eastern")


def test_order_ids_go_up_and_are_kept_ahead_and_requests_are_other_numbers(tmp_path: Path):
    path = tmp_path / "folder" / "ids.json"
    ids = OrderIds(str(path), "client 1")
    ids.begin(7)
    assert [7, 8] == [ids.next(), ids.next()]
    assert json.loads(path.read_text())["client 1"] >= 8  # should we die now
    request = ids.next_request()
    assert (True, False) == (ids.is_request(request), ids.is_request(8))
    ids.close()
    again, other = OrderIds(str(path), "client 1"), OrderIds(str(path), "client 2")
    again.begin(1)
    other.begin(1)
    assert (9, 1) == (again.next(), other.next())
    far = OrderIds(None, "client 1")
    far.begin(2**30 + 5)
    assert far.next_request() == 1
    assert (True, False) == (far.is_request(1), far.is_request(2**30 + 6))


def test_an_informing_code_is_told_from_one_that_ends_an_order():
    assert all(errors.is_informative(code) for code in (399, 404, 10349, 165, 2109, 2161))
    assert not any(errors.is_informative(code) for code in (110, 200, 201, 203, 321, 10289))
    assert OrdRejReason.BAD_TICK == errors.reason_of(
        "does not conform to the minimum price variation"
    )
    assert (
        "No (201)"
        == errors.shown(201, "No (201)")
        == str(errors.refusal(201, "No")).removeprefix("ib: ")
    )


def test_orders_pass_questions_and_no_second_has_more_than_it_may():
    async def run() -> None:
        sent: list[str] = []
        pacer = Pacer(sent.append)
        for number in range(40):
            pacer.put(f"16\0{number}")
        pacer.put("3\0order")
        assert ("3\0order", 31) == (sent[-1], len(sent))
        for number in range(40):
            pacer.put(f"4\0{number}")
        assert len(sent) == 45
        pacer.close()

    asyncio.run(run())


def test_a_question_without_an_end_fails_as_a_whole():
    async def run() -> None:
        questions = Questions(0.05)
        with pytest.raises(NetworkError, match="open orders: no answer"):
            await questions.ask("all", lambda: questions.add("all", 1), "open orders")
        asked = asyncio.ensure_future(questions.ask(7, lambda: None, "bars"))
        await asyncio.sleep(0)
        questions.fail(7, errors.refusal(162, "no"))
        with pytest.raises(BrokerError):
            await asked
        assert not questions.is_out(7)

    asyncio.run(run())


def test_a_bar_whose_beginning_was_missed_is_not_told():
    maker = BarMaker("X", 10)
    prices = tuple(Decimal(each) for each in (2, 3, 1, 2))
    later = tuple(Decimal(each) for each in (2, 5, 2, 4))

    def five(at: int, of: tuple[Decimal, ...], volume: int):
        return maker.add(at * 10**9, of, volume=Decimal(volume), vwap=Decimal(2), count=1)

    assert five(5, prices, 1) is None
    assert five(10, prices, 1) is None
    bar = five(15, later, 3)
    assert bar is not None
    values = (bar.open_px, bar.high_px, bar.low_px, bar.close_px, bar.volume, bar.trade_count)
    assert (2, 5, 1, 4, 4, 2) == values
    assert 20 * 10**9 == bar.ts_event_ns


def test_a_book_between_two_states_is_not_shown_and_a_row_that_cannot_be_is_refused():
    book = Depth("X")
    one, two, three = ((Decimal(each), Decimal(1)) for each in (1, 2, 3))
    assert book.change(0, 0, 1, one)
    assert book.shown(1, 1) is None
    assert book.change(0, 0, 0, two)
    assert book.shown(1, 1) is not None
    assert book.change(0, 0, 1, three)  # the ask that goes is told next
    assert book.shown(1, 1) is None
    assert not book.change(5, 0, 1, one)
    assert not book.change(3, 2, 0, one)
    assert book.change(0, 2, 1, one)
    book.reset()
    assert book.shown(1, 1) is None


def test_history_is_asked_for_in_stretches_that_ib_gives():
    now_ns = NOON * 10**9
    assert "60000 S" == Stretch.of("1m", 0, now_ns).duration
    assert "365 D" == Stretch.of("1d", 0, now_ns).duration
    assert "3720 S" == Stretch.of("1m", now_ns - 3600 * 10**9, now_ns).duration
    with pytest.raises(BrokerError, match="IB has no bars of 7m"):
        Stretch.of("7m", 0, now_ns)


def test_the_venues_clock_is_ours_but_for_what_seconds_do_not_explain(monkeypatch):
    clock = VenueClock()
    monkeypatch.setattr("time.time_ns", lambda: NOON * 10**9)
    clock.heard(NOON + 1, asked_ns=NOON * 10**9)
    assert NOON * 10**9 == clock.now_ns()
    clock.heard(NOON + 3600, asked_ns=NOON * 10**9)
    assert clock.now_ns() > (NOON + 3599) * 10**9


def test_without_the_library_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr("regimeflow.adapters.brokers.ib.library.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"pip install 'regimeflow\[ib\]'"):
        IBAdapter(IBSettings(), symbols=["AAPL"])


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="multiple of 5"):
        IBSettings(bar_interval_s=7)
    with pytest.raises(ValueError, match="YYYYMM"):
        IBSettings(defaults={"last_trade_date_or_contract_month": "Dec"})
    assert (7496, "ib") == (
        IBSettings(environment="live").port_in_force,
        IBSettings(environment="live").venue,
    )


def test_the_highest_order_id_is_kept_beside_the_journal_unless_said_otherwise(tmp_path: Path):
    tables = {
        "broker_type": "ib",
        "symbols": ["AAPL"],
        "journal": {"folder": str(tmp_path / "books")},
    }
    usual = broker_of(LiveConfig.from_dict(tables).frozen())
    other = {**tables, "broker": {"order_id_file": str(tmp_path / "ids.json")}}
    named = broker_of(LiveConfig.from_dict(other).frozen())

    found = [each._settings.order_id_file for each in (usual, named)]
    assert [str(tmp_path / "books.order-ids.json"), str(tmp_path / "ids.json")] == found
