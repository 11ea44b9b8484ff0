"""Fields as text: what the protocol writes for numbers, flags and values that are not set."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

UNSET_DOUBLE: Final = "1.7976931348623157E308"
UNSET_INTEGER: Final = "2147483647"
_UNSET: Final = frozenset({"", UNSET_DOUBLE, UNSET_INTEGER, "9223372036854775807"})


class BadField(Exception):
    """A message ended early, or a field is not what its place asks for."""


def is_unset(text: str) -> bool:
    """Whether a client left this number out; each generation writes that in its own way."""
    return text.upper().replace("+", "") in _UNSET


def number(value: Decimal) -> str:
    """Return a number without exponent and without needless zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def double(value: Decimal) -> str:
    """Return a number as TWS prints doubles: at least one digit behind the point."""
    text = number(value)
    return text if "." in text else f"{text}.0"


def decimal_of(text: str) -> Decimal | None:
    """Return the number that a field says; None when it is not set.

    Raises:
        BadField: it is no finite number.
    """
    if is_unset(text):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadField(f"{text!r} is no number") from None
    if not value.is_finite():
        raise BadField(f"{text!r} is no finite number")
    return value


class Reader:
    """The fields of one message, taken from the front."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = fields
        self._next = 0

    def text(self) -> str:
        """Take a field as it is."""
        if self._next >= len(self._fields):
            raise BadField(f"the message ends after {len(self._fields)} fields")
        self._next += 1
        return self._fields[self._next - 1]

    def integer(self) -> int:
        """Take a whole number; 0 when the field is empty."""
        text = self.text()
        try:
            return int(text or 0)
        except ValueError:
            raise BadField(f"{text!r} is no whole number") from None

    def decimal(self) -> Decimal | None:
        """Take a number; None when it is not set."""
        return decimal_of(self.text())

    def flag(self) -> bool:
        """Take a flag."""
        return self.text() in {"1", "true", "True"}

    def skip(self, count: int = 1) -> None:
        """Pass over fields."""
        for _ in range(count):
            self.text()

    @property
    def left(self) -> int:
        """How many fields have not been taken."""
        return len(self._fields) - self._next
