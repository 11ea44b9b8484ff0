from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.adapters.brokers.paper.account import Account
from regimeflow.adapters.brokers.paper.spec import MONEY_EXP, Spec, money, spec_of, to_decimal
from regimeflow.adapters.feeds.feed import Scale
from regimeflow.types.enums import Liquidity, OrderSide
from regimeflow.types.instrument import Instrument

BUY, SELL = OrderSide.BUY, OrderSide.SELL
MAKER, TAKER = Liquidity.MAKER, Liquidity.TAKER


def a_spec(symbol: str = "BTCUSDT", **changes: object) -> Spec:
    values = {"tick_size": Decimal("0.01"), "lot_size": Decimal("0.001"), **changes}
    return spec_of(Instrument(symbol=symbol, **values), Scale(-2, -3))


def an_account(cash: str = "1000", *, allow_short: bool = False, taker: str = "0.001") -> Account:
    return Account(
        "USDT",
        cash=Decimal(cash),
        maker_fee_rate=Decimal("0.0005"),
        taker_fee_rate=Decimal(taker),
        allow_short=allow_short,
    )


def amount(number: int) -> Decimal:
    return to_decimal(number, MONEY_EXP)


def test_a_buy_pays_its_notional_and_its_fee() -> None:
    account, spec = an_account(), a_spec()

    fee = account.fill(spec, BUY, 10_000, 1_500, TAKER)

    assert Decimal("0.15") == amount(fee)
    assert Decimal("849.85") == amount(account.cash)
    assert 1_500 == account.holding(spec).qty


def test_a_maker_pays_his_own_rate() -> None:
    account = an_account()

    assert Decimal("0.05") == amount(account.fill(a_spec(), BUY, 10_000, 1_000, MAKER))


def test_a_negative_rate_is_a_rebate() -> None:
    account = an_account(taker="-0.0001")

    account.fill(a_spec(), BUY, 10_000, 1_000, TAKER)

    assert Decimal("900.01") == amount(account.cash)


def test_a_fee_is_exact_and_cut_toward_zero_where_it_is_finer_than_1e_12() -> None:
    account, spec = an_account(taker="0.000000000123"), a_spec()
    rebate = an_account(taker="-0.000000000123")

    assert Decimal("0.000000000123") == amount(account.fee(spec.notional(100, 1_000), TAKER))
    assert Decimal(0) == amount(account.fee(spec.notional(1, 1), TAKER))
    assert Decimal(0) == amount(rebate.fee(spec.notional(1, 1), TAKER))


def test_a_position_keeps_its_entry_value_in_proportion() -> None:
    account, spec = an_account("100000"), a_spec()
    account.fill(spec, BUY, 10_000, 1_000, TAKER)
    account.fill(spec, BUY, 11_000, 1_000, TAKER)

    account.fill(spec, SELL, 12_000, 500, TAKER)

    holding = account.holding(spec)
    assert (1_500, Decimal("157.5")) == (holding.qty, amount(holding.cost))


def test_a_position_that_flips_begins_anew_at_the_fill_s_price() -> None:
    account, spec = an_account(allow_short=True), a_spec()
    account.fill(spec, BUY, 10_000, 1_000, TAKER)

    account.fill(spec, SELL, 12_000, 3_000, TAKER)

    holding = account.holding(spec)
    assert (-2_000, Decimal(240)) == (holding.qty, amount(holding.cost))


def test_a_flat_position_has_no_entry_value() -> None:
    account, spec = an_account(), a_spec()
    account.fill(spec, BUY, 10_007, 333, TAKER)

    account.fill(spec, SELL, 12_000, 333, TAKER)

    assert (0, 0) == (account.holding(spec).qty, account.holding(spec).cost)


def test_an_open_buy_holds_its_worst_cost() -> None:
    account = an_account()

    hold = account.hold(a_spec(), BUY, 10_000, 5_000)

    assert hold is not None
    assert Decimal("500.5") == amount(account.held_money)
    assert Decimal("499.5") == amount(account.free_money)


def test_what_is_not_free_cannot_be_held() -> None:
    account, spec = an_account(), a_spec()
    account.hold(spec, BUY, 10_000, 5_000)

    assert account.hold(spec, BUY, 10_000, 5_000) is None


