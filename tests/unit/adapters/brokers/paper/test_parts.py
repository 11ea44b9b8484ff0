"""The small parts: the link, the hours, the bars, the words of reports, the registry."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.adapters.brokers import registry
from regimeflow.adapters.brokers.paper import bars, translate
from regimeflow.adapters.brokers.paper.account import Account, Holding
from regimeflow.adapters.brokers.paper.adapter import PaperAdapter
from regimeflow.adapters.brokers.paper.bars import BarStore
from regimeflow.adapters.brokers.paper.hours import Hours
from regimeflow.adapters.brokers.paper.link import Link
from regimeflow.adapters.brokers.paper.spec import MONEY_EXP, Spec, spec_of
from regimeflow.adapters.brokers.paper.translate import Texts, amounts, echo
from regimeflow.adapters.clock import ReplayClock
from regimeflow.adapters.feeds.feed import Scale, TradeEvent
from regimeflow.types.config.brokers import PaperSettings
from regimeflow.types.enums import OrderSide
from regimeflow.types.errors import NotFound
from regimeflow.types.instrument import Instrument
from regimeflow.types.session import SessionCalendar

SECOND = 10**9
DAY_NS = 86_400 * SECOND
ONE = 10**-MONEY_EXP


def a_spec(tick: str = "0.01", lot: str = "0.001") -> Spec:
    instrument = Instrument(symbol="BTCUSDT", tick_size=Decimal(tick), lot_size=Decimal(lot))
    return spec_of(instrument, Scale(instrument.px_exp, instrument.qty_exp))


# the link


def test_nothing_overtakes_on_a_link_whatever_the_jitter() -> None:
    clock, arrived = ReplayClock(), []
    link = Link(clock, latency_ns=10, jitter_ns=1_000, seed="up 1")
    for number in range(50):
        link.send(lambda number=number: arrived.append(number))

    assert 50 == link.in_flight
    clock.advance_to(10_000)

    assert list(range(50)) == arrived
    assert 0 == link.in_flight


def test_the_latency_of_a_link_is_within_its_bounds_and_seeded() -> None:
    def times(seed: str) -> list[int]:
        clock, seen = ReplayClock(), []
        link = Link(clock, latency_ns=5_000, jitter_ns=2_000, seed=seed)
        for number in range(100):
            clock.advance_to(number * 100_000)
            seen.append(link.next_arrival_ns() - clock.now_ns())
        return seen

    assert times("up 1") == times("up 1")
    assert times("up 1") != times("down 1")
    assert all(5_000 <= late <= 7_000 for late in times("up 1"))


def test_a_link_without_jitter_draws_nothing() -> None:
    link = Link(ReplayClock(7), latency_ns=5, jitter_ns=0, seed="")

    assert [12, 12] == [link.next_arrival_ns(), link.next_arrival_ns()]


# the hours


def test_a_market_that_never_closes_has_the_utc_day() -> None:
    hours = Hours(SessionCalendar())

    assert hours.is_open(123)
    assert DAY_NS == hours.next_open_ns(0) == hours.next_close_ns(DAY_NS - 1)


def test_hours_follow_the_calendar_as_time_goes_on_and_back() -> None:
    hours = Hours(SessionCalendar(open_time="10:00", close_time="11:00", weekdays=("thu",)))
    hour_ns = 3_600 * SECOND  # 1970-01-01 was a Thursday

    answers = [hours.is_open(at * hour_ns) for at in (9, 9, 10, 10.5, 11, 24, 178, 10)]

    assert [False, False, True, True, False, False, True, True] == answers
    assert 10 * hour_ns == hours.next_open_ns(0)
    assert 11 * hour_ns == hours.next_close_ns(0)


def test_a_market_without_a_further_session_stays_closed() -> None:
    holidays = tuple(f"1970-{month:02}-{day:02}" for month in (1,) for day in range(1, 32))
    hours = Hours(
        SessionCalendar(open_time="10:00", close_time="11:00", weekdays=("thu",), holidays=holidays)
    )

    assert not hours.is_open(10 * 3_600 * SECOND)


# bars


def a_trade(at_s: float, px: int, qty: int) -> TradeEvent:
    return TradeEvent(int(at_s * SECOND), "BTCUSDT", 1, px, qty, int(OrderSide.BUY))


def test_bars_hold_the_trades_of_their_stretch_and_only_closed_ones_are_given() -> None:
    store = BarStore(a_spec())
    for at_s, px, qty in [(60, 100, 1), (61, 130, 2), (61.5, 90, 1), (119, 110, 4), (180, 50, 1)]:
        store.add(a_trade(at_s, px, qty))

    minute = store.closed(0, 60 * SECOND, 181 * SECOND)
    seconds = store.closed(61 * SECOND, SECOND, 181 * SECOND)

    assert 1 == len(minute)
    bar = minute[0]
    assert (1.0, 1.3, 0.9, 1.1) == (bar.open_px, bar.high_px, bar.low_px, bar.close_px)
    assert (Decimal("0.008"), 4, 120 * SECOND) == (bar.volume_dec, bar.trade_count, bar.ts_event_ns)
    assert Decimal("1.1125") == bar.vwap_px_dec
    assert [1.3, 1.1, 0.5] == [bar.high_px for bar in seconds]


def test_the_oldest_seconds_of_bars_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "KEPT_SECONDS", 2)
    store = BarStore(a_spec())
    for second in range(5):
        store.add(a_trade(second, 100, 1))

    assert 2 == len(store.closed(0, SECOND, 100 * SECOND))


# words


@pytest.mark.parametrize(
    ("places", "least", "number", "text"),
    [
        (2, 2, 6_183_763, "61837.63"),
        (8, 5, 378_826_000, "3.78826"),
        (8, 5, 100_000_000, "1.00000"),
        (8, 5, 9_375_658_700, "93.756587"),
        (8, 0, 100_000_000, "1"),
        (2, 2, 5, "0.05"),
        (0, 0, 17, "17"),
        (2, 2, -5, "-0.05"),
    ],
)
def test_mantissas_are_written_out_exactly(places: int, least: int, number: int, text: str) -> None:
    assert text == Texts(places, least)[number]


def test_the_memory_of_texts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translate, "REMEMBERED", 3)
    texts = Texts(0, 0)

    assert ["1", "2", "3", "4", "1"] == [texts[number] for number in (1, 2, 3, 4, 1)]
    assert len(texts) <= 3


def test_amounts_are_exact_until_a_record_has_no_room() -> None:
    small = amounts(123 * ONE + 5)
    together = amounts(123_456_789_012 * ONE + 1, ONE + ONE // 10**9)

    assert (Decimal("123.000000000000000"),) == small
    assert (Decimal(123_456_789_012), Decimal(1)) == together
    assert all(len(str(abs(number))) < 20 for number in together)


def test_numbers_of_refused_orders_are_echoed_where_a_record_can_hold_them() -> None:
    assert (Decimal(1), None) == echo(Decimal(1), None)
    assert (None, None) == echo(Decimal("1E+17"), Decimal("0.01"))
    assert (None,) == echo(Decimal("NaN"))
    assert (None,) == echo(Decimal("1E-30"))
    assert (None,) == echo(Decimal("1E+30"))


def test_an_average_price_fits_a_record_whatever_the_tick() -> None:
    spec = spec_of(
        Instrument(symbol="X", tick_size=Decimal("1E-8"), lot_size=Decimal(1)), Scale(-8, 0)
    )
    holding = Holding(spec)
    holding.qty, holding.cost = 3, spec.notional(10**16, 1)

    position = translate.position_of(holding, market=None, event_ns=1, recv_ns=2)

    assert 33_333_333.3333333 == pytest.approx(position.avg_px)
    assert position.market_px is None


def test_an_account_of_any_size_can_be_told() -> None:
    account = Account(
        "USDT",
        cash=Decimal("123456789012345.123456789"),
        maker_fee_rate=Decimal(0),
        taker_fee_rate=Decimal(0),
        allow_short=False,
    )

    info = translate.account_of(account, {}, event_ns=1, recv_ns=2)

    assert Decimal("123456789012345.123") == info.cash_dec


# the registry


def test_a_broker_is_made_by_its_name_and_an_unknown_one_is_refused() -> None:
    adapter = registry.create_broker("paper", PaperSettings(), symbols=["BTCUSDT"])

    assert isinstance(adapter, PaperAdapter)
    with pytest.raises(NotFound, match="'acme'"):
        registry.create_broker("acme", PaperSettings(), symbols=["BTCUSDT"])
