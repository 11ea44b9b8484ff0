"""What Interactive Brokers can do. No I/O, no meaning of wires."""

from __future__ import annotations

from typing import Final

from regimeflow.adapters.brokers.ib.words import TERMS, TIME_WORDS, TYPE_WORDS
from regimeflow.ports.broker import Capabilities

MAX_MESSAGES_PER_SECOND: Final = 45.0  # TWS takes 50
MAX_CLIENT_ORDER_ID: Final = 36  # orderRef has no documented bound; longer ones are cut in places


def capabilities_of(venue: str) -> Capabilities:
    """Those of IB under a name."""
    return Capabilities(
        venue=venue,
        order_types=frozenset(TYPE_WORDS),
        times_in_force=frozenset(TIME_WORDS),
        modifies_in_place=True,
        allows_short=True,
        has_sessions=True,
        max_client_order_id_len=MAX_CLIENT_ORDER_ID,
        terms=TERMS,
    )
