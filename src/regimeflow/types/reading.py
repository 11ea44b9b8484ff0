"""One pass over a configuration: the faults so far, and how they are put in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from regimeflow.types.errors import Fault
from regimeflow.types.fixed import INT64_MAX, shortened

BAD: Final = object()  # stands for a value with a fault that has been noted
MOST_HINTS: Final = 100  # comparing names takes time, and nobody reads thousands

_SECRET_WORDS: Final = (
    "secret",
    "passw",
    "passphrase",
    "token",
    "credential",
    "apikey",
    "privatekey",
    "accesskey",
)


class Reading:
    """One pass over a configuration: its faults so far, and where relative paths start."""

    __slots__ = ("faults", "folder")

    def __init__(self, folder: str | None = None) -> None:
        self.folder: Final = folder
        self.faults: Final[list[Fault]] = []

    def fault(self, path: str, text: str) -> object:
        """Note a fault; returns the value that stands for it."""
        self.faults.append(Fault(path, text))
        return BAD

    def mismatch(self, path: str, value: object, expected: str) -> object:
        """Note that ``value`` is not what was expected."""
        return self.fault(path, f"found {found(value, path)}; expected {expected}")


def looks_secret(path: str) -> bool:
    """Whether a key path has a name like a secret's in it, so that its value must not be shown."""
    name = path.lower().replace("_", "").replace("-", "")
    return any(word in name for word in _SECRET_WORDS)


def found(value: object, path: str = "") -> str:
    """Say what a value is, without showing what may be secret."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    return "a value (hidden)" if looks_secret(path) else _plainly(value)


def _plainly(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"text {shortened(value)}" if value else "empty text"
    if isinstance(value, int) and abs(value) > INT64_MAX:
        return "a number of more than 18 digits"
    if isinstance(value, int | float | Decimal):
        return str(value)
    return f"a {type(value).__name__}"


def join(path: str, key: str) -> str:
    """Return the path of ``key`` in the table at ``path``; odd keys are quoted."""
    word = key if key.isidentifier() or key.isalnum() else shortened(key)
    return f"{path}.{word}" if path else word


def near(word: str, choices: list[str]) -> str:
    """Return a hint at the choice that ``word`` may have meant, or ""."""
    from difflib import get_close_matches  # dear to import, and only wanted when something is wrong

    matches = get_close_matches(word[:64], choices, n=1, cutoff=0.6)
    return f' (did you mean "{matches[0]}"?)' if matches else ""
