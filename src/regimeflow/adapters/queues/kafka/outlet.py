"""Publishing by librdkafka's idempotent producer."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from regimeflow.adapters.queues._shared.faults import Lost
from regimeflow.adapters.queues._shared.window import Window
from regimeflow.adapters.queues._shared.wire import LANES, schema_of
from regimeflow.adapters.queues.kafka.faults import Faults
from regimeflow.adapters.queues.kafka.settings import Settings

_NS_PER_MS: Final = 1_000_000
_AT_A_TIME: Final = 1_000


class Outlet:
    """Gives the producer what is in the window, and takes out what is delivered.

    The producer keeps trying while its brokers are away, and repeats nothing by itself. Only when
    it is broken (a fatal error, a message that it gave up) is another one made, which sends again
    what is not acknowledged; a reader knows the repeats by their numbers.

    Args:
        window: What is on its way.
        prefix: What the topics begin with.
        settings: What the producer is made with.
        faults: Is told what goes wrong.
    """

    def __init__(self, window: Window, prefix: str, settings: Settings, faults: Faults) -> None:
        self._window: Final = window
        self._topics: Final = {topic: f"{prefix}.{lane}" for topic, lane in LANES.items()}
        self._settings: Final = settings
        self._faults: Final = faults
        self._schemas: Final[dict[bytes, str]] = {}
        self._producer: Producer | None = None
        self._next = 0  # the number of the first that the producer was not given

    @property
    def is_busy(self) -> bool:
        """Whether something is to be acknowledged."""
        return len(self._window) > 0

    @property
    def confirmed(self) -> int:
        """How many messages were acknowledged so far."""
        return self._window.confirmed

    def open(self) -> Producer:
        """The producer, made anew when there is none or it is broken."""
        if self._producer is None:
            conf = {**self._settings.of_producer(), "error_cb": self._faults.told}
            self._producer = Producer(conf)
            self._next = self._window.end - len(self._window)
        return self._producer

    def close(self) -> None:
        """Forget the producer, and what it was given."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaException):  # of one that is broken: it is given up anyway
                producer.purge()
                producer.flush(0)

    def work(self) -> None:
        """Give what there is room for, take what was delivered."""
        producer = self._producer
        if producer is None:
            raise Lost("there is no producer")
        while self._next < self._window.end and self._give(producer):
            self._poll(producer, 0.0)
        self._poll(producer, 0.0)
        self._faults.check()

    def wait(self, wait_s: float) -> None:
        """Wait until something was delivered, or went wrong."""
        if self._producer is not None:
            self._poll(self._producer, wait_s)
        self._faults.check()

    def _poll(self, producer: Producer, wait_s: float) -> None:
        """Hear what was delivered; a broken producer raises here what it was broken by."""
        try:
            producer.poll(wait_s)
        except KafkaException as error:
            raise self._broken(error) from error

    def _broken(self, error: KafkaException) -> Lost:
        cause = error.args[0] if error.args else None
        if isinstance(cause, KafkaError):
            self._faults.broke(cause)
        self._faults.is_broken = True
        return Lost(f"the producer begins anew: {self._faults.shown(str(error))}")

    def _give(self, producer: Producer) -> bool:
        """Give the next ones; false when the producer has no room for more."""
        for message, _ in self._window.since(self._next, _AT_A_TIME):
            body = message.body
            schema = self._schemas.get(body[4:8])
            if schema is None:
                schema = self._schemas[body[4:8]] = schema_of(body)
            headers: list[tuple[str, str | bytes | None]] = [
                ("origin", message.origin.encode()),
                ("seq", b"%d" % message.sequence),
                ("schema", schema.encode()),
            ]
            try:
                producer.produce(
                    self._topics[message.topic],
                    body,
                    # What has no key keeps the order of its origin: one partition for all of it.
                    message.key or message.origin,
                    headers=headers,
                    timestamp=message.ts_ns // _NS_PER_MS,
                    on_delivery=partial(self._delivered, producer, self._next),
                )
            except BufferError:
                return False
            except KafkaException as error:
                raise self._broken(error) from error
            self._next += 1
        return True

    def _delivered(
        self, producer: Producer, number: int, error: KafkaError | None, _: Message
    ) -> None:
        if producer is not self._producer:
            return  # of one that was given up: another one sends it
        if error is None:
            self._window.confirm(number)
        else:
            self._faults.broke(error)
