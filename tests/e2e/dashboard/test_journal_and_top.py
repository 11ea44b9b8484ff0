"""A session looked at from another process: from its journal, or from its dashboard."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from regimeflow.apps.server.attach import Watching
from regimeflow.apps.server.journal_source import JournalSource
from regimeflow.live import LiveConfig, LiveTradingEngine
from tests.support.dashboards import OPERATOR, READER, Client, a_dashboard, a_watched_config, until

COMMAND = [sys.executable, "-m", "regimeflow.apps.cli"]
CONFIG = """
broker_type = "paper"
symbols = ["BTCUSDT"]

[broker]
speed = "max"
duration_s = 10

[strategy]
name = "moving_average_cross"
params = {{ fast = 3, slow = 10, sample_s = 0.1, quantity = "0.01" }}

[journal]
enabled = "yes"
folder = "{folder}"

[dashboard]
port = {port}
"""


def a_file(folder: Path, port: int = 1) -> Path:
    path = folder / "live.toml"
    path.write_text(CONFIG.format(folder=folder / "journal", port=port))
    return path


@pytest.fixture
def played(tmp_path) -> Path:
    """The file of a session that has been played to its end."""
    path = a_file(tmp_path)
    run("run", path)
    return path


def run(*arguments: object) -> str:
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def test_a_journal_shows_what_the_session_had_at_its_end(tmp_path):
    config = LiveConfig.from_file(a_file(tmp_path)).frozen()
    engine = LiveTradingEngine(config)
    engine.start()
    until(lambda: not engine.is_running(), "the feed did not end")
    expected, summary = engine.get_dashboard_snapshot(), engine.summary()

    source = JournalSource(str(tmp_path / "journal"), ["BTCUSDT"])
    found = source.get_dashboard_snapshot()

    assert expected.positions == found.positions
    assert expected.status.equity == found.status.equity
    assert expected.recent_trades == found.recent_trades
    assert expected.quotes == found.quotes
    assert (summary.fills, summary.net_pnl) == (source.summary().fills, source.summary().net_pnl)
    assert not found.status.connected


def test_a_journal_is_followed_while_it_grows(tmp_path):
    path = a_file(tmp_path)
    run("run", path, "--duration", "5")
    source = JournalSource(str(tmp_path / "journal"), ["BTCUSDT"])
    before = source.get_dashboard_snapshot()

    run("run", path)

    after = source.get_dashboard_snapshot()
    assert before.ts_ns < after.ts_ns
    assert before.recent_trades != after.recent_trades


def test_the_page_of_a_journal_has_no_buttons(tmp_path, played, monkeypatch):
    monkeypatch.setenv("RF_OPERATOR", OPERATOR)
    monkeypatch.setenv("RF_READER", READER)
    source = JournalSource(str(tmp_path / "journal"))
    with a_dashboard(source, a_watched_config(metrics={})) as watching:
        client = Client(watching.ports["dashboard"], OPERATOR)
        until(lambda: watching.board.part("totals") is not None, "no picture was taken")

        said = client.json("/api/snapshot")
        status, refused = client.press("/api/kill", {"confirm": "KILL"})

        assert ("journal", 9) == (said["session"]["mode"], said["totals"]["fills"])
        assert any("feed" in text or "ending" in text for _, _, text in said["events"])
        assert {"role": "operator", "may_press": False} == client.json("/api/role")
        assert (409, True) == (status, "there is no engine here" in refused["error"])


def test_top_shows_an_ended_session_from_its_journal(played):
    said = run("top", played)
    values = json.loads(run("top", played, "--json"))

    for part in ("BTCUSDT", "fills 9", "positions", "moving_average_cross", "orders: none"):
        assert part in said
    assert ("journal", 9) == (values["link"]["state"], values["totals"]["fills"])


def test_top_shows_a_running_session_from_its_dashboard(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    config = LiveConfig.from_dict(
        {
            "broker_type": "paper",
            "symbols": ["BTCUSDT"],
            "dashboard": {"enabled": True, "port": 0},
        }
    ).frozen()
    with LiveTradingEngine(config) as engine:
        watching = Watching(engine, config)
        watching.start()
        until(lambda: watching.board.part("totals") is not None, "no picture was taken")

        values = json.loads(run("top", a_file(tmp_path, watching.ports["dashboard"]), "--json"))

        watching.stop()
    assert ("running", "engine") == (values["link"]["state"], values["session"]["mode"])


def test_top_without_a_session_says_what_it_looked_for(tmp_path):
    done = subprocess.run(
        [*COMMAND, "top", str(a_file(tmp_path))], capture_output=True, text=True, check=False
    )

    assert 1 == done.returncode
    assert "no session serves a dashboard at 127.0.0.1 port 1, and there is no journal" in (
        done.stderr
    )


def test_the_dashboard_of_a_journal_is_served_until_it_is_told_to_stop(played):
    serving = subprocess.Popen(
        [*COMMAND, "dashboard", str(played), "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    try:
        line = serving.stderr.readline()
        token = Path(line.partition("its token is in ")[2].rstrip(")\n"))
        client = Client(int(line.split(":")[3].split("/")[0]), token.read_text().strip())
        until(lambda: "totals" in client.json("/api/snapshot"), "no picture was taken")
        serving.send_signal(signal.SIGINT)
        assert 0 == serving.wait(30)
        assert "" == serving.stderr.read()
        assert not token.exists()
    finally:
        serving.kill()
        serving.stderr.close()
        serving.wait()


def test_a_session_serves_its_dashboard_and_shows_no_token_to_a_pipe(tmp_path):
    path = a_file(tmp_path)
    done = subprocess.run(
        [*COMMAND, "run", str(path), "--dashboard-port", "0", "--duration", "2"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "dashboard: http://127.0.0.1:" in done.stderr
    assert "token=" not in done.stderr + done.stdout


@contextmanager
def a_port_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def test_a_port_that_is_taken_is_one_line_and_nothing_trades(tmp_path):
    with a_port_taken() as port:
        done = subprocess.run(
            [*COMMAND, "run", str(a_file(tmp_path)), "--dashboard-port", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )

    assert (1, "") == (done.returncode, done.stdout)
    assert 1 == done.stderr.count("\n")
    assert f"dashboard.port: cannot listen at 127.0.0.1 port {port}" in done.stderr
    assert not (tmp_path / "journal").exists()
