"""The kill switch: from code and by a file; it stays off until a person turns it on."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.engine.journal.recovery import read_books
from regimeflow.engine.journal.replay import replay_session
from regimeflow.engine.risk.kill_file import enable_path, press_file, release_file
from regimeflow.live import LiveOrderStatus, OrderType, RiskDenied, TradingState
from tests.e2e.test_risk import REST, Trader
from tests.support.keeping import until


async def resting(trader: Trader) -> int:
    order_id = trader.engine.order_manager.submit_order(REST)
    await until(lambda: trader.order(order_id).status is LiveOrderStatus.NEW)
    return order_id


async def cancelled(trader: Trader, order_id: int) -> None:
    await until(lambda: trader.order(order_id).status is LiveOrderStatus.CANCELLED)


def test_it_cancels_and_lets_nothing_pass_until_a_person_says_so(tmp_path: Path) -> None:
    trader = Trader(tmp_path / "j")
    seen: list[object] = []

    async def act() -> None:
        await trader.buy()
        rest = await resting(trader)
        trader.engine.press_kill_switch("it looks wrong")
        with pytest.raises(RiskDenied, match="it looks wrong"):
            trader.engine.order_manager.submit_order(REST)
        await cancelled(trader, rest)
        await trader.second()
        seen.append((trader.causes, trader.held))
        trader.engine.enable_trading()
        seen.append(trader.state)
        await resting(trader)

    trader.play(act)

    assert [(["kill_switch"], Decimal(1)), TradingState.ACTIVE] == seen


@pytest.mark.parametrize("how", ["asked", "configured"])
def test_it_closes_every_position_if_so_asked_or_configured(tmp_path: Path, how: str) -> None:
    risk = {"on_kill": "flatten"} if how == "configured" else {}
    trader = Trader(tmp_path / "j", risk=risk)
    seen: list[object] = []

    async def act() -> None:
        await trader.buy()
        trader.engine.press_kill_switch(flatten=True if how == "asked" else None)
        await trader.fill("V2")
        seen.append((trader.held, trader.state))

    trader.play(act)

    assert [(Decimal(0), TradingState.HALTED)] == seen
    assert ["V1", "V2"] == [*trader.venue.orders]
    assert replay_session(str(tmp_path / "j")).difference is None


def test_it_stays_pressed_over_a_restart_and_goes_on_with_what_it_began(tmp_path: Path) -> None:
    first = Trader(tmp_path / "j")

    async def press() -> None:
        await first.buy()
        await resting(first)

        async def never_again() -> None:
            raise ConnectionError("the line is down")

        first.venue.before["cancel"] = never_again
        first.engine.press_kill_switch(flatten=True)

    first.play(press)
    first.venue.before.clear()
    second = Trader(tmp_path / "j", first.venue)
    seen: list[object] = []

    async def look() -> None:
        seen.append((second.state, sorted(second.causes)))
        await second.second()
        await until(lambda: "V2" in second.venue.ended)
        await until(lambda: market_sales(second))
        await second.fill(market_sales(second)[-1])
        seen.append(second.held)
        second.engine.enable_trading()
        seen.append(second.state)

    second.play(look)

    causes = ["kill_switch", "kill_switch_flatten"]
    assert [(TradingState.HALTED, causes), Decimal(0), TradingState.ACTIVE] == seen


def test_it_is_on_disk_before_anything_else_happens(tmp_path: Path) -> None:
    """What a journal holds while its session runs is what it holds after a kill -9."""
    trader = Trader(tmp_path / "j", risk={"daily_loss_limit": 100})
    found: list[object] = []

    async def act() -> None:
        await trader.buy()
        trader.engine.press_kill_switch("at once")
        trader.engine._runtime.risk.kill.check()
        await trader.quote("59900.00")
        shutil.copytree(tmp_path / "j", tmp_path / "killed")
        books = read_books(str(tmp_path / "killed"), id_prefix="t-").books
        found.extend([dict(books.holds), books.risk["reached_on"] > 0])

    trader.play(act)

    assert [{"kill_switch": "at once"}, True] == found


def market_sales(trader: Trader) -> list[str]:
    return [
        name
        for name, each in trader.venue.orders.items()
        if each.type is OrderType.MARKET and name != "V1" and name not in trader.venue.ended
    ]


@pytest.mark.parametrize("place", ["by default", "configured"])
def test_a_file_that_appears_presses_it_and_taking_it_away_turns_nothing_on(
    tmp_path: Path, place: str
) -> None:
    path = tmp_path / ("j.kill" if place == "by default" else "stop-all")
    risk = {} if place == "by default" else {"kill_file": str(path)}
    trader = Trader(tmp_path / "j", risk=risk)
    seen: list[object] = []

    async def act() -> None:
        await trader.quote("60000.00")
        rest = await resting(trader)
        path.touch()
        await cancelled(trader, rest)
        seen.append(trader.causes)
        path.unlink()
        trader.engine._runtime.risk.kill.check()
        seen.append(trader.state)
        release_file(str(path))
        await until(lambda: trader.state is TradingState.ACTIVE)
        await until(lambda: not Path(enable_path(str(path))).exists())

    trader.play(act)

    assert [["kill_switch"], TradingState.HALTED] == seen
    assert any(
        f"the kill file {path} is there" in text for text in trader.run.texts("trading_state")
    )


def test_a_file_may_ask_for_flat(tmp_path: Path) -> None:
    trader = Trader(tmp_path / "j")

    async def act() -> None:
        await trader.buy()
        press_file(str(tmp_path / "j.kill"), flatten=True)
        await trader.fill("V2")

    trader.play(act)

    assert Decimal(0) == trader.held


def test_a_file_that_is_there_before_the_session_lets_nothing_pass_from_its_first_moment(
    tmp_path: Path,
) -> None:
    press_file(str(tmp_path / "j.kill"), flatten=None)
    trader = Trader(tmp_path / "j")
    seen: list[object] = []

    async def act() -> None:
        seen.append(trader.causes)
        trader.engine.enable_trading()  # the file is there still
        await until(lambda: trader.causes == ["kill_switch"])

    trader.play(act)

    assert [["kill_switch"]] == seen
    assert "trading is HALTED: the kill file" in " ".join(trader.run.texts("trading_state"))


def test_the_next_session_hears_a_request_to_enable_too(tmp_path: Path) -> None:
    first = Trader(tmp_path / "j")

    async def press() -> None:
        first.engine.press_kill_switch()

    first.play(press)
    release_file(str(tmp_path / "j.kill"))
    second = Trader(tmp_path / "j", first.venue)

    async def look() -> None:
        await until(lambda: second.state is TradingState.ACTIVE)

    second.play(look)

    assert not Path(enable_path(str(tmp_path / "j.kill"))).exists()


def test_a_kill_file_that_cannot_be_looked_for_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("")
    trader = Trader(tmp_path / "j", risk={"kill_file": str(tmp_path / "no-folder" / "kill")})

    async def act() -> None:
        await until(lambda: trader.run.errors)

    trader.play(act)

    (error,) = trader.run.errors
    assert "cannot be looked for: Not a directory" in str(error)
