"""An audit log in a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

from regimeflow.adapters.audit.export import COLUMNS, export_csv
from regimeflow.adapters.audit.jsonl import AuditLogger
from regimeflow.live import AuditEvent


def test_row_75_no_text_forges_a_row_or_becomes_a_formula(tmp_path: Path) -> None:
    nasty = ["=1+1", "+cmd", "-2", "@x", '"\n2,2020,fill,forged\n', "plain"]
    with AuditLogger(tmp_path / "log") as logger:
        logger.write(
            [AuditEvent(kind="log", ts_ns=1, text=text, data={"a": text}) for text in nasty]
        )

    count = export_csv(tmp_path / "log", tmp_path / "out.csv")

    with (tmp_path / "out.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert (list(COLUMNS), 6, 6) == (header, count, len(rows))
    assert [f"'{text}" for text in nasty[:4]] + nasty[4:] == [row[3] for row in rows]
    assert all(row[5].startswith("{") for row in rows)
