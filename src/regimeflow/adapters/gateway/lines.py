"""The two directions of a queue between gateway and host, each on a thread of its own."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from regimeflow._core.messages import LiveMessage, SystemMessage
from regimeflow.adapters.gateway.parcels import Parcel, packed
from regimeflow.adapters.queues.registry import create_message_queue_adapter
from regimeflow.ports.message_queue import OnMessage
from regimeflow.types.config.queue import MessageQueueConfig, Topic
from regimeflow.types.enums import LiveTopic
from regimeflow.types.errors import NetworkError
from regimeflow.types.records import replace

_WAIT_S: Final = 0.05
_MOST_WAITING: Final = 10_000
_JOIN_S: Final = 30.0


def to_gateway(queue: MessageQueueConfig) -> MessageQueueConfig:
    """Return the queue on which commands travel."""
    return _of(queue, "c")


def from_gateway(queue: MessageQueueConfig) -> MessageQueueConfig:
    """Return the queue on which answers travel."""
    return _of(queue, "a")


def stream_of(queue: MessageQueueConfig, topics: Sequence[Topic]) -> MessageQueueConfig:
    """Return the queue that the gateway's stream goes out on, to be read from now on."""
    return replace(queue, consume=topics, publish=(), group=None, state_folder=None)


def _of(queue: MessageQueueConfig, way: str) -> MessageQueueConfig:
    return replace(stream_of(queue, ("system",)), prefix=f"{queue.prefix}.{way}")


class _Line(ABC):
    """A queue on a thread; whatever goes wrong there ends it, and is told by ``fault``."""

    def __init__(self, config: MessageQueueConfig, name: str) -> None:
        self._queue: Final = create_message_queue_adapter(config)
        self._is_stopping: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._run, name=name, daemon=True)
        self.is_open = False
        self.fault = ""

    def start(self) -> None:
        """Begin; it connects, again and again if need be."""
        self._thread.start()

    def stop(self) -> None:
        """End it, and wait for it: not on a loop."""
        self._is_stopping.set()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            try:
                self._queue.connect()
            except NetworkError as error:  # poll() tries again
                self.fault = str(error)
            while not self._is_stopping.is_set() and not self._queue.has_given_up:
                self.is_open = self._queue.is_connected()
                self._turn()
            self._queue.disconnect()
        except Exception as error:  # noqa: BLE001 - an adapter's fault: told, and the line ends
            self.fault = repr(error)
        finally:
            self.is_open = False

    @abstractmethod
    def _turn(self) -> None:
        """Do what is due; waits a little where nothing is."""


class Outlet(_Line):
    """Sends parcels, in order.

    Args:
        config: The queue.
        on_lost: Told the number of a parcel that was not sent, on this line's thread.

    Threading: ``send`` from any thread.
    """

    def __init__(
        self, config: MessageQueueConfig, on_lost: Callable[[int], None], now_ns: Callable[[], int]
    ) -> None:
        super().__init__(config, "regimeflow-gateway-out")
        self._on_lost: Final = on_lost
        self._now_ns: Final = now_ns
        self._waiting: Final[deque[Parcel]] = deque()
        self._news: Final = threading.Condition()

    def send(self, parcel: Parcel) -> bool:
        """Take a parcel to be sent; false: there is no connection, or no room."""
        if not self.is_open or len(self._waiting) >= _MOST_WAITING:
            return False
        with self._news:
            self._waiting.append(parcel)
            self._news.notify()
        return True

    def stop(self) -> None:
        """Send what waits, and end."""
        with self._news:
            self._is_stopping.set()
            self._news.notify()
        super().stop()

    def _turn(self) -> None:
        self._queue.poll()
        with self._news:
            if not self._waiting and not self._is_stopping.is_set():
                self._news.wait(_WAIT_S)
        self._send_waiting()

    def _send_waiting(self) -> None:
        while self._waiting:
            parcel = self._waiting.popleft()
            if not all(self._publish(parcel.to, text) for text in packed(parcel)):
                self._on_lost(parcel.number)

    def _publish(self, to: str, text: str) -> bool:
        now_ns = self._now_ns()
        payload = SystemMessage(text, symbol=to, ts_event_ns=now_ns, ts_recv_ns=now_ns)
        return self._queue.publish(LiveMessage(LiveTopic.SYSTEM, payload))


class Inlet(_Line):
    """Reads what comes from a moment on.

    Args:
        config: The queue.
        take: Called with each message, on this line's thread.
        since_ns: The moment, UTC.

    Attributes:
        lost: How many messages were gone before they were read.
    """

    def __init__(self, config: MessageQueueConfig, take: OnMessage, since_ns: int) -> None:
        super().__init__(config, "regimeflow-gateway-in")
        self._queue.on_message(take)
        self._queue.seek(since_ns)
        self.lost = 0

    def _turn(self) -> None:
        self._queue.poll(_WAIT_S)
        self.lost = self._queue.counters().missed
        if not self.is_open:
            self._is_stopping.wait(_WAIT_S)
