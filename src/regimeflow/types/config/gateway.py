"""A gateway that holds a broker's session for other hosts, and a host that trades through one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from regimeflow.types.config.queue import MessageQueueConfig, origin_fault
from regimeflow.types.errors import Fault
from regimeflow.types.settings import Settings, required, setting

QUEUES: Final = ("redis", "kafka", "memory")  # that carry commands
_MOST_PREFIX: Final = 20  # two more say which way a message goes


def carrier_faults(queue: MessageQueueConfig, path: str) -> Iterator[Fault]:
    """Say why a queue cannot carry commands."""
    if queue.type not in QUEUES:
        yield Fault(f"{path}type", f"found {queue.type}; commands need {' or '.join(QUEUES)}")
    if len(queue.prefix) > _MOST_PREFIX:
        yield Fault(
            f"{path}prefix", f"is longer than the {_MOST_PREFIX} bytes that a gateway leaves for it"
        )


class GatewaySettings(Settings):
    """What makes a session a gateway: it takes the orders of strategy hosts from its queue."""

    hosts: Sequence[str] = setting(
        (), "Hosts that may trade, by the origin of their queue; none: any that can write to it."
    )
    on_host_death: Literal["keep", "cancel"] = setting(
        "keep", "What happens to the open orders of a host that is silent."
    )
    heartbeat_s: float = setting(
        1.0, "How often the gateway says that it lives.", above=0, at_most=60
    )
    dead_after_s: float = setting(
        10.0, "How long a host may be silent before it counts as dead.", above=0, at_most=3_600
    )
    lease: Literal["none", "redis"] = setting(
        "none",
        "What makes sure that one gateway owns the account: a key at the queue's own server.",
    )
    lease_s: float = setting(
        10.0, "How long a lease holds that is not renewed.", at_least=1, at_most=600
    )
    lease_margin_s: float = setting(
        5.0,
        "How long who takes over waits beyond it; longer than the venue takes an order for fresh.",
        at_least=0,
        at_most=600,
    )


class QueueBrokerSettings(Settings):
    """A strategy host: its broker is a gateway behind a message queue.

    ``queue.origin`` is the host's name. What the gateway's venue can do is asked of the gateway;
    the two settings about it must be what it says, or the session does not begin.
    """

    queue: MessageQueueConfig = required(
        MessageQueueConfig, "The queue of the gateway, as the gateway's own table has it."
    )
    gateway: str = setting(
        "gateway", "The origin of the gateway's queue.", check=origin_fault, also=("host", "name")
    )
    heartbeat_s: float = setting(
        1.0, "How often this host says that it lives.", above=0, at_most=60
    )
    silence_s: float = setting(
        5.0, "How long the gateway may be silent before it counts as lost.", above=0, at_most=3_600
    )
    request_timeout_s: float = setting(
        5.0,
        "How long an answer may take; a command older than that is not carried out any more.",
        above=0,
        at_most=600,
    )
    has_sessions: bool = setting(False, "Whether the gateway's venue closes.")
    sets_exits_aside: bool = setting(
        False, "Whether the gateway's venue sets aside what an open order would sell."
    )

    @property
    def venue(self) -> str:
        """The name of what it trades at: the gateway, as this host."""
        return f"{self.gateway}-{self.queue.origin}"

    def faults_together(self) -> Iterator[Fault]:
        """Say what a host needs of its queue."""
        yield from carrier_faults(self.queue, "queue.")
        if self.queue.origin is None:
            yield Fault("queue.origin", "is missing; it is the name that orders are known by")
        elif self.queue.origin == self.gateway:
            yield Fault("queue.origin", "is the gateway's; each host needs a name of its own")
