"""When to connect, when to wait, when to give up: the life of a connection without any I/O."""

from __future__ import annotations

import enum
import random
from typing import Final

from regimeflow.adapters.backoff import Backoff

_NS_PER_S: Final = 1_000_000_000


class LinkState(enum.Enum):
    """Where a connection is."""

    CLOSED = "closed"  # nobody wants it
    WAITING = "waiting"  # it is to be tried once its time has come
    CONNECTING = "connecting"  # it is being tried
    OPEN = "open"
    GIVEN_UP = "given up"  # refused for good, or tried as often as allowed


class Reconnection:
    """Says when a connection is tried; time is an argument, chance comes from ``dice``.

    Waits grow from ``initial_ms`` to ``max_ms``, each shortened by chance. They begin again from
    the start only once a connection has proved itself, by work done or by age: one that is accepted
    and dropped at once, again and again, is tried no more often than one that is refused.

    Args:
        initial_ms: Bound of the first wait.
        max_ms: Bound of every wait.
        max_attempts: Failures in a row after which it is given up; None: never.
        dice: Where chance comes from; None: the machine.
    """

    def __init__(
        self,
        *,
        initial_ms: float,
        max_ms: float,
        max_attempts: int | None = None,
        dice: random.Random | None = None,
    ) -> None:
        self._backoff: Final = Backoff(initial_ms / 1e3, max_ms / 1e3, dice=dice)
        self._proven_after_ns: Final = int(max_ms * 1e6)
        self._max_attempts: Final = max_attempts
        self._due_ns = 0
        self._opened_ns = 0
        self._is_proven = False
        self.state = LinkState.CLOSED
        self.why = ""  # what the last failure was, in words
        self.failures = 0  # in a row
        self.losses = 0  # of open connections, since the start

    def want(self, now_ns: int) -> None:
        """Begin, or wait no longer: a try is due at once. Harmless while one is under way."""
        if self.state in {LinkState.CLOSED, LinkState.GIVEN_UP}:
            self._backoff.reset()
            self.failures, self.why = 0, ""
            self.state = LinkState.WAITING
        if self.state is LinkState.WAITING:
            self._due_ns = now_ns

    def close(self) -> None:
        """End: nothing is tried any more."""
        self.state = LinkState.CLOSED

    def wait_ns(self, now_ns: int) -> int | None:
        """How long until it is to be tried; None when it is not to be tried at all."""
        return max(0, self._due_ns - now_ns) if self.state is LinkState.WAITING else None

    def begin(self, now_ns: int) -> bool:
        """Whether it is to be tried now; if so, it counts as being tried."""
        if self.wait_ns(now_ns) != 0:
            return False
        self.state = LinkState.CONNECTING
        return True

    def opened(self, now_ns: int) -> None:
        """Note that the try has worked; nothing changes when nobody wants it any more."""
        if self.state is LinkState.CONNECTING:
            self.state = LinkState.OPEN
            self._opened_ns = now_ns
            self._is_proven = False

    def proved(self) -> None:
        """Note that the connection has done what it is for: the next loss begins from the start."""
        if self.state is LinkState.OPEN and not self._is_proven:
            self._is_proven = True
            self.failures = 0
            self._backoff.reset()

    def failed(self, now_ns: int, why: str, *, for_good: bool = False) -> None:
        """Note that the try has failed, or that the open connection is lost.

        Args:
            now_ns: Monotonic time.
            why: For people; without secrets.
            for_good: Asking again is of no use (a wrong password).
        """
        if self.state not in {LinkState.CONNECTING, LinkState.OPEN}:
            return
        if self.state is LinkState.OPEN:
            self.losses += 1
            if now_ns - self._opened_ns >= self._proven_after_ns:
                self.proved()
        self.why = why
        self.failures += 1
        if for_good or (self._max_attempts is not None and self.failures > self._max_attempts):
            self.state = LinkState.GIVEN_UP
            return
        self._due_ns = now_ns + round(self._backoff.next_s() * _NS_PER_S)
        self.state = LinkState.WAITING
