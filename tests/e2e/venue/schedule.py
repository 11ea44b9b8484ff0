"""What goes wrong at a local venue, and when: drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from tests.e2e.venue.process import VenueProcess

Wish = Mapping[str, object]


class Schedule:
    """Asks the venue to go wrong now and then.

    Args:
        seed: Of what and when.
        faults: What may go wrong.
        actions: What may be done.
        share: How many steps of a hundred something happens at.
    """

    def __init__(
        self, seed: int, faults: Sequence[Wish], actions: Sequence[Wish], *, share: int
    ) -> None:
        self._faults = faults
        self._actions = actions
        self._draw = random.Random(f"schedule {seed}")
        self._share = share
        self.told: list[str] = []

    def step(self, venue: VenueProcess, number: int) -> None:
        """Perhaps let something go wrong."""
        draw = self._draw
        if draw.randrange(100) >= self._share:
            return
        if draw.random() < 0.2:
            action = draw.choice(self._actions)
            venue.ask("POST", "action", action)
            self.told.append(f"{number} {dict(action)}")
        else:
            fault = {"count": 1, **draw.choice(self._faults)}
            venue.ask("POST", "faults", fault)
            self.told.append(f"{number} {fault}")
