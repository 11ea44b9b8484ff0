from __future__ import annotations

import sys
from pathlib import Path

import pytest

from regimeflow.apps.cli import commands as cli
from regimeflow.apps.cli.exits import Exit
from regimeflow.apps.cli.options import overrides_of
from regimeflow.types.errors import ConfigError, Fault, NetworkError


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "live.toml"
    path.write_text('broker_type = "paper"\nsymbols = ["BTCUSDT"]\n')
    return path


@pytest.fixture
def session(monkeypatch):
    """Stand in for the session: keep what it was asked, answer what it is told to."""

    class Asked:
        answer = Exit.OK
        error: BaseException | None = None

        def __call__(self, path, overrides, *, duration_s, as_json, debug):
            self.duration_s = duration_s
            self.path, self.overrides, self.as_json = path, dict(overrides), as_json
            if self.error is not None:
                raise self.error
            return self.answer

    asked = Asked()
    monkeypatch.setattr("regimeflow.apps.cli.run.run_session", asked)
    return asked


def test_version_names_the_package_and_the_python(capsys) -> None:
    assert Exit.OK == cli.main(["--version"])

    assert capsys.readouterr().out.startswith("regimeflow-live 0.")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["run", "-h"]])
def test_help_shows_examples_and_every_exit_code(arguments, capsys) -> None:
    assert Exit.OK == cli.main(arguments)

    text = capsys.readouterr().out
    assert "Examples:" in text
    for code in ("0", "1", "2", "3", "4", "70", "130", "141"):
        assert f" {code}  " in text


def test_no_command_is_wrong_usage_and_shows_the_help(capsys) -> None:
    assert Exit.USAGE == cli.main([])

    assert "Usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "CONFIG", "--sped", "2"], "--speed"),
        (["run", "CONFIG", "--speed", "0"], "'0' is no speed; expected a number above 0, or max"),
        (["run", "CONFIG", "--speed", "nan"], "'nan' is no speed"),
        (["run", "CONFIG", "--duration", "0"], "--duration"),
        (["run", "CONFIG", "--feed", "no-such-file.gz"], "no-such-file.gz"),
        (["run", "no-such-file.toml"], "no-such-file.toml"),
        (["run"], "CONFIG"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_wrong_usage_is_one_line_that_names_it(arguments, says, config, session, capsys) -> None:
    given = [str(config) if word == "CONFIG" else word for word in arguments]

    assert Exit.USAGE == cli.main(given)

    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
    assert line.startswith("regimeflow-live")


def test_options_stand_in_for_the_file(config, session, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.gz").touch()
    (tmp_path / "b.gz").touch()
    repeated = ["--symbol", "X", "--symbol", "Y", "--feed", "a.gz", "--feed", "b.gz"]
    options = [*repeated, *"--speed max --duration 5 --seed 7 --dry-run --json".split()]

    assert Exit.OK == cli.main(["run", str(config), *options])

    assert {
        "symbols": ["X", "Y"],
        "broker.feed": [str(tmp_path / "a.gz"), str(tmp_path / "b.gz")],
        "broker.speed": "max",
        "broker.seed": 7,
        "dry_run": True,
    } == session.overrides
    assert session.as_json
    assert 5.0 == session.duration_s


def test_options_that_are_not_given_change_nothing() -> None:
    assert {} == overrides_of()


def test_a_speed_is_a_number(config, session) -> None:
    cli.main(["run", str(config), "--speed", "2.5"])

    assert {"broker.speed": 2.5} == session.overrides


def test_the_exit_code_is_the_sessions_own(config, session) -> None:
    session.answer = Exit.STRATEGY

    assert Exit.STRATEGY == cli.main(["run", str(config)])


def test_five_faults_are_five_lines(config, session, capsys) -> None:
    session.error = ConfigError([Fault(f"risk.rule_{n}", "is\nwrong") for n in range(5)])

    assert Exit.CONFIG == cli.main(["run", str(config)])

    expected = [f"{config}: risk.rule_{n}: is wrong" for n in range(5)]
    assert expected == capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NetworkError("no route", venue="paper"), (1, "NetworkError: paper: no route")),
        (PermissionError(13, "Permission denied", "f.gz"), (1, "Permission denied: 'f.gz'")),
        (ZeroDivisionError("oops"), (70, "internal error: ZeroDivisionError: oops")),
    ],
)
def test_an_error_is_one_line_without_a_traceback(error, expected, config, session, capsys) -> None:
    session.error = error
    code, line = expected

    assert code == cli.main(["run", str(config)])

    (said,) = capsys.readouterr().err.splitlines()
    assert line in said


def test_debug_shows_the_traceback(config, session, capsys) -> None:
    session.error = ZeroDivisionError("oops")

    assert Exit.INTERNAL == cli.main(["run", str(config), "--debug"])

    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_before_the_session_is_quiet(config, session, capsys) -> None:
    session.error = KeyboardInterrupt()

    assert 130 == cli.main(["run", str(config)])

    assert "" == capsys.readouterr().err.strip()


def test_both_names_of_the_command_lead_here() -> None:
    from importlib.metadata import entry_points

    found = {
        point.name: point.value
        for point in entry_points(group="console_scripts")
        if point.value.startswith("regimeflow")
    }

    assert {
        "regimeflow-live": "regimeflow.apps.cli.__main__:main",
        "regimeflow_live": "regimeflow.apps.cli.__main__:main",
    } == found


def test_the_arguments_are_the_process_own_by_default(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["regimeflow-live", "--version"])

    assert Exit.OK == cli.main()
