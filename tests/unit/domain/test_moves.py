"""What moves positions and cash without an order: whose it is, and what it is to the day."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow._core.board import QuoteBoard
from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.messages import AccountInfo, LiveMessage, Quote
from regimeflow.domain.capital import DAY_NS
from regimeflow.domain.moves import Move, MoveKind, is_move, move_of, report_of_move, shares_of
from regimeflow.domain.portfolio import Portfolio
from regimeflow.types.enums import LiveTopic
from tests.support.risk import BTC, BUY, SELL, a_trade, an_instrument

D = Decimal
NOON_NS = 20_000 * DAY_NS + DAY_NS // 2


class Desk:
    """A portfolio of two strategies that hold 30 and 70 at 100 each."""

    def __init__(self, *held: str) -> None:
        self.board = QuoteBoard()
        self.portfolio = Portfolio({BTC: an_instrument()}, self.board)
        account = AccountInfo(equity="20000", cash="20000", buying_power="0", currency="USDT")
        self.portfolio.open(account, (), NOON_NS)
        self.mark("100")
        for name, quantity in zip(("a", "b"), held or ("30", "70"), strict=False):
            side = SELL if quantity.startswith("-") else BUY
            self.portfolio.apply(a_trade(side, quantity.lstrip("-"), "100", strategy=name))

    def mark(self, px: str) -> None:
        self.board.observe(Quote(BTC, px, "1", px, "1"))

    def move(self, kind: MoveKind, quantity: str = "0", amount: str = "0", currency: str = "USDT"):
        move = Move(
            kind=kind, symbol=BTC, quantity=D(quantity), amount=D(amount), currency=currency
        )
        self.portfolio.move(move)

    def held(self) -> list[Decimal]:
        owners = (None, "a", "b")
        return [self.portfolio.position(BTC, strategy=each).quantity_dec for each in owners]


@pytest.mark.parametrize(
    ("added", "px", "expected"),
    [
        ("100", "50", [200, 60, 140]),
        ("-90", "1000", [10, 3, 7]),
        ("50", "66.67", [150, 45, 105]),
    ],
)
def test_a_split_multiplies_what_each_holds_at_the_same_cost(added, px, expected) -> None:
    desk = Desk()

    desk.move(MoveKind.SPLIT, added)
    unknown = desk.portfolio.daily_pnl()
    desk.mark(px)

    assert expected == desk.held()
    assert unknown is None  # the price of before the split says nothing
    assert abs(desk.portfolio.daily_pnl()) < 1
    assert {"USDT": D(0)} == desk.portfolio.realized_pnl()


def test_a_price_that_is_of_after_the_split_counts_at_once() -> None:
    desk = Desk()
    desk.mark("51")

    desk.move(MoveKind.SPLIT, "100")

    assert D(200) == desk.portfolio.daily_pnl()


def test_a_short_position_is_split_too() -> None:
    desk = Desk("-30", "-70")

    desk.move(MoveKind.SPLIT, "-100")
    desk.mark("50")

    assert [-200, -60, -140] == desk.held()
    assert D(0) == desk.portfolio.daily_pnl()


@pytest.mark.parametrize("kind", [MoveKind.INCOME, MoveKind.TRANSFER])
@pytest.mark.parametrize("amount", ["2500", "-2500"])
def test_dividends_and_deposits_are_cash_and_no_profit(kind, amount) -> None:
    desk = Desk()

    desk.move(kind, amount=amount)

    assert D(10_000) + D(amount) == desk.portfolio.cash()["USDT"]
    assert D(0) == desk.portfolio.daily_pnl()


def test_a_fee_is_a_cost_of_the_day() -> None:
    desk = Desk()

    desk.move(MoveKind.FEE, amount="-3")

    assert D(-3) == desk.portfolio.daily_pnl()
    assert {"USDT": D(3)} == desk.portfolio.commissions()


def test_a_fee_in_coins_is_paid_by_those_who_hold_them() -> None:
    desk = Desk()

    desk.move(MoveKind.FEE, "-1")

    assert [99, D("29.7"), D("69.3")] == desk.held()
    assert D(-100) == desk.portfolio.daily_pnl()
    assert {"BTC": D(1)} == desk.portfolio.commissions()


def test_shares_that_come_from_elsewhere_are_the_accounts_and_no_profit() -> None:
    desk = Desk()

    desk.move(MoveKind.TRANSFER, "10")

    assert [110, 30, 70] == desk.held()
    assert D(0) == desk.portfolio.daily_pnl()


def test_shares_that_go_elsewhere_are_no_loss() -> None:
    desk = Desk()

    desk.move(MoveKind.TRANSFER, "-50")

    assert [50, 15, 35] == desk.held()
    assert D(0) == desk.portfolio.daily_pnl()


def test_a_merger_for_cash_earns_what_it_pays_over_the_price() -> None:
    desk = Desk()

    desk.move(MoveKind.OTHER, "-100", amount="11000")

    assert [0, 0, 0] == desk.held()
    assert D(1000) == desk.portfolio.daily_pnl()


def test_shares_of_a_move_add_up_to_it() -> None:
    shares = shares_of(D(10), D(3), [D(1), D(1), D(1)], D("0.01"))

    assert D(10) == sum(shares)
    assert all(abs(each - D(10) / 3) <= D("0.01") for each in shares)


@pytest.mark.parametrize(
    "move",
    [
        Move(kind=MoveKind.SPLIT, symbol=BTC, quantity=D(-90), text="SPLIT 1-for-10"),
        Move(kind=MoveKind.INCOME, symbol=BTC, amount=D("-0.25"), currency="USD"),
        Move(kind=MoveKind.TRANSFER, amount=D(120_000), currency="USD"),
    ],
)
def test_a_move_is_the_same_through_its_report_and_the_wire(move) -> None:
    report = report_of_move(move, "1", ts_event_ns=1, ts_recv_ns=2)
    codec = LiveMessageCodec()
    message = LiveMessage(LiveTopic.EXECUTION_REPORT, report)

    found = codec.decode(codec.encode(message)).payload

    assert is_move(found)
    assert move == move_of(found)
