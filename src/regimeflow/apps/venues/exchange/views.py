"""What the exchange shows: pictures of one moment, which do not change afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from regimeflow._core.tuples import NamedTuple
from regimeflow.apps.venues.exchange.kinds import Cause, Kind, State, Stp, Tif
from regimeflow.apps.venues.exchange.numbers import money_units, ratio, units
from regimeflow.types.enums import OrderSide


class Balance(NamedTuple):
    """What an account has of one asset; ``locked`` is what its open orders need."""

    free: Decimal
    locked: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FillView:
    """One execution of one order; ``cum_qty`` is the order's, this fill included."""

    exec_id: int
    trade_id: int
    order_id: int
    client_order_id: str
    account: str
    symbol: str
    side: OrderSide
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    commission: Decimal
    commission_asset: str
    is_maker: bool
    time_ns: int
    cum_qty: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order at one moment.

    ``quantity`` is what it asks for now, amendments included; 0 for a market order by amount until
    it is done. ``working_ns`` is when it first worked, 0 when never.
    """

    order_id: int
    client_order_id: str
    account: str
    symbol: str
    side: OrderSide
    kind: Kind
    tif: Tif
    quantity: Decimal
    original_quantity: Decimal
    quote_quantity: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    trail: Decimal | None
    trail_bips: int | None
    display: Decimal | None
    expire_ns: int | None
    stp: Stp
    state: State
    cause: Cause
    cum_qty: Decimal
    cum_quote: Decimal
    prevented_qty: Decimal
    leaves_qty: Decimal
    is_triggered: bool
    list_id: int
    created_ns: int
    updated_ns: int
    working_ns: int
    client_ids: tuple[str, ...]
    replaces: int
    replaced_by: int
    tags: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether anything may still happen to it."""
        return self.state.is_open

    @property
    def average_price(self) -> Decimal:
        """Of what was filled, rounded down to ten decimals; 0 without fills."""
        return ratio(money_units(self.cum_quote), units(self.cum_qty) * 10**10)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """An order list at one moment; ``is_done`` when none of its orders is open."""

    list_id: int
    kind: str
    account: str
    symbol: str
    client_list_id: str
    order_ids: tuple[int, ...]
    client_order_ids: tuple[str, ...]
    is_done: bool
    is_rejected: bool
    created_ns: int
    tags: Mapping[str, object] = field(default_factory=dict)
