"""``python -m tests.crash.audit_kill --moments 100``: kill -9 while the audit log is being written.

Each time a process appends numbered events to a journal that its audit log follows, and says each
number once it is appended. It is killed at a random moment; then the log is brought up to the
journal, as the next session does it. Every number that was said must be there once, in order, and
the log must verify.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from regimeflow._core.frames import Note
from regimeflow._core.journal_writer import JournalWriter
from regimeflow.adapters.audit.export import entries_of
from regimeflow.adapters.audit.jsonl import AuditLogger
from regimeflow.adapters.audit.verify import verify_audit
from regimeflow.engine.audit.trail import AuditTrail
from regimeflow.engine.journal.codes import NoteCode

SEGMENT = 1 << 20


def write(folder: Path, first: int) -> None:
    """Append numbers until somebody kills this process."""
    with JournalWriter(str(folder), segment_bytes=SEGMENT) as writer:
        trail = AuditTrail(AuditLogger(folder / "audit"), str(folder), lambda _: None)
        trail.start()
        number = first
        while True:
            body = {"kind": "number", "text": "x" * (number % 400), "data": {"number": number}}
            writer.append(Note(number, NoteCode.AUDIT, json.dumps(body).encode()))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            number += 1
            writer.prepare_next()


def kill_once(folder: Path, first: int, dice: random.Random) -> int:
    """Let a process write, kill it; returns the last number that it said."""
    command = [sys.executable, "-m", "tests.crash.audit_kill", "--write", str(folder)]
    with subprocess.Popen([*command, "--first", str(first)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()  # it has begun
        time.sleep(dice.uniform(0.0, 0.15))
        child.kill()
        said = child.stdout.read().split(b"\n")[:-1]
    return int(said[-1]) if said else first


def audited(folder: Path) -> list[int]:
    """The numbers in the log, once it has been brought up to the journal."""
    AuditTrail(AuditLogger(folder / "audit"), str(folder), print).stop()
    lines = entries_of(folder / "audit")
    return [line.fields["data"]["number"] for line in lines if line.fields["kind"] == "number"]


def run(moments: int, seed: int) -> list[str]:
    """Kill so many times; returns what was wrong."""
    dice, wrong, behind, last = random.Random(seed), list[str](), 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder, log = Path(name), Path(name, "audit")
        for moment in range(moments):
            last = kill_once(folder, last + 1, dice)
            had = sum(1 for _ in entries_of(log)) if log.exists() else 0
            numbers = audited(folder)
            behind += len(numbers) > had
            if numbers[:last] != list(range(1, last + 1)):
                missing = sorted(set(range(1, last + 1)) - set(numbers))[:5]
                wrong.append(f"moment {moment}: {len(numbers)} of {last}, missing {missing}")
            wrong += [
                f"moment {moment}: {each}" for each in verify_audit(folder / "audit").findings
            ]
            last = max(numbers, default=last)
    print(
        f"{moments} kills, {last:,} events, {behind} times the log was behind: {len(wrong)} wrong"
    )
    return wrong


def main() -> int:
    """Run it; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.audit_kill", description=__doc__)
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=1, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.write:
        write(Path(asked.write), asked.first)
    wrong = run(asked.moments, asked.seed)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
