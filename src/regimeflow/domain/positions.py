"""The arithmetic of one position: increase, reduce, close, flip; exact, at average cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact
from typing import Any, Final

ZERO: Final = Decimal(0)

# Never a bare + - * or minus sign: they round to the context of the host's thread.
# Sums and products keep every digit: anything else would be a fault, so it traps.
EXACT: Final = Context(prec=200, traps=[Inexact])
# Shares of a cost cannot keep every digit; they are held on a grid, so that digits do not pile up.
_WIDE: Final = Context(prec=80, rounding=ROUND_HALF_EVEN)
_COST_STEP: Final = Decimal("1e-18")


class PositionLedger:
    """One position and what it has earned.

    ``cost`` is what the quantity on hand cost, below zero for a short one (it was received).
    Closing a part takes out its share of the cost, rounded to 10**-18 of the currency; what the
    rounding leaves stays in the cost, so realized and unrealized together are exact at every
    moment, and each is exact when the position is flat.

    Money is in the instrument's quote currency, before commissions.
    """

    __slots__ = ("cost", "multiplier", "quantity", "realized")

    def __init__(self, multiplier: Decimal = Decimal(1)) -> None:
        self.multiplier: Final = multiplier
        self.quantity = ZERO
        self.cost: Decimal | None = ZERO
        self.realized = ZERO

    def state(self) -> dict[str, str | None]:
        """Return all of it, as JSON has it: numbers are text."""
        return {
            "multiplier": str(self.multiplier),
            "quantity": str(self.quantity),
            "cost": None if self.cost is None else str(self.cost),
            "realized": str(self.realized),
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> PositionLedger:
        """Return the position that gave a state."""
        ledger = cls(Decimal(state["multiplier"]))
        ledger.quantity = Decimal(state["quantity"])
        ledger.cost = None if state["cost"] is None else Decimal(state["cost"])
        ledger.realized = Decimal(state["realized"])
        return ledger

    def open(self, quantity: Decimal, avg_px: Decimal | None) -> None:
        """Start from what is held already; without ``avg_px`` its cost is not known yet."""
        self.quantity = quantity
        self.cost = None if avg_px is None else self.value(quantity, avg_px)

    def value(self, quantity: Decimal, px: Decimal) -> Decimal:
        """Return what a quantity is worth at a price."""
        return EXACT.multiply(EXACT.multiply(quantity, px), self.multiplier)

    def price_cost(self, px: Decimal) -> None:
        """Say what a quantity of unknown cost was worth; nothing when the cost is known."""
        if self.cost is None:
            self.cost = self.value(self.quantity, px)

    def apply(self, quantity: Decimal, px: Decimal) -> Decimal:
        """Move the position by a signed fill.

        Returns:
            The fill's signed value: what was paid, below zero when it was received.
        """
        self.price_cost(px)
        held, cost = self.quantity, self.cost
        assert cost is not None  # noqa: S101 - price_cost has set it
        value = self.value(quantity, px)
        if not held or (held > 0) == (quantity > 0):
            self.cost = EXACT.add(cost, value)
        elif quantity.copy_abs() < held.copy_abs():
            share = _WIDE.divide(_WIDE.multiply(cost, quantity.copy_abs()), held.copy_abs())
            out = _WIDE.quantize(share, _COST_STEP)
            self.realized = EXACT.subtract(EXACT.subtract(self.realized, value), out)
            self.cost = EXACT.subtract(cost, out)
        else:
            closed = self.value(held.copy_negate(), px)
            self.realized = EXACT.subtract(EXACT.subtract(self.realized, closed), cost)
            self.cost = EXACT.subtract(value, closed)
        self.quantity = EXACT.add(held, quantity)
        return value

    def take(self, quantity: Decimal) -> None:
        """Take out what was paid away, with its share of the cost: nothing was earned by it."""
        held = self.quantity
        self.quantity = EXACT.subtract(held, quantity)
        if self.cost is not None and held > 0:
            share = _WIDE.divide(_WIDE.multiply(self.cost, self.quantity), held)
            self.cost = _WIDE.quantize(share, _COST_STEP)

    def shift(self, quantity: Decimal) -> None:
        """Change how much is held, not what it cost; what a flat position had cost is lost."""
        self.quantity = EXACT.add(self.quantity, quantity)
        if not self.quantity:
            self.realized = EXACT.subtract(self.realized, self.cost or ZERO)
            self.cost = ZERO

    def join(self, quantity: Decimal, px: Decimal | None) -> None:
        """Add what came from elsewhere, at what it is worth; None: that is not known yet."""
        if px is None:
            self.cost = None
        elif self.cost is not None:
            self.cost = EXACT.add(self.cost, self.value(quantity, px))
        self.quantity = EXACT.add(self.quantity, quantity)

    def unrealized(self, px: Decimal | None) -> Decimal | None:
        """Return what closing at a price would earn; None while price or cost is unknown."""
        if not self.quantity:
            return ZERO
        if px is None:
            return None
        self.price_cost(px)
        assert self.cost is not None  # noqa: S101 - price_cost has set it
        return EXACT.subtract(self.value(self.quantity, px), self.cost)

    @property
    def avg_px(self) -> Decimal | None:
        """The average price of what is held, rounded to 28 digits; None when flat or unknown."""
        if not self.quantity or self.cost is None:
            return None
        return Context(prec=28).divide(self.cost, EXACT.multiply(self.quantity, self.multiplier))
