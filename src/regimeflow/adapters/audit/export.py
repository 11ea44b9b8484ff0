"""An audit log as a table for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from regimeflow.adapters.audit.chain import Sealed, read
from regimeflow.adapters.audit.folder import files_of, lines_of, path_of
from regimeflow.types.errors import CodecError

COLUMNS: Final = ("seq", "ts", "kind", "text", "position", "data", "hash")
# What a spreadsheet would take for a formula when it opens the file.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def entries_of(folder: Path) -> Iterator[Sealed]:
    """Give each line of a log that can be read; ``verify_audit`` says what is wrong with others.

    Raises:
        NotFound: there is no such folder.
    """
    for number in files_of(folder):
        for _, line, is_whole in lines_of(path_of(folder, number)):
            try:
                found = read(line)
            except CodecError:
                continue
            if is_whole:
                yield found


def export_csv(folder: Path, to: Path) -> int:
    """Write a log as CSV, one row per line; returns how many.

    A text that a spreadsheet would take for a formula begins with an apostrophe there.

    Raises:
        NotFound: there is no such folder.
        OSError: the file could not be written.
    """
    count = 0
    with to.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for line in entries_of(folder):
            fields = {**line.fields, "hash": line.hash}
            rows.writerow([_cell(fields.get(name)) for name in COLUMNS])
            count += 1
    return count


def _cell(value: object) -> object:
    import orjson

    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return "" if value is None else value
