"""An answer that comes later, without an event loop."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final, Generic, TypeVar, cast

_T = TypeVar("_T")


class Promise(Generic[_T]):
    """What a broker gives whose answers do not come from an event loop: simulated, replayed.

    Kept once, by ``keep`` or ``fail``; later calls change nothing. The engine waits for it with
    ``on_done``; an event loop cannot wait for it.
    """

    __slots__ = ("_error", "_is_done", "_value", "_waiting")

    def __init__(self) -> None:
        self._value: _T | None = None
        self._error: BaseException | None = None
        self._is_done = False
        self._waiting: Final[list[Callable[[], None]]] = []

    @property
    def is_done(self) -> bool:
        """Whether the answer is there."""
        return self._is_done

    def keep(self, value: _T) -> None:
        """Give the answer."""
        if not self._is_done:
            self._value, self._is_done = value, True
            self._tell()

    def fail(self, error: BaseException) -> None:
        """Give the failure that is the answer."""
        if not self._is_done:
            self._error, self._is_done = error, True
            self._tell()

    def on_done(self, cb: Callable[[], None]) -> None:
        """Call back when the answer is there: now, when it is."""
        if self._is_done:
            cb()
        else:
            self._waiting.append(cb)

    def result(self) -> _T:
        """Return the answer, or raise the failure."""
        if self._error is not None:
            raise self._error
        return cast("_T", self._value)

    def __await__(self) -> Generator[Promise[_T], None, _T]:
        while not self._is_done:
            yield self
        return self.result()

    def _tell(self) -> None:
        waiting = list(self._waiting)
        self._waiting.clear()
        for cb in waiting:
            cb()
