"""``regimeflow-live venue binance`` as a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.binance_client import KEY, Plain, now_ms, signature, talk
from tests.support.binance_mirror import Mirror
from tests.support.payloads import SHARED

WAIT_S = 20.0
RECORDING = SHARED / "data" / "btcusdt_20240808.gz"
COMMAND = [sys.executable, "-m", "regimeflow.apps.cli", "venue", "binance"]


class Running:
    """A venue that runs; ``control`` speaks to its back door."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        self.url = self.http = f"http://{address}"
        self.ws = f"ws://{address}"
        self.token = process.stdout.readline().split()[-1]

    def ask(self, path: str, method: str = "GET", body: object = None, **headers: str) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.url + path, data=data, headers=headers, method=method
        )
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310
            return json.loads(answer.read())

    def control(self, path: str, method: str = "GET", body: object = None) -> Any:
        headers = {"X-Control-Token": self.token, "Content-Type": "application/json"}
        return self.ask(f"/control/{path}", method, body, **headers)

    def signed(self, method: str, path: str, query: str) -> Any:
        whole = f"{query}&timestamp={now_ms()}".lstrip("&")
        return self.ask(
            f"{path}?{whole}&signature={signature(whole)}", method, **{"X-MBX-APIKEY": KEY}
        )


@contextmanager
def venue(*options: str | Path) -> Iterator[Running]:
    process = subprocess.Popen(
        [*COMMAND, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield Running(process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=WAIT_S)
        assert (0, "") == (process.returncode, said)
    finally:
        process.kill()
        process.communicate()


def test_it_trades_at_once_with_the_keys_of_everybody() -> None:
    with venue("--speed", "max", "--seed", "3") as running:
        info = running.ask("/api/v3/exchangeInfo")
        running.control("market", "POST", {"step": 500})
        order = running.signed(
            "POST", "/api/v3/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001"
        )
        truth = running.control("truth")

    assert ["BTCUSDT", "ETHUSDT"] == [each["symbol"] for each in info["symbols"]]
    assert "FILLED" == order["status"]
    assert order["orderId"] in {each["order_id"] for each in truth["orders"]}


def test_a_fault_of_a_file_strikes_and_another_is_switched_on_while_it_runs(tmp_path) -> None:
    faults = tmp_path / "faults.toml"
    faults.write_text('[[fault]]\nname = "too_many_requests"\ncount = 1\nretry_after_s = 3\n')

    with venue("--speed", "stepped", "--faults", faults) as running:
        found = []
        for _ in range(2):
            try:
                found.append(running.ask("/api/v3/ping"))
            except urllib.error.HTTPError as error:
                found.append((error.code, error.headers["Retry-After"]))
        running.control("faults", "POST", {"name": "overloaded", "count": 1})
        try:
            running.ask("/api/v3/ping")
        except urllib.error.HTTPError as error:
            found.append(json.loads(error.read())["code"])

    assert [(429, "3"), {}, -1008] == found


def test_an_accounts_file_gives_other_keys_and_limits(tmp_path) -> None:
    accounts = tmp_path / "accounts.toml"
    accounts.write_text(
        '[[account]]\nname = "me"\nkey = "local-key"\nsecret = "local-secret"\n'
        'orders_per_10s = 7\nbalances = {USDT = "12.5"}\n'
    )

    with venue("--speed", "stepped", "--accounts", accounts) as running:
        info = running.ask("/api/v3/exchangeInfo")
        account = running.signed("GET", "/api/v3/account", "omitZeroBalances=true")

    assert [("USDT", "12.50000000")] == [(e["asset"], e["free"]) for e in account["balances"]]
    assert 7 in [row["limit"] for row in info["rateLimits"]]


@pytest.mark.shared
@pytest.mark.skipif(not RECORDING.is_file(), reason=f"no {RECORDING} (REGIMEFLOW_SHARED)")
def test_a_recording_is_one_book_with_the_orders_of_its_users() -> None:
    async def work(client: Plain):
        running = client.venue
        await asyncio.to_thread(running.control, "market", "POST", {"step": 300})
        best = (await client.rest("GET", "/api/v3/ticker/bookTicker", symbol="BTCUSDT")).form
        placed = await client.order(quantity="0.01", price=best["bidPrice"])
        async with client.wire("/ws/btcusdt@depth@100ms") as wire:
            picture = (await client.rest("GET", "/api/v3/depth?symbol=BTCUSDT&limit=5000")).form
            mirror = Mirror(picture)
            for _ in range(10):
                await asyncio.to_thread(running.control, "market", "POST", {"step": 300})
            await asyncio.to_thread(running.control, "action", "POST", {"name": "tick"})
            after = (await client.rest("GET", "/api/v3/depth?symbol=BTCUSDT&limit=5000")).form
            while mirror.last < after["lastUpdateId"]:
                mirror.apply(await wire.hear())
        ask = {"symbol": "BTCUSDT", "orderId": placed.form["orderId"]}
        order = (await client.signed("GET", "/api/v3/order", **ask)).form
        trades = (await client.signed("GET", "/api/v3/myTrades", **ask)).form
        return mirror, after, order, trades

    with venue("--feed", RECORDING, "--speed", "stepped") as running:
        mirror, after, order, trades = talk(running, work)

    assert [dict(after["bids"]), dict(after["asks"])] == mirror.sides
    assert Decimal(order["executedQty"]) == sum(Decimal(each["qty"]) for each in trades)
    assert {order["price"]} >= {each["price"] for each in trades}
