"""Limits of the account while a session runs: to the cent, told, acted on, over restarts too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow._core.frames import Note
from regimeflow._core.journal_reader import JournalReader
from regimeflow.engine.journal.answers import load
from regimeflow.live import (
    LiveOrderStatus,
    Order,
    OrderSide,
    OrderType,
    Quote,
    RiskDenied,
    TradingState,
)
from tests.support.engines import Run
from tests.support.journalled import LEAVE, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until

QUICKLY = {"orders": {**LEAVE["orders"], "stop_timeout_s": 0.01}}
BUY_ONE = Order("BTCUSDT", OrderSide.BUY, OrderType.MARKET, 1)
REST = Order("BTCUSDT", OrderSide.BUY, OrderType.LIMIT, "0.5", limit_price="59000.00")
EXIT = Order("BTCUSDT", OrderSide.SELL, OrderType.LIMIT, "0.1", limit_price="90000.00")


class Trader:
    """One session at a venue where everything costs 60000.00 until it is said otherwise."""

    def __init__(self, folder: Path, venue: KeepingVenue | None = None, **tables: object) -> None:
        self.venue = venue or KeepingVenue()
        self.run: Run = a_journalled_run(self.venue, folder, **{**QUICKLY, **tables})
        self.engine = self.run.engine

    def play(self, act: Callable[[], Awaitable[None]]) -> None:
        play(self.run, act)

    async def quote(self, px: str) -> None:
        """Have a price, and everything that follows from it."""
        self.venue._data(Quote("BTCUSDT", px, "1", px, "1"))
        board = self.engine._parts.board
        await until(lambda: board.mark_dec("BTCUSDT") == Decimal(px))

    async def buy(self) -> None:
        """Hold one, bought at 60000.00."""
        await self.quote("60000.00")
        self.engine.order_manager.submit_order(BUY_ONE)
        await self.fill("V1")

    async def fill(self, name: str) -> None:
        await until(lambda: name in self.venue.orders)
        order = self.venue.orders[name]
        await until(lambda: self.order(order.order_id).status is LiveOrderStatus.NEW)
        self.venue.fill(name, f"E-{name}")
        await until(lambda: self.order(order.order_id).status is LiveOrderStatus.FILLED)

    def order(self, order_id: int):
        return self.engine.order_manager.get_order(order_id)

    @property
    def state(self) -> TradingState:
        return self.engine._parts.switch.state

    @property
    def causes(self) -> list[str]:
        return [hold.cause for hold in self.engine._parts.switch.holds]

    @property
    def held(self) -> Decimal:
        return self.engine.portfolio.position("BTCUSDT").quantity_dec

    @property
    def rules(self) -> list[str]:
        return [error.rule for error in self.run.errors if isinstance(error, RiskDenied)]

    async def second(self) -> None:
        """Have what is looked at once a second looked at now."""
        runtime = self.engine._runtime
        runtime.parts.turns.call("reconcile", runtime._watch)


@pytest.mark.parametrize(
    ("risk", "before", "at", "rule"),
    [
        ({"daily_loss_limit": 100}, "59900.01", "59900.00", "daily_loss_limit"),
        ({"daily_loss_limit_pct": "0.1"}, "59900.01", "59900.00", "daily_loss_limit_pct"),
        ({"max_drawdown": "100.01"}, "59900.00", "59899.99", "max_drawdown"),
        ({"max_drawdown_pct": "0.1"}, "59900.01", "59900.00", "max_drawdown_pct"),
        ({"max_gross_exposure": "60010.00"}, "60010.00", "60010.01", "max_gross_exposure"),
        ({"max_net_exposure": "60010.00"}, "60010.00", "60010.01", "max_net_exposure"),
        ({"max_leverage": "0.6"}, "60000.00", "60000.01", "max_leverage"),
        ({"max_position_pct": "60"}, "60000.00", "60000.01", "max_position_pct"),
    ],
)
def test_a_price_that_reaches_a_limit_is_acted_on_at_once_and_one_a_cent_before_is_not(
    tmp_path: Path, risk: dict[str, object], before: str, at: str, rule: str
) -> None:
    trader = Trader(tmp_path / "j", risk=risk)
    seen: list[object] = []

    async def act() -> None:
        await trader.buy()
        is_loss = not rule.startswith(("max_gross", "max_net", "max_lev", "max_pos"))
        rest = trader.engine.order_manager.submit_order(REST if is_loss else EXIT)
        await until(lambda: trader.order(rest).status is LiveOrderStatus.NEW)
        await trader.quote(before)
        seen.append(trader.state)
        await trader.quote(at)
        seen.append(trader.state)
        left = LiveOrderStatus.CANCELLED if is_loss else LiveOrderStatus.NEW  # an exit stays
        await until(lambda: trader.order(rest).status is left)

    trader.play(act)

    assert [TradingState.ACTIVE, TradingState.REDUCE_ONLY] == seen
    assert [rule] == trader.rules
    (text,) = [text for text in trader.run.texts("error") if text.startswith(rule)]
    assert "REDUCE_ONLY" in text or "only exits pass" in text
    assert [rule] == audited(tmp_path / "j")


def audited(folder: Path) -> list[object]:
    """Which rules the journal has for the audit log."""
    notes = (frame.message for frame in JournalReader(str(folder)))
    bodies = [load(note.body) for note in notes if isinstance(note, Note) and note.code == 11]
    return [body["data"]["rule"] for body in bodies if "rule" in body["data"]]


def test_money_that_comes_in_or_goes_out_is_no_profit_and_no_loss(tmp_path: Path) -> None:
    trader = Trader(tmp_path / "j", risk={"daily_loss_limit": 50, "max_drawdown": 50})
    seen: list[object] = []

    async def act() -> None:
        await trader.buy()
        _transfer(trader, "-30000", "out")
        await trader.quote("59950.01")
        seen.append((trader.state, trader.engine.portfolio.daily_pnl()))
        _transfer(trader, "70000", "in")
        await trader.quote("59950.00")
        seen.append((trader.state, trader.engine.portfolio.daily_pnl()))

    trader.play(act)

    assert [
        (TradingState.ACTIVE, Decimal("-49.99")),
        (TradingState.REDUCE_ONLY, Decimal(-50)),
    ] == seen
    assert ["daily_loss_limit", "max_drawdown"] == trader.rules


def _transfer(trader: Trader, amount: str, name: str) -> None:
    from regimeflow.domain.moves import Move, MoveKind, report_of_move

    now_ns = trader.engine._parts.clock.now_ns() + 1
    move = Move(kind=MoveKind.TRANSFER, amount=Decimal(amount), currency="USDT")
    trader.venue._report(report_of_move(move, name, ts_event_ns=now_ns, ts_recv_ns=now_ns))


@pytest.mark.parametrize("on_loss", ["halt", "flatten"])
def test_what_a_loss_does_is_configured(tmp_path: Path, on_loss: str) -> None:
    trader = Trader(tmp_path / "j", risk={"daily_loss_limit": 100, "on_loss": on_loss})
    seen: list[object] = []

    async def act() -> None:
        await trader.buy()
        await trader.quote("59900.00")
        seen.append(trader.state)
        if on_loss == "flatten":
            await trader.fill("V2")
            seen.append(trader.held)

    trader.play(act)

    expected = [TradingState.HALTED] if on_loss == "halt" else [TradingState.REDUCE_ONLY, 0]
    assert expected == seen


def test_the_days_loss_ends_with_the_day_and_not_with_the_price(tmp_path: Path) -> None:
    trader = Trader(tmp_path / "j", risk={"daily_loss_limit": 100})
    seen: list[object] = []

    async def act() -> None:
        await trader.buy()
        await trader.quote("59900.00")
        await trader.quote("60500.00")
        await trader.second()
        seen.append(trader.state)
        capital = trader.engine.portfolio._capital
        losses = trader.engine._runtime.risk.losses
        losses._reached_on -= 1  # as if it had been yesterday
        capital.day_end_ns = 0
        await trader.second()
        seen.extend([trader.state, trader.engine.portfolio.daily_pnl()])

    trader.play(act)

    assert [TradingState.REDUCE_ONLY, TradingState.ACTIVE, Decimal(0)] == seen


def test_a_loss_is_remembered_over_a_restart(tmp_path: Path) -> None:
    risk = {"daily_loss_limit": 100, "max_drawdown": 100}
    first = Trader(tmp_path / "j", risk=risk)

    async def lose() -> None:
        await first.buy()
        await first.quote("60050.00")
        await first.quote("59900.00")
        await first.second()

    first.play(lose)
    second = Trader(tmp_path / "j", first.venue, risk=risk)
    seen: list[object] = []

    async def look() -> None:
        seen.append((second.state, sorted(second.causes)))
        await second.quote("60049.00")
        seen.append(second.state)
        second.engine.enable_trading()  # the day's loss is not a person's to forgive
        seen.append(second.causes)

    second.play(look)

    assert [
        (TradingState.REDUCE_ONLY, ["daily_loss_limit", "max_drawdown"]),
        TradingState.REDUCE_ONLY,
        ["daily_loss_limit"],
    ] == seen


def test_a_peak_is_remembered_over_a_restart_and_begins_anew_when_a_person_says_so(
    tmp_path: Path,
) -> None:
    risk = {"max_drawdown": 100}
    first = Trader(tmp_path / "j", risk=risk)

    async def climb() -> None:
        await first.buy()
        await first.quote("60050.00")
        await first.second()

    first.play(climb)
    second = Trader(tmp_path / "j", first.venue, risk=risk)
    seen: list[object] = []

    async def fall() -> None:
        await second.quote("59950.01")
        seen.append(second.state)
        await second.quote("59950.00")
        seen.append(second.state)
        second.engine.enable_trading()
        await second.quote("59949.00")
        seen.append(second.state)
        await second.quote("59849.00")
        seen.append(second.state)

    second.play(fall)

    active, only_exits = TradingState.ACTIVE, TradingState.REDUCE_ONLY
    assert [active, only_exits, active, only_exits] == seen


def test_what_a_market_brought_beyond_a_limit_is_held_until_it_is_within_again(
    tmp_path: Path,
) -> None:
    trader = Trader(tmp_path / "j", risk={"max_gross_exposure": "60010.00"})
    seen: list[object] = []

    async def act() -> None:
        await trader.buy()
        await trader.quote("60010.01")
        seen.append((trader.state, trader.causes))
        await trader.quote("60010.00")
        await trader.second()
        seen.append((trader.state, trader.causes))
        with pytest.raises(RiskDenied, match="max_gross_exposure"):
            trader.engine.order_manager.submit_order(REST)

    trader.play(act)

    assert [
        (TradingState.REDUCE_ONLY, ["max_gross_exposure"]),
        (TradingState.ACTIVE, []),
    ] == seen
