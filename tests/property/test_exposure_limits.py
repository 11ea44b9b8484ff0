"""Exposure and stops against plain fractions, which cannot round."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from regimeflow.domain.risk.exposure import Account, Stake, breaches
from regimeflow.domain.risk.stops import Watched, stop_of
from regimeflow.types.config import RiskLimits, StopSettings
from regimeflow.types.enums import OrderSide

MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=8)
LIMITS = st.decimals(min_value="0.01", max_value=10**9, places=4)
PRICES = st.decimals(min_value="0.0001", max_value=10**6, places=4)
STAKES = st.dictionaries(
    st.sampled_from(["A", "B", "C", "D"]),
    st.tuples(MONEY, MONEY).map(lambda pair: Stake(max(pair), min(pair))),
    min_size=1,
)


def broken(limits: RiskLimits, account: Account, **asked: object) -> set[str]:
    return {each.rule for each in breaches(limits, account, **asked)}  # type: ignore[arg-type]


@given(STAKES, MONEY, LIMITS)
def test_sums_are_exact(stakes: dict[str, Stake], equity: Decimal, limit: Decimal) -> None:
    limits = RiskLimits(max_gross_exposure=limit, max_net_exposure=limit, max_leverage=limit)
    longs = [Fraction(each.long) for each in stakes.values()]
    shorts = [Fraction(each.short) for each in stakes.values()]
    gross = sum(max(abs(a), abs(b)) for a, b in zip(longs, shorts, strict=True))
    expected = {
        rule
        for rule, is_beyond in (
            ("max_gross_exposure", gross > Fraction(limit)),
            ("max_net_exposure", max(sum(longs), -sum(shorts)) > Fraction(limit)),
            ("max_leverage", gross > Fraction(limit) * Fraction(equity)),
        )
        if is_beyond
    }

    assert expected == broken(limits, Account(stakes, equity, "USDT"))


@given(STAKES, MONEY, LIMITS)
def test_a_share_of_equity_is_exact(
    stakes: dict[str, Stake], equity: Decimal, limit: Decimal
) -> None:
    account = Account(stakes, equity, "USDT")
    worst = {name: max(abs(each.long), abs(each.short)) for name, each in stakes.items()}

    for symbol, value in worst.items():
        is_beyond = Fraction(value) > Fraction(limit) / 100 * Fraction(equity)
        found = broken(RiskLimits(max_position_pct=limit), account, symbol=symbol)
        assert is_beyond == bool(found)


@given(STAKES, LIMITS)
def test_a_purchase_is_no_matter_of_what_is_short(stakes: dict[str, Stake], limit: Decimal) -> None:
    account, limits = Account(stakes, Decimal(1), "USDT"), RiskLimits(max_net_exposure=limit)
    long = sum(Fraction(each.long) for each in stakes.values())
    short = -sum(Fraction(each.short) for each in stakes.values())

    assert (long > Fraction(limit)) == bool(broken(limits, account, side=OrderSide.BUY))
    assert (short > Fraction(limit)) == bool(broken(limits, account, side=OrderSide.SELL))


@given(PRICES, PRICES, st.decimals("0.01", 1000, places=2), st.booleans())
def test_a_stop_is_exact(avg: Decimal, px: Decimal, share: Decimal, is_long: bool) -> None:
    position = Watched(symbol="A", is_long=is_long, avg_px=avg, best_px=avg, since_ns=0)
    away = Fraction(avg) - Fraction(px) if is_long else Fraction(px) - Fraction(avg)
    is_reached = away >= Fraction(share) / 100 * Fraction(avg)

    for settings in (StopSettings(stop_loss_pct=share), StopSettings(trailing_pct=share)):
        assert is_reached == (stop_of(settings, position, px, None, 0) is not None)


@given(PRICES, PRICES, st.lists(PRICES, min_size=1, max_size=9), st.decimals("0.1", 9, places=1))
def test_an_average_range_is_not_divided(
    avg: Decimal, px: Decimal, ranges: list[Decimal], multiple: Decimal
) -> None:
    position = Watched(symbol="A", is_long=True, avg_px=avg, best_px=None, since_ns=0)
    average = sum(map(Fraction, ranges)) / len(ranges)
    total = sum(ranges, Decimal(0)), len(ranges)

    found = stop_of(StopSettings(atr_multiple=multiple), position, px, total, 0)

    assert (Fraction(avg) - Fraction(px) >= Fraction(multiple) * average) == (found is not None)
