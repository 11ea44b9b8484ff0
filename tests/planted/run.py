"""Make the mistakes of others in our code, one at a time, and let the simulation find each.

``rows.py`` says which. A patch is applied to the copy of the tree that the mutants use too; seeds
are played until one diverges, at most 200. Usage: run.py [NAME ...] [--jobs N]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.mutants import run as mutants  # noqa: E402 - the tree must be importable first
from tests.planted.rows import ROWS, Row  # noqa: E402 - the same

SEEDS = 200
LIMIT_S = 900  # for one bug
FOLDERS = (ROOT / "tests" / "planted", ROOT / "tests" / "mutants")


def patch_of(name: str) -> Path:
    """Where a bug is written down."""
    return next(path for each in FOLDERS if (path := each / f"{name}.patch").exists())


def touched_by(path: Path) -> tuple[str, ...]:
    """The files that a patch changes."""
    lines = path.read_text().splitlines()
    return tuple(line[6:].split("\t")[0] for line in lines if line.startswith("+++ b/"))


def environment() -> dict[str, str]:
    """Where the copy wins over an editable install."""
    places = (mutants.SCRATCH / "boot", mutants.TREE / "src")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))}


def play(jobs: int) -> str:
    """Play seeds in the copy until one diverges; say which that was."""
    command = [sys.executable, "-m", "regimeflow.testing.simulate", "--most-failures", "1"]
    try:
        done = subprocess.run(
            [*command, "--seeds", str(SEEDS), "--jobs", str(jobs)],
            cwd=mutants.TREE,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return "hangs"
    found = re.search(r"1 diverged: seeds \[(\d+)\]", done.stdout)
    if found is not None:
        said = re.search(r"^seed .*\n  (.*)", done.stdout, re.MULTILINE)
        return f"{int(found[1]) + 1:>3} seeds: {said[1][:70] if said else ''}"
    return "SURVIVED" if "0 diverged" in done.stdout else f"failed: {done.stderr[-200:]}"


def verdict(name: str, jobs: int) -> str:
    """Plant one bug and play."""
    path = patch_of(name)
    mutant = mutants.Mutant(path, (), "-", touched_by(path))
    applied = subprocess.run(
        ["git", "apply", "--unidiff-zero", "--whitespace=nowarn", path],
        cwd=mutants.TREE,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(mutants.SCRATCH)},
        capture_output=True,
        text=True,
        check=False,
    )
    if applied.returncode:
        return "does not apply: " + applied.stderr.strip().splitlines()[0]
    try:
        for touched in mutant.touched:
            mutants.bump(mutants.TREE / touched)
        if mutant.is_compiled and (failure := mutants.compile_core()):
            return "does not compile: " + failure.strip().splitlines()[-1]
        return play(jobs)
    finally:
        mutants.restore(mutant)


def rows_of(names: list[str]) -> list[Row]:
    """Rows of some bugs, or all; those that need no compiler come first."""
    wanted = [row for row in ROWS if not names or row.bug in names]
    return sorted(wanted, key=lambda row: any(map(is_core, touched_of(row))))


def touched_of(row: Row) -> tuple[str, ...]:
    """The files that a row's bug changes."""
    return touched_by(patch_of(row.bug))


def is_core(name: str) -> bool:
    """Whether a file must be compiled."""
    return Path(name).suffix in mutants.COMPILED


def main(arguments: list[str]) -> int:
    """Return 0 when the simulation has found every bug."""
    jobs = int(arguments[arguments.index("--jobs") + 1]) if "--jobs" in arguments else 2
    rows = rows_of([each for each in arguments if not each.startswith("--") and not each.isdigit()])
    mutants.copy_tree()
    mutants.copy_installed_core()
    said: dict[str, str] = {}
    is_compiling, bad = False, 0
    for row in rows:
        began = time.monotonic()
        if not is_compiling and any(map(is_core, touched_of(row))):
            is_compiling = True
            if failure := mutants.compile_core():
                sys.exit(failure)
        if row.bug not in said:
            said[row.bug] = verdict(row.bug, jobs)
        bad += "seeds:" not in said[row.bug]
        took_s = time.monotonic() - began
        print(
            f"{row.source:>8} {row.number:>2}  {row.bug:<46} {took_s:5.0f} s  {said[row.bug]}",
            flush=True,
        )
    print(f"{len(rows)} rows, {bad} not found")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
