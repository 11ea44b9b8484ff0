"""What Alpaca can do. No I/O, no meaning of wires."""

from __future__ import annotations

from typing import Final

from regimeflow.adapters.brokers.alpaca.words import TIME_WORDS, TYPE_WORDS
from regimeflow.domain.orders.native_groups import NativeGroups
from regimeflow.ports.broker import Capabilities
from regimeflow.types.enums import OrderType, TimeInForce

# Alpaca takes 128, and a report of ours holds 40: what is left is for the legs of changed orders.
MAX_CLIENT_ORDER_ID: Final = 36
MAX_MESSAGES_PER_SECOND: Final = 10.0


def capabilities_of(venue: str) -> Capabilities:
    """Those of Alpaca under a name."""
    return Capabilities(
        venue=venue,
        order_types=frozenset(TYPE_WORDS),
        times_in_force=frozenset(TIME_WORDS),
        modifies_in_place=False,
        allows_short=True,
        has_sessions=True,
        max_client_order_id_len=MAX_CLIENT_ORDER_ID,
        sets_exits_aside=True,
        native_groups=NativeGroups(
            asset_classes=frozenset({"equity"}),
            entry_types=frozenset({OrderType.MARKET, OrderType.LIMIT}),
            times_in_force=frozenset({TimeInForce.DAY, TimeInForce.GTC}),
            whole_units=True,
        ),
        terms=frozenset({"trail_amount", "trail_percent", "extended_hours", "notional"}),
    )
