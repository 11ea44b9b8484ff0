"""``MessageQueueAdapter`` to Redis Streams: Redis 6.2 and later, Valkey, their clusters."""

from __future__ import annotations

from typing import Final

from regimeflow.adapters.queues._shared.brokered import BrokeredQueue
from regimeflow.adapters.queues._shared.inbox import Inbox
from regimeflow.adapters.queues._shared.options import Options
from regimeflow.adapters.queues._shared.origins import name_in_force
from regimeflow.adapters.queues._shared.window import Window
from regimeflow.adapters.queues._shared.wire import LANES
from regimeflow.adapters.queues.redis.commands import Streams
from regimeflow.adapters.queues.redis.inlets import Follower, Member
from regimeflow.adapters.queues.redis.line import Address
from regimeflow.adapters.queues.redis.outlet import Outlet
from regimeflow.adapters.queues.redis.transport import RedisTransport
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.enums import LiveTopic

_MAX_LEN: Final = 1_000_000
_LEASE_MS: Final = 10_000


class RedisQueue(BrokeredQueue):
    """The adapter of ``type = "redis"``.

    Of ``options``, these are ours, the rest is redis-py's: ``max_len`` (about how many entries a
    stream keeps; 0: all), ``keep_s`` (about for how long; 0: for ever), ``wait_aof`` (1: a message
    counts only once the server has it on disk), ``wait_replicas`` (how many replicas must have it),
    ``lease_ms`` (after how long without a sign of life another member of the group takes over).

    Raises:
        ConfigError: an option is wrong, or a secret cannot be had.
    """

    def __init__(self, config: MessageQueueConfig) -> None:
        options = Options(config)
        streams = Streams(
            config.prefix,
            max_len=options.whole("max_len", _MAX_LEN),
            keep_ms=1_000 * options.whole("keep_s", 0),
        )
        window = Window(config.most_unacknowledged)
        inbox = Inbox(config)
        outlet = Outlet(
            window,
            streams,
            most=config.batch_messages,
            synced=bool(options.whole("wait_aof", 0)),
            replicas=options.whole("wait_replicas", 0),
        )
        lanes = [LANES[LiveTopic[each.upper()]] for each in config.consume]
        lease_ms = options.whole("lease_ms", _LEASE_MS, at_least=100)
        inlet: Follower | Member | None = None
        if lanes and config.group:
            inlet = Member(
                streams,
                lanes,
                most=config.batch_messages,
                group=config.group,
                consumer=config.consumer or name_in_force(config),
                lease_ms=lease_ms,
            )
        elif lanes:
            inlet = Follower(streams, lanes, most=config.batch_messages, marks=lambda: inbox.marks)
        options.check()
        address = Address(
            config.url or "redis://127.0.0.1:6379/0",
            username=config.username,
            password=config.password.reveal() if config.password else None,
            options=options.rest(),
        )
        address.make(None)  # what redis-py refuses is told before anything connects
        transport = RedisTransport(address, streams, outlet, inlet)
        super().__init__(config, window=window, inbox=inbox, transport=transport)
