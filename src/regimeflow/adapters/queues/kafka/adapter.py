"""``MessageQueueAdapter`` to Kafka's protocol: Kafka, Redpanda and what else speaks it."""

from __future__ import annotations

from confluent_kafka import KafkaException, Producer

from regimeflow.adapters.queues._shared.brokered import BrokeredQueue
from regimeflow.adapters.queues._shared.inbox import Inbox
from regimeflow.adapters.queues._shared.options import Options
from regimeflow.adapters.queues._shared.window import Window
from regimeflow.adapters.queues._shared.wire import LANES
from regimeflow.adapters.queues.kafka.faults import Faults
from regimeflow.adapters.queues.kafka.inlet import Inlet
from regimeflow.adapters.queues.kafka.outlet import Outlet
from regimeflow.adapters.queues.kafka.settings import Settings
from regimeflow.adapters.queues.kafka.transport import KafkaTransport
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.enums import LiveTopic
from regimeflow.types.errors import ConfigError, Fault


class KafkaQueue(BrokeredQueue):
    """The adapter of ``type = "kafka"``; ``options`` are librdkafka's, by its names.

    Raises:
        ConfigError: an option is wrong, or a secret cannot be had.
    """

    def __init__(self, config: MessageQueueConfig) -> None:
        options = Options(config)
        settings = Settings(config, options)
        try:
            Producer(settings.of_producer())  # it tells what is wrong before anything connects
        except (KafkaException, ValueError, TypeError) as error:
            text = f"librdkafka refuses them: {options.shown(str(error))}"
            raise ConfigError([Fault("queue.options", text)]) from None
        window = Window(config.most_unacknowledged)
        inbox = Inbox(config)
        faults = Faults(options.shown)
        lanes = [LANES[LiveTopic[each.upper()]] for each in config.consume]
        inlet = Inlet(
            [f"{config.prefix}.{lane}" for lane in lanes],
            settings,
            group=f"{config.prefix}.{config.group}" if config.group else None,
            marks=lambda: inbox.marks,
            most=config.batch_messages,
            faults=faults,
        )
        transport = KafkaTransport(
            Outlet(window, config.prefix, settings, faults),
            inlet if lanes else None,
            faults,
            shown=", ".join(config.servers),
        )
        super().__init__(config, window=window, inbox=inbox, transport=transport)
