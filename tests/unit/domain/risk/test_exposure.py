"""Each limit of the whole account: reached to the cent it holds, a cent beyond it refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.domain.risk.exposure import breaches, first, has_exposure_limits
from regimeflow.domain.risk.wider import WiderLimits
from regimeflow.types.config import CorrelatedPair, RegimeLimits, RiskLimits
from regimeflow.types.enums import OrderSide, TimeInForce
from regimeflow.types.errors import RiskDenied
from regimeflow.types.snapshots import RegimeState
from tests.support.accounts import BTC, ETH, EUR, Desk
from tests.support.risk import a_live_order, an_order

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def pair(inverse: bool = False) -> CorrelatedPair:
    return CorrelatedPair(symbols=(BTC, ETH), max_exposure=500, inverse=inverse)


SECTOR = {"sector_of": {BTC: "coins", ETH: "coins"}, "max_sector_exposure": 500}
INDUSTRY = {"industry_of": {BTC: "chains"}, "max_industry_exposure": {"chains": 200}}


@pytest.mark.parametrize(
    ("limits", "held", "most", "rule"),
    [
        pytest.param({"max_position_pct": 2}, {}, "2", "max_position_pct", id="share"),
        pytest.param(
            {"max_gross_exposure": 500}, {ETH: "-3"}, "2", "max_gross_exposure", id="gross"
        ),
        pytest.param({"max_net_exposure": 500}, {ETH: "3"}, "2", "max_net_exposure", id="net"),
        pytest.param({"max_net_exposure": 200}, {ETH: "-3"}, "5", "max_net_exposure", id="hedged"),
        pytest.param({"max_leverage": "0.02"}, {}, "2", "max_leverage", id="leverage"),
        pytest.param(SECTOR, {ETH: "-3"}, "2", "max_sector_exposure", id="sector"),
        pytest.param(INDUSTRY, {ETH: "30"}, "2", "max_industry_exposure", id="industry"),
        pytest.param({"correlated": (pair(),)}, {ETH: "3"}, "2", "correlated", id="pair"),
        pytest.param({"correlated": (pair(True),)}, {ETH: "-3"}, "2", "correlated", id="inverse"),
        pytest.param({"correlated": (pair(),)}, {ETH: "-3"}, "8", "correlated", id="against"),
    ],
)
def test_an_order_may_reach_a_limit_and_not_go_a_tenth_of_a_cent_beyond_it(
    limits, held, most, rule
) -> None:
    desk = Desk(RiskLimits(**limits))
    desk.hold(**held)
    desk.price(BTC, "100")
    if rule in {"max_position_pct", "max_leverage"}:
        assert Decimal(10_000) == desk.portfolio.equity()

    beyond = str(Decimal(most) + Decimal("0.00001"))

    assert "" == desk.ask(BTC, BUY, most)
    assert rule == desk.ask(BTC, BUY, beyond)


def test_a_refusal_says_rule_limit_and_value_with_their_units() -> None:
    desk = Desk(RiskLimits(max_gross_exposure="500.01"))

    refusal = desk.refusal(BTC, BUY, "5.01")

    assert ("max_gross_exposure", "500.01 USDT", "501 USDT") == refusal


def test_what_is_open_counts_as_filled() -> None:
    desk = Desk(RiskLimits(max_gross_exposure=500))
    desk.rest(ETH, SELL, "3")

    assert "" == desk.ask(BTC, BUY, "2")
    assert "max_gross_exposure" == desk.ask(BTC, BUY, "2.00001")


def test_an_exit_passes_whatever_the_account_has_come_to() -> None:
    desk = Desk(RiskLimits(max_gross_exposure=100, by_regime={"crisis": {"new_exposure": False}}))
    desk.hold(BTCUSDT="5")
    desk.regime = RegimeState(name="crisis")

    assert "" == desk.ask(BTC, SELL, "5")
    assert "new_exposure" == desk.ask(BTC, SELL, "5.00001")


def test_a_change_is_judged_by_what_it_adds() -> None:
    desk = Desk(RiskLimits(max_gross_exposure=500))
    desk.rest(BTC, BUY, "3")
    order = a_live_order(BUY, "3", "100", symbol=BTC)

    desk.wider.judge_change(order, _to("5"))
    desk.wider.judge_change(order, _to("1"))

    with pytest.raises(RiskDenied, match=r"max_gross_exposure: 500\.001 USDT is beyond"):
        desk.wider.judge_change(order, _to("5.00001"))


def _to(quantity):
    from regimeflow.domain.orders.order import OrderModification

    return OrderModification(quantity=Decimal(quantity))


def test_several_currencies_are_valued_in_that_of_the_account() -> None:
    desk = Desk(RiskLimits(max_gross_exposure=220), symbols=(BTC, EUR, "EURUSDT"))
    desk.price("EURUSDT", "1.10")

    assert "" == desk.ask(EUR, BUY, "2")
    assert "max_gross_exposure" == desk.ask(EUR, BUY, "2.00001")


def test_a_missing_rate_is_a_refusal_that_says_so_and_no_zero() -> None:
    desk = Desk(RiskLimits(max_gross_exposure=10**9), symbols=(BTC, EUR))

    rule, limit, value = desk.refusal(EUR, BUY, "0.00001")

    assert ("max_gross_exposure", "1000000000 USDT", "no rate of EUR in USDT") == (
        rule,
        limit,
        value,
    )


def test_a_missing_price_is_a_refusal_that_says_so() -> None:
    desk = Desk(RiskLimits(max_leverage=5), symbols=(BTC, ETH))
    desk.instruments["SOLUSDT"] = desk.instruments[BTC].__replace__(symbol="SOLUSDT")
    desk.gate.list_instrument(desk.instruments["SOLUSDT"])

    assert "no price of SOLUSDT" == desk.refusal("SOLUSDT", BUY, "1")[2]


def test_what_cannot_be_known_is_no_breach_of_what_is_held() -> None:
    desk = Desk(RiskLimits(max_gross_exposure=100), symbols=(BTC, EUR))
    desk.hold(BTCEUR="5")

    (found,) = breaches(
        desk.wider.limits, desk.wider.account(desk.portfolio.equity(), with_open=False)
    )

    assert not found.is_known
    assert "no rate of EUR in USDT, so the limit of 100 USDT cannot be held" in found.text


def test_prices_alone_may_break_a_limit_to_the_cent() -> None:
    desk = Desk(RiskLimits(max_gross_exposure="500.01"))
    desk.hold(BTCUSDT="1")

    desk.price(BTC, "500.01")
    at_it = first(
        breaches(desk.wider.limits, desk.wider.account(desk.portfolio.equity(), with_open=False))
    )
    desk.price(BTC, "500.02")
    beyond = first(
        breaches(desk.wider.limits, desk.wider.account(desk.portfolio.equity(), with_open=False))
    )

    assert None is at_it
    assert "max_gross_exposure: 500.02 USDT is beyond the limit of 500.01 USDT" == beyond.text


def test_a_regime_has_limits_of_its_own_while_it_lasts_in_the_compiled_gate_too() -> None:
    limits = RiskLimits(
        max_order_qty=10, max_gross_exposure=2000, by_regime={"storm": {"max_order_qty": 1}}
    )
    desk = Desk(limits)

    desk.gate.check(an_order(BUY, "10"))
    desk.regime = RegimeState(name="storm")
    desk.ask(BTC, BUY, "1")

    with pytest.raises(RiskDenied, match="max_order_qty: 2 BTC is beyond the limit of 1 BTC"):
        desk.gate.check(an_order(BUY, "2"))
    desk.regime = RegimeState(name="neutral")
    desk.ask(BTC, BUY, "1")
    desk.gate.check(an_order(BUY, "10"))


@pytest.mark.parametrize(
    ("overlay", "order", "rule"),
    [
        ({"new_exposure": False}, {"price": "100"}, "new_exposure"),
        ({"market_orders": False}, {}, "market_orders"),
        ({"aggressive_tif": False}, {"price": "100", "tif": TimeInForce.IOC}, "aggressive_tif"),
        ({"max_leverage": "0.01"}, {"price": "100"}, "max_leverage"),
        ({"max_position_pct": "1"}, {"price": "100"}, "max_position_pct"),
    ],
)
def test_what_a_regime_forbids_is_refused_in_it_and_only_in_it(overlay, order, rule) -> None:
    desk = Desk(RiskLimits(by_regime={"crisis": RegimeLimits(**overlay)}))
    asked = an_order(BUY, "2", order.get("price"), symbol=BTC).__replace__(
        time_in_force=order.get("tif", TimeInForce.GTC)
    )

    desk.wider.judge(asked, 200_000, "")
    desk.regime = RegimeState(name="crisis")

    with pytest.raises(RiskDenied) as denied:
        desk.wider.judge(asked, 200_000, "")
    assert rule == denied.value.rule


def test_a_halted_gate_is_left_to_say_so_itself() -> None:
    desk = Desk(RiskLimits(max_gross_exposure=1))
    desk.halt()

    assert "" == desk.ask(BTC, BUY, "5")


def test_nothing_is_judged_where_nothing_is_configured() -> None:
    assert not WiderLimits.is_wanted(RiskLimits(max_order_qty=1, daily_loss_limit=5))
    assert not has_exposure_limits(RiskLimits(by_regime={"bear": {"market_orders": False}}))
    assert WiderLimits.is_wanted(RiskLimits(by_regime={"bear": {"max_leverage": 1}}))
