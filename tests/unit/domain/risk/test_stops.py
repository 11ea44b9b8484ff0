"""When a position has reached a stop: at the cent, and not a cent before."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.domain.risk.stops import TrueRanges, Watched, better, stop_of
from regimeflow.types.config import StopSettings

S = 1_000_000_000


def a_position(*, is_long: bool = True, best: str | None = "100") -> Watched:
    return Watched(
        symbol="BTCUSDT",
        is_long=is_long,
        avg_px=Decimal(100),
        best_px=None if best is None else Decimal(best),
        since_ns=5 * S,
    )


def reached(px, *, position=None, ranges=None, now_ns=5 * S, **settings) -> str:
    price = None if px is None else Decimal(px)
    found = stop_of(StopSettings(**settings), position or a_position(), price, ranges, now_ns)
    return "" if found is None else found.rule


SHORT = a_position(is_long=False)
RANGES = (Decimal("4.5"), 3)  # an average of 1.5


@pytest.mark.parametrize(
    ("settings", "before", "at", "more"),
    [
        pytest.param({"stop_loss_pct": 2}, "98.01", "98", {}, id="loss"),
        pytest.param({"stop_loss_pct": 2}, "101.99", "102", {"position": SHORT}, id="loss, short"),
        pytest.param(
            {"trailing_pct": 5}, "114.01", "114", {"position": a_position(best="120")}, id="trail"
        ),
        pytest.param(
            {"trailing_pct": 5},
            "83.99",
            "84",
            {"position": a_position(is_long=False, best="80")},
            id="trail, short",
        ),
        pytest.param({"atr_multiple": 2}, "97.01", "97", {"ranges": RANGES}, id="atr"),
        pytest.param(
            {"atr_multiple": 2},
            "102.99",
            "103",
            {"ranges": RANGES, "position": SHORT},
            id="atr, short",
        ),
    ],
)
def test_a_stop_is_reached_at_its_price_and_not_a_cent_before(settings, before, at, more) -> None:
    (rule,) = settings

    assert "" == reached(before, **settings, **more)
    assert rule == reached(at, **settings, **more)


def test_a_time_stop_is_reached_in_its_nanosecond_with_or_without_a_price() -> None:
    assert "" == reached("100", max_hold_s=60, now_ns=65 * S - 1)
    assert "max_hold_s" == reached("100", max_hold_s=60, now_ns=65 * S)
    assert "max_hold_s" == reached(None, max_hold_s=60, now_ns=65 * S)


def test_a_stop_may_be_of_some_symbols_only() -> None:
    assert "" == reached("1", stop_loss_pct={"ETHUSDT": 2})
    assert "stop_loss_pct" == reached("1", stop_loss_pct={"ETHUSDT": 2, "*": 3})


def test_what_is_not_known_reaches_nothing() -> None:
    assert "" == reached(None, stop_loss_pct=1, trailing_pct=1, atr_multiple=1, ranges=RANGES)
    assert "" == reached("1", trailing_pct=1, position=a_position(best=None))
    assert "" == reached("1", atr_multiple=1)


def test_a_true_range_counts_the_gap_to_the_bar_before_and_the_oldest_drops_out() -> None:
    ranges = TrueRanges(2)

    totals = []
    for high, low, close in (
        ("10", "9", "9"),
        ("12", "11", "11"),
        ("12", "10", "10"),
        ("10", "9", "9"),
    ):
        ranges.add(Decimal(high), Decimal(low), Decimal(close))
        totals.append(ranges.total)

    assert [None, None, (Decimal(5), 2), (Decimal(3), 2)] == totals


def test_ranges_outlive_a_restart() -> None:
    ranges, again = TrueRanges(2), TrueRanges(2)
    for high, low, close in (("10", "9", "9"), ("12", "11", "11"), ("12", "10", "10")):
        ranges.add(Decimal(high), Decimal(low), Decimal(close))

    again.restore(ranges.state())

    assert ranges.total == again.total
    assert ranges.state() == again.state()


def test_the_best_price_is_the_best_for_who_holds() -> None:
    assert Decimal(2) == better(Decimal(1), Decimal(2), is_long=True)
    assert Decimal(1) == better(Decimal(1), Decimal(2), is_long=False)
    assert Decimal(7) == better(None, Decimal(7), is_long=True)
