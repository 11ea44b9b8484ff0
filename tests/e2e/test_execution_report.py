"""``report --execution`` on a session whose answers are known."""

from __future__ import annotations

import json
from decimal import Decimal

from regimeflow.apps.cli.commands import main as cli
from regimeflow.live import LiveOrderStatus, Order, OrderSide, OrderType, Quote
from tests.e2e.test_validate import file_for, moving
from tests.support.binance_venue import RunningVenue
from tests.support.journalled import LEAVE, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until


def a_session(folder) -> None:
    """Buy 2 at 60000.00 under 59999.90 to 59999.98, in two parts; leave a limit order."""
    venue = KeepingVenue()
    run = a_journalled_run(venue, folder, **LEAVE)
    manager = run.engine.order_manager

    async def sent(order: Order) -> None:
        order_id = manager.submit_order(order)
        await until(lambda: manager.get_order(order_id).status is LiveOrderStatus.NEW)

    async def act() -> None:
        venue._data(Quote("BTCUSDT", "59999.90", "1", "59999.98", "1"))
        await until(lambda: run.engine.get_dashboard_snapshot().quotes)
        await sent(Order("BTCUSDT", OrderSide.BUY, OrderType.MARKET, 2))
        venue._data(Quote("BTCUSDT", "70000", "1", "70001", "1"))  # after the decision
        venue.fill("V1", "E1", "0.5")
        venue.fill("V1", "E2")
        await until(lambda: 2 == run.engine.summary().fills)
        await sent(Order("BTCUSDT", OrderSide.SELL, OrderType.LIMIT, 1, limit_price="80000"))

    play(run, act)


def test_costs_are_exact_and_waits_are_told(tmp_path, capsys) -> None:
    folder = tmp_path / "journal"
    a_session(folder)

    code = cli(["report", str(folder), "--execution", "--json"])

    found = json.loads(capsys.readouterr().out)
    bought, left = found["orders"]
    assert 0 == code
    names = ("bid", "ask", "filled", "notional", "slippage", "effective_spread")
    known = ("59999.90", "59999.98", "2", "120000", "0.04", "0.24")
    assert [Decimal(each) for each in known] == [Decimal(bought[name]) for name in names]
    assert ("70000", "0", None) == (left["bid"], left["filled"], left["slippage"])
    everything = found["all"]
    assert (2, 1, "0.5000") == (
        everything["orders"],
        everything["filled"],
        everything["fill_ratio"],
    )
    # 0.04 and 0.24 of 2 times 59999.94
    assert ("0.0033", "0.0200") == (
        everything["slippage_bps"],
        everything["effective_spread_bps"],
    )
    assert [("symbol", "BTCUSDT")] == [(each["by"], each["name"]) for each in found["groups"]]


def test_waits_of_a_session_at_a_venue_are_told(tmp_path, capsys) -> None:
    with RunningVenue() as venue:
        venue.quote()
        venue.trade()
        with moving(lambda _: venue.order("BUY", "0.0001", "59999")):
            path = file_for(venue, tmp_path)
            cli(["validate", path, "--mode", "fill-reconcile", "--json"])
    journal = json.loads(capsys.readouterr().out)["journal"]

    code = cli(["report", journal, "--execution", "--json"])

    found = json.loads(capsys.readouterr().out)
    assert (0, "binance-local", 2) == (code, found["venue"], found["all"]["filled"])
    for each in found["orders"]:  # at the best price of a book a dollar away on each side
        assert Decimal(0) == Decimal(each["slippage"])
        assert 2 * Decimal(each["filled"]) == Decimal(each["effective_spread"])
        assert 0 < each["ack_after_ns"] <= each["first_fill_after_ns"]
    assert 2 == found["all"]["ack"]["count"] == found["all"]["first_fill"]["count"]


def test_a_person_reads_lines(tmp_path, capsys) -> None:
    folder = tmp_path / "journal"
    a_session(folder)

    codes = [cli(["report", str(folder), "--execution"])]
    lines = capsys.readouterr().out.splitlines()
    codes.append(cli(["report", str(folder), "--execution", "--session", "2"]))
    codes.append(cli(["report", str(folder), "--execution", "--png", str(tmp_path / "p.png")]))

    assert [0, 1, 2] == codes
    assert "BUY  2 BTCUSDT  filled 2  ack -  fill -  slippage 0.04  spread 0.24" in lines[0]
    assert any(
        "2 orders, 1 filled, 0 in part, 0 rejected; fill ratio 0.5" in each for each in lines
    )
    assert "there is no number 2" in capsys.readouterr().err
