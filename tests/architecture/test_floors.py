"""A floor may look down, never up, never sideways into a sibling venue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.tree import CORE, FLOORS, MODULES, ROOT, floor_of, imports, name_of

IDS = [str(path.relative_to(ROOT)) for path in MODULES]


def going_up(module: str, imported: list[str]) -> list[str]:
    here = floor_of(module)
    if here is None:
        return []
    return [m for m in imported if (there := floor_of(m)) is not None and there > here]


def sideways(module: str, imported: list[str]) -> list[str]:
    """Siblings below adapters/brokers and adapters/queues that a venue may not know."""
    own = module.split(".")
    found = []
    for other in imported:
        parts = other.split(".")
        if own[1:2] != ["adapters"] or len(own) < 4 or len(parts) < 4 or parts[:3] != own[:3]:
            continue
        if not parts[3].startswith("_") and parts[3] != own[3] and not own[3].startswith("_"):
            found.append(other)
    return [other for other in found if own[2] == "brokers"]


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_no_import_goes_up(path: Path) -> None:
    assert [] == going_up(name_of(path), imports(path))


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_no_import_is_relative_so_that_the_floor_is_readable_on_the_line(path: Path) -> None:
    assert [] == [m for m in imports(path) if m.startswith(".")]


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_no_venue_imports_another(path: Path) -> None:
    assert [] == sideways(name_of(path), imports(path))


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_the_shipped_helpers_and_the_facade_are_imported_by_nothing_below(path: Path) -> None:
    own = name_of(path)
    if own.startswith("regimeflow.testing"):
        forbidden = ("regimeflow.apps",)
    else:
        forbidden = ("regimeflow.testing", "regimeflow.live")

    assert [] == [m for m in imports(path) if m.startswith(forbidden)]


def test_the_compiled_floor_imports_nothing_of_ours_but_itself() -> None:
    pattern = re.compile(r"^\s*(?:from|import|cimport)\s+(regimeflow[\w.]*)", re.MULTILINE)
    found = {
        (path.name, module)
        for path in [*CORE.glob("*.pyx"), *CORE.glob("*.pxd")]
        for module in pattern.findall(path.read_text())
        if not module.startswith("regimeflow._core")
    }

    assert set() == found


def test_every_package_has_a_floor() -> None:
    beside = {"live", "testing"}
    found = {name_of(path).split(".")[1] for path in MODULES if "." in name_of(path)}

    assert set() == found - set(FLOORS) - beside


def test_no_imports_run_in_circles() -> None:
    graph = {
        name_of(path): [m for m in imports(path, type_checking=False) if m.startswith("regimeflow")]
        for path in MODULES
    }
    finished: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> tuple[str, ...]:
        if module in trail:
            return (*trail[trail.index(module) :], module)
        if module in finished:
            return ()
        for other in graph.get(module, []):
            if circle := visit(other, (*trail, module)):
                return circle
        finished.add(module)
        return ()

    assert [] == [circle for module in graph if (circle := visit(module, ()))]


def test_the_reader_of_imports_sees_late_and_relative_ones(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(
        "def f():\n"
        "    from regimeflow.engine.session import Session\n"
        "    import regimeflow.apps.cli\n"
        "from . import sibling\n"
        "from ..ports import clock\n"
    )

    found = imports(planted)

    assert [".", "..ports", "regimeflow.apps.cli", "regimeflow.engine.session"] == found
    assert ["regimeflow.apps.cli", "regimeflow.engine.session"] == going_up(
        "regimeflow.domain.planted", found
    )


def test_a_venue_that_imports_another_is_seen() -> None:
    venue = "regimeflow.adapters.brokers.acme.adapter"

    assert ["regimeflow.adapters.brokers.paper.book"] == sideways(
        venue,
        ["regimeflow.adapters.brokers.paper.book", "regimeflow.adapters.brokers._shared.backoff"],
    )
