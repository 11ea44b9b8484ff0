"""Which message queue has which adapter; nothing is imported before it is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, cast

from regimeflow.ports.message_queue import MessageQueueAdapter
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.errors import ConfigError, Fault

QUEUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "journal": "regimeflow.adapters.queues.journal.adapter:JournalQueue",
        "memory": "regimeflow.adapters.queues.memory:MemoryQueue",
        "redis": "regimeflow.adapters.queues.redis.adapter:RedisQueue",
        "kafka": "regimeflow.adapters.queues.kafka.adapter:KafkaQueue",
    }
)
"""Queue type to ``module:factory``; a factory takes ``(config)``."""

_EXTRAS: Final[Mapping[str, str]] = MappingProxyType({"redis": "redis", "kafka": "kafka"})


def create_message_queue_adapter(config: MessageQueueConfig) -> MessageQueueAdapter:
    """Make the adapter of a queue; nothing connects.

    Raises:
        ConfigError: the client library is not installed, or the settings do not fit.
    """
    module, _, factory = QUEUES[config.type].partition(":")
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        extra = _EXTRAS.get(config.type)
        if extra is None:
            raise
        text = (
            f"{config.type!r} needs a client that is not installed ({error});"
            f" pip install 'regimeflow[{extra}]'"
        )
        raise ConfigError([Fault("queue.type", text)]) from error
    return cast("Callable[[MessageQueueConfig], MessageQueueAdapter]", getattr(found, factory))(
        config
    )
