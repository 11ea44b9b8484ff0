"""Who owns an account: a lease with a fencing token, and a deadline that is looked at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from regimeflow.adapters.queues._shared.faults import Lost

_NS_PER_S: Final = 1_000_000_000


def _boot_ns() -> int:
    # Goes on while the process is stopped and while the machine sleeps.
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class LeaseStore(Protocol):
    """Where a lease is kept. Each call raises ``Lost`` when it cannot be asked."""

    def take(self, lease_s: float) -> int:
        """Take it if it is free; returns the fencing token, which only grows; 0: it is not free."""
        ...

    def renew(self, token: int, lease_s: float) -> bool:
        """Hold it for longer; false: it is not ours any more."""
        ...

    def give_back(self, token: int) -> None:
        """Let it go, if it is ours."""
        ...


class Lease:
    """The right to write to an account, for as long as it lasts.

    The deadline is counted from before each request to the store, so it never lies behind the
    store's own. ``is_held`` compares it with a clock that goes on while the process is stopped: who
    wakes up too late knows it before he writes. A store that cannot be asked costs nothing before
    the deadline; a lease that somebody else has is lost for good.

    Args:
        store: Where it is kept.
        lease_s: How long it holds without being renewed.
        now_ns: That clock.

    Attributes:
        token: Of the fencing; it only grows from holder to holder. 0: never held.
        fault: Why the store could not be asked last; "": it could.

    Threading: ``is_held`` by any thread; the rest by one.
    """

    def __init__(
        self, store: LeaseStore, lease_s: float, now_ns: Callable[[], int] = _boot_ns
    ) -> None:
        self._store: Final = store
        self._lease_s: Final = lease_s
        self._now_ns: Final = now_ns
        self._deadline_ns = 0
        self.token = 0
        self.is_lost = False
        self.fault = ""

    @property
    def is_held(self) -> bool:
        """Whether what is written now is written by right."""
        return not self.is_lost and self._now_ns() < self._deadline_ns

    def try_take(self) -> bool:
        """Take it if it is free."""
        began_ns = self._now_ns()
        try:
            self.token = self._store.take(self._lease_s)
        except Lost as lost:
            self.fault = str(lost)
            return False
        self.fault = ""
        if self.token:
            self._deadline_ns = began_ns + int(self._lease_s * _NS_PER_S)
        return self.token > 0

    def renew(self) -> None:
        """Hold it for longer, if the store can be asked and it is still ours."""
        began_ns = self._now_ns()
        try:
            is_ours = self._store.renew(self.token, self._lease_s)
        except Lost as lost:
            self.fault = str(lost)
            return
        self.fault = ""
        if is_ours:
            self._deadline_ns = began_ns + int(self._lease_s * _NS_PER_S)
        else:
            self.is_lost = True

    def give_back(self) -> None:
        """Let it go: whoever waits need not wait for its end."""
        self._deadline_ns = 0
        if self.token and not self.is_lost:
            try:
                self._store.give_back(self.token)
            except Lost as lost:
                self.fault = str(lost)


class LeaseKeeper:
    """Renews a lease from a thread of its own, three times within its length.

    Args:
        lease: It is held.
        lease_s: Its length.
        on_lost: Called once, on that thread, when somebody else has it.
    """

    def __init__(self, lease: Lease, lease_s: float, on_lost: Callable[[], None]) -> None:
        self._lease: Final = lease
        self._every_s: Final = lease_s / 3
        self._on_lost: Final = on_lost
        self._is_stopping: Final = threading.Event()
        self._thread: Final = threading.Thread(
            target=self._run, name="regimeflow-lease", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and give the lease back."""
        self._is_stopping.set()
        self._thread.join()
        self._lease.give_back()

    def _run(self) -> None:
        while not self._is_stopping.wait(self._every_s):
            self._lease.renew()
            if self._lease.is_lost:
                self._on_lost()
                return
