"""Calls from other threads, handed over to the loop's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from regimeflow.types.errors import InvalidState

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


class LoopThread:
    """The one thread that may touch the orders.

    Until it is bound, whoever calls is that thread. A foreign thread's call runs on the loop while
    the caller waits, at most ``patience_s``: a call that the loop has not begun by then is never
    made.
    """

    def __init__(self, patience_s: float = 5.0) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ident = 0
        self._patience_s: Final = patience_s

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop, once bound."""
        return self._loop

    def bind(self, loop: asyncio.AbstractEventLoop | None, thread_id: int) -> None:
        """Say which loop it is and which thread runs it; None unbinds."""
        self._loop = loop
        self._ident = thread_id if loop is not None else 0

    @property
    def is_foreign(self) -> bool:
        """Whether the caller is another thread than the loop's."""
        return self._ident != 0 and threading.get_ident() != self._ident

    def call(self, action: Callable[[], T]) -> T:
        """Run an action on the loop, from a foreign thread, and return or raise what it does.

        Raises:
            InvalidState: the loop did not begin in time, or is closed; the action was not run.
        """
        import asyncio

        loop = self._loop
        if loop is None or loop.is_closed():
            raise InvalidState("the engine's loop is not running; nothing was done")
        begun = threading.Lock()  # whoever takes it first decides: run, or given up
        waiting = asyncio.run_coroutine_threadsafe(_run(action, begun), loop)
        try:
            return waiting.result(self._patience_s)
        except TimeoutError:
            if not begun.acquire(blocking=False):
                return waiting.result()  # it had begun, so it ends
        raise InvalidState(
            f"the engine's loop did not take the call within {self._patience_s} s; nothing was done"
        )


async def _run(action: Callable[[], T], begun: threading.Lock) -> T:
    if not begun.acquire(blocking=False):
        raise InvalidState("the caller had given up")
    return action()
