"""A connection that stays: replaced before it is cut, opened again when lost, never two gaps.

A connection that ends by plan (its age, an announcement) is replaced with an overlap: the new one
is open before the old one is dropped, and what both tell counts once. One that is lost is opened
again, and what was missed is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeVar

from regimeflow.adapters.backoff import Backoff
from regimeflow.types.errors import BrokerError

# How long both connections of an overlap live: what the old one has on its way arrives.
OVERLAP_S: Final = 2.0
_CUT_OVER_ATTEMPTS: Final = 5


class Connection(Protocol):
    """One connection; its maker says what it carries."""

    opened_at_s: float

    @property
    def is_open(self) -> bool:
        """Whether it carries what it is for."""
        ...

    async def open(self) -> None:
        """Connect and be let in.

        Raises:
            BrokerError, NetworkError: there is no connection.
        """
        ...

    def close(self) -> None:
        """Close it; nobody is told."""
        ...


C = TypeVar("C", bound=Connection)
OnClosed = Callable[[C, str], object]


class Link(Generic[C]):
    """Keeps a connection.

    Args:
        name: What to call it, as in "the order connection".
        make: Makes a connection, not yet open, which tells of its end.
        recover: Asks for what a gap has hidden.
        is_refused: Whether an error says that asking again is of no use.
        tell: Takes a line for people about what became of the connection.
        on_lost: Told that the connection is lost, with why.
        back: What to say when it is back.
        life_s: Age at which a connection is replaced; None: never.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[OnClosed[C]], C],
        *,
        recover: Callable[[], Awaitable[None]],
        is_refused: Callable[[BrokerError], bool],
        tell: Callable[[str], object],
        on_lost: Callable[[str], object] = lambda _: None,
        back: str = "is back, and what was missed is known",
        life_s: float | None = None,
    ) -> None:
        self._name: Final = name
        self._make: Final = make
        self._recover: Final = recover
        self._is_refused: Final = is_refused
        self._tell: Final = tell
        self._on_lost: Final = on_lost
        self._back: Final = back
        self._life_s: Final = life_s
        self._current: C | None = None
        self._old: C | None = None
        self._work: asyncio.Task[None] | None = None
        self._is_closed = True
        self._lost_at_s = 0.0
        self._gone: Final = asyncio.Event()  # the connection that is used is lost
        self._refused = False
        self.gaps = 0
        self.cut_overs = 0

    @property
    def connection(self) -> C | None:
        """What requests go over; None while there is none."""
        current = self._current
        return current if current is not None and current.is_open else None

    def down_s(self) -> float:
        """For how long there has been no connection, or what it missed was not yet asked for."""
        if self._refused:
            return float("inf")
        if not self._lost_at_s:
            return 0.0
        return asyncio.get_running_loop().time() - self._lost_at_s

    async def open(self) -> None:
        """Open the first connection.

        Raises:
            BrokerError, NetworkError: it does not open; nothing stays open.
        """
        self._is_closed, self._refused, self._lost_at_s = False, False, 0.0
        connection = self._make(self._closed)
        try:
            await _opened(connection)
        except BaseException:  # cancelled too: nothing is to come back by itself
            self._is_closed = True
            raise
        self._current = connection

    async def close(self) -> None:
        """Close every connection."""
        self._is_closed = True
        work, self._work = self._work, None
        for each in (self._current, self._old):
            if each is not None:
                each.close()
        self._current = self._old = None
        if work is not None:
            work.cancel()
            await asyncio.wait({work})

    def check(self) -> None:
        """Replace a connection that is old; called now and then."""
        current = self._current
        if current is None or self._work is not None or not current.is_open:
            return
        if self._life_s is None:
            return
        if asyncio.get_running_loop().time() - current.opened_at_s >= self._life_s:
            self.replace("it is old")

    def replace(self, why: str) -> None:
        """Open the next connection, then drop this one; harmless while that is under way."""
        if self._is_closed or self._work is not None:
            return
        self._tell(f"{self._name} is being replaced: {why}")
        self._start(self._cut_over())

    def _start(self, work: Awaitable[None]) -> None:
        self._work = asyncio.ensure_future(work)
        self._work.add_done_callback(self._ended)

    def _ended(self, work: asyncio.Future[None]) -> None:
        self._work = None
        if work.cancelled() or self._is_closed:
            return
        error = work.exception()
        if error is not None:
            self._tell(f"keeping {self._name} failed: {type(error).__name__}: {error}")
        if self.connection is None and not self._refused:
            self._start(self._come_back())

    def _closed(self, connection: C, why: str) -> None:
        if self._is_closed:
            return
        if connection is self._old:
            self._old = None
            return
        if connection is not self._current:
            return
        self._current = None
        self._gone.set()
        self._lost_at_s = asyncio.get_running_loop().time()
        self._tell(f"{self._name} is lost ({why})")
        self._on_lost(why)
        if self._work is None:
            self._start(self._come_back())

    async def _come_back(self) -> None:
        backoff = Backoff(0.1, 5.0)
        while not self._is_closed:
            if self.connection is None:
                connection = self._make(self._closed)
                try:
                    await _opened(connection)
                except BrokerError as error:
                    if self._is_refused(error):
                        self._refused = True
                        self._tell(f"{self._name} is refused: {error}")
                        return
                    await asyncio.sleep(backoff.next_s())
                    continue
                self._current = connection
            try:
                await self._recover()
            except BrokerError as error:
                self._tell(f"what was missed could not be asked for: {error}")
                await asyncio.sleep(backoff.next_s())
                continue
            if self.connection is not None:
                self.gaps += 1
                self._lost_at_s = 0.0
                self._tell(f"{self._name} {self._back}")
                return

    async def _cut_over(self) -> None:
        self._gone.clear()
        connection = self._make(self._closed)
        backoff = Backoff(0.5, 10.0)
        for _ in range(_CUT_OVER_ATTEMPTS):
            try:
                await _opened(connection)
                break
            except BrokerError as error:
                if self.connection is None:
                    return  # it is gone already: it comes back another way
                self._tell(f"the next one after {self._name} does not open: {error}")
                await self._while_it_lives(backoff.next_s())
                connection = self._make(self._closed)
        else:
            return
        was_lost = self._current is None
        self._gone.clear()
        self._old, self._current = self._current, connection
        self.cut_overs += 1
        if was_lost:
            await self._recover()
            self._lost_at_s = 0.0
        await self._while_it_lives(OVERLAP_S)
        old, self._old = self._old, None
        if old is not None:
            old.close()

    async def _while_it_lives(self, seconds: float) -> None:
        """Wait, but no longer than the connection in use lives: what is lost comes back at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._gone.wait()


async def _opened(connection: Connection) -> None:
    """Open a connection; one that does not open leaves nothing open."""
    try:
        await connection.open()
    except BaseException:  # cancelled too: nothing stays open
        connection.close()
        raise
