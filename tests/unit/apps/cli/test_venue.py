"""``regimeflow-live venue``: what it says without a venue being run."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from regimeflow.apps.cli.commands import main


def test_help_lists_the_venues_and_each_ones_its_options(capsys: pytest.CaptureFixture[str]):
    assert 0 == main(["venue", "--help"])
    assert "binance  Binance Spot" in capsys.readouterr().out

    assert 0 == main(["venue", "binance", "--help"])
    said = capsys.readouterr().out
    for option in ("--port", "--feed", "--speed", "--faults", "--accounts", "--seed", "--symbol"):
        assert option in said


@pytest.mark.parametrize(
    ("venue", "own"),
    [("alpaca", "BTC/USD"), ("binance", "public_key_file"), ("ib", "master_client_id")],
)
def test_each_venue_has_examples_and_files_of_its_own(
    venue: str, own: str, capsys: pytest.CaptureFixture[str]
):
    assert 0 == main(["venue", venue, "--help"])

    said = capsys.readouterr().out
    assert own in said
    assert f"regimeflow-live venue {venue} " in said
    for other in {"alpaca", "binance", "ib"} - {venue}:
        assert f"regimeflow-live venue {other}" not in said
    assert ("secret" in said) is (venue != "ib")


def test_the_faults_of_a_venue_are_listed(capsys: pytest.CaptureFixture[str]):
    assert 0 == main(["venue", "binance", "--list-faults"])

    assert "answer_lost: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (["--speed", "fast"], 2, "'fast' is no speed"),
        (["--feed", "nowhere.gz"], 2, "nowhere.gz"),
        (["--faults", "{wrong}"], 3, "there is no fault 'nothing'; there are: "),
        (["--accounts", "{wrong}"], 3, "expected tables [[account]] and nothing else"),
        (["--port", "{taken}"], 1, "address already in use"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_exit_code(
    options: list[str], code: int, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[[fault]]\nname = "nothing"\n')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        given = [each.format(wrong=wrong, taken=port) for each in options]

        assert code == main(["venue", "binance", *given])

    (line,) = capsys.readouterr().err.splitlines()
    assert text in line
