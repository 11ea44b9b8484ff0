"""What cuts the ugly tail: no giant files, functions, classes or lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import CORE, MODULES, ROOT, SRC

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
LONGEST_CLASS = 300
MOST_PUBLIC_METHODS = 15
LONGEST_LINE = {".py": 100, ".pyi": 128, ".pyx": 128, ".pxd": 128, ".h": 128, ".cpp": 128}

# The design fixes the methods of these; every venue repeats those of BrokerAdapter.
NAMED_BY_THE_DESIGN = {
    "LiveTradingEngine",
    "BrokerAdapter",
    "PaperAdapter",
    "AlpacaAdapter",
    "BinanceAdapter",
    "IBAdapter",
    "RemoteVenue",
    "ModelBroker",
    "WireBroker",
    "LiveOrderManager",
    "EventBus",
    "StrategyContext",
    "Strategy",
    "ExecutionReport",
    "LiveConfig",
}

FOLDERS = ("src", "tests", "benchmarks", "examples", ".ci", "docs")
FILES = sorted(
    path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in LONGEST_LINE
)
IDS = [str(path.relative_to(ROOT)) for path in FILES]
PYTHON = [path for path in FILES if path.suffix == ".py"]
CYTHON = sorted(CORE.glob("*.pyx"))
BROAD = re.compile(r"^\s*except\s*(?:\(?\s*(?:Exception|BaseException)\b.*|)\s*:\s*(?P<why>#.*)?$")
BANNED = re.compile(
    r"\b(TODO|FIXME|XXX|HACK|placeholder|NotImplemented(?:Error)?)\b", re.IGNORECASE
)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    if path.suffix == ".pyx":
        yield from cython_functions(path.read_text().splitlines())
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def cython_functions(lines: list[str]) -> Iterator[tuple[str, int]]:
    """Measure by indentation: a body ends before the first line that is no deeper than its head."""
    head = re.compile(r"^(\s*)(?:async\s+)?(?:def|cdef|cpdef)\b[^=]*?(\w+)\s*\(.*$")
    for start, line in enumerate(lines):
        match = head.match(line)
        if match is None or line.rstrip().endswith(";"):
            continue
        indent, last = len(match.group(1)), start
        for number, inner in enumerate(lines[start + 1 :], start + 1):
            if not inner.strip():
                continue
            if len(inner) - len(inner.lstrip()) <= indent and not inner.lstrip().startswith(")"):
                break
            last = number
        yield match.group(2), last - start + 1


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_no_file_and_no_line_is_too_long(path: Path) -> None:
    lines = path.read_text().splitlines()
    limit = LONGEST_LINE[path.suffix]

    assert len(lines) <= LONGEST_FILE
    assert [] == [number for number, line in enumerate(lines, 1) if len(line) > limit]


@pytest.mark.parametrize("path", [*PYTHON, *CYTHON], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_is_too_long(path: Path) -> None:
    assert [] == [found for found in functions(path) if found[1] > LONGEST_FUNCTION]


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_class_is_too_big(path: Path) -> None:
    too_big = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ClassDef) or node.name in NAMED_BY_THE_DESIGN:
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        public = [
            item.name
            for item in node.body
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
            and not item.name.startswith(("_", "test_"))
        ]
        if length > LONGEST_CLASS or len(public) > MOST_PUBLIC_METHODS:
            too_big.append((node.name, length, len(public)))

    assert [] == too_big


@pytest.mark.parametrize(
    "path", [*MODULES, *CYTHON], ids=lambda path: str(path.relative_to(ROOT / "src"))
)
def test_nothing_catches_everything_without_saying_why(path: Path) -> None:
    unexplained = []
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        match = BROAD.match(line)
        if match is None:
            continue
        why = re.sub(r"#\s*noqa:?\s*[A-Z0-9, ]*", "", match.group("why") or "").strip(" #-:")
        before = lines[number - 2].strip() if number > 1 else ""
        after = lines[number].strip() if number < len(lines) else ""
        if not why and not before.startswith("#") and not after.startswith("#"):
            unexplained.append(f"{number}: {line.strip()}")

    assert [] == unexplained


@pytest.mark.parametrize(
    "path",
    [*MODULES, *SRC.rglob("*.pyi"), *CYTHON, *CORE.glob("*.pxd"), *CORE.glob("*.h")],
    ids=lambda path: str(path.relative_to(ROOT / "src")),
)
def test_nothing_is_left_for_later(path: Path) -> None:
    words = [word for word in BANNED.findall(path.read_text()) if word != "NotImplemented"]

    assert [] == words


def test_the_measure_of_cython_functions_finds_their_ends() -> None:
    source = [
        "cdef class A:",
        "    cdef int f(self,",
        "               int x):",
        "        return 1",
        "",
    ]
    source += ["    def g(self):", "        return 2", "cdef int after(): return 3"]

    assert [("f", 3), ("g", 2), ("after", 1)] == list(cython_functions(source))
