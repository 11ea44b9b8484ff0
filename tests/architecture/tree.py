"""The source tree as data: files, floors and what each file imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "regimeflow"
CORE = ROOT / "src" / "_core"
FLOORS = ["_core", "types", "domain", "ports", "adapters", "engine", "apps"]
MODULES = sorted(SRC.rglob("*.py"))


def name_of(path: Path) -> str:
    """Return the dotted name of a module of the package."""
    parts = path.relative_to(SRC.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module: str) -> int | None:
    """Return the floor of a dotted name; None for the facade and for what is not ours."""
    parts = module.split(".")
    if parts[0] != "regimeflow" or len(parts) < 2 or parts[1] not in FLOORS:
        return None
    return FLOORS.index(parts[1])


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _nodes(tree: ast.AST, *, type_checking: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(tree):
        if not type_checking and _is_type_checking(child):
            continue
        yield child
        yield from _nodes(child, type_checking=type_checking)


def imports(path: Path, *, type_checking: bool = True) -> list[str]:
    """Return every module that a file imports, inside functions too.

    A relative import comes back as its dots (``..x``), so that the caller can refuse it.
    """
    found = []
    for node in _nodes(ast.parse(path.read_text()), type_checking=type_checking):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            # "from package import module" is an import of the module
            found += [
                f"{base}.{alias.name}" if is_module(f"{base}.{alias.name}") else base
                for alias in node.names
            ]
    return sorted(set(found))


def is_module(name: str) -> bool:
    """Whether a dotted name is a module or a package of ours."""
    path = SRC.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
