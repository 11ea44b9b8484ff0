"""``regimeflow-live journal``: what is in a journal, whether it is whole, and as other files."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regimeflow.apps.cli.exits import Exit, complain
from regimeflow.types.errors import CodecError, InvalidArgument, NotFound

if TYPE_CHECKING:
    from regimeflow._core.journal_reader import JournalReader

_POLL_S = 0.05
_BATCH = 10_000


def show_journal(
    folder: str, *, kinds: tuple[str, ...], from_seq: int | None, limit: int | None, follow: bool
) -> int:
    """Print frames as JSON lines; return the exit code."""
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
            break
    return _tell_damage(reader, folder)


def verify_journal(folder: str, *, as_json: bool) -> int:
    """Read every frame and print what there is; the exit code is 1 when something is damaged."""
    from regimeflow.engine.journal import snapshots

    reader = _reader(folder, None)
    counts: Counter[str] = Counter()
    unknown: Counter[int] = Counter()
    began_s = time.perf_counter()
    for frame in reader:
        if frame.message is None:
            unknown[frame.template] += 1
        else:
            thing = frame.message
            counts[type(getattr(thing, "payload", thing)).__name__] += 1
    took_s = time.perf_counter() - began_s
    bad = []
    for position in snapshots.positions(folder):
        try:
            snapshots.read(folder, position)
        except (CodecError, OSError) as error:
            bad.append(f"{snapshots.name_of(position)}: {error}")
    total = sum(counts.values()) + sum(unknown.values())
    if as_json:
        report = {
            "frames": dict(sorted(counts.items())),
            "unknown_templates": dict(unknown),
            "damages": [damage._asdict() for damage in reader.damages],
            "damaged_snapshots": bad,
            "tail_bytes": reader.tail_bytes(),
        }
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        for name, count in sorted(counts.items()):
            sys.stdout.write(f"{count:>12,} {name}\n")
        for template, count in sorted(unknown.items()):
            sys.stdout.write(f"{count:>12,} of template {template}, unknown to this version\n")
        sys.stdout.write(f"{total:>12,} frames in {took_s:.2f} s\n")
        complain(*(f"{folder}: a snapshot is damaged: {text}" for text in bad))
    code = Exit.OK if as_json and not reader.damage_count else _tell_damage(reader, folder)
    return Exit.FAILED if bad or reader.damage_count else code


def export_journal(folder: str, to: str, *, kinds: tuple[str, ...]) -> int:
    """Write a journal's frames to a file whose ending says how: .jsonl, .csv or .parquet."""
    writers: dict[str, Callable[[Path, Iterator[dict[str, object]]], int]] = {
        ".jsonl": _to_json_lines,
        ".csv": _to_csv,
        ".parquet": _to_parquet,
    }
    path = Path(to)
    writer = writers.get(path.suffix)
    if writer is None:
        text = f"{to}: expected a name that ends in {', '.join(writers)}"
        raise InvalidArgument(text)
    reader = _reader(folder, None)
    frames = (each for each in _described(reader) if not kinds or each["kind"] in kinds)
    new = path.with_name(path.name + ".new")
    try:
        count = writer(new, frames)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    complain(f"{path}: {count:,} frames")
    return _tell_damage(reader, folder)


def _reader(folder: str, from_seq: int | None) -> JournalReader:
    from regimeflow._core.journal_reader import JournalReader
    from regimeflow._core.journal_writer import segments_of

    if not Path(folder).is_dir() or not segments_of(folder):
        raise NotFound(f"there is no journal in {folder}")
    return JournalReader(folder, from_seq=from_seq)


def _described(reader: JournalReader, *, follow: bool = False) -> Iterator[dict[str, object]]:
    from regimeflow.engine.journal.describe import described

    while True:
        for frame in reader:
            if frame.message is None:
                yield {"kind": "unknown", "template": frame.template, "raw": frame.raw.hex()}
            else:
                yield described(frame.message)
        if not follow:
            return
        time.sleep(_POLL_S)


def _tell_damage(reader: JournalReader, folder: str) -> int:
    for damage in reader.damages:
        where = f"segment {damage.segment} byte {damage.offset}"
        complain(f"{folder}: {where}: {damage.length} bytes passed over: {damage.reason}")
    tail = reader.tail_bytes()
    if tail:
        complain(f"{folder}: the last {tail} bytes are no frame: a write that was cut off")
    return Exit.FAILED if reader.damage_count else Exit.OK


def _to_json_lines(path: Path, frames: Iterator[dict[str, object]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for count, values in enumerate(frames, 1):  # noqa: B007 - counted
            file.write(json.dumps(values, ensure_ascii=False) + "\n")
    return count


def _columns(rows: list[dict[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _to_csv(path: Path, frames: Iterator[dict[str, object]]) -> int:
    rows = [_flat(each) for each in frames]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _columns(rows))
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def _to_parquet(path: Path, frames: Iterator[dict[str, object]]) -> int:
    try:
        pa = import_module("pyarrow")
        parquet = import_module("pyarrow.parquet")
    except ImportError as error:
        text = "pyarrow is not installed; pip install pyarrow, or export to .csv or .jsonl"
        raise NotFound(text) from error
    rows = [_flat(each) for each in frames]
    columns: dict[str, Any] = {
        name: [None if name not in row else str(row[name]) for row in rows]
        if any(isinstance(row.get(name), str) for row in rows)
        else [row.get(name) for row in rows]
        for name in _columns(rows)
    }
    parquet.write_table(pa.table(columns), path)
    return len(rows)


def _flat(values: dict[str, object]) -> dict[str, object]:
    return {
        name: json.dumps(value) if isinstance(value, list | dict) else value
        for name, value in values.items()
    }
