"""The queue's own thread: it sends the journal, takes what comes in, and holds nobody up."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from regimeflow.engine.queue.publisher import Publisher, drained
from regimeflow.ports.message_queue import MessageQueueAdapter, QueueCounters
from regimeflow.types.errors import ConfigError, NetworkError
from regimeflow.types.snapshots import QueueHealth

if TYPE_CHECKING:
    from regimeflow.engine.queue.cursor import Cursor
    from regimeflow.engine.queue.inbound import Inbound
    from regimeflow.types.config.queue import MessageQueueConfig

_STEP_FRAMES: Final = 16  # then others may have the interpreter
_YIELD_S: Final = 0.0001  # a pause of nothing is over before a waiting loop has woken up
_IDLE_S: Final = 0.002
_LONGEST_IDLE_S: Final = 0.05
_CURSOR_EVERY_S: Final = 0.2


class Station:
    """Runs a queue on a thread of its own.

    Args:
        queue: Not connected.
        config: Of the queue.
        publisher: What goes out; None: nothing does, or the journal is the queue.
        cursor: The publisher's.
        inbound: Where what comes in goes; None: nothing does.

    Threading: ``start``, ``stop`` and ``health`` by any thread.
    """

    def __init__(
        self,
        queue: MessageQueueAdapter,
        config: MessageQueueConfig,
        *,
        publisher: Publisher | None,
        cursor: Cursor | None,
        inbound: Inbound | None,
    ) -> None:
        self._queue: Final = queue
        self._config: Final = config
        self._publisher: Final = publisher
        self._cursor: Final = cursor
        self._inbound: Final = inbound
        self._is_stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._fault = ""
        self._is_given_up = False
        self._cursor_due_s = 0.0
        # What others are shown of an adapter that is this thread's alone.
        self._picture = (False, False, QueueCounters(), "")
        if inbound is not None:
            queue.on_message(lambda message: inbound.take(message, poss_dup=queue.poss_dup))
            queue.on_taken(inbound.wait)

    def start(self) -> None:
        """Begin; nothing is waited for."""
        self._thread = threading.Thread(target=self._run, name="regimeflow-queue", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send what the journal has, within ``flush_timeout_s``, and disconnect; twice is harmless.

        It may wait so long: the loop must not call it.
        """
        if self._inbound is not None:
            self._inbound.is_closed = True
        self._is_stopping.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def sent_up_to(self) -> int | None:
        """The position in the journal up to which it was sent; None: it is not sent."""
        return self._publisher.position if self._publisher is not None else None

    def health(self, now_ns: int, end: int, segment_bytes: int) -> QueueHealth:
        """Return how it is doing; ``end``: the position that the journal has reached."""
        publisher = self._publisher
        is_connected, is_given_up, counters, error = self._picture
        return QueueHealth(
            type=self._config.type,
            connected=is_connected,
            given_up=is_given_up,
            published=counters.published,
            acknowledged=counters.acknowledged,
            backlog=counters.backlog,
            lag_s=publisher.lag_ns(now_ns) / 1e9 if publisher is not None else 0.0,
            behind_bytes=publisher.behind_bytes(end, segment_bytes) if publisher is not None else 0,
            received=counters.received,
            repeats=counters.repeats,
            bad=counters.bad,
            missed=counters.missed + (publisher.missed if publisher is not None else 0),
            callback_errors=counters.callback_errors,
            reconnects=counters.reconnects,
            last_error=error or (publisher.fault if publisher is not None else ""),
        )

    # The thread.

    def _run(self) -> None:
        try:
            self._connect()
            idle_s = _IDLE_S
            while not self._is_stopping.is_set() and not self._is_given_up:
                is_busy = self._turn()
                self._show()
                if is_busy:
                    idle_s = _IDLE_S
                    time.sleep(_YIELD_S)
                else:
                    self._is_stopping.wait(idle_s)
                    idle_s = min(idle_s * 2, _LONGEST_IDLE_S)
        except Exception as error:  # noqa: BLE001 - an adapter's fault: told; trading goes on
            self._fault, self._is_given_up = f"the queue has ended: {error!r}", True
        finally:
            self._end()

    def _show(self) -> None:
        queue = self._queue
        self._picture = (
            queue.is_connected(),
            self._is_given_up or queue.has_given_up,
            queue.counters(),
            self._fault or queue.last_error,
        )

    def _connect(self) -> None:
        try:
            self._queue.connect()
        except NetworkError:
            return  # poll() tries again
        except ConfigError as error:
            self._fault, self._is_given_up = str(error), True

    def _turn(self) -> bool:
        is_busy = self._queue.poll() > 0
        if self._publisher is not None:
            is_busy = self._publisher.step(_STEP_FRAMES) or is_busy
            self._keep_cursor()
        return is_busy

    def _keep_cursor(self) -> None:
        now_s = time.monotonic()
        if self._cursor is None or self._cursor.is_written or now_s < self._cursor_due_s:
            return
        self._cursor_due_s = now_s + _CURSOR_EVERY_S
        self._write_cursor(self._cursor)

    def _write_cursor(self, cursor: Cursor) -> None:
        try:
            cursor.write()
        except OSError as error:  # a full disk: what was sent since is sent again after a restart
            self._fault = f"the cursor cannot be written: {error}"
        else:
            self._fault = ""

    def _end(self) -> None:
        queue, until_s = self._queue, time.monotonic() + self._config.flush_timeout_s

        def has_time() -> bool:
            left_s = until_s - time.monotonic()
            if left_s <= 0 or not queue.is_connected():
                return False
            queue.poll()
            queue.flush(min(left_s, _LONGEST_IDLE_S))
            return True

        try:
            if self._publisher is not None and not self._is_given_up:
                drained(self._publisher, has_time)
            queue.disconnect()
        except Exception as error:  # noqa: BLE001 - at the end: told, and the rest is still done
            self._fault = f"the queue's end: {error!r}"
        if self._cursor is not None:
            self._write_cursor(self._cursor)
        self._show()
