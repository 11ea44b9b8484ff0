"""Streams that say nothing while their connection is open: noticed, asked for again, replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from regimeflow.types.enums import SystemCode
from regimeflow.types.records import Record

# A connection is replaced for one silent stream less and less often: the market may just be dead.
_LONGEST_FACTOR: Final = 64


class Stream(Record):
    """One stream of one symbol; ``silence_s``: for how long it may say nothing, None for ever."""

    name: str
    symbol: str
    kind: int
    silence_s: float | None


class Streaming(Protocol):
    """A connection that carries streams."""

    def watched(self) -> Iterable[Stream]:
        """Give the streams that should say something now."""
        ...

    def heard_ns(self, stream: Stream) -> int:
        """When a stream last said something, our UTC; 0: not yet."""
        ...

    def silent_s(self, stream: Stream, now_ns: int) -> float:
        """For how long a stream has said nothing."""
        ...

    def ask_again(self, stream: Stream) -> None:
        """Give a stream up and ask for it anew."""
        ...


class _Stale(Record, frozen=False):
    symbol: str
    since_ns: int
    asked_ns: int
    factor: int = 1


class Silence:
    """Watches each stream by itself: one that is alive does not hide one that is dead.

    After its time a stream is stale: that is told, and it is asked for again. When it stays silent
    for that time once more its connection is replaced; then again after twice the time, and so on.

    Args:
        tell: Takes news of a symbol: code, symbol, text.
    """

    def __init__(self, tell: Callable[[SystemCode, str, str], object]) -> None:
        self._tell: Final = tell
        self._stale: Final[dict[str, _Stale]] = {}
        self._lost: Final[set[str]] = set()

    def check(self, connection: Streaming, now_ns: int) -> bool:
        """Look at each stream of a connection; whether the connection should be replaced."""
        replace = False
        for stream in connection.watched():
            if stream.silence_s is None:
                self._heard_any(connection, stream)
                continue
            silent_s = connection.silent_s(stream, now_ns)
            stale = self._stale.get(stream.name)
            if stale is None:
                if silent_s > stream.silence_s:
                    self._went_silent(connection, stream, silent_s, now_ns)
                else:
                    self._heard_any(connection, stream)
            elif connection.heard_ns(stream) > stale.asked_ns:
                self._came_back(stream)
            elif (now_ns - stale.asked_ns) / 1e9 > stream.silence_s * stale.factor:
                stale.asked_ns, stale.factor = now_ns, min(stale.factor * 2, _LONGEST_FACTOR)
                replace = True
        return replace

    def lost(self, symbol: str, why: str) -> None:
        """Take that nothing of a symbol comes; what comes next is news."""
        if symbol not in self._lost:
            self._lost.add(symbol)
            self._tell(SystemCode.DATA_STALE, symbol, why)

    def forget(self, symbol: str) -> None:
        """Forget a symbol that is not subscribed any more."""
        self._lost.discard(symbol)
        for name in [name for name, each in self._stale.items() if each.symbol == symbol]:
            del self._stale[name]

    def _heard_any(self, connection: Streaming, stream: Stream) -> None:
        if stream.symbol in self._lost and connection.heard_ns(stream):
            self._lost.discard(stream.symbol)
            self._tell(SystemCode.DATA_RESUMED, stream.symbol, "the connection is back")

    def _went_silent(
        self, connection: Streaming, stream: Stream, silent_s: float, now_ns: int
    ) -> None:
        self._stale[stream.name] = _Stale(stream.symbol, now_ns, now_ns)
        text = f"{stream.name} has said nothing for {silent_s:.1f} s; asked for it again"
        self._tell(SystemCode.DATA_STALE, stream.symbol, text)
        connection.ask_again(stream)

    def _came_back(self, stream: Stream) -> None:
        del self._stale[stream.name]
        if not any(each.symbol == stream.symbol for each in self._stale.values()):
            self._tell(SystemCode.DATA_RESUMED, stream.symbol, f"{stream.name} is back")
