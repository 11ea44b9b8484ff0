"""The command as a user gives it, in a process of its own."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.recording import a_small_market

COMMAND = [sys.executable, "-m", "regimeflow.apps.cli"]
TIMEOUT_S = 60

QUICK = """
broker_type = "paper"
symbols = ["BTCUSDT"]

[broker]
seed = 3

[strategy]
name = "trader:Trader"
"""

TRADER = """
from regimeflow.live import Order, OrderSide, OrderType, Strategy


class Trader(Strategy):
    \"\"\"Buys and sells a little at every tenth quote.\"\"\"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.count = 0

    def on_quote(self, quote):
        self.count += 1
        if self.count % 10 == 0:
            side = OrderSide.BUY if self.count % 20 else OrderSide.SELL
            self.ctx.submit_order(Order(quote.symbol, side, OrderType.MARKET, "0.01"))
"""

BOOM = """
from regimeflow.live import Strategy


class Trader(Strategy):
    def on_quote(self, quote):
        raise ZeroDivisionError("boom")
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "trader.py").write_text(TRADER)
    path = tmp_path / "live.toml"
    path.write_text(QUICK)
    return path


def run(*arguments: str | Path, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
        env={**os.environ, **changes},
    )


def test_a_session_runs_to_its_end_and_sums_up(config: Path) -> None:
    done = run("run", config, "--duration", "20", "--speed", "max")

    assert (0, "") == (done.returncode, done.stderr)
    labels = {line.split()[1] for line in done.stdout.split("summary")[0].splitlines()}
    assert {"connect", "order", "fill", "feed", "disconnect"} <= labels
    assert "ended        feed end" in done.stdout
    assert "\x1b" not in done.stdout


def test_json_is_one_object_a_line_and_the_summary_last(config: Path) -> None:
    done = run("run", config, "--duration", "20", "--speed", "max", "--json")

    said = [json.loads(line) for line in done.stdout.splitlines()]
    fills = [one for one in said if one["kind"] == "fill"]
    assert "summary" == said[-1]["kind"]
    assert 0 < said[-1]["fills"] == len(fills)


def test_one_seed_gives_the_same_fills_and_profit_at_any_speed(config: Path) -> None:
    kept = []
    for speed in ("max", "50"):
        done = run("run", config, "--duration", "10", "--speed", speed, "--json")
        said = [json.loads(line) for line in done.stdout.splitlines()]
        timed = {"wall_s", "latency_ns", "messages_per_s"}
        said[-1] = {key: value for key, value in said[-1].items() if key not in timed}
        kept.append([one for one in said if one["kind"] in {"order", "fill", "summary"}])

    assert kept[0] == kept[1]
    assert any(one["kind"] == "fill" for one in kept[0])


def test_another_seed_gives_another_market(config: Path) -> None:
    outputs = {
        run("run", config, "--duration", "5", "--speed", "max", "--seed", seed).stdout.split(
            "summary"
        )[0]
        for seed in ("1", "2")
    }

    assert 2 == len(outputs)


