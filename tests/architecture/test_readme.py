"""The README does what it says."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from tests.architecture.tree import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(
    r"^```python\n(.*?)^```$(?:[^`]*^```text\n(.*?)^```$)?", README, re.MULTILINE | re.DOTALL
)
SHELL = re.findall(r"^```(?:sh|bash)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("block", "output"), BLOCKS, ids=range(len(BLOCKS)))
def test_a_python_block_runs_and_prints_what_the_next_block_says(block: str, output: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert output in {"", done.stdout}


def test_the_test_command_is_one_line_and_is_what_ci_runs() -> None:
    (command,) = [line for block in SHELL for line in block.splitlines() if line.endswith("pytest")]

    assert command in (ROOT / ".ci" / "run").read_text()


def test_it_is_not_too_long() -> None:
    assert len(README.splitlines()) <= 150


def test_every_file_that_it_points_to_is_there() -> None:
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)

    assert [] == [target for target in linked if not (ROOT / target).exists()]


def test_the_changelog_has_an_entry_for_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text()