def test_a_hold_is_given_back_as_the_order_fills() -> None:
    account, spec = an_account(), a_spec()
    hold = account.hold(spec, BUY, 10_000, 3_000)
    assert hold is not None

    account.release(hold, 1_000)
    between = amount(account.held_money)
    account.release(hold, 2_000)

    assert Decimal("200.2") == between
    assert 0 == account.held_money
    assert 0 == account.holding(spec).open_buy_qty


def test_a_sell_holds_the_quantity_and_no_money() -> None:
    account, spec = an_account(), a_spec()
    account.holding(spec).qty = 5_000

    account.hold(spec, SELL, 10_000, 3_000)

    assert 2_000 == account.sellable(spec)
    assert 0 == account.held_money
    assert account.hold(spec, SELL, 10_000, 2_001) is None


def test_a_hold_that_is_let_go_can_be_restored_as_it_was() -> None:
    account, spec = an_account(), a_spec()
    account.holding(spec).qty = 5_000
    buy, sell = account.hold(spec, BUY, 10_000, 3_000), account.hold(spec, SELL, 10_000, 2_000)
    assert buy is not None
    assert sell is not None
    before = (account.held_money, account.sellable(spec))

    kept = [account.let_go(buy), account.let_go(sell)]
    freed = (account.held_money, account.sellable(spec))
    for one in kept:
        account.restore(one)

    assert (0, 5_000) == freed
    assert before == (account.held_money, account.sellable(spec))


def test_a_short_takes_as_much_buying_power_as_a_long() -> None:
    account, spec = an_account(allow_short=True, taker="0"), a_spec()

    account.fill(spec, SELL, 10_000, 4_000, MAKER)

    assert Decimal("1399.8") == amount(account.cash)
    assert Decimal("599.8") == amount(account.free_money)


def test_what_closes_a_short_needs_no_money() -> None:
    account, spec = an_account(allow_short=True), a_spec()
    account.fill(spec, SELL, 10_000, 9_000, TAKER)

    closing = account.cost_of(spec, BUY, [(10_000, 9_000)])
    beyond = account.cost_of(spec, BUY, [(10_000, 10_000)])

    assert 0 == closing
    assert Decimal("100.1") == amount(beyond or 0)


def test_the_part_of_an_order_that_closes_gives_back_nothing_as_it_fills() -> None:
    account, spec = an_account("10000", allow_short=True), a_spec()
    account.fill(spec, SELL, 10_000, 4_000, TAKER)
    hold = account.hold(spec, BUY, 10_000, 6_000)
    assert hold is not None

    account.release(hold, 4_000)

    assert Decimal("200.2") == amount(hold.money)


def test_a_position_is_not_closed_twice() -> None:
    account, spec = an_account(allow_short=True), a_spec()
    account.fill(spec, SELL, 10_000, 4_000, TAKER)
    account.hold(spec, BUY, 10_000, 4_000)

    assert 0 == account.coverable(spec)


def test_equity_is_cash_and_positions_at_their_marks() -> None:
    account, spec, other = an_account(taker="0"), a_spec(), a_spec("ETHUSDT")
    account.fill(spec, BUY, 10_000, 2_000, TAKER)
    account.fill(other, BUY, 1_000, 1_000, TAKER)

    assert Decimal(1_020) == amount(account.equity({"BTCUSDT": 22_000, "ETHUSDT": 2_000}))
    assert Decimal(1_000) == amount(account.equity({}))


def test_an_unmarked_short_counts_at_its_entry() -> None:
    account, spec = an_account(allow_short=True, taker="0"), a_spec()
    account.fill(spec, SELL, 10_000, 2_000, TAKER)

    assert Decimal(1_000) == amount(account.equity({}))


def test_a_multiplier_scales_money() -> None:
    account, spec = an_account(taker="0"), a_spec(multiplier=Decimal("0.5"))

    account.fill(spec, BUY, 10_000, 2_000, TAKER)

    assert Decimal(900) == amount(account.cash)


@pytest.mark.parametrize("number", ["1E-19", "NaN", "Infinity", "1E+200"])
def test_what_is_no_amount_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        money(Decimal(number))


def test_a_rate_that_is_too_fine_is_refused() -> None:
    with pytest.raises(ValueError, match="fee rate"):
        an_account(taker="0.0000000000001")
