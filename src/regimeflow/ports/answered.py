"""An answer that is there already."""

from __future__ import annotations

from collections.abc import Generator
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Answered(Generic[_T]):
    """An awaitable that is done: for an adapter whose hand-over is all there is to wait for.

    Cheaper than a future, and whoever looks at the type need not make a task to wait for nothing.
    """

    __slots__ = ("value",)

    def __init__(self, value: _T) -> None:
        self.value = value

    def __await__(self) -> Generator[None, None, _T]:
        yield from ()  # makes this a generator, as __await__ must be, that has nothing to wait for
        return self.value
