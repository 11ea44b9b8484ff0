"""The tree of errors that the docstring draws is the tree that there is."""

from __future__ import annotations

import builtins
import inspect
import re

from regimeflow.types import errors


def drawn() -> dict[str, str]:
    """Return child to parent, from the docstring's indentation."""
    tree: dict[str, str] = {}
    open_above: list[tuple[int, str]] = []
    for line in inspect.getdoc(errors).splitlines():
        match = re.match(r"^(\s{4,})([A-Z]\w+)(?:\s+\([\w, ]+\))?(?:\s{2,}.*)?$", line)
        if match is None:
            continue
        depth, name = len(match.group(1)), match.group(2)
        while open_above and open_above[-1][0] >= depth:
            open_above.pop()
        tree[name] = open_above[-1][1] if open_above else "Exception"
        open_above.append((depth, name))
    return tree


def built() -> dict[str, str]:
    """Return child to parent, private classes passed over."""
    tree = {}
    for name, cls in vars(errors).items():
        if not (isinstance(cls, type) and issubclass(cls, Exception)) or name.startswith("_"):
            continue
        parent = next(base for base in cls.__mro__[1:] if not base.__name__.startswith("_"))
        tree[name] = parent.__name__
    return tree


def test_the_docstring_draws_the_tree_that_there_is() -> None:
    assert built() == drawn()


def test_what_stands_in_brackets_is_a_parent_too() -> None:
    in_brackets = re.findall(r"\b(\w+) \((\w+)\)", inspect.getdoc(errors))
    wrong = [
        (name, parent)
        for name, parent in in_brackets
        if not issubclass(getattr(errors, name), getattr(builtins, parent))
    ]

    assert [] == wrong
