"""``regimeflow-live journal``: what is in a journal, whether it is whole, and as other files."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from regimeflow.apps.cli.exits import Exit, complain
from regimeflow.apps.cli.sources import journal_of, tell_unread
from regimeflow.types.errors import CodecError, InvalidArgument, NotFound

if TYPE_CHECKING:
    from regimeflow._core.frames import Frame
    from regimeflow._core.journal_reader import JournalReader
    from regimeflow._core.messages import LiveMessage

_POLL_S = 0.05
_BATCH = 10_000
_INT_BITS = 63  # of an integer column of Parquet, beside its sign


def show_journal(
    source: str, *, kinds: tuple[str, ...], from_seq: int | None, limit: int | None, follow: bool
) -> int:
    """Print frames as JSON lines; return the exit code."""
    folder, _ = journal_of(source)
    reader = _reader(folder, from_seq)
    shown = 0
    for values in _described(reader, follow=follow):
        if kinds and values["kind"] not in kinds:
            continue
        sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
        if follow:
            sys.stdout.flush()
        shown += 1
        if shown == limit:
            return _tell(reader, folder, tail_bytes=0)
    return _tell(reader, folder, tail_bytes=reader.tail_bytes())


def verify_journal(source: str, *, as_json: bool) -> int:
    """Read every frame and print what there is; the exit code is 1 when something is damaged."""
    from regimeflow.engine.journal.describe import kind_of

    folder, _ = journal_of(source)
    reader = _reader(folder, None)
    counts: Counter[str] = Counter()
    began_s = time.perf_counter()
    for frame in reader:
        counts[kind_of(frame.message)] += 1
    took_s = time.perf_counter() - began_s
    bad = _bad_snapshots(folder)
    total = sum(counts.values()) + sum(reader.unknown.values())
    if as_json:
        report = {
            "journal": folder,
            "frames": dict(sorted(counts.items())),
            "unknown_templates": {str(name): count for name, count in reader.unknown.items()},
            "damages": [damage._asdict() for damage in reader.damages],
            "damaged_snapshots": bad,
            "tail_bytes": reader.tail_bytes(),
        }
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        for name, count in sorted(counts.items()):
            sys.stdout.write(f"{count:>12,} {name}\n")
        sys.stdout.write(f"{total:>12,} frames in {took_s:.2f} s\n")
    complain(*(f"{folder}: a snapshot is damaged: {text}" for text in bad))
    code = _tell(reader, folder, tail_bytes=reader.tail_bytes())
    return Exit.FAILED if bad else code


def export_journal(source: str, to: str, *, kinds: tuple[str, ...]) -> int:
    """Write a journal's frames to a file whose ending says how: .jsonl, .csv or .parquet."""
    writers: dict[str, Callable[[Path, Frames], int]] = {
        ".jsonl": _to_json_lines,
        ".csv": _to_csv,
        ".parquet": _to_parquet,
    }
    path = Path(to)
    writer = writers.get(path.suffix)
    if writer is None:
        text = f"{to}: found a name that ends in {path.suffix or 'nothing'}"
        raise InvalidArgument(f"{text}; expected one that ends in {', '.join(writers)}")
    folder, _ = journal_of(source)
    if not path.absolute().parent.is_dir():
        raise NotFound(f"{to}: there is no folder {path.parent}; make it, or name another file")
    reader = _reader(folder, None)
    new = path.with_name(path.name + ".new")
    try:
        count = writer(new, Frames(folder, reader, kinds))
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    complain(f"{path}: {count:,} frames")
    return _tell(reader, folder, tail_bytes=reader.tail_bytes())


class Frames:
    """The frames to be written, as often as they are asked for: the same ones each time.

    The first reading goes to the journal's end, wherever that is by then; the others stop there.
    """

    def __init__(self, folder: str, first: JournalReader, kinds: tuple[str, ...]) -> None:
        self._folder = folder
        self._first: JournalReader | None = first
        self._kinds = kinds
        self._end = 0

    def __iter__(self) -> Iterator[dict[str, object]]:
        first, self._first = self._first, None
        reader = first or _reader(self._folder, None)
        for frame in reader:
            if first is None and frame.position >= self._end:
                return
            if first is not None:
                self._end = frame.next_position
            values = _values_of(frame.message)
            if not self._kinds or values["kind"] in self._kinds:
                yield values


def _bad_snapshots(folder: str) -> list[str]:
    from regimeflow.engine.journal import snapshots

    bad = []
    for position in snapshots.positions(folder):
        try:
            snapshots.read(folder, position)
        except (CodecError, OSError) as error:
            bad.append(f"{snapshots.name_of(position)}: {error}")
    return bad


def _reader(folder: str, from_seq: int | None) -> JournalReader:
    from regimeflow._core.journal_reader import JournalReader

    return JournalReader(folder, from_seq=from_seq)


def _described(reader: JournalReader, *, follow: bool = False) -> Iterator[dict[str, object]]:
    while True:
        for frame in reader:
            yield _values_of(frame.message)
        if not follow:
            return
        time.sleep(_POLL_S)


def _values_of(message: LiveMessage | Frame | None) -> dict[str, object]:
    from regimeflow.engine.journal.describe import described

    return {"kind": "nothing"} if message is None else described(message)


def _tell(reader: JournalReader, folder: str, *, tail_bytes: int) -> int:
    tell_unread(folder, reader.damages, reader.unknown, tail_bytes)
    return Exit.FAILED if reader.damage_count else Exit.OK


def _to_json_lines(path: Path, frames: Frames) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for count, values in enumerate(frames, 1):  # noqa: B007 - counted
            file.write(json.dumps(values, ensure_ascii=False) + "\n")
    return count


def _columns(frames: Frames) -> dict[str, type]:
    """Return the type of each column: text where there is more than one."""
    found: dict[str, type] = {}
    for values in frames:
        for name, value in _flat(values).items():
            kind = type(value)
            if isinstance(value, int) and value.bit_length() > _INT_BITS:
                kind = str
            if value is None:
                found.setdefault(name, kind)
            else:
                found[name] = kind if found.get(name, kind) in (kind, type(None)) else str
    return found


def _to_csv(path: Path, frames: Frames) -> int:
    columns, count = _columns(frames), 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for count, values in enumerate(frames, 1):  # noqa: B007 - counted
            writer.writerow(_flat(values))
    return count


def _to_parquet(path: Path, frames: Frames) -> int:
    try:
        pa = import_module("pyarrow")
        parquet = import_module("pyarrow.parquet")
    except ImportError as error:
        text = "pyarrow is not installed; pip install pyarrow, or export to .csv or .jsonl"
        raise NotFound(text) from error
    kinds = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    columns = _columns(frames)
    schema = pa.schema([(name, kinds.get(kind, pa.string())) for name, kind in columns.items()])
    count, every = 0, iter(frames)
    with parquet.ParquetWriter(path, schema) as writer:
        while rows := [_flat(values) for values in islice(every, _BATCH)]:
            data = {
                name: [_as(kind, row.get(name)) for row in rows] for name, kind in columns.items()
            }
            writer.write_table(pa.table(data, schema=schema))
            count += len(rows)
    return count


def _as(kind: type, value: object) -> object:
    return str(value) if kind is str and value is not None else value


def _flat(values: dict[str, object]) -> dict[str, object]:
    return {
        name: json.dumps(value) if isinstance(value, list | dict) else value
        for name, value in values.items()
    }
