"""The examples, run as their reader would run them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from regimeflow.live import LiveConfig, LiveTradingEngine, OrderSide, Trade

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_quickstart_runs_offline_from_any_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / "quickstart.py")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
    assert "bought" in done.stdout
    assert "profit so far: " in done.stdout


async def trades_of_the_market_maker() -> tuple[list[Trade], list[BaseException]]:
    config = LiveConfig.from_file(
        EXAMPLES / "market_making.toml",
        {"broker.speed": "max", "broker.duration_s": 20},
    )
    engine = LiveTradingEngine(config)
    trades: list[Trade] = []
    errors: list[BaseException] = []
    engine.on_trade(trades.append)
    engine.on_error(errors.append)
    await engine.run()
    return trades, errors


async def both() -> tuple[list[Trade], list[Trade], list[BaseException]]:
    first, first_errors = await trades_of_the_market_maker()
    second, second_errors = await trades_of_the_market_maker()
    return first, second, first_errors + second_errors


def test_the_market_maker_trades_on_both_sides_and_the_same_twice() -> None:
    first, second, errors = asyncio.run(both())

    assert [] == errors
    assert {OrderSide.BUY, OrderSide.SELL} == {trade.side for trade in first}
    assert len(first) > 50
    assert first == second


def test_a_guarded_session_is_not_stopped_by_limits_that_hold() -> None:
    config = LiveConfig.from_file(EXAMPLES / "guarded.toml", {"broker.duration_s": 60})
    engine = LiveTradingEngine(config)
    errors: list[BaseException] = []
    engine.on_error(errors.append)

    asyncio.run(engine.run())

    assert [] == errors
    assert engine.summary().fills > 0
