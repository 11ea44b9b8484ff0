"""``regimeflow-live tail`` and ``export``."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from regimeflow.apps.cli.commands import main as cli
from regimeflow.apps.cli.tail import instant_of
from tests.support.engines import Run, a_config


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("queue") / "j"
    journal = {"enabled": "yes", "folder": str(folder), "segment_mb": 1}
    run = Run(a_config("TradesAll", journal=journal, queue={"origin": "desk-a"}))
    asyncio.run(run.engine.run())
    return folder


def test_tail_prints_the_messages_of_a_topic(folder, capsys):
    code = cli(["tail", str(folder), "--no-follow", "--topic", "execution_report", "--json"])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert 0 == code
    assert lines
    assert {("desk-a", "ExecutionReport")} == {(each["origin"], each["kind"]) for each in lines}
    assert sorted(each["seq"] for each in lines) == [each["seq"] for each in lines]


def test_tail_stops_when_it_has_enough(folder, capsys):
    assert 0 == cli(["tail", str(folder), "--from", "0", "--limit", "3"])

    assert 3 == len(capsys.readouterr().out.splitlines())


def test_tail_can_begin_at_a_time(folder, capsys):
    cli(["tail", str(folder), "--no-follow", "--json", "--topic", "market_data"])
    every = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    middle = every[len(every) // 2]["ts_recv_ns"]

    cli(
        [
            "tail",
            str(folder),
            "--no-follow",
            "--json",
            "--topic",
            "market_data",
            "--from",
            str(middle),
        ]
    )
    later = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [each for each in every if each["ts_recv_ns"] >= middle] == later


def test_a_time_may_be_written_as_people_do():
    assert 1_735_689_600_000_000_000 == instant_of("2025-01-01T00:00:00")
    assert instant_of("2025-01-01T01:00:00+01:00") == instant_of("2025-01-01")


def test_export_writes_a_journal_as_the_journals_own_command_does(folder, tmp_path):
    assert 0 == cli(["export", str(folder), str(tmp_path / "a.jsonl")])
    assert 0 == cli(["journal", "export", str(folder), str(tmp_path / "b.jsonl")])

    assert (tmp_path / "b.jsonl").read_text() == (tmp_path / "a.jsonl").read_text()


def test_the_example_follows_a_journal_and_tells_each_message_once(folder):
    example = Path(__file__).parents[2] / "examples" / "follow_journal.py"
    said = [
        subprocess.run(
            [sys.executable, str(example), str(folder)], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for _ in range(2)
    ]

    assert [True, False] == [any(line.startswith("desk-a ") for line in each) for each in said]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (["tail", "nowhere"], "expected a folder, a configuration, or an address"),
        (["tail", "amqp://x"], "expected redis://"),
        (["tail", "{folder}", "--topic", "quotes"], "expected one of market_data"),
        (["tail", "{folder}", "--from", "yesterday"], "expected a time"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(folder, capsys, given, text):
    code = cli([each.format(folder=folder) for each in given])

    assert code in (1, 2)
    assert text in capsys.readouterr().err
