"""Who a message is from: a host's name, and which of its journals."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from typing import Final

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.messages import LiveMessage
from regimeflow.ports.message_queue import Outgoing
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.enums import LiveTopic

OWN_MARK: Final = "~"  # between a host's name and which of its journals
_MOST_NAME: Final = 22
_CODEC: Final = LiveMessageCodec()


def name_in_force(config: MessageQueueConfig) -> str:
    """Return this host's name in its messages: as configured, or the machine's."""
    if config.origin is not None:
        return config.origin
    machine = socket.gethostname().partition(".")[0]
    plain = "".join(each if each.isascii() and each.isalnum() else "-" for each in machine)
    return plain[:_MOST_NAME] or "host"


def new_origin(name: str) -> str:
    """Return the origin of a journal that begins: another of the same host never has the same.

    Sequences begin again with a journal, and must not be taken for repeats.
    """
    return f"{name}{OWN_MARK}{os.urandom(4).hex()}"


def name_of(origin: str) -> str:
    """Return the host's name in an origin."""
    return origin.partition(OWN_MARK)[0]


class Numbering:
    """Origin and numbers of messages that are published one by one, and are in no journal."""

    def __init__(self, config: MessageQueueConfig) -> None:
        self.name: Final = name_in_force(config)
        self._origin: Final = new_origin(self.name)
        self._sequence = 0

    def publish(
        self, message: LiveMessage, hand_over: Callable[[Sequence[Outgoing]], int]
    ) -> tuple[bool, str]:
        """Give a message the next number and hand it over; return whether it went, and why not.

        ``hand_over`` says how many it took: a number that was not taken is given again.
        """
        if message.origin and message.origin != self.name:
            return False, f"a message of {message.origin} is not ours to publish"
        outgoing = Outgoing(
            topic=LiveTopic(message.topic),
            key=message.symbol,
            origin=self._origin,
            sequence=self._sequence + 1,
            ts_ns=message.ts_recv_ns or message.ts_event_ns,
            body=_CODEC.encode(message.payload),
            cursor=0,
        )
        taken = hand_over([outgoing])
        self._sequence += taken
        return bool(taken), ""
