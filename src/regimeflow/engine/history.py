"""Bars at hand: what strategies warm up with, fetched before they start and kept current."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from regimeflow._core.messages import Bar
from regimeflow.engine.parts import Parts
from regimeflow.types.intervals import interval_ns_of

_BAR: Final = 3  # record kind of src/_core/layout.h
_LAST: Final = 1_000  # as many as a broker gives when it is asked for no time


class WarmedUp(Protocol):
    """What wants bars at hand from its start on."""

    @property
    def warm_up(self) -> Mapping[str, int]:
        """How many, by interval."""
        ...


class History:
    """The last closed bars of every symbol, as many as the strategies asked for.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts, strategies: Iterable[WarmedUp]) -> None:
        self._parts: Final = parts
        wanted: dict[str, int] = {}
        for each in strategies:
            for interval, count in each.warm_up.items():
                wanted[interval] = max(count, wanted.get(interval, 0))
        self._wanted: Final = wanted
        self._bars: Final[dict[tuple[str, int], deque[Bar]]] = {
            (symbol, interval_ns_of(interval)): deque(maxlen=count)
            for interval, count in wanted.items()
            for symbol in parts.symbols
        }
        if self._bars:
            parts.bus.subscribe_payload(_BAR, self._add)

    async def fill(self) -> None:
        """Fetch the bars, also after a gap.

        Raises:
            BrokerError, NetworkError: they could not be had.
        """
        parts = self._parts
        for interval, count in self._wanted.items():
            interval_ns = interval_ns_of(interval)
            since_ns = max(0, parts.clock.now_ns() - interval_ns * (count + 1))
            for symbol in parts.symbols:
                # Of a market that closes the last bars may be days old.
                from_ns = 0 if count <= _LAST and self._closes(symbol) else since_ns
                ask = partial(parts.broker.get_bars, symbol, from_ns, interval)
                for bar in await parts.turns.ask("get_bars", ask):
                    self._add(bar)

    def last(self, symbol: str, interval: str, count: int) -> Sequence[Bar] | None:
        """The last closed bars, oldest first; None when so many are not kept."""
        kept = self._bars.get((symbol, interval_ns_of(interval)))
        if kept is None or kept.maxlen is None or count > kept.maxlen:
            return None
        return list(kept)[-count:]

    def _closes(self, symbol: str) -> bool:
        instrument = self._parts.instruments.get(symbol)
        return instrument is not None and not instrument.session.never_closes

    def _add(self, bar: Bar) -> None:
        kept = self._bars.get((bar.symbol, bar.interval_ns))
        if kept is None:
            return
        if not kept or bar.ts_event_ns > kept[-1].ts_event_ns:
            kept.append(bar)
        elif bar.is_revised:
            for at, each in enumerate(kept):
                if each.ts_event_ns == bar.ts_event_ns:
                    kept[at] = bar
