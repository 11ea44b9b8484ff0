"""Our settings as librdkafka has them."""

from __future__ import annotations

from typing import Final

from regimeflow.adapters.queues._shared.options import Options
from regimeflow.adapters.queues._shared.origins import name_in_force
from regimeflow.types.config.queue import MessageQueueConfig

Conf = dict[str, object]

_CONSUMER_ONLY: Final = (
    "partition.assignment.strategy",
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "max.poll.interval.ms",
    "group.protocol",
    "group.instance.id",
    "group.remote.assignor",
    "auto.offset.reset",
    "isolation.level",
    "allow.auto.create.topics",
    "check.crcs",
    "coordinator.query.interval.ms",
)
_CONSUMER_BEGINS: Final = ("fetch.", "queued.")
_PRODUCER_ONLY: Final = (
    "linger.ms",
    "queue.buffering.max.ms",
    "queue.buffering.max.kbytes",
    "compression.type",
    "compression.codec",
    "compression.level",
    "batch.size",
    "batch.num.messages",
    "partitioner",
    "request.timeout.ms",
    "sticky.partitioning.linger.ms",
    "topic.metadata.propagation.max.ms",
)
# What the promise stands on: nobody sets these.
_FIXED: Final = {
    "enable.idempotence": True,
    "acks": "all",
    "enable.gapless.guarantee": True,  # one that fails for good stops those behind it
    "message.timeout.ms": 0,  # none is ever given up: it waits for the broker
    "delivery.report.only.error": False,
}


class Settings:
    """What a producer and a consumer are made with.

    Args:
        config: The queue's settings.
        options: Its free part; what goes to librdkafka.
    """

    def __init__(self, config: MessageQueueConfig, options: Options) -> None:
        rest = options.rest()
        shared: Conf = {
            "bootstrap.servers": ",".join(config.servers),
            "client.id": name_in_force(config),
            "reconnect.backoff.ms": config.reconnect_initial_ms,
            "reconnect.backoff.max.ms": config.reconnect_max_ms,
            "log_level": 0,  # what matters comes by the error callback
            "topic.metadata.refresh.interval.ms": 10_000,
        }
        if config.username is not None:
            shared |= {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"}
            shared["sasl.username"] = config.username
        if config.password is not None:
            shared["sasl.password"] = options.conceal(config.password.reveal())
        for name in [each for each in rest if _is_shared(each)]:
            shared[name] = rest[name]
        self._shared: Final = shared
        self._producer: Final = {
            "linger.ms": 5,
            "compression.type": "lz4",
            "partitioner": "murmur2_random",  # as Java's clients have it
            "queue.buffering.max.messages": max(config.most_unacknowledged, 1),
            **{name: value for name, value in rest.items() if name in _PRODUCER_ONLY},
        }
        self._consumer: Final = {
            "auto.offset.reset": "earliest",
            "partition.assignment.strategy": "cooperative-sticky",
            "allow.auto.create.topics": True,
            **{name: value for name, value in rest.items() if _is_consumers(name)},
        }
        if rest.get("group.protocol") == "consumer":
            del self._consumer["partition.assignment.strategy"]  # the broker assigns

    @property
    def is_incremental(self) -> bool:
        """Whether partitions come and go one by one, and not all at once."""
        strategy = self._consumer.get("partition.assignment.strategy", "cooperative")
        return "cooperative" in str(strategy)

    def of_producer(self) -> Conf:
        """What a producer is made with."""
        return {**self._shared, **self._producer, **_FIXED}

    def of_consumer(self, group: str) -> Conf:
        """What a consumer is made with."""
        manual = {"enable.auto.commit": False, "enable.auto.offset.store": False}
        return {**self._shared, **self._consumer, **manual, "group.id": group}


def _is_consumers(name: str) -> bool:
    return name in _CONSUMER_ONLY or name.startswith(_CONSUMER_BEGINS)


def _is_shared(name: str) -> bool:
    return name not in _PRODUCER_ONLY and not _is_consumers(name) and name not in _FIXED
