"""What Binance Spot can do. No I/O, no meaning of wires."""

from __future__ import annotations

from typing import Final

from regimeflow.adapters.brokers.binance.legs import MAX_CLIENT_ORDER_ID
from regimeflow.adapters.brokers.binance.words import TERMS, TIME_WORDS, TYPE_WORDS
from regimeflow.ports.broker import Capabilities

# Of the WebSocket API; requests are bounded by weight and orders, not by this.
MAX_MESSAGES_PER_SECOND: Final = 100.0


def capabilities_of(venue: str) -> Capabilities:
    """Those of Binance Spot under a name."""
    return Capabilities(
        venue=venue,
        order_types=frozenset(TYPE_WORDS),
        times_in_force=frozenset(TIME_WORDS),
        modifies_in_place=False,
        allows_short=False,
        has_sessions=False,
        max_client_order_id_len=MAX_CLIENT_ORDER_ID,
        terms=TERMS,
    )
