"""A message's fields as a table: names in order, with what depends on the version or on others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from regimeflow.apps.venues.ib.fields import Reader

Values: TypeAlias = dict[str, str]
Rows: TypeAlias = dict[str, list[Values]]


@dataclass(frozen=True, slots=True)
class From:
    """Fields that a message has from a version on."""

    version: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Until:
    """Fields that a message had below a version."""

    version: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class When:
    """Fields that follow only when earlier ones say so."""

    holds: Callable[[Mapping[str, str]], bool]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Many:
    """A count, then so many rows of fields; ``columns`` may depend on a row's first field."""

    name: str
    columns: tuple[str, ...]
    columns_of: Mapping[str, tuple[str, ...]] | None = None
    behind: tuple[Item, ...] = ()  # what follows when there is at least one row


Item: TypeAlias = str | From | Until | When | Many
Layout: TypeAlias = tuple[Item, ...]


def read(layout: Sequence[Item], reader: Reader, version: int) -> tuple[Values, Rows]:
    """Take a message's fields apart.

    Raises:
        BadField: the message ends before its layout does.
    """
    values: Values = {}
    rows: Rows = {}
    _read(layout, reader, version, (values, rows))
    return values, rows


def _read(layout: Sequence[Item], reader: Reader, version: int, into: tuple[Values, Rows]) -> None:
    values, rows = into
    for item in layout:
        if isinstance(item, str):
            values[item] = reader.text()
        elif isinstance(item, Many):
            rows[item.name] = [_read_row(item, reader) for _ in range(reader.integer())]
            if rows[item.name]:
                _read(item.behind, reader, version, into)
        elif _applies(item, values, version):
            _read(item.items, reader, version, into)


def _read_row(item: Many, reader: Reader) -> Values:
    row = {item.columns[0]: reader.text()}
    for column in _columns(item, row)[1:]:
        row[column] = reader.text()
    return row


def _columns(item: Many, row: Mapping[str, str]) -> tuple[str, ...]:
    if item.columns_of is None:
        return item.columns
    return item.columns + item.columns_of.get(row[item.columns[0]], ())


def _applies(item: From | Until | When, values: Mapping[str, str], version: int) -> bool:
    if isinstance(item, From):
        return version >= item.version
    if isinstance(item, Until):
        return version < item.version
    return item.holds(values)


def write(
    layout: Sequence[Item],
    values: Mapping[str, str],
    rows: Mapping[str, Sequence[Mapping[str, str]]],
    version: int,
) -> Iterator[str]:
    """Yield a message's fields; a name without a value gives an empty field."""
    for item in layout:
        if isinstance(item, str):
            yield values.get(item, "")
        elif isinstance(item, Many):
            found = rows.get(item.name, ())
            yield str(len(found))
            for row in found:
                yield from (row.get(column, "") for column in _columns(item, row))
            if found:
                yield from write(item.behind, values, rows, version)
        elif _applies(item, values, version):
            yield from write(item.items, values, rows, version)
