"""``regimeflow-live venue alpaca`` as somebody starts it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request

import pytest
from alpaca.trading.client import TradingClient
from alpaca.trading.requests import MarketOrderRequest

from regimeflow.apps.venues.alpaca.app import DEFAULT_SYMBOLS, FAULTS
from tests.architecture.tree import ROOT
from tests.support.alpaca_venue import KEY, PATIENCE_S, SECRET
from tests.support.threads import wait_until


def test_the_command_runs_a_market_that_alpaca_py_trades_on():
    command = [sys.executable, "-m", "regimeflow.apps.cli", "venue", "alpaca", "--speed", "max"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = process.stdout.readline().rpartition(":")[2].strip()
        token = process.stdout.readline().split()[-1]
        client = TradingClient(KEY, SECRET, paper=True, url_override=f"http://127.0.0.1:{port}")
        try:
            assert sorted(DEFAULT_SYMBOLS) == sorted(one.symbol for one in client.get_all_assets())
            sent = client.submit_order(
                MarketOrderRequest(symbol="AAPL", qty=1, side="buy", time_in_force="day")
            )
            wait_until(lambda: client.get_order_by_id(sent.id).status == "filled")
            truth = urllib.request.Request(  # loopback
                f"http://127.0.0.1:{port}/control/truth", headers={"X-Control-Token": token}
            )
            with urllib.request.urlopen(truth, timeout=PATIENCE_S) as answer:  # noqa: S310
                told = json.load(answer)
        finally:
            client._session.close()
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_S)

    assert [str(sent.id)] == [order["id"] for order in told["alpaca"]["orders"]]
    assert "1" == told["balances"]["local"]["AAPL"]["free"]
    assert 0 == process.returncode


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_in_the_documentation(fault):
    assert f"`{fault.name}`" in (ROOT / "docs" / "alpaca-venue.md").read_text()
