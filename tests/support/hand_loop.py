"""An event loop whose time is its own: it jumps to the next thing to do, and never waits."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class _Jumping(selectors.SelectSelector):
    """Lets the loop's time pass in place of waiting."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing will ever happen"
        self.passed_s += max(0.0, timeout)
        return super().select(0)


class HandLoop(asyncio.SelectorEventLoop):
    """For what uses the loop's time and no sockets."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed_s


def in_hand_loop(work: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine function to its end, in no time."""

    async def whole() -> T:
        return await work()

    with asyncio.Runner(loop_factory=HandLoop) as runner:
        return runner.run(whole())
