"""What equity is measured against: the day's start, and money that came in or went out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import Any, Final

from regimeflow.domain.positions import EXACT, ZERO

DAY_NS: Final = 86_400_000_000_000
_RATES: Final = Context(prec=50)

Rate = Callable[[str], Decimal | None]


class Capital:
    """The equity with which the UTC day began, and what came in since the books began.

    Money that comes in raises both by what it is worth at that moment; of a currency that has no
    rate then, as soon as it has one.
    """

    def __init__(self) -> None:
        self.baseline: Decimal | None = None
        self.day_end_ns = 0
        self.came_in = ZERO  # deposits less withdrawals, in the account's currency
        self._unrated: dict[str, Decimal] = {}  # of currencies without a rate, to this day

    def begin_day(self, equity: Decimal | None) -> None:
        """Measure from this equity on; None: it is not known yet."""
        self.baseline = equity

    def end_day_after(self, now_ns: int) -> None:
        """Let the day end at the next UTC midnight."""
        self.day_end_ns = (now_ns // DAY_NS + 1) * DAY_NS

    def receive(self, amount: Decimal, currency: str, rate: Decimal | None) -> None:
        """Count money that came in, or, below zero, went out."""
        if rate is None:
            self._unrated[currency] = EXACT.add(self._unrated.get(currency, ZERO), amount)
            return
        worth = _RATES.multiply(amount, rate)
        self.came_in = EXACT.add(self.came_in, worth)
        if self.baseline is not None:
            self.baseline = EXACT.add(self.baseline, worth)

    def settle(self, rate: Rate) -> None:
        """Count what had no rate and has one now."""
        for currency, amount in tuple(self._unrated.items()):
            known = rate(currency)
            if known is not None:
                del self._unrated[currency]
                self.receive(amount, currency, known)

    def state(self) -> dict[str, object]:
        """Return all of it, as JSON has it: numbers are text."""
        return {
            "baseline": None if self.baseline is None else str(self.baseline),
            "day_end_ns": self.day_end_ns,
            "came_in": str(self.came_in),
            "unrated": {name: str(amount) for name, amount in self._unrated.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what ``state`` gave; an older version's has less."""
        baseline = state["baseline"]
        self.baseline = None if baseline is None else Decimal(baseline)
        self.day_end_ns = state["day_end_ns"]
        self.came_in = Decimal(state.get("came_in", "0"))
        unrated = state.get("unrated", {})
        self._unrated = {name: Decimal(amount) for name, amount in unrated.items()}
