"""The way to IB: from us to TWS, and from TWS to IB; what either hides is asked for.

TWS replays nothing, neither after a lost socket nor after 1100. So after each of 1101, 1102 and a
new socket everything is asked for, and only then is the line taken for up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from regimeflow.adapters.backoff import Backoff
from regimeflow.adapters.brokers.ib.line import Line
from regimeflow.types.errors import BrokerError, NetworkError

_FIRST_WAIT_S: Final = 0.1
_LONGEST_WAIT_S: Final = 5.0
_SAYS_SO_S: Final = 30.0  # by then TWS has said how its line to IB is


class Link:
    """Keeps a line to TWS.

    Args:
        open_line: Opens one.
        recover: Asks for what a gap has hidden; told whether market data is lost too.
        ask_time: Asks TWS for a sign of life.
        on_down: Told why nothing is heard any more.
        tell: Takes a line for people.
        heartbeat_s: Silence after which TWS is asked for a sign of life.
    """

    def __init__(
        self,
        open_line: Callable[[], Awaitable[Line]],
        *,
        recover: Callable[[bool], Awaitable[None]],
        ask_time: Callable[[], Awaitable[None]],
        on_down: Callable[[str], object],
        tell: Callable[[str], object],
        heartbeat_s: float,
    ) -> None:
        self._open_line: Final = open_line
        self._recover: Final = recover
        self._ask_time: Final = ask_time
        self._on_down: Final = on_down
        self._tell: Final = tell
        self._heartbeat_s: Final = heartbeat_s
        self._line: Line | None = None
        self._work: asyncio.Task[None] | None = None
        self._beat: asyncio.Task[None] | None = None
        self._is_closed = True
        self._down_since_s: float | None = None
        self._heard_s = 0.0
        self._is_agreed = False  # what a gap has hidden is known
        self._is_again = False  # another gap came while the last one was being asked for
        self._has_lost_data = False
        self.is_cut_off = False
        self.gaps = 0

    @property
    def line(self) -> Line | None:
        """The socket; None while there is none."""
        line = self._line
        return line if line is not None and line.is_open else None

    @property
    def is_up(self) -> bool:
        """Whether what is sent is heard by IB, and what IB says is heard here."""
        return self.line is not None and not self.is_cut_off and self._is_agreed

    def down_s(self) -> float:
        """For how long it has not been up."""
        return 0.0 if self._down_since_s is None else time.monotonic() - self._down_since_s

    async def open(self) -> None:
        """Open the first line.

        Raises:
            BrokerError, NetworkError: it does not open; nothing stays open.
        """
        self._is_closed, self._down_since_s, self._is_agreed = False, None, False
        self.is_cut_off = False  # what is asked at the start shows it
        try:
            self._line = await self._open_line()
        except BaseException:  # cancelled too: nothing stays open
            self._is_closed = True
            raise
        self._heard_s = time.monotonic()

    def agreed(self) -> None:
        """Take that what the session begins with is known."""
        self._is_agreed = True
        self._beat = asyncio.ensure_future(self._keep())

    async def close(self) -> None:
        """Close it."""
        self._is_closed, self._is_agreed = True, False
        line, self._line = self._line, None
        if line is not None:
            line.close()
        for task in (self._work, self._beat):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        self._work = self._beat = None

    # ---- what is heard

    def heard(self) -> None:
        """Take that TWS said something."""
        self._heard_s = time.monotonic()

    def lost(self, line: Line, why: str) -> None:
        """Take that a socket is gone."""
        if self._is_closed or line is not self._line:
            return
        self._went_down(f"the connection to TWS is lost ({why})")
        self._line = None
        self._start()

    def cut_off(self, text: str) -> None:
        """Take that TWS has lost IB."""
        if not self.is_cut_off:
            self.is_cut_off = True
            self._went_down(text)

    def restored(self, text: str, *, is_data_lost: bool) -> None:
        """Take that TWS has IB again."""
        self.is_cut_off = False
        self._has_lost_data = self._has_lost_data or is_data_lost
        if self._is_closed or self.line is None or self._beat is None:
            return
        self._tell(text)
        self._went_down(text)
        self._start()

    def look_again(self) -> None:
        """Ask for everything: what was told does not fit, or could not be read."""
        if self._is_agreed and not self._is_closed:
            self._start()

    def replace(self, why: str) -> None:
        """Give the socket up for a new one."""
        if self.line is not None:
            self.line.drop(why)

    # ---- the parts

    def _went_down(self, why: str) -> None:
        if self._down_since_s is None:
            self._down_since_s = time.monotonic()
        self._is_agreed = False
        self._on_down(why)

    def _start(self) -> None:
        self._is_again = True
        if self._work is None:
            self._work = asyncio.ensure_future(self._come_back())
            self._work.add_done_callback(self._ended)

    def _ended(self, work: asyncio.Future[None]) -> None:
        self._work = None
        if not work.cancelled() and work.exception() is not None and not self._is_closed:
            error = work.exception()
            self._tell(f"keeping the line failed: {type(error).__name__}: {error}")
            self._start()

    async def _come_back(self) -> None:
        backoff = Backoff(_FIRST_WAIT_S, _LONGEST_WAIT_S)
        while not self._is_closed:
            self._is_again = False
            try:
                if self.line is None:
                    self._line = await self._open_line()
                    self._has_lost_data = True
                if self.is_cut_off:
                    loop = asyncio.get_running_loop()
                    loop.call_later(_SAYS_SO_S, self._is_silent_about_it, self._line)
                    return  # 1101, 1102 or news of a farm begins it anew
                await self._recover(self._has_lost_data)
                self._has_lost_data = False
            except (BrokerError, OSError) as error:
                self._tell(f"not back yet: {error}")
                await asyncio.sleep(backoff.next_s())
                continue
            if self._is_again or self.line is None:
                continue
            self.gaps += self._down_since_s is not None
            self._down_since_s, self._is_agreed = None, True
            return

    def _is_silent_about_it(self, line: Line | None) -> None:
        """A new socket that says nothing of the outage that an old one told of."""
        if self.is_cut_off and line is not None and line is self.line:
            self.restored("TWS says nothing of an outage any more", is_data_lost=True)

    async def _keep(self) -> None:
        """Ask a silent TWS whether it is there; drop the socket when it is not."""
        while True:
            await asyncio.sleep(self._heartbeat_s / 4)
            line = self.line
            if line is None or time.monotonic() - self._heard_s < self._heartbeat_s:
                continue
            try:
                await self._ask_time()
            except NetworkError as error:
                if line is self._line and time.monotonic() - self._heard_s >= self._heartbeat_s:
                    line.drop(error.text)
            except BrokerError:
                continue
