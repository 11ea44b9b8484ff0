"""The page of known defects names tests and mutants that there are, and leaves out no row."""

from __future__ import annotations

import re

import pytest

from tests.architecture.tree import ROOT

PAGE = ROOT / "docs" / "known-defects.md"
MUTANTS = ROOT / "tests" / "mutants"
ROWS = [  # of orders, gate, bus, engine, recorded data, journal, adapters
    *range(1, 29),
    *range(29, 50),
    *range(50, 68),
    *range(69, 74),
    *range(74, 82),
    83,  # 82 is about routing, which is not here
]
LINES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ")
]
DEFECTS = {int(cells[0]): cells for cells in LINES if cells[0].isdigit()}
NAMED_TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", PAGE.read_text())))


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_row_is_there() -> None:
    assert [] == sorted(set(ROWS) - set(DEFECTS))


@pytest.mark.parametrize("test", NAMED_TESTS)
def test_a_named_test_exists(test: str) -> None:
    path, name = test.split("::")

    assert f"def {name}(" in (ROOT / path).read_text()


@pytest.mark.parametrize("row", DEFECTS)
def test_each_mutant_of_a_row_makes_its_mistake_and_breaks_a_test_of_the_row(row: int) -> None:
    _, what, tests, mutants = DEFECTS[row]

    assert what
    assert named(tests)
    assert named(mutants)
    for mutant in named(mutants):
        head = (MUTANTS / f"{mutant}.patch").read_text()
        assert re.search(rf"^# row: {row}\b", head, re.MULTILINE)
        assert set(named(tests)) & set(re.findall(r"^# test: (\S+)", head, re.MULTILINE))


@pytest.mark.parametrize("cells", [cells for cells in LINES if len(cells) == 3], ids=lambda c: c[0])
def test_each_answer_has_a_test(cells: list[str]) -> None:
    if cells[0] == "what happens":
        return

    assert all("::" in test for test in named(cells[2]))
    assert named(cells[2])
