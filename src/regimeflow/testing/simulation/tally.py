"""What many runs came to: hits of each fault and of each row of the transition table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from regimeflow.domain.orders.transitions import ROWS, OrderEvent, Row
from regimeflow.testing.simulation.faults import Fault
from regimeflow.testing.simulation.world import Run
from regimeflow.types.enums import LiveOrderStatus

# Rows that no run has to use, and why.
_EXEMPT: Final = {
    (OrderEvent.CANCEL_REQUESTED, LiveOrderStatus.ERROR): "a venue that has named an order, and"
    " then knows nothing of it for all its patience",
    (OrderEvent.REPLACE_REQUESTED, LiveOrderStatus.PENDING_NEW): "the order manager keeps a change"
    " back by itself until the venue has named the order",
    (OrderEvent.NEW_LEG, LiveOrderStatus.FILLED): "the model venues that give new ids tell an"
    " order's quantity with each of its fills, so that it is not taken for filled",
    (OrderEvent.NOT_FOUND, LiveOrderStatus.FILLED): "the order must end while the last question"
    " about it is on its way: some seeds in a hundred",
}
_PLACES: Final = {
    (state, event): (number_of_state * len(OrderEvent) + number_of_event) * 2
    for number_of_state, state in enumerate(LiveOrderStatus)
    for number_of_event, event in enumerate(OrderEvent)
}


class Tally:
    """Sums over runs."""

    def __init__(self) -> None:
        self.runs = 0
        self.bad: list[int] = []
        self.orders = 0
        self.hours = 0.0
        self.starts = 0
        self.replayed = 0
        self.faults: Final = Counter[Fault]()
        self._places = [0] * (len(LiveOrderStatus) * len(OrderEvent) * 2)

    def add(self, run: Run) -> None:
        """Count a run."""
        self.runs += 1
        self.orders += run.orders
        self.hours += run.hours
        self.starts += run.starts
        self.replayed += run.replayed
        self.faults.update(run.faults)
        if not run.is_good:
            self.bad.append(run.seed)
        for place, hits in enumerate(run.rows):  # none of a seed that ended early
            self._places[place] += hits

    def hits_of(self, row: Row) -> int:
        """How often a row of the table was used."""
        return sum(
            self._places[at] + self._places[at + 1]
            for at in (_PLACES[state, row.event] for state in row.states)
        )

    def never(self) -> list[str]:
        """Fault classes that never struck and rows that were never used."""
        faults = [f"fault: {fault.value}" for fault in Fault if not self.faults[fault]]
        rows = [row for row in ROWS if not self.hits_of(row) and not _why_not(row)]
        return faults + [f"row: {_name(row)}" for row in rows]

    def lines(self) -> Iterator[str]:
        """The two tables."""
        yield "hits  fault"
        for fault in Fault:
            yield f"{self.faults[fault]:>9,}  {fault.value}"
        yield "hits  row of the transition table"
        for row in ROWS:
            why_not = "" if self.hits_of(row) else _why_not(row)
            yield f"{self.hits_of(row):>9,}  {_name(row)}" + (why_not and f" ({why_not})")


def _why_not(row: Row) -> str:
    """Why a row may be left unused; "" for the others."""
    return _EXEMPT.get((row.event, row.states[0]), "")


def _name(row: Row) -> str:
    return f"{row.event.name} in {', '.join(state.name for state in row.states)}"
