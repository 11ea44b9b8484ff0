"""Write the pages that are made from the source; ``--check`` fails when one was not current."""

from __future__ import annotations

import enum
import inspect
import sys
from pathlib import Path

from regimeflow.types import errors

DOCS = Path(__file__).resolve().parent
MADE = "<!-- Made by docs/generate.py from {source}; change that, then run `nox -s docs`. -->\n"


def errors_page() -> str:
    """Return errors.md: the tree, then each class with its meaning."""
    classes = [
        cls
        for name, cls in vars(errors).items()
        if isinstance(cls, type) and cls.__module__ == errors.__name__ and not name.startswith("_")
    ]
    lines = ["# Errors", "", MADE.format(source="src/regimeflow/types/errors.py")]
    lines += [
        inspect.getdoc(errors)
        .replace("::\n", "```", 1)
        .replace("\n\nThe axis", "\n```\n\nThe axis"),
        "",
    ]
    for cls in classes:
        lines += [f"## {cls.__name__}", "", inspect.getdoc(cls) or "", ""]
        if issubclass(cls, enum.Enum):
            lines += [f"- `{member.name}`: {member.value}" for member in cls] + [""]
    return "\n".join(lines).rstrip() + "\n"


PAGES = {"errors.md": errors_page}


def main() -> int:
    """Write every page; return 1 when checking and one was not current."""
    stale = []
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            path.write_text(text)
    if stale:
        print("written:", *stale)
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
