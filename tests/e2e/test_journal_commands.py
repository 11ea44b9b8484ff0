"""What a user gets of a journal on the command line, whatever state the journal is in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from regimeflow.apps.cli.commands import main as cli
from tests.support.journal import patch, segment_file
from tests.support.journalled import (
    BUY,
    a_journal_with_a_fill,
    a_journalled_run,
    a_newer_format,
    contents,
    play,
)
from tests.support.keeping import KeepingVenue, until

CONFIG = """
broker_type = "paper"
symbols = ["BTCUSDT"]
[broker]
speed = "max"
duration_s = 2
[[strategy]]
name = "buy_and_hold"
[journal]
enabled = "yes"
folder = "j"
segment_mb = 1
"""
READERS = [
    ["books"],
    ["journal", "show"],
    ["journal", "verify"],
    ["journal", "show", "--kind", "Command"],
]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "j"
    a_journal_with_a_fill(folder)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "j")


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, list[str]]:
    capsys.readouterr()
    code = cli(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err.splitlines()


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_reading_a_journal_changes_nothing_in_its_folder(
    folder: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(folder)

    code, out, err = told(capsys, *command, str(folder))

    assert (0, []) == (code, err)
    assert out
    assert before == contents(folder)


@pytest.mark.parametrize("command", [*READERS, ["replay"]], ids=" ".join)
def test_a_folder_without_a_journal_is_one_line(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "something.txt").write_text("else")

    code, out, err = told(capsys, *command, str(tmp_path))

    assert (1, "") == (code, out)
    (line,) = err
    assert f"no journal in {tmp_path}" in line
    assert "expected files journal-<16 digits>.rfj, found 1 other files" in line


@pytest.mark.parametrize("command", [*READERS, ["replay"]], ids=" ".join)
def test_a_configuration_names_its_journal_and_its_faults(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "live.toml"
    config.write_text(CONFIG)

    code, _, err = told(capsys, *command, str(config))
    assert 1 == code
    assert ["no session has run yet"] == [line.split("; ")[-1] for line in err]

    config.write_text(CONFIG.replace('enabled = "yes"', 'enabled = "no"'))
    code, _, err = told(capsys, *command, str(config))
    assert 1 == code
    assert 'set journal.enabled = "yes"' in err[0]

    config.write_text(CONFIG + "colour = 1\nsize = 2\n")
    code, _, err = told(capsys, *command, str(config))
    assert 3 == code
    assert [True, True] == [line.startswith(f"{config}: journal.") for line in err]

    config.write_text(CONFIG)
    assert 0 == told(capsys, "run", str(config))[0]
    assert 0 == told(capsys, *command, str(config))[0]


def test_sessions_on_a_played_market_begin_with_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "live.toml"
    config.write_text(CONFIG)
    told_of = []
    for _ in range(2):
        assert 0 == told(capsys, "run", str(config))[0]
        told_of.append(json.loads(told(capsys, "books", str(config), "--json")[1]))
    for snapshot in (tmp_path / "j").glob("snapshot-*"):
        snapshot.unlink()
    told_of.append(json.loads(told(capsys, "books", str(config), "--json")[1]))

    first, second, from_frames = told_of
    assert [1, 2, 2] == [books["sessions"] for books in told_of]
    assert 1 == first["fill_count"] == len(first["fills"])
    for name in ("orders", "positions", "cash", "fills", "venue"):
        assert first[name] == second[name] == from_frames[name]


def test_books_after_a_clean_end_still_show_the_fills_and_the_venue(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_snapshot = json.loads(told(capsys, "books", str(folder), "--json")[1])
    for snapshot in folder.glob("snapshot-*"):
        snapshot.unlink()
    without = json.loads(told(capsys, "books", str(folder), "--json")[1])

    assert "remote" == with_snapshot["venue"]
    assert ["E1"] == [fill["exec_id"] for fill in with_snapshot["fills"]]
    for name in ("orders", "fills", "positions", "cash", "sessions", "venue", "commissions"):
        assert without[name] == with_snapshot[name]


def test_bytes_flipped_in_the_middle_are_told_and_passed_over(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for snapshot in folder.glob("snapshot-*"):
        snapshot.unlink()
    patch(segment_file(folder), 6_000, b"\xff" * 4)

    for command in READERS:
        code, out, err = told(capsys, *command, str(folder))

        assert (0 if command == ["books"] else 1) == code
        assert out
        assert ["segment 1 byte"] == [line.removeprefix(f"{folder}: ")[:14] for line in err]
        assert "damaged; reading goes on behind it" in err[0]


def test_a_damaged_snapshot_is_told_and_the_frames_serve(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (snapshot,) = folder.glob("snapshot-*")
    patch(snapshot, 100, b"\0\0\0\0")

    code, out, err = told(capsys, "books", str(folder), "--json")
    assert 0 == code
    assert ["E1"] == [fill["exec_id"] for fill in json.loads(out)["fills"]]
    assert [True] == ["a snapshot is of no use" in line for line in err]

    code, _, err = told(capsys, "journal", "verify", str(folder))
    assert 1 == code
    assert f"a snapshot is damaged: {snapshot.name}" in err[0]


def test_a_journal_whose_beginning_is_lost_says_so(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(written, tmp_path / "j")
    play(a_journalled_run(KeepingVenue(), folder), _nothing)
    for path in (*folder.glob("snapshot-*"), segment_file(folder)):
        path.unlink()

    code, _, err = told(capsys, "books", str(folder))

    assert 0 == code
    assert "the books begin in the middle" in err[0]


def test_a_snapshot_whose_segment_is_gone_serves_nobody(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (snapshot,) = folder.glob("snapshot-*")
    snapshot.rename(folder / f"snapshot-{7 << 32 | 4096:016x}.rfs")

    code, _, err = told(capsys, "books", str(folder))

    assert 0 == code
    assert "the segment that it belongs to is gone" in err[0]


@pytest.mark.parametrize(
    ("torn", "code", "text"),
    [
        (b"\0\0\0\0\0\0\0\0and half a frame", 0, "the last 24 bytes are no whole frame"),
        (b"\x40\0\0\0half", 1, "8 bytes passed over: torn: no sound frame follows"),
    ],
)
def test_a_torn_end_is_told_once(
    folder: Path, torn: bytes, code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = segment_file(folder).read_bytes()
    end = len(data.rstrip(b"\0")) + 7 & ~7
    patch(segment_file(folder), end, torn)

    found, _, err = told(capsys, "journal", "verify", str(folder))

    assert code == found
    (line,) = err
    assert text in line


@pytest.mark.parametrize("command", [*READERS, ["replay"]], ids=" ".join)
def test_a_newer_format_is_refused_with_the_reason(
    folder: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    a_newer_format(segment_file(folder))

    code, _, err = told(capsys, *command, str(folder))

    assert 1 == code
    (line,) = err
    assert "is in format 2; this version reads 1" in line


def test_an_engine_refuses_a_newer_format_and_changes_nothing(folder: Path) -> None:
    a_newer_format(segment_file(folder))
    before = contents(folder)
    run = a_journalled_run(KeepingVenue(), folder)

    with pytest.raises(Exception, match=r"in format 2; this version writes format 1"):
        play(run, _nothing)
    lock = {"journal.lock"}
    assert {k: v for k, v in before.items() if k not in lock} == {
        k: v for k, v in contents(folder).items() if k not in lock
    }


def test_a_journal_of_another_venue_is_refused_after_a_clean_end_too(folder: Path) -> None:
    venue = KeepingVenue()
    venue.name = "elsewhere"
    before = contents(folder)

    with pytest.raises(Exception, match="is of remote, this session trades at elsewhere"):
        play(a_journalled_run(venue, folder), _nothing)

    assert before == contents(folder)


def test_books_and_journal_are_read_while_an_engine_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, venue = tmp_path / "j", KeepingVenue()
    run = a_journalled_run(venue, folder)
    codes: list[int] = []

    async def look() -> None:
        run.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)
        for command in READERS:
            code, out, _ = told(capsys, *command, str(folder))
            codes.append(code)
            assert out

    play(run, look)

    assert [0] * len(READERS) == codes


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["journal", "show", "--kind", "Fill"], "'Fill' is no kind of frame; known are AccountInf"),
        (["journal", "show", "--limit", "0"], "Invalid value for '--limit'"),
        (["journal", "show", "--from-seq", "-1"], "Invalid value for '--from-seq'"),
        (["replay", "--session", "0"], "Invalid value for '--session'"),
        (["journal", "mend"], "No such command 'mend'"),
    ],
)
def test_wrong_usage_is_one_line_that_says_what_is_right(
    folder: Path, arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = told(capsys, *arguments, str(folder))

    assert 2 == code
    (line,) = err
    assert text in line


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("all.txt", "found a name that ends in .txt; expected one that ends in .jsonl, .csv"),
        ("nowhere/all.csv", "there is no folder"),
    ],
)
def test_an_export_that_cannot_be_is_one_line_and_leaves_nothing(
    folder: Path, tmp_path: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = told(capsys, "journal", "export", str(folder), str(tmp_path / name))

    assert 1 == code
    (line,) = err
    assert text in line
    assert ["j"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    "command", ["books", "replay", "journal show", "journal verify", "journal export"]
)
def test_the_help_of_each_command_has_its_exit_codes_and_examples(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = told(capsys, *command.split(), "--help")

    assert 0 == code
    for text in ("Exit codes:", "Examples:", "Reads only", f"regimeflow-live {command} "):
        assert text in out


def test_the_group_journal_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = told(capsys, "journal")

    assert 2 == code
    assert {"show", "verify", "export"} <= {line.split()[0] for line in err if line.strip()}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("command", ["books", "journal verify", "replay", "run"])
def test_a_journal_that_may_not_be_read_is_one_line(open_path: Path, command: str) -> None:
    config, folder = open_path / "live.toml", open_path / "j"
    config.write_text(CONFIG)
    assert 0 == cli(["run", str(config)])
    folder.chmod(0o700)
    again = [*command.split(), str(config)]
    code = (
        "import os, sys\nfrom regimeflow.apps.cli.commands import main\n"
        f"main({again!r})\n"  # imports what it needs while it may
        "os.write(2, b'then\\n')\nos.setegid(65534); os.seteuid(65534)\n"
        f"sys.exit(main({again!r}))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert 1 == done.returncode, done.stderr
    (line,) = done.stderr.split("then\n")[1].splitlines()
    assert "ermission denied" in line
    assert str(folder) in line


async def _nothing() -> None:
    pass
