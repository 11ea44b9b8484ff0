"""A session's queue: made on its journal, from its configuration."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.records import replace

if TYPE_CHECKING:
    from regimeflow.engine.parts import Parts
    from regimeflow.engine.queue.cursor import Cursor
    from regimeflow.engine.queue.station import Station
    from regimeflow.types.config.queue import MessageQueueConfig


def open_queue(parts: Parts) -> None:
    """Make the session's queue, once its journal is open; nothing connects before it is started.

    Raises:
        ConfigError: the client is not installed, or the queue cannot be had with such a journal.
        OSError: the folder of its state cannot be made.
    """
    config = parts.config.queue
    if config is not None:
        _check(parts, config)
        parts.queue = _made(parts, config)


def _check(parts: Parts, config: MessageQueueConfig) -> None:
    faults = []
    if config.publish and parts.journal is None and not parts.config.dry_run:
        text = "what goes out is read from the journal, and this session writes none"
        faults.append(Fault("queue.publish", f'{text}; set journal.enabled = "yes"'))
    if "market_data" in config.publish and not parts.config.journal.market_data:
        text = "market_data is not in the journal; set journal.market_data = true"
        faults.append(Fault("queue.publish", text))
    if config.consume and config.type == "journal" and config.url is None:
        faults.append(Fault("queue.url", "is missing; it says which folder is followed"))
    if faults:
        raise ConfigError(faults)


def _made(parts: Parts, config: MessageQueueConfig) -> Station | None:
    from regimeflow.adapters.queues._shared.origins import name_in_force
    from regimeflow.adapters.queues.journal.identity import claim_origin
    from regimeflow.adapters.queues.registry import create_message_queue_adapter
    from regimeflow.engine.queue.cursor import Cursor
    from regimeflow.engine.queue.inbound import Inbound
    from regimeflow.engine.queue.publisher import Publisher
    from regimeflow.engine.queue.station import Station

    folder = parts.journal.folder if parts.journal is not None else None
    name = name_in_force(config)
    origin = claim_origin(folder, name) if folder is not None else ""
    state = config.state_folder or (f"{folder}.queue" if folder is not None else None)
    config = replace(config, state_folder=state, origin=name)
    if config.type == "journal" and not config.consume:
        return None  # the journal is the queue: whoever wants it follows the file
    queue = create_message_queue_adapter(config)
    publisher = cursor = inbound = None
    publishes = config.publish and config.type != "journal"
    if parts.journal is not None and folder is not None and state is not None and publishes:
        cursor = Cursor(str(Path(state, f"{config.type}-{config.prefix}.cursor")), origin)
        publisher = Publisher(queue, folder, origin, cursor, config)
        first_unsent = partial(_first_unsent, parts, cursor, config.keep_unsent_mb)
        parts.journal.followers.append(first_unsent)
    if config.consume:
        inbound = Inbound(parts.bus, parts.on_loop, folder, config.consume)
    return Station(queue, config, publisher=publisher, cursor=cursor, inbound=inbound)


def _first_unsent(parts: Parts, cursor: Cursor, keep_mb: int) -> int | None:
    """Return the first segment that must stay for a queue; beyond the bound the disk goes first."""
    if parts.journal is None:
        return None
    most = max(keep_mb // parts.config.journal.segment_mb, 1)
    return max(cursor.position >> 32, parts.journal.writer.segment - most)
