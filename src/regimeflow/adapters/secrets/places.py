"""How the place of a secret in a store is written: ``//PATH#FIELD``."""

from __future__ import annotations

import json

from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.records import Record


class Place(Record):
    """A path, and the field of what is there; "": all of it."""

    path: str
    field: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """What stands between the slashes."""
        return tuple(self.path.split("/"))

    def pick(self, text: str) -> str:
        """Return the field of a JSON object, or all of a text where none is named.

        Raises:
            ConfigError: the text is no JSON object, or the field is not in it, or is no text.
        """
        if not self.field:
            return text
        try:
            found = json.loads(text)
        except ValueError:
            found = None  # its error holds the text
        return self.take(found)

    def take(self, found: object) -> str:
        """Return the field of what was found, which must be text."""
        value = found.get(self.field) if isinstance(found, dict) else None
        if not isinstance(value, str):
            raise refused(f"it has no field {self.field!r} with a text")
        return value


def read_place(place: str, expected: str, least: int, most: int | None = None) -> Place:
    """Read what stands behind the scheme.

    Args:
        place: As in the reference.
        expected: How it is to be written.
        least: How many parts the path has at least.
        most: At most; None: any number.

    Raises:
        ConfigError: it is written otherwise.
    """
    path, _, field = place.removeprefix("//").partition("#")
    found = Place(path, field)
    is_long = most is not None and len(found.parts) > most
    if not place.startswith("//") or len(found.parts) < least or is_long or "" in found.parts:
        raise refused(f"expected {expected}")
    return found


def refused(text: str) -> ConfigError:
    """Return the error of a secret that cannot be had."""
    return ConfigError([Fault("", text)])
