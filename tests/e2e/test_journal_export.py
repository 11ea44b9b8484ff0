"""A journal as CSV and as Parquet: every kind of frame, every number exact."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow._core.bus import EventBus
from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.frames import (
    Adopted,
    Answer,
    Call,
    Command,
    Note,
    OrderEvent,
    RegimeChange,
    SessionStart,
    Snapshot,
    TimerFired,
)
from regimeflow._core.journal_reader import JournalReader
from regimeflow.apps.cli.commands import main as cli
from regimeflow.engine.journal.codes import MODIFY_WISHED, AnswerFlag, NoteCode, ValueKind
from regimeflow.engine.journal.describe import described, kinds
from regimeflow.live import LiveMessage, LiveTopic
from tests.support.journal import a_writer
from tests.support.messages import a_report, one_of_each

# More digits than a float has, more than 53 bits, a sign, and trailing zeros that say the step.
EXACT = {"order_qty": "92233720368547.75807", "last_px": "-0.1000", "commission": "0.00000001"}
BIG = 2**64 - 1
FRAMES = [
    SessionStart(1, BIG, "boot", b'{"venue": "x"}'),
    TimerFired(3, 2),
    Answer(1, 3, AnswerFlag.AT_ONCE, 4 << 8 | ValueKind.TEXT, b"V1"),
    Call(4, "submit_order", b'{"quantity": "0.10"}'),
    Command(5, 0, 1 << 32, 1, 2, 0, 2**63 - 1, -8, 1000, None, -4, 0, "BTCUSDT", "c-1", "", "", ""),
    OrderEvent(6, 1 << 32, MODIFY_WISHED, "quantity=0.10"),
    Adopted(7, 0, 5, 6, 0, "external", LiveMessageCodec().encode(
        LiveMessage(LiveTopic.EXECUTION_REPORT, a_report(exec_id="E-9"))
    )),
    Snapshot(8, 9, "snapshot-1.rfs"),
    Note(9, NoteCode.HOLD, b'{"cause": "a, \\"b\\""}'),
    RegimeChange(10, 9, 1, 0.25, 2, 4, 1.0, 9, "", "bull", "crisis", "sha256:0"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A journal with one of every kind there is."""
    bus = EventBus()
    with a_writer(tmp_path / "j") as writer:
        bus.set_journal(writer)
        for payload in (*one_of_each(), a_report(**EXACT)):
            bus.dispatch(payload)
        for frame in FRAMES:
            writer.append(frame)
    return tmp_path / "j"


def exported(folder: Path, name: str, *more: str) -> Path:
    path = folder.parent / name
    assert 0 == cli(["journal", "export", str(folder), str(path), *more])
    return path


def expected(folder: Path) -> list[dict[str, object]]:
    """What each frame says: the fields that it has, lists and tables as JSON."""
    rows = []
    for frame in JournalReader(folder):
        assert frame.message is not None
        fields = described(frame.message)
        rows.append(
            {
                name: json.dumps(value) if isinstance(value, list | dict) else value
                for name, value in fields.items()
                if value is not None
            }
        )
    return rows


def test_the_journal_has_every_kind(folder: Path) -> None:
    assert set(kinds()) == {row["kind"] for row in expected(folder)}


def test_a_csv_has_every_frame_with_every_field_as_it_is(folder: Path) -> None:
    with exported(folder, "all.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    told = [{name: text for name, text in row.items() if text != ""} for row in rows]
    assert [
        {name: str(value) for name, value in row.items() if str(value) != ""}
        for row in expected(folder)
    ] == told


def test_a_parquet_file_has_every_frame_with_every_field_as_it_is(folder: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

    table = parquet.read_table(exported(folder, "all.parquet"))

    told = [
        {name: value for name, value in row.items() if value is not None}
        for row in table.to_pylist()
    ]
    columns = {
        name: {type(row[name]) for row in told if name in row} for name in table.column_names
    }
    text = {name for name, types in columns.items() if types == {str}}
    assert [
        {name: str(value) if name in text else value for name, value in row.items()}
        for row in expected(folder)
    ] == told


def test_no_number_of_a_parquet_file_is_a_float_but_probabilities(folder: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

    table = parquet.read_table(exported(folder, "all.parquet"))
    reports = parquet.read_table(
        exported(folder, "reports.parquet", "--kind", "ExecutionReport")
    ).to_pylist()

    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    assert ["before_confidence", "after_confidence"] == floats
    assert {name: Decimal(text) for name, text in EXACT.items()} == {
        name: Decimal(reports[-1][name]) for name in EXACT
    }
    assert 3 == len(reports)
    assert str(BIG) == next(row["seed"] for row in table.to_pylist() if row["seed"])
