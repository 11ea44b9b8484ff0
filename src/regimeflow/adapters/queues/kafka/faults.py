"""What librdkafka says went wrong, for both of its clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaError

from regimeflow.adapters.queues._shared.faults import Lost, Refused

_NOT_LET_IN: Final = frozenset(
    {
        KafkaError._AUTHENTICATION,  # noqa: SLF001 - that is its public name
        KafkaError._SSL,  # noqa: SLF001
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
    }
)
_DROPPED: Final = KafkaError._TRANSPORT  # noqa: SLF001
_GONE: Final = frozenset({KafkaError._ALL_BROKERS_DOWN})  # noqa: SLF001


class Faults:
    """Collects what the error callbacks say; they come on our thread, when a client is polled.

    Args:
        shown: Takes secrets out of a text.
    """

    def __init__(self, shown: Callable[[str], str]) -> None:
        self.shown: Final = shown
        self.last = ""
        self.drops = 0  # of connections, which come back by themselves
        self._lost: Lost | None = None
        self.is_broken = False  # the producer can do nothing more: it must be made anew

    def told(self, error: KafkaError) -> None:
        """An error callback."""
        if error.code() not in _GONE:
            self.last = self.shown(error.str())
        self.drops += error.code() == _DROPPED
        if error.fatal():
            self.broke(error)
        elif error.code() in _NOT_LET_IN:
            self._lost = Refused(self.last)
        elif error.code() in _GONE:
            self._lost = self._lost or Lost(self.last or self.shown(error.str()))

    def broke(self, error: KafkaError) -> None:
        """A message cannot be delivered by this producer, nor can those behind it."""
        self.is_broken = True
        self._lost = Lost(f"the producer begins anew: {self.shown(error.str())}")

    def clear(self) -> None:
        """Begin again."""
        self._lost = None

    def check(self) -> None:
        """Raise what was told since the last ``clear``."""
        if self._lost is not None:
            raise self._lost
