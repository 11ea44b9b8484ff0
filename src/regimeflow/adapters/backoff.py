"""How long to wait before asking again."""

from __future__ import annotations

import random
from typing import Final


class Backoff:
    """Waits that grow, each shortened by chance so that hosts thrown out together spread.

    Args:
        first_s: Bound of the first wait.
        longest_s: Bound of every wait.
        dice: Where chance comes from; None: the machine.
    """

    def __init__(
        self, first_s: float = 0.25, longest_s: float = 30.0, *, dice: random.Random | None = None
    ) -> None:
        self._first_s: Final = first_s
        self._longest_s: Final = longest_s
        self._dice: Final = dice or random.SystemRandom()
        self.attempts = 0

    def next_s(self) -> float:
        """The next wait [s]: anything between half its bound and the bound."""
        bound_s = min(self._longest_s, self._first_s * 2 ** min(self.attempts, 32))
        self.attempts += 1
        return self._dice.uniform(bound_s / 2, bound_s)

    def reset(self) -> None:
        """Begin again: what was tried has worked."""
        self.attempts = 0
