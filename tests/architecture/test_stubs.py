"""The stubs of the compiled core are true."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.architecture.tree import CORE, SRC

STUBS = SRC / "_core"
COMPILED = sorted(path.stem for path in CORE.glob("*.pyx"))
# Cython emits __test__, and gives the __init__ of a cdef class no readable signature.
ALLOWED = (
    "regimeflow\\._core\\..*\\.__init__\nregimeflow\\._core\\.\\w+\\.(__test__|__pyx_capi__)\n"
)


def constructors(module: str) -> list[tuple[str, str]]:
    """Return (class, keyword) for every keyword that a stub's constructor promises."""
    found = []
    for node in ast.parse((STUBS / f"{module}.pyi").read_text()).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name in {"__new__", "__init__"}:
                named = [*item.args.args[1:], *item.args.kwonlyargs]
                found += [(node.name, argument.arg) for argument in named]
    return found


def test_every_compiled_module_has_a_stub() -> None:
    assert set(COMPILED) == {path.stem for path in STUBS.glob("*.pyi")}


@pytest.mark.slow
def test_stubtest_finds_no_difference(tmp_path: Path) -> None:
    allow = tmp_path / "allow.txt"
    allow.write_text(ALLOWED)
    modules = [f"regimeflow._core.{name}" for name in COMPILED]
    flags = ["--concise", "--ignore-unused-allowlist", "--allowlist", str(allow)]

    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", *flags, *modules],
        capture_output=True,
        text=True,
        env={**os.environ, "MYPYPATH": str(SRC.parent)},
        cwd=tmp_path,
        check=False,
    )

    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("module", COMPILED)
def test_constructors_know_the_keywords_of_their_stub(module: str) -> None:
    """Stubtest cannot see the constructors of cdef classes, so ask them."""
    compiled = import_module(f"regimeflow._core.{module}")
    unknown = []
    for cls, keyword in constructors(module):
        try:
            getattr(compiled, cls)(**{keyword: None})
        except TypeError as error:
            if "unexpected keyword" in str(error):
                unknown.append((cls, keyword))
        except ValueError:
            pass  # the keyword is known, its value is not one

    assert [] == unknown
