"""Every failure of others that the simulation answers for has a bug that fits."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT
from tests.planted.rows import ORIGINAL, RIVALS, ROWS, Row

FOLDERS = (ROOT / "tests" / "planted", ROOT / "tests" / "mutants")
WANTED = {
    ORIGINAL: {*range(5, 13), *range(16, 23), 27, 28, 44, 45, 76, 77},
    RIVALS: {*range(1, 12), *range(16, 20)},
}
PATCHES = sorted(FOLDERS[0].glob("*.patch"))


@pytest.mark.parametrize("source", WANTED)
def test_no_row_is_left_out(source: str) -> None:
    assert WANTED[source] == {row.number for row in ROWS if row.source == source}


@pytest.mark.parametrize("patch", PATCHES, ids=lambda path: path.stem)
def test_a_planted_bug_fits_the_source(patch: Path) -> None:
    command = ["git", "apply", "--check", "--unidiff-zero", patch]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.source}-{row.number}-{row.bug}")
def test_a_row_has_a_bug(row: Row) -> None:
    bugs = [folder / f"{row.bug}.patch" for folder in FOLDERS]

    assert any(bug.exists() for bug in bugs)


def test_the_page_names_every_row() -> None:
    page = (ROOT / "docs" / "simulation.md").read_text()

    missing = [row for row in ROWS if f"| {row.source} {row.number} | {row.says} |" not in page]
    assert [] == missing
