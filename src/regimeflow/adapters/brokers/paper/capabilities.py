"""What the paper venue can do. No I/O, no meaning of wires."""

from __future__ import annotations

from typing import Final

from regimeflow.adapters.brokers.paper.checks import ORDER_TYPES, TIMES_IN_FORCE
from regimeflow.ports.broker import Capabilities

# No real venue takes more, and the engine paces to it: a strategy that needs more would not survive
# going live.
MAX_ORDERS_PER_SECOND: Final = 1_000.0
MAX_MESSAGES_PER_SECOND: Final = 10_000.0


def capabilities_of(*, allow_short: bool, has_sessions: bool) -> Capabilities:
    """As configured."""
    return Capabilities(
        venue="paper",
        order_types=ORDER_TYPES,
        times_in_force=TIMES_IN_FORCE,
        modifies_in_place=True,
        allows_short=allow_short,
        has_sessions=has_sessions,
    )
