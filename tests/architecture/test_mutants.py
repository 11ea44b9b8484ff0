"""Each mutant still fits the source, and names tests that there are."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

PATCHES = sorted((ROOT / "tests" / "mutants").glob("*.patch"))


@pytest.mark.parametrize("patch", PATCHES, ids=lambda path: path.stem)
def test_a_mutant_applies(patch: Path) -> None:
    done = subprocess.run(
        ["git", "apply", "--check", "--unidiff-zero", patch],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("patch", PATCHES, ids=lambda path: path.stem)
def test_a_mutant_names_tests_that_there_are(patch: Path) -> None:
    named = re.findall(r"^# test: (\S+?)::(?:\w+::)*(\w+)", patch.read_text(), re.MULTILINE)

    assert named
    assert [] == [
        (path, name)
        for path, name in named
        if not (ROOT / path).is_file() or f"def {name}(" not in (ROOT / path).read_text()
    ]
