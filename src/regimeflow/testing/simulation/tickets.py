"""What the model venue keeps: orders and executions, in whole numbers of its own steps."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from regimeflow._core.tuples import NamedTuple
from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, TimeInForce
from regimeflow.types.instrument import Instrument


class Stage(enum.IntEnum):
    """Where an order is in its life, as the venue sees it."""

    PENDING = 0
    WORKING = 1
    HELD = 2
    FILLED = 3
    CANCELLED = 4
    REJECTED = 5
    EXPIRED = 6

    @property
    def is_over(self) -> bool:
        """Whether the venue will do nothing more with it by itself."""
        return self >= Stage.FILLED


SHOWN_AS = (
    LiveOrderStatus.PENDING_NEW,
    LiveOrderStatus.NEW,
    LiveOrderStatus.INACTIVE,
    LiveOrderStatus.FILLED,
    LiveOrderStatus.CANCELLED,
    LiveOrderStatus.REJECTED,
    LiveOrderStatus.EXPIRED,
)


@dataclass(frozen=True, slots=True)
class Product:
    """One symbol: its steps as powers of ten, a lot, and where its price starts [ticks]."""

    symbol: str
    base: str
    px_places: int
    qty_places: int
    lot: int
    start_px: int

    def px(self, mantissa: int) -> str:
        """A price in words."""
        return _text(mantissa, self.px_places)

    def qty(self, mantissa: int) -> str:
        """A quantity in words."""
        return _text(mantissa, self.qty_places)

    def money(self, mantissa: int) -> str:
        """Price times quantity in words."""
        return _text(mantissa, self.px_places + self.qty_places)


@lru_cache(maxsize=100_000)
def _text(mantissa: int, places: int) -> str:
    if not places:
        return str(mantissa)
    digits = str(abs(mantissa)).rjust(places + 1, "0")
    return f"{'-' if mantissa < 0 else ''}{digits[:-places]}.{digits[-places:]}"


@dataclass(slots=True)
class Execution:
    """One execution. ``replaces``: the id that it corrects; an undone one no longer counts.

    ``fee`` is what it cost as it stands, ``fee_change`` what is told of it.
    """

    exec_id: str
    ticket: Ticket
    qty: int
    px: int
    fee: int
    at_ns: int
    cum_after: int
    fee_change: int
    replaces: str = ""
    is_bust: bool = False
    is_undone: bool = False


class Moment(NamedTuple):
    """How an order stood at one time."""

    at_ns: int
    stage: Stage
    qty: int
    cum: int
    limit_px: int | None
    stop_px: int | None
    broker_id: str


@dataclass(slots=True)
class Ticket:
    """One order as the venue holds it. ``is_ours``: the engine sent it."""

    client_id: str
    product: Product
    side: OrderSide
    type: OrderType
    tif: TimeInForce
    qty: int
    limit_px: int | None
    stop_px: int | None
    expire_ns: int
    made_ns: int
    is_ours: bool
    stage: Stage = Stage.PENDING
    broker_ids: list[str] = field(default_factory=list)
    is_triggered: bool = False
    fills: list[Execution] = field(default_factory=list)
    cum: int = 0
    notional: int = 0
    history: list[Moment] = field(default_factory=list)

    @property
    def leaves(self) -> int:
        """What is still worked."""
        return 0 if self.stage.is_over else self.qty - self.cum

    @property
    def broker_id(self) -> str:
        """The newest of the venue's ids."""
        return self.broker_ids[-1] if self.broker_ids else ""

    def as_of(self, at_ns: int) -> Moment | None:
        """How it stood at a time; None before it came."""
        for moment in reversed(self.history):
            if moment.at_ns <= at_ns:
                return moment
        return None

    def remember(self, now_ns: int) -> None:
        """Keep how it stands now."""
        self.history.append(
            Moment(
                now_ns,
                self.stage,
                self.qty,
                self.cum,
                self.limit_px,
                self.stop_px,
                self.broker_id,
            )
        )


def instrument_of(product: Product, *, is_crypto: bool) -> Instrument:
    """What may be ordered of a product."""
    return Instrument(
        symbol=product.symbol,
        asset_class="crypto" if is_crypto else "equity",
        base_currency=product.base,
        quote_currency="USD",
        tick_size=Decimal(1).scaleb(-product.px_places),
        lot_size=Decimal(product.lot).scaleb(-product.qty_places),
    )
