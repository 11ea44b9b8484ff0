"""The examples against local venues: three processes, as a user has them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "regimeflow.apps.cli"]
WAIT_S = 60

pytestmark = pytest.mark.slow


class Process:
    """One command, read line by line."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=cwd,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def until(self, text: str, times: int = 1) -> str:
        """Read on until a line has a text, so many times; return the last."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)
            times -= text in line
            if not times:
                return line
        raise AssertionError(f"no {text!r} in\n{''.join(self.lines[-40:])}")

    def end(self, number: signal.Signals) -> int:
        """Send a signal, read to the end, return the exit code."""
        self._process.send_signal(number)
        rest, _ = self._process.communicate(timeout=WAIT_S)
        self.lines.extend((rest or "").splitlines(keepends=True))
        return self._process.returncode

    @property
    def text(self) -> str:
        return "".join(self.lines)


VENUES = {
    "binance": (":8181", "connected to binance-local: BTCUSDT"),
    "alpaca": (":8182", "connected to alpaca-local: AAPL"),
    "ib": ("port = 7497", "connected to ib-local: AAPL"),
}


@pytest.fixture(params=list(VENUES))
def name(request: pytest.FixtureRequest) -> str:
    """A venue with an example."""
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path, name: str) -> Iterator[Path]:
    """A folder with the example, and a venue of its own beside it."""
    venue = Process("venue", name, "--port", "0", "--seed", "3", cwd=tmp_path)
    try:
        port = venue.until("listening on").rpartition(":")[2].strip()
        shutil.copy(ROOT / "examples" / "binance_paper.py", tmp_path)
        text = (ROOT / "examples" / f"{name}_paper.toml").read_text()
        usual = VENUES[name][0]
        assert usual in text
        here = usual.rstrip("0123456789") + port
        (tmp_path / "live.toml").write_text(text.replace(usual, here))
        yield tmp_path
    finally:
        venue.end(signal.SIGTERM)


def books(folder: Path, *, code: int = 0) -> str:
    """What we believe, beside what the venue says."""
    done = subprocess.run(
        [*COMMAND, "books", "live.toml", "--against-broker"],
        cwd=folder,
        text=True,
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_it_connects_trades_ends_cleanly_and_agrees_with_the_venue(folder, name):
    run = Process("run", "live.toml", cwd=folder)
    run.until(" fill ", times=2)

    code = run.end(signal.SIGINT)

    assert 128 + signal.SIGINT == code
    assert VENUES[name][1] in run.text
    assert f"disconnected from {name}-local" in run.text
    assert "trading      ACTIVE" in run.text
    assert "broker     agrees" in books(folder)


def test_books_that_differ_from_the_venues_are_shown_with_both_sides(folder, name):
    run = Process("run", "live.toml", cwd=folder)
    run.until(" fill ", times=1)
    run.end(signal.SIGINT)
    another = Process("venue", name, "--port", "0", "--seed", "3", cwd=folder)
    try:
        port = another.until("listening on").rpartition(":")[2].strip()
        config = folder / "live.toml"
        usual = VENUES[name][0].rstrip("0123456789")
        config.write_text(re.sub(usual + r"\d+", usual + port, config.read_text()))

        found = books(folder, code=1)
    finally:
        another.end(signal.SIGTERM)

    assert "broker     differs" in found
    assert "; theirs " in found


def test_a_killed_session_is_taken_up_over_the_wire(folder):
    first = Process("run", "live.toml", cwd=folder)
    first.until(" fill ", times=2)
    first.until("order      NEW")
    first.end(signal.SIGKILL)

    second = Process("run", "live.toml", cwd=folder)
    second.until("connected to ")
    second.until(" fill ", times=1)
    second.end(signal.SIGTERM)

    assert "of 1 sessions before" in second.text
    assert "differ" not in second.text
    found = books(folder)
    assert "broker     agrees" in found
    assert " 0 with unknown outcome" in found
