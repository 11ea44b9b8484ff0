"""Secrets that are planted in a session are in nothing that it writes, however it ends."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.test_validate import moving
from tests.support.binance_venue import RunningVenue, accounts

PLANTED = {
    "RF_PLANTED_KEY": "planted+key/5f0d1b0c",
    "RF_PLANTED_SECRET": "planted+secret/9a37c1e2",
    "RF_PLANTED_TOKEN": "planted+token/41f2c8d07b6e4a55-0123456789abcdef",
    "RF_PLANTED_HOOK": "http://127.0.0.1:9/planted+hook/77aa",
}
STRATEGY = """
from regimeflow.live import Order, OrderSide, OrderType, Strategy


class Trader(Strategy):
    sent = 0

    def on_quote(self, quote):
        self.sent += 1
        if self.sent == 1:
            self.ctx.submit_order(Order("BTCUSDT", OrderSide.BUY, OrderType.MARKET, "0.001"))

    def on_fill(self, trade):
        self.ctx.log.warning("filled")
        if self.ctx.params.get("raises"):
            raise RuntimeError("the strategy has had enough")
"""
SESSION = [sys.executable, "-X", "faulthandler", "-m", "regimeflow.apps.cli"]
PATIENCE_S = 60


@pytest.fixture
def venue() -> Iterator[RunningVenue]:
    ours, *others = accounts()
    ours = replace(ours, key=PLANTED["RF_PLANTED_KEY"], secret=PLANTED["RF_PLANTED_SECRET"])
    with RunningVenue([ours, *others]) as running:
        running.quote()
        running.trade()
        with moving(lambda _: running.order("BUY", "0.0001", "59999")):
            yield running


def file_for(url: str, folder: Path, *, raises: bool = False) -> str:
    (folder / "mine.py").write_text(STRATEGY)
    path = folder / "live.toml"
    path.write_text(f"""
broker_type = "binance"
symbols = ["BTCUSDT"]
[broker]
environment = "local"
base_url = "{url}"
api_key = "env:RF_PLANTED_KEY"
secret_key = "env:RF_PLANTED_SECRET"
[strategy]
name = "mine:Trader"
params = {{ raises = {str(raises).lower()} }}
[dashboard]
enabled = true
port = 0
token = "env:RF_PLANTED_TOKEN"
[metrics]
enabled = true
port = 0
[alerts]
webhook = "env:RF_PLANTED_HOOK"
""")
    return str(path)


class Run:
    """One process of the command, whose output goes to files beside its journal."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.output = folder / "stdout"
        runtime = folder / "run"  # where a token of a session's own would be; ours is given
        runtime.mkdir(exist_ok=True)
        env = {**os.environ, **PLANTED, "XDG_RUNTIME_DIR": str(runtime), "PYTHONUNBUFFERED": "1"}
        with self.output.open("ab") as out, (folder / "stderr").open("ab") as err:
            self.process = subprocess.Popen([*SESSION, *arguments], stdout=out, stderr=err, env=env)

    def wait_for(self, word: bytes) -> None:
        """Wait until a word is in the output."""
        pause = threading.Event()
        for _ in range(PATIENCE_S * 50):
            if word in self.output.read_bytes():
                return
            assert self.process.poll() is None, self.output.read_bytes()
            pause.wait(0.02)
        pytest.fail(f"{word!r} was never said")

    def end(self, number: signal.Signals | None = None) -> int:
        """Send a signal, and wait."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def found_in(folder: Path) -> list[str]:
    """Return which planted secret stands in which file, in any spelling."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_size == 0:
            continue
        data = path.read_bytes()
        for name, secret in PLANTED.items():
            forms = {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}
            if any(form.encode() in data for form in forms):
                found.append(f"{name} in {path.name}")
    return found


def test_the_search_finds_what_is_there(tmp_path) -> None:
    (tmp_path / "a").write_text("x" + quote(PLANTED["RF_PLANTED_KEY"], safe=""))
    (tmp_path / "b").write_bytes(base64.b64encode(PLANTED["RF_PLANTED_SECRET"].encode()))

    assert ["RF_PLANTED_KEY in a", "RF_PLANTED_SECRET in b"] == found_in(tmp_path)


def test_a_session_that_trades_and_fails_tells_none(venue, tmp_path) -> None:
    run = Run(tmp_path, "run", file_for(venue.http, tmp_path, raises=True), "--debug")
    run.wait_for(b"had enough")
    venue.act("revoke_key", key=PLANTED["RF_PLANTED_KEY"])
    venue.act("disconnect")
    run.wait_for(b"reconnect")

    code = run.end(signal.SIGTERM)

    assert 143 == code
    assert list(tmp_path.rglob("journal-*.rfj"))
    assert list(tmp_path.rglob("audit-*.jsonl"))
    assert b"Traceback" in (tmp_path / "stdout").read_bytes()
    assert [] == found_in(tmp_path)


def test_a_session_that_crashes_tells_none(venue, tmp_path) -> None:
    run = Run(tmp_path, "run", file_for(venue.http, tmp_path), "--debug", "--json")
    run.wait_for(b'"fill"')

    code = run.end(signal.SIGABRT)

    assert -signal.SIGABRT == code
    assert b"Fatal Python error: Aborted" in (tmp_path / "stderr").read_bytes()
    assert [] == found_in(tmp_path)


def test_commands_that_fail_tell_none(venue, tmp_path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    dead = file_for("http://127.0.0.1:1", bad)
    live = file_for(venue.http, good)

    codes = [Run(bad, name, dead, "--debug").end() for name in ("run", "validate")]
    traced = b"Traceback" in (bad / "stderr").read_bytes()
    codes.append(Run(good, "validate", live, "--debug").end())

    assert [1, 1, 0] == codes
    assert traced
    assert [] == found_in(tmp_path)
