"""Kafka behind the common face: a producer and a consumer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from confluent_kafka import KafkaException, Producer

from regimeflow.adapters.queues._shared.faults import Lost
from regimeflow.adapters.queues.kafka.faults import Faults
from regimeflow.adapters.queues.kafka.inlet import Inlet, Record
from regimeflow.adapters.queues.kafka.outlet import Outlet

_CONNECT_S: Final = 10.0
_AGAIN_S: Final = 1.0
_LOOK_S: Final = 0.25
_SILENCE_S: Final = 1.0  # without an acknowledgement while some are due
_SLICE_S: Final = 0.01


class KafkaTransport:
    """Keeps both clients over an outage: they come back by themselves, and repeat nothing.

    Args:
        outlet: Publishes.
        inlet: Reads; None: nothing is to be read.
        faults: Was told by both what went wrong.
        shown: Where the brokers are.
        now_s: A monotonic clock.
    """

    def __init__(
        self,
        outlet: Outlet,
        inlet: Inlet | None,
        faults: Faults,
        *,
        shown: str,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outlet: Final = outlet
        self._inlet: Final = inlet
        self._faults: Final = faults
        self._shown: Final = shown
        self._now_s: Final = now_s
        self._is_known = False  # whether a broker has ever answered
        self._drops = 0  # of connections, that were looked into
        self._confirmed = 0
        self._moved_s = now_s()

    @property
    def missed(self) -> int:
        """As ``Transport`` has it."""
        return self._inlet.missed if self._inlet else 0

    @property
    def reconnects(self) -> int:
        """As ``Transport`` has it."""
        return self._faults.drops

    @property
    def trouble(self) -> str:
        """As ``Transport`` has it."""
        return self._faults.last

    def open(self) -> None:
        """As ``Transport`` has it."""
        self._faults.clear()
        try:
            self._reach(self._outlet.open())
            if self._inlet is not None:
                self._inlet.open()
        except KafkaException as error:
            raise Lost(self._faults.shown(f"{self._shown}: {error}")) from error

    def _reach(self, producer: Producer) -> None:
        """Wait until a broker answers; what it says instead is why there is no connection."""
        until_s = self._now_s() + (_AGAIN_S if self._is_known else _CONNECT_S)
        while True:
            try:
                producer.list_topics(timeout=_LOOK_S)
            except KafkaException as error:
                self._outlet.wait(0.0)
                if self._now_s() >= until_s:
                    why = self._faults.last or str(error)
                    raise Lost(self._faults.shown(f"{self._shown}: {why}")) from error
            else:
                self._faults.clear()
                self._is_known = True
                self._drops = self._faults.drops
                self._moved_s = self._now_s()
                return

    def lose(self) -> None:
        """As ``Transport`` has it."""
        if self._faults.is_broken:
            self._faults.is_broken = False
            self._outlet.close()

    def close(self) -> None:
        """As ``Transport`` has it."""
        if self._inlet is not None:
            self._inlet.close()
        self._outlet.close()
        self._faults.is_broken = False

    def bye(self) -> None:
        """As ``Transport`` has it."""

    def work(self) -> None:
        """As ``Transport`` has it."""
        self._outlet.work()
        now_s = self._now_s()
        if self._outlet.confirmed != self._confirmed or not self._outlet.is_busy:
            self._confirmed, self._moved_s = self._outlet.confirmed, now_s
        if self._drops != self._faults.drops or now_s - self._moved_s > _SILENCE_S:
            # One broker of many, or all of them? Librdkafka says so only of those that it has met.
            self._moved_s = now_s
            self._reach(self._outlet.open())

    def wait(self, wait_s: float) -> None:
        """As ``Transport`` has it."""
        self._outlet.wait(wait_s)

    def read(self, wait_s: float) -> Sequence[Record]:
        """As ``Transport`` has it."""
        if self._inlet is None:
            self.wait(wait_s)
            return ()
        until_s = self._now_s() + wait_s
        while True:
            left_s = max(0.0, until_s - self._now_s())
            is_busy = self._outlet.is_busy
            found = self._inlet.read(min(left_s, _SLICE_S) if is_busy else left_s)
            if found or left_s == 0:
                return found
            if is_busy:
                self._outlet.work()

    def hold(self) -> None:
        """As ``Transport`` has it."""
        if self._inlet is not None:
            self._inlet.hold()

    def may_take(self) -> bool:
        """As ``Transport`` has it."""
        return self._inlet is not None and self._inlet.may_take()

    def done(self, count: int) -> None:
        """As ``Transport`` has it."""
        if self._inlet is not None:
            self._inlet.done(count)

    def seek(self, since_ns: int) -> None:
        """As ``Transport`` has it."""
        if self._inlet is not None:
            self._inlet.since_ns = since_ns
