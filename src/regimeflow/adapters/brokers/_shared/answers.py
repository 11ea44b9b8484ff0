"""Answers that must be what was asked for: what cannot be read is never taken for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Final

from regimeflow.types.errors import BrokerError, InvalidArgument

Json = Mapping[str, object]


class Answers:
    """Reads the answers of one venue; ``what`` names the question in an error.

    Args:
        venue: Its name, for errors.
    """

    def __init__(self, venue: str) -> None:
        self._venue: Final = venue

    def bad(self, what: str, found: object) -> BrokerError:
        """Return the error of an answer that is not what it must be."""
        text = f"the answer to {what} is not as expected: {found}"
        return BrokerError(text, venue=self._venue)

    def table(self, value: object, what: str) -> Json:
        """An answer that must be a table."""
        if not isinstance(value, Mapping):
            raise self.bad(what, f"found {type(value).__name__}, expected an object")
        return value

    def rows(self, value: object, what: str) -> Sequence[Json]:
        """An answer that must be a list of tables."""
        if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
            raise self.bad(what, f"found {type(value).__name__}, expected a list of objects")
        return value

    def amount(self, table: Json, name: str, what: str) -> Decimal:
        """A number that must be there."""
        given = table.get(name)
        try:
            found = Decimal(given if isinstance(given, str | int | Decimal) else str(given))
        except (InvalidOperation, ValueError):
            raise self.bad(what, f"{name} is {given!r}, expected a number") from None
        if not found.is_finite():
            raise self.bad(what, f"{name} is {given!r}, expected a finite number")
        return found

    def text(self, table: Json, name: str, what: str) -> str:
        """A text that must be there."""
        given = table.get(name)
        if not isinstance(given, str) or not given:
            raise self.bad(what, f"{name} is {given!r}, expected text")
        return given

    def flag(self, table: Json, name: str, what: str) -> bool:
        """A yes or no that must be there."""
        given = table.get(name)
        if not isinstance(given, bool):
            raise self.bad(what, f"{name} is {given!r}, expected true or false")
        return given

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """Have what no message can hold be a bad answer: a number beyond bounds, a long name."""
        try:
            yield
        except (ValueError, TypeError, ArithmeticError, InvalidArgument) as error:
            raise self.bad(what, error) from None

    def whole(self, table: Json, name: str, what: str) -> int:
        """A whole number that must be there: ids and times are JSON numbers."""
        given = table.get(name)
        if type(given) is not int:
            raise self.bad(what, f"{name} is {given!r}, expected a whole number")
        return given
