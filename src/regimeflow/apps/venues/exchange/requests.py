"""What the exchange is told: what trades, who trades, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from regimeflow.apps.venues.exchange.kinds import Kind, Stp, Tif
from regimeflow.types.enums import OrderSide


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Something that trades.

    ``has_sessions``: it opens and closes as ``Exchange.set_session`` says, and is closed at first.
    """

    symbol: str
    base: str
    quote: str
    tick: Decimal = Decimal("0.01")
    lot: Decimal = Decimal("0.00001")
    has_sessions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """Commission of an account, rounded down to ``10**-8`` of its asset.

    ``asset``: ``"received"`` (base for a buyer, quote for a seller), ``"quote"``, or the name of an
    asset such as BNB, of which ``asset_prices`` gives the price by quote asset; when the account
    has too little of that, what it receives pays. ``discount`` goes off the commission in that
    asset; ``per_unit`` is quote money for each unit traded, with ``"quote"`` only.
    """

    maker: Decimal = Decimal("0.001")
    taker: Decimal = Decimal("0.001")
    asset: str = "received"
    asset_prices: Mapping[str, Decimal] = field(default_factory=dict)
    discount: Decimal = Decimal(0)
    per_unit: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSpec:
    """An account as it begins.

    ``overdraft``: how far ``free`` may go below zero by asset, None as far as it likes; ``"*"``
    speaks for all that are not named. Without it an account spends what it has.
    """

    name: str
    balances: Mapping[str, Decimal] = field(default_factory=dict)
    fees: Fees = field(default_factory=Fees)
    overdraft: Mapping[str, Decimal | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What differs from venue to venue.

    ``client_ids``: unique among ``"open"`` orders, for ``"ever"``, or ``"none"``.
    ``refuse_met_stops``: refuse a stop that the market has met already, else trigger it at once.
    ``reduce_siblings``: a partial fill of an OCO leg reduces the other legs, else it ends them.
    """

    client_ids: str = "open"
    refuse_met_stops: bool = True
    reduce_siblings: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order as it is asked for.

    ``quote_quantity``: a market order by its amount. ``trail`` is a distance in price,
    ``trail_bips`` one in hundredths of a percent; ``stop_price`` is then where trailing begins, or
    ``trail_stop`` where the stop stands until the market moves it (a limit price keeps its distance
    from that one). ``display``: the visible part of an iceberg. ``tags`` are carried along unseen.
    """

    symbol: str
    side: OrderSide
    kind: Kind
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail: Decimal | None = None
    trail_bips: int | None = None
    trail_stop: Decimal | None = None
    tif: Tif = Tif.GTC
    expire_ns: int | None = None
    display: Decimal | None = None
    stp: Stp = Stp.NONE
    client_order_id: str = ""
    tags: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewList:
    """Orders that belong together.

    ``kind``: ``"OCO"`` (two or more: one of them), ``"OTO"`` (working, then pending) or ``"OTOCO"``
    (working, then one of the others); a bracket is an OTOCO.
    """

    kind: str
    orders: Sequence[NewOrder]
    client_list_id: str = ""
    tags: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What changes of an order; None stays as it was."""

    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail: Decimal | None = None
    tif: Tif | None = None
    expire_ns: int | None = None
    client_order_id: str | None = None
