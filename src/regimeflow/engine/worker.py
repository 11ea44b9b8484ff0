"""The thread that runs an engine's loop, and calls into that loop from other threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from regimeflow.engine.loops import new_loop
from regimeflow.engine.runtime import Runtime
from regimeflow.types.errors import InvalidState
from regimeflow.types.events import ExitCause

if TYPE_CHECKING:
    import asyncio
    import concurrent.futures

    from regimeflow.engine.life import Life

_T = TypeVar("_T")

# How long a call from another thread waits for the loop: a strategy that holds it longer is told
# so.
_CALL_TIMEOUT_S = 5.0
# How long stop() waits for the session's end.
_STOP_TIMEOUT_S = 10.0


class Worker:
    """Runs one runtime, on a thread of its own or on the host's loop; holds no engine.

    Threading: any thread.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread: int | None = None
        self._ready = threading.Event()
        self._done = threading.Event()
        self._failure: BaseException | None = None
        # Re-entrant: the collector may call stop() wherever it runs.
        self._lock = threading.RLock()
        self._has_begun = False
        self._is_stop_asked = False  # before there was a loop to ask

    @property
    def is_running(self) -> bool:
        """Whether the session is up: connected once, not yet ended."""
        return self._runtime.is_ready and not self._done.is_set()

    def start(self) -> None:
        """Run on a new thread; returns when the session is ready, or raises what ended it."""
        self._begin()
        thread = threading.Thread(target=self._run_thread, name="regimeflow", daemon=True)
        thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    async def run(self) -> None:
        """Run on the caller's loop until the session ends."""
        self._begin()
        await self._main()

    def stop(self) -> None:
        """End the session and wait for its end; from the loop itself only ask for it."""
        with self._lock:
            loop = self._loop
            if loop is None:
                self._is_stop_asked = self._has_begun
        if self._done.is_set() or not self._has_begun:
            return
        if threading.get_ident() == self._loop_thread:
            self._runtime.request_stop()
            return
        try:
            if loop is not None:
                loop.call_soon_threadsafe(self._runtime.request_stop)
        except RuntimeError:
            return  # the loop closed in between: there is nothing left to stop
        self._done.wait(_STOP_TIMEOUT_S)

    def call(self, function: Callable[[], _T]) -> _T:
        """Call a function on the loop and return its result; directly where no loop runs.

        Raises:
            InvalidState: the loop did not answer within 5 s; the call may still be made.
        """
        loop = self._loop
        if loop is None or self._done.is_set() or threading.get_ident() == self._loop_thread:
            return function()
        import concurrent.futures

        answer: concurrent.futures.Future[_T] = concurrent.futures.Future()

        def _answer() -> None:
            try:
                answer.set_result(function())
            except BaseException as error:  # noqa: BLE001 - carried to the thread that asked
                answer.set_exception(error)

        try:
            loop.call_soon_threadsafe(_answer)
        except RuntimeError:
            return function()  # the loop closed in between: nobody else touches the parts now
        try:
            return answer.result(_CALL_TIMEOUT_S)
        except concurrent.futures.TimeoutError as error:
            message = (
                f"the engine's loop did not answer within {_CALL_TIMEOUT_S:.0f} s;"
                " a strategy or callback holds it"
            )
            raise InvalidState(message) from error

    def _begin(self) -> None:
        with self._lock:
            if self._has_begun:
                message = "this engine has run already; make a new one for another session"
                raise InvalidState(message)
            self._has_begun = True

    def _run_thread(self) -> None:
        import asyncio

        try:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(self._main())
        except BaseException as error:  # noqa: BLE001 - raised by start(), or told to the listeners
            if not self._ready.is_set():
                self._failure = error
            else:
                self._runtime.parts.listeners.tell_error(error)
        finally:
            self._done.set()
            self._ready.set()

    async def _main(self) -> None:
        import asyncio

        from regimeflow.engine.life import Life  # it needs asyncio, which costs more than all else

        runtime, life = self._runtime, Life(self._runtime)
        self._loop_thread = threading.get_ident()
        with self._lock:
            self._loop = asyncio.get_running_loop()
            if self._is_stop_asked:
                self._loop.call_soon(runtime.request_stop)
        ready = asyncio.ensure_future(self._tell_ready(life))
        try:
            await life.run()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # whatever ended the session is part of its summary
            runtime.exit_cause, runtime.exit_text = ExitCause.FAILED, str(error)
            raise
        finally:
            ready.cancel()
            self._done.set()

    async def _tell_ready(self, life: Life) -> None:
        await life.ready.wait()
        self._ready.set()
