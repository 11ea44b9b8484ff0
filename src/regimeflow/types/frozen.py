"""Tables and lists that nobody can change afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Generic, TypeVar, final

V = TypeVar("V")


@final
class FrozenTable(Mapping[str, V], Generic[V]):
    """A mapping that cannot change: hashable, and equal to any mapping with the same entries."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Mapping[str, V] | Iterable[tuple[str, V]] = ()) -> None:
        self._entries: Final[dict[str, V]] = dict(entries)

    def __getitem__(self, key: str) -> V:
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrozenTable):
            return self._entries == other._entries
        return self._entries == other if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._entries.items()))

    def __repr__(self) -> str:
        return f"FrozenTable({self._entries!r})"

    def __reduce__(self) -> tuple[type[FrozenTable[V]], tuple[dict[str, V]]]:
        return FrozenTable, (dict(self._entries),)


EMPTY_TABLE: Final[FrozenTable[object]] = FrozenTable()
