"""What the portfolio says it owns and earned."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal, localcontext

import pytest

from regimeflow._core.board import QuoteBoard
from regimeflow._core.messages import AccountInfo, Position, Quote
from regimeflow.domain.capital import DAY_NS
from regimeflow.domain.moves import Move, MoveKind
from regimeflow.domain.portfolio import Portfolio
from tests.support.risk import BTC, BUY, SELL, a_trade, an_instrument

D = Decimal
NOON_NS = 20_000 * DAY_NS + DAY_NS // 2


class Desk:
    """A portfolio and the prices that it is valued at."""

    def __init__(self, *instruments, cash="1000", positions=(), strategy="") -> None:
        self.board = QuoteBoard()
        listed = {each.symbol: each for each in instruments or (an_instrument(),)}
        self.portfolio = Portfolio(listed, self.board)
        if cash is not None:
            account = AccountInfo(equity=cash, cash=cash, buying_power=cash, currency="USDT")
            self.portfolio.open(account, positions, NOON_NS, strategy=strategy)

    def mark(self, px: str, symbol: str = BTC) -> None:
        self.board.observe(Quote(symbol, px, "1", px, "1"))

    def trade(self, *args, **changes) -> None:
        self.portfolio.apply(a_trade(*args, **changes))


def test_an_unread_account_is_unknown_and_not_zero() -> None:
    """Row 34: a failed account read looked like a loss of everything."""
    desk = Desk(cash=None)

    desk.trade(BUY, "1", "100")

    assert desk.portfolio.cash() is None
    assert desk.portfolio.equity() is None
    assert desk.portfolio.daily_pnl() is None


def test_equity_is_unknown_while_a_held_symbol_has_no_price() -> None:
    desk = Desk()
    desk.trade(BUY, "1", "100")

    before = desk.portfolio.equity()
    desk.mark("90")

    assert before is None
    assert D(990) == desk.portfolio.equity()
    assert D(-10) == desk.portfolio.daily_pnl()


def test_a_position_grows_shrinks_and_flips_at_average_cost() -> None:
    desk = Desk()
    seen = []

    for side, quantity, px in [(BUY, "1", "100"), (BUY, "1", "110"), (SELL, "1", "120"),
                               (SELL, "3", "90"), (BUY, "2", "80")]:  # fmt: skip
        desk.trade(side, quantity, px)
        position = desk.portfolio.position(BTC)
        realized = desk.portfolio.realized_pnl()["USDT"]
        seen.append((position.quantity_dec, position.avg_px_dec, realized))

    assert [
        (D(1), D(100), D(0)),
        (D(2), D(105), D(0)),
        (D(1), D(105), D(15)),
        (D(-2), D(90), D(0)),
        (D(0), None, D(20)),
    ] == seen


def test_profit_does_not_depend_on_the_decimal_context_of_the_host() -> None:
    desk = Desk()

    with localcontext(prec=3):
        desk.trade(BUY, "1.23456", "65432.12")
        desk.trade(SELL, "1.23456", "65432.13")
        desk.mark("65432.14")

        assert D("0.0123456") == desk.portfolio.realized_pnl()["USDT"]
        assert D("1000.0123456") == desk.portfolio.equity()


@pytest.mark.parametrize(
    ("currency", "equity"),
    [("USDT", "998"), ("", "998"), ("BTC", "800"), ("BNB", "1000")],
)
def test_a_commission_is_kept_in_its_own_currency(currency, equity) -> None:
    desk = Desk()
    desk.mark("100")

    desk.trade(BUY, "1", "100", commission=D(2), commission_currency=currency)

    assert {currency or "USDT": D(2)} == desk.portfolio.commissions()
    assert D(equity) == desk.portfolio.equity()
    assert {"USDT": D(0)} == desk.portfolio.realized_pnl()


def test_strategies_are_accounted_for_apart_and_add_up() -> None:
    desk = Desk()
    desk.mark("120")

    desk.trade(BUY, "2", "100", strategy="a", commission=D(1))
    desk.trade(SELL, "3", "110", strategy="b", commission=D(2))
    desk.trade(SELL, "1", "130", strategy="a")

    portfolio = desk.portfolio
    total = {name: portfolio.realized_pnl(strategy=name)["USDT"] for name in ("a", "b")}
    unrealized = {name: portfolio.unrealized_pnl(strategy=name)["USDT"] for name in ("a", "b")}
    assert {"a": D(30), "b": D(0)} == total
    assert {"a": D(20), "b": D(-30)} == unrealized
    assert D(1) == portfolio.position(BTC, strategy="a").quantity_dec
    assert D(-3) == portfolio.position(BTC, strategy="b").quantity_dec
    assert D(-2) == portfolio.position(BTC).quantity_dec
    assert (2, 1, 3) == (
        portfolio.fills(strategy="a"),
        portfolio.fills(strategy="b"),
        portfolio.fills(),
    )
    assert D(0) == portfolio.position(BTC, strategy="nobody").quantity_dec
    assert sum(total.values()) + sum(unrealized.values()) - 3 == portfolio.daily_pnl()


def test_the_days_profit_starts_again_at_utc_midnight_of_the_stream() -> None:
    """Row 43: the baseline was the process's start and never rolled over."""
    desk = Desk()
    desk.mark("100")
    desk.trade(BUY, "1", "100")
    desk.mark("150")
    midnight = desk.portfolio.next_rollover_ns

    desk.portfolio.advance(midnight - 1)
    before = desk.portfolio.daily_pnl()
    desk.portfolio.advance(midnight)
    at = desk.portfolio.daily_pnl()
    desk.mark("140")

    assert NOON_NS + DAY_NS // 2 == midnight
    assert (D(50), D(0), D(-10)) == (before, at, desk.portfolio.daily_pnl())
    assert midnight + DAY_NS == desk.portfolio.next_rollover_ns


