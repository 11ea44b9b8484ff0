"""What the model venue tells of the account by itself: positions and cash as they move."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from regimeflow.adapters.clock import ReplayClock
from regimeflow.testing.simulation.answers import Answers
from regimeflow.testing.simulation.link import SECOND, Link
from regimeflow.testing.simulation.times import alive
from regimeflow.testing.simulation.venue import ModelVenue

_ALL_AGAIN_S: Final = 60  # as IB does every three minutes
_LOST: Final = 0.03  # of what is told, on a connection that holds


class AccountStream:
    """Tells the symbol that moved and the cash at once, and everything again each minute.

    Its chances are its own: whether it is there moves nothing else that is drawn.

    Args:
        venue: Whose account it is.
        link: The way to the engine; over a new connection nothing arrives that left before.
        true: The world's time.
        dice: How long it takes, and what is lost.
    """

    def __init__(
        self, venue: ModelVenue, link: Link, true: ReplayClock, dice: random.Random
    ) -> None:
        self.answers: Callable[[], Answers | None] = _nobody  # as the engine of now takes them
        self._venue: Final = venue
        self._link: Final = link
        self._true: Final = true
        self._dice: Final = dice
        self._last_ns = 0
        venue.ledger.on_moved = lambda symbol: self._tell((symbol,))
        self._tell_all()

    def _tell_all(self) -> None:
        self._tell(tuple(self._venue.ledger.products))
        self._true.call_at(self._true.now_ns() + _ALL_AGAIN_S * SECOND, self._tell_all)

    def _tell(self, symbols: tuple[str, ...]) -> None:
        link, now_ns = self._link, self._true.now_ns()
        if not link.is_up or link.is_mute or self._dice.random() < _LOST:
            return
        wait_ns = self._dice.randrange(1_000_000, 80_000_000)
        self._last_ns = max(now_ns + wait_ns, self._last_ns)  # in their order
        link.arrive(self._last_ns, partial(self._arrive, symbols, now_ns))

    def _arrive(self, symbols: Iterable[str], at_ns: int) -> None:
        answers, deliver = self.answers(), self._link.deliver_account
        if answers is None:
            return
        for symbol in symbols:
            alive(partial(deliver, answers.position(symbol, at_ns)))
        alive(partial(deliver, answers.account(at_ns)))


def _nobody() -> None:
    """Before the first engine."""
