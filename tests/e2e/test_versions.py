"""Journals of older and newer versions."""

from __future__ import annotations

import json
import struct
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from regimeflow._core.frames import SessionStart
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.journal_writer import JournalWriter
from regimeflow.apps.cli.commands import main as cli
from regimeflow.engine.journal import snapshots
from regimeflow.engine.journal.answers import dump
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.recovery import read_books
from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import RegimeFlowError, TradingState
from tests.support.journal import patch, planted, segment_file
from tests.support.journalled import LEAVE, a_journal_with_a_fill, a_journalled_run, play
from tests.support.keeping import KeepingVenue

OPTIONAL = [
    "orphans",
    "trades",
    "foreign",
    "wishes",
    "changes",
    "holds",
    "groups",
    "strategies",
    "venue",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    a_journal_with_a_fill(tmp_path / "j")
    return tmp_path / "j"


def position_of(books: Books) -> Decimal:
    return books.portfolio.position("BTCUSDT").quantity_dec


def test_frames_of_a_newer_version_are_counted_told_and_passed_over(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for snapshot in folder.glob("snapshot-*"):
        snapshot.unlink()
    timer = next(f for f in JournalReader(folder) if f.template == 102)
    newer = timer.raw[:2] + struct.pack("<H", 300) + timer.raw[4:]
    planted(segment_file(folder), timer.position & 0xFFFFFFFF, newer)

    recovered = read_books(str(folder), id_prefix="t-")
    code = cli(["journal", "verify", str(folder)])

    assert ({300: 1}, ()) == (recovered.unknown, recovered.damages)
    assert Decimal("0.4") == position_of(recovered.books)
    assert 0 == code
    assert "1 frames of template 300, which a newer version wrote" in capsys.readouterr().err


def test_a_snapshot_of_another_version_is_told_and_the_frames_serve(folder: Path) -> None:
    (snapshot,) = folder.glob("snapshot-*")
    patch(snapshot, 0, b"RFS0")

    recovered = read_books(str(folder), id_prefix="t-")

    assert [f"{snapshot.name}: byte 0: found b'RFS0'; expected b'RFS1'"] == list(recovered.unusable)
    assert Decimal("0.4") == position_of(recovered.books)


def without(folder: Path, names: list[str]) -> None:
    """Write the snapshot again, as a version did that knew less."""
    (position,) = snapshots.positions(str(folder))
    state, image = snapshots.read(str(folder), position)
    kept = {name: value for name, value in state.items() if name not in names}
    books: Any = SimpleNamespace(table=SimpleNamespace(image=lambda: image), last_ns=0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(snapshots, "books_state", lambda _: kept)
        snapshots.write(str(folder), position, books)


def test_a_snapshot_that_knows_less_serves(folder: Path) -> None:
    without(folder, OPTIONAL)

    recovered = read_books(str(folder), id_prefix="t-")

    assert () == recovered.unusable
    assert recovered.snapshot is not None
    assert Decimal("0.4") == position_of(recovered.books)
    assert 1 == recovered.books.table.open_count


@pytest.mark.parametrize("name", ["portfolio", "instruments", "is_opened"])
def test_a_snapshot_without_what_we_own_serves_nobody(folder: Path, name: str) -> None:
    without(folder, [name])

    recovered = read_books(str(folder), id_prefix="t-")

    assert 1 == len(recovered.unusable)
    assert Decimal("0.4") == position_of(recovered.books)


def test_a_session_that_wrote_less_of_itself_is_taken_up_but_not_replayed(tmp_path: Path) -> None:
    venue = a_journal_with_a_fill(tmp_path / "new")
    old = tmp_path / "old"
    with JournalWriter(old, segment_bytes=1 << 20) as writer:
        for frame in JournalReader(tmp_path / "new"):
            thing = frame.message
            if isinstance(thing, SessionStart):
                thing = thing._replace(info=dump({"version": "0.0.9"}))
            assert thing is not None
            writer.append(thing)
    with pytest.raises(RegimeFlowError, match=r"written by 0.0.9, which did not write config"):
        replay_session(str(old))
    run = a_journalled_run(venue, old, **LEAVE)
    seen: list[object] = []

    async def look() -> None:
        (order,) = run.engine.order_manager.get_open_orders()
        seen.extend([order.cum_qty, run.engine.get_status().trading_state])

    play(run, look)

    assert [Decimal("0.4"), TradingState.ACTIVE] == seen


def test_a_snapshot_of_segments_that_are_gone_never_counts_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (snapshot,) = folder.glob("snapshot-*")
    segment_file(folder).unlink()
    for number in range(2, 9):
        segment_file(folder, number).unlink(missing_ok=True)
    run = a_journalled_run(KeepingVenue(), folder)

    async def nothing() -> None:
        pass

    play(run, nothing)
    assert 0 == cli(["books", str(folder), "--json"])

    assert (folder / f"{snapshot.name}.unusable").exists()
    assert any("it is set aside" in text for text in run.texts("warning"))
    assert [] == json.loads(capsys.readouterr().out)["orders"]