def test_a_dry_run_sends_nothing(config: Path) -> None:
    done = run("run", config, "--duration", "20", "--speed", "max", "--dry-run", "--json")

    assert 0 == done.returncode
    assert 0 == json.loads(done.stdout.splitlines()[-1])["fills"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_the_middle_is_a_clean_stop(config: Path, number: int, code: int) -> None:
    with subprocess.Popen(
        [*COMMAND, "run", str(config)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while " connect " not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(number)
        rest, errors = process.communicate(timeout=TIMEOUT_S)

    assert code == process.returncode
    assert "summary" in rest
    assert "ended        stopped" in rest
    assert "" == errors
    assert "Traceback" not in rest


def test_five_faults_are_five_lines(config: Path) -> None:
    config.write_text(
        'broker_type = "papr"\nsymbls = ["X"]\nsymbols = ["BTCUSDT"]\n'
        '[risk]\nmax_order_qty = -1\n[heartbeat]\nstale_after_s = "soon"\n'
        "[reconnect]\nfactor = true\n"
    )

    for command in ("run", "check"):
        done = run(command, config)

        assert 3 == done.returncode
        assert "" == done.stdout
        assert 5 == len(done.stderr.splitlines())
        assert all(line.startswith(f"{config}: ") for line in done.stderr.splitlines())


@pytest.mark.parametrize(
    "text",
    ["symbols = [", "\x00\x01", "[[[", 'symbols = "' + "x" * 100_000, "- a\n- b\n"],
    ids=["torn", "binary", "brackets", "huge", "list"],
)
def test_a_file_that_is_no_configuration_is_one_line(config: Path, text: str) -> None:
    config.write_text(text)

    done = run("check", config)

    assert 3 == done.returncode
    assert 1 == len(done.stderr.splitlines())
    assert len(done.stderr) < 1_000


@pytest.mark.parametrize(
    "arguments",
    [["run", "CONFIG", "--no-such-option"], ["run", "nowhere.toml"], ["check"], ["nothing"]],
    ids=["option", "file", "argument", "command"],
)
def test_wrong_usage_is_one_line(config: Path, arguments: list[str]) -> None:
    done = run(*(config if word == "CONFIG" else word for word in arguments))

    assert 2 == done.returncode
    assert 1 == len(done.stderr.splitlines())


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    done = run("run", tmp_path)

    assert 2 == done.returncode
    assert 1 == len(done.stderr.splitlines())


def test_a_strategy_that_is_not_there_is_one_line(config: Path) -> None:
    (config.parent / "trader.py").unlink()

    done = run("run", config)

    assert 3 == done.returncode
    assert 1 == len(done.stderr.splitlines())
    assert "trader" in done.stderr


def test_a_strategy_that_raises_is_shown_and_the_session_lives_on(config: Path) -> None:
    (config.parent / "trader.py").write_text(BOOM)

    done = run("run", config, "--duration", "20", "--speed", "max")

    assert 4 == done.returncode
    assert 1 == done.stdout.count("Traceback (most recent call last)")
    assert "ZeroDivisionError: boom" in done.stdout
    assert "trading      HALTED" in done.stdout


def test_a_reader_that_leaves_ends_the_session_quietly(config: Path) -> None:
    line = f"{' '.join(COMMAND)} run {config} --speed max | head -2; exit ${{PIPESTATUS[0]}}"

    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, timeout=TIMEOUT_S
    )

    assert (141, "") == (done.returncode, done.stderr)
    assert 2 == len(done.stdout.splitlines())


def test_a_check_that_nobody_reads_is_quiet(config: Path) -> None:
    line = f"{' '.join(COMMAND)} check {config} | true; exit 0"

    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, timeout=TIMEOUT_S
    )

    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_closed_output_is_no_error(config: Path) -> None:
    line = f"{' '.join(COMMAND)} run {config} --duration 1 --speed max >&-"

    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, timeout=TIMEOUT_S
    )

    assert (0, "") == (done.returncode, done.stderr)


def on_a_terminal(config: Path, **changes: str) -> tuple[int, str]:
    """Run on a pseudo-terminal; return the exit code and all that was shown."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "run", str(config), "--duration", "20", "--speed", "max"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", **changes},
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65_536):
                shown += chunk
        except OSError:
            pass  # EIO: the other side has closed it, the session is over
        process.wait(TIMEOUT_S)
    os.close(ours)
    return process.returncode, shown.decode()


def test_a_terminal_gets_colours_and_a_status_line(config: Path) -> None:
    code, shown = on_a_terminal(config)

    assert 0 == code
    assert "\x1b[1;36mfill" in shown
    assert "ACTIVE" in shown
    assert "\x1b[?25h" in shown  # the cursor is given back


def test_no_color_takes_the_colours_away(config: Path) -> None:
    code, shown = on_a_terminal(config, NO_COLOR="1")

    assert 0 == code
    assert "36m" not in shown


def test_check_hides_secrets_and_its_output_is_a_configuration(config: Path) -> None:
    done = run("check", config)
    again = config.parent / "again.toml"
    again.write_text(done.stdout)

    assert 0 == done.returncode
    assert done.stdout == run("check", again).stdout


def test_a_strategy_that_leaves_by_sys_exit_ends_the_session_with_its_code(config: Path) -> None:
    (config.parent / "trader.py").write_text(
        BOOM.replace('raise ZeroDivisionError("boom")', "raise SystemExit(7)")
    )

    done = run("run", config, "--duration", "5", "--speed", "max")

    assert (7, "") == (done.returncode, done.stderr)
    assert "raised SystemExit" in done.stdout
    assert "summary" in done.stdout


def test_a_torn_recording_is_played_and_the_summary_says_where_it_ends(config: Path) -> None:
    recording = a_small_market()
    for number in range(2_000):
        recording.trade("100.00", f"0.{number:04}1", aggressor="sell", trade_id=2 + number)
    feed = recording.write(config.parent / "torn.gz")
    whole = feed.read_bytes()
    feed.write_bytes(whole[: len(whole) // 2])

    done = run("run", config, "--feed", feed, "--speed", "max")

    assert (0, "") == (done.returncode, done.stderr)
    summary = done.stdout.split("summary\n")[1]
    assert re.search(r"bad lines +1\n +torn\.gz:\d+: the file is torn here", summary)
