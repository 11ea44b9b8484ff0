"""A session of a journal decides the same again, or the first difference is shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from regimeflow._core.frames import Call
from regimeflow.apps.cli.commands import main as cli
from regimeflow.domain.portfolio import portfolio_state
from regimeflow.engine.journal.replay import replay_session
from regimeflow.engine.runtime import Runtime
from regimeflow.live import Order, OrderSide, OrderType, RegimeFlowError, TradingState
from tests.support.engines import Run, a_config
from tests.support.journalled import BUY, LEAVE, a_journal_with_a_fill, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until


def a_played_run(folder: Path, *strategies: str, **tables: object) -> Run:
    journal = {"enabled": "yes", "folder": str(folder), "segment_mb": 16}
    return Run(a_config(*strategies, journal=journal, **tables))


@pytest.mark.parametrize("strategy", ["BuyOnce", "BidBelow", "Restless", "Brackets"])
def test_a_session_over_a_feed_decides_the_same_again(tmp_path: Path, strategy: str) -> None:
    run = a_played_run(tmp_path / "j", strategy)
    asyncio.run(run.engine.run())

    replayed = replay_session(str(tmp_path / "j"))

    assert replayed.difference is None
    assert replayed.frames > 100
    assert () == replayed.changed
    mine, theirs = replayed.runtime.parts, run.engine._parts
    assert theirs.books.table.image() == mine.books.table.image()
    assert portfolio_state(theirs.portfolio) == portfolio_state(mine.portfolio)


def test_a_session_with_a_broker_on_a_network_decides_the_same_again(tmp_path: Path) -> None:
    venue = a_journal_with_a_fill(tmp_path / "j")
    venue.fill("V1", "E2")
    second = a_journalled_run(venue, tmp_path / "j")

    async def close() -> None:
        second.engine.order_manager.submit_order(
            Order("BTCUSDT", OrderSide.SELL, OrderType.LIMIT, "0.3", limit_price=100)
        )
        await until(lambda: len(venue.orders) == 2)

    play(second, close)

    for number in (1, 2):
        replayed = replay_session(str(tmp_path / "j"), number=number)
        assert replayed.difference is None
        assert replayed.frames > 10


def test_what_the_host_did_is_done_again(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", **LEAVE)

    async def act() -> None:
        engine = run.engine
        order_id = engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)
        engine.disable_trading()
        engine.enable_trading()
        await engine.order_manager.reconcile_with_broker()
        engine.order_manager.cancel_order(order_id)
        await until(lambda: not engine.order_manager.get_open_orders())
        engine.close_all_positions()
        engine.disable_trading()

    play(run, act)
    second = a_journalled_run(venue, tmp_path / "j", **LEAVE)
    play(second, lambda: asyncio.sleep(0))

    for number in (1, 2):
        replayed = replay_session(str(tmp_path / "j"), number=number)
        assert replayed.difference is None
    assert TradingState.HALTED is second.engine._parts.switch.state


def test_a_session_with_power_durability_decides_the_same_again(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", journal={"durability": "power"})

    async def act() -> None:
        run.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)

    play(run, act)

    assert replay_session(str(tmp_path / "j")).difference is None


def test_a_session_begins_from_a_snapshot_where_what_came_before_it_is_gone(
    tmp_path: Path,
) -> None:
    folder, venue = tmp_path / "j", a_journal_with_a_fill(tmp_path / "j")
    venue.fill("V1", "E2")
    second = a_journalled_run(venue, folder)

    async def close() -> None:
        second.engine.order_manager.submit_order(
            Order("BTCUSDT", OrderSide.SELL, OrderType.LIMIT, "0.3", limit_price=100)
        )
        await until(lambda: len(venue.orders) == 2)

    play(second, close)
    whole = replay_session(str(folder))
    min(folder.glob("journal-*.rfj")).unlink()

    rest = replay_session(str(folder))

    assert (2, 1) == (whole.session, rest.session)
    assert rest.difference is None
    assert rest.frames == whole.frames > 10


def test_a_strategy_with_a_clock_of_its_own_is_found_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_played_run(tmp_path / "j", "OwnChance")
    asyncio.run(run.engine.run())

    code = cli(["replay", str(tmp_path / "j")])

    assert 1 == code
    out = capsys.readouterr().out
    assert "different after" in out
    assert "the journal has Command" in out
    assert "the replay has Command" in out


def test_a_session_that_was_cut_off_replays_up_to_there(tmp_path: Path) -> None:
    run = a_played_run(tmp_path / "j", "BuyOnce")
    asyncio.run(run.engine.run())
    (segment,) = sorted((tmp_path / "j").glob("journal-*.rfj"))[:1]
    data = bytearray(segment.read_bytes())
    data[200_000:] = bytes(len(data) - 200_000)
    segment.write_bytes(data)

    replayed = replay_session(str(tmp_path / "j"), number=1)

    assert replayed.difference is None
    assert replayed.frames > 10


def test_a_session_without_its_market_data_says_that_it_cannot_be_replayed(tmp_path: Path) -> None:
    journal = {"enabled": "yes", "folder": str(tmp_path / "j"), "market_data": False}
    run = Run(a_config("BuyOnce", journal=journal))
    asyncio.run(run.engine.run())

    with pytest.raises(RegimeFlowError, match="market data was not written"):
        replay_session(str(tmp_path / "j"))


def test_a_call_that_comes_to_nothing_in_the_replay_is_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_journalled_run(KeepingVenue(), tmp_path / "j")
    play(run, lambda: asyncio.sleep(0))
    monkeypatch.setattr(Runtime, "request_stop", lambda *_: None)

    found = replay_session(str(tmp_path / "j")).difference

    assert found is not None
    assert isinstance(found.recorded, Call)
    assert found.replayed is None
