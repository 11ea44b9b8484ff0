"""What a host lets pass to its gateway, which then says what its venue can do."""

from __future__ import annotations

from typing import Final

from regimeflow.domain.orders.order import OrderTerms
from regimeflow.ports.broker import Capabilities
from regimeflow.types.config.gateway import QueueBrokerSettings
from regimeflow.types.enums import OrderType, TimeInForce
from regimeflow.types.records import declared

# The gateway paces what it sends to its venue, for all hosts together.
ORDERS_PER_SECOND: Final = 1_000.0
MESSAGES_PER_SECOND: Final = 10_000.0


def capabilities_of(settings: QueueBrokerSettings) -> Capabilities:
    """Those of a gateway: the same before it is asked and after, whatever its venue is."""
    return Capabilities(
        venue=settings.venue,
        order_types=frozenset(OrderType),
        times_in_force=frozenset(TimeInForce),
        has_sessions=settings.has_sessions,
        sets_exits_aside=settings.sets_exits_aside,
        terms=frozenset(declared(OrderTerms)),
    )
