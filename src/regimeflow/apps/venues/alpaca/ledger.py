"""Positions as Alpaca counts them, from fills and corporate actions, and the activities they leave.

Quantities here are the account's own: what the engine says of its balances must agree, and
``/control/truth`` shows both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.assets import Asset
from regimeflow.apps.venues.alpaca.fields import Json
from regimeflow.apps.venues.alpaca.orders import Order
from regimeflow.apps.venues.alpaca.refusals import text
from regimeflow.apps.venues.alpaca.times import MICROSECOND_NS, new_york, rfc3339

_ZERO: Final = Decimal(0)
_ENTRY: Final = Decimal("0.000000001")


@dataclass(slots=True, eq=False)
class Position:
    """What one account holds of one asset; ``qty`` below zero is short."""

    asset: Asset
    qty: Decimal = _ZERO
    cost: Decimal = _ZERO  # in money, of what is held; its sign is that of qty

    @property
    def average_entry(self) -> Decimal:
        """Weighted by quantity; selling does not move it."""
        return (self.cost / self.value(Decimal(1))).quantize(_ENTRY) if self.qty else _ZERO

    def value(self, price: Decimal) -> Decimal:
        """What it is worth at a price."""
        return self.qty * price * self.asset.multiplier

    def trade(self, signed_qty: Decimal, price: Decimal) -> None:
        """Add a fill; ``signed_qty`` below zero is a sale."""
        if not self.qty or (self.qty > 0) == (signed_qty > 0):
            self.cost += signed_qty * price * self.asset.multiplier
        elif abs(signed_qty) < abs(self.qty):
            self.cost += self.cost / self.qty * signed_qty
        else:
            self.cost = (self.qty + signed_qty) * price * self.asset.multiplier
        self.qty += signed_qty

    def split(self, ratio: Decimal) -> Decimal:
        """Multiply what is held, at the same cost; returns what was added."""
        added = self.qty * ratio - self.qty
        self.qty += added
        return added

    def shrink(self, qty: Decimal) -> None:
        """Lose a fee that is paid in kind; the cost stays."""
        self.qty -= qty


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One line of ``/v2/account/activities``."""

    id: str
    kind: str
    time_ns: int
    order_id: str
    form: Json


@dataclass(slots=True, eq=False)
class AccountBooks:
    """Positions and activities of one account, oldest first."""

    positions: dict[str, Position] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)

    def position(self, asset: Asset) -> Position:
        """The position of an asset, flat at first."""
        return self.positions.setdefault(asset.symbol, Position(asset))

    def open_positions(self) -> Iterator[Position]:
        """What is not flat, in order of symbols."""
        for symbol in sorted(self.positions):
            if self.positions[symbol].qty:
                yield self.positions[symbol]

    def book_fill(
        self, order: Order, *, activity_id: str, price: Decimal, qty: Decimal, time_ns: int
    ) -> None:
        """Write down a fill; the order has it already. No client id, no execution id."""
        is_done = order.status == "filled"
        leaves = (order.qty or order.filled_qty) - order.filled_qty
        self.activities.append(
            Activity(
                id=activity_id,
                kind="FILL",
                time_ns=time_ns,
                order_id=order.id,
                form={
                    "id": activity_id,
                    "activity_type": "FILL",
                    "transaction_time": rfc3339(time_ns // MICROSECOND_NS * MICROSECOND_NS),
                    "type": "fill" if is_done else "partial_fill",
                    "price": text(price),
                    "qty": text(qty),
                    "side": fill_side(order),
                    "symbol": order.asset.symbol,
                    "leaves_qty": text(max(_ZERO, leaves)),
                    "order_id": order.id,
                    "cum_qty": text(order.filled_qty),
                    "order_status": order.status,
                },
            )
        )

    def book_other(
        self,
        kind: str,
        *,
        activity_id: str,
        time_ns: int,
        net_amount: Decimal,
        description: str,
        **more: object,
    ) -> None:
        """Write down what is no trade: DIV, SPLIT, CSD, CSW, CFEE."""
        form: Json = {
            "id": activity_id,
            "activity_type": kind,
            "date": new_york(time_ns).date().isoformat(),
            "created_at": rfc3339(time_ns // MICROSECOND_NS * MICROSECOND_NS),
            "net_amount": text(net_amount),
            "description": description,
            "status": "executed",
        }
        self.activities.append(
            Activity(id=activity_id, kind=kind, time_ns=time_ns, order_id="", form=form | more)
        )


def fill_side(order: Order) -> str:
    """``sell_short`` where a sale opened a short position."""
    return "sell_short" if order.position_intent == "sell_to_open" else order.side