def test_a_deposit_is_no_profit() -> None:
    desk = Desk()

    desk.portfolio.move(Move(kind=MoveKind.TRANSFER, amount=D(500)))
    desk.portfolio.move(Move(kind=MoveKind.TRANSFER, amount=D(-100), currency="USDT"))

    assert D(1400) == desk.portfolio.equity()
    assert D(0) == desk.portfolio.daily_pnl()


def test_what_was_held_before_the_session_belongs_to_the_strategy_named() -> None:
    desk = Desk(positions=[Position(BTC, "2", "90")], strategy="only")
    desk.mark("100")

    desk.trade(SELL, "1", "100", strategy="only")

    assert {"USDT": D(10)} == desk.portfolio.realized_pnl(strategy="only")
    assert D(1200) == desk.portfolio.equity()
    assert D(1) == desk.portfolio.position(BTC, strategy="only").quantity_dec


def test_a_position_of_unknown_cost_earns_from_its_first_price_on() -> None:
    desk = Desk(positions=[Position(BTC, "2")])

    unknown = desk.portfolio.unrealized_pnl()
    desk.mark("100")
    first = desk.portfolio.unrealized_pnl()
    desk.mark("101")

    assert ({"USDT": None}, {"USDT": D(0)}) == (unknown, first)
    assert {"USDT": D(2)} == desk.portfolio.unrealized_pnl()


def test_a_future_that_was_held_before_is_worth_its_profit_only() -> None:
    future = an_instrument(asset_class="future", multiplier=D(10))
    desk = Desk(future, positions=[Position(BTC, "2", "90")])
    desk.mark("100")

    assert D(1200) == desk.portfolio.equity()

    desk.trade(SELL, "2", "100")
    assert D(1200) == desk.portfolio.equity()


def test_money_of_another_currency_is_converted_through_a_symbol_that_pairs_them() -> None:
    eth = an_instrument("ETHBTC", base_currency="ETH", quote_currency="BTC")
    desk = Desk(an_instrument(), eth)
    desk.mark("0.05", "ETHBTC")
    desk.trade(BUY, "10", "0.05", symbol="ETHBTC")

    unknown = desk.portfolio.equity()
    desk.mark("100")
    desk.mark("0.06", "ETHBTC")

    assert unknown is None
    assert D(1010) == desk.portfolio.equity()
    assert {"BTC": D("0.1")} == desk.portfolio.unrealized_pnl()


def test_the_summary_of_positions_is_complete() -> None:
    desk = Desk()
    desk.trade(BUY, "2", "100", strategy="a")
    desk.mark("101")

    (summary,) = desk.portfolio.positions(strategy="a")

    assert (BTC, D(2), D(100), D(101), D(0), D(2), "USDT", "a") == (
        summary.symbol,
        summary.quantity,
        summary.avg_px,
        summary.market_px,
        summary.realized_pnl,
        summary.unrealized_pnl,
        summary.currency,
        summary.strategy,
    )


def test_a_position_that_did_not_move_is_the_same_object() -> None:
    desk = Desk()
    desk.trade(BUY, "2", "100")

    first = desk.portfolio.position(BTC)
    desk.mark("101")

    assert first is desk.portfolio.position(BTC)


def calls_made_by(action: Callable[[], object]) -> int:
    """Count the calls, Python's and C's, that an action makes."""
    count = 0

    def see(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(see)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def test_a_valuation_costs_the_same_after_any_number_of_trades() -> None:
    """Row 54: each tick summed over the whole session."""
    desk = Desk()
    desk.mark("100")
    costs = []

    for trades in (2, 200, 200):
        for number in range(trades):
            desk.trade(BUY if number % 2 else SELL, "1", str(100 + number))
        costs.append(
            [
                calls_made_by(desk.portfolio.daily_pnl),
                calls_made_by(desk.portfolio.positions),
                calls_made_by(lambda: desk.trade(BUY, "1", "100")),
            ]
        )
        desk.trade(SELL, "1", "100")

    assert costs[0] == costs[1] == costs[2]


def test_a_commission_in_the_base_currency_is_taken_out_of_what_is_held() -> None:
    btc = an_instrument(base_currency="BTC", quote_currency="USDT")
    desk = Desk(btc)

    desk.trade(BUY, "1", "100", commission=D("0.001"), commission_currency="BTC")
    desk.mark("100")

    assert D("0.999") == desk.portfolio.position(BTC).quantity_dec
    assert {"USDT": D(900)} == desk.portfolio.cash()
    assert D("999.9") == desk.portfolio.equity()
    assert {"BTC": D("0.001")} == desk.portfolio.commissions()


def test_a_commission_in_what_another_pair_holds_is_taken_out_of_that() -> None:
    btc = an_instrument(base_currency="BTC", quote_currency="USDT")
    bnb = an_instrument("BNBUSDT", base_currency="BNB", quote_currency="USDT")
    desk = Desk(btc, bnb, positions=[Position("BNBUSDT", "2", "300")])

    desk.trade(BUY, "1", "100", commission=D("0.5"), commission_currency="BNB")

    held = desk.portfolio.position("BNBUSDT")
    assert (D("1.5"), D(300)) == (held.quantity_dec, held.avg_px_dec)
    assert D(1) == desk.portfolio.position(BTC).quantity_dec
    assert {"USDT": D(900)} == desk.portfolio.cash()
