"""Historical bars: what traded here, and before that a seeded past that leads to it."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from regimeflow.apps.venues.ib.contracts import Contract
from regimeflow.apps.venues.ib.errors import Code, Refusal, invalid
from regimeflow.apps.venues.ib.messages import BarNews
from regimeflow.apps.venues.ib.tape import FiveSeconds, Tape
from regimeflow.apps.venues.ib.times import NS, moment

_DAY: Final = 86_400
_UNITS: Final = {"S": 1, "D": _DAY, "W": 7 * _DAY, "M": 30 * _DAY, "Y": 365 * _DAY}
BAR_SIZES: Final = {
    **{f"{n} secs": n for n in (1, 5, 10, 15, 30)},
    **{f"{n} mins": n * 60 for n in (2, 3, 5, 10, 15, 20, 30)},
    **{f"{n} hours": n * 3600 for n in (2, 3, 4, 8)},
    "1 min": 60,
    "1 hour": 3600,
    "1 day": _DAY,
    "1 week": 7 * _DAY,
    "1 month": 30 * _DAY,
}
WHAT_TO_SHOW: Final = frozenset({"TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "ADJUSTED_LAST"})
_MOST_BARS: Final = 20_000
_EPOCH_FORMAT: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest:
    """What reqHistoricalData asks for."""

    contract: Contract
    end_ns: int
    bar_size: str
    duration: str
    what: str
    date_format: int
    is_live: bool
    is_regular: bool = False  # leaves out what is outside liquid hours

    def shows(self, began: int) -> bool:
        """Whether a bar that begins then is asked for: some of it is in liquid hours."""
        if not self.is_regular or self.bar_seconds >= _DAY:
            return True
        zone, last = ZoneInfo(self.contract.time_zone), began + self.bar_seconds - 1
        ends = (moment(second * NS).astimezone(zone) for second in (began, last))
        return any(self.contract.is_regular(each) for each in ends)

    @property
    def bar_seconds(self) -> int:
        """Length of a bar.

        Raises:
            Refusal: no such bar size.
        """
        try:
            return BAR_SIZES[self.bar_size]
        except KeyError:
            raise invalid(
                "Historical data bar size setting is invalid. Legal ones are: "
                + ",".join(BAR_SIZES)
            ) from None

    @property
    def seconds(self) -> int:
        """Length of the whole.

        Raises:
            Refusal: no such duration, or too many bars.
        """
        amount, _, unit = self.duration.partition(" ")
        if not amount.isdigit() or unit not in _UNITS:
            raise invalid(f"Invalid historical data duration: {self.duration}")
        seconds = int(amount) * _UNITS[unit]
        if seconds // self.bar_seconds > _MOST_BARS or self.end_ns // NS < seconds:
            raise Refusal(
                Code.HISTORICAL,
                "Historical Market Data Service error message:Time length exceed max.",
            )
        return seconds


class History:
    """The past of one symbol: a wave around its first price, a function of seed and time."""

    def __init__(self, contract: Contract, tape: Tape, seed: int) -> None:
        self._tick = contract.min_tick
        self._tape = tape
        self._seed = seed ^ zlib.crc32(contract.market.encode())

    def bars(self, request: HistoryRequest, price: Decimal) -> Iterator[BarNews]:
        """Yield the bars of a request; ``price`` is where the past leads."""
        step, until = request.bar_seconds, request.end_ns // NS
        began = self._tape.began
        count = max(request.seconds // step, 1)
        since = (until - 1) // step * step - (count - 1) * step
        real = list(self._tape.bars(since, until, step))
        edge = until if began is None else min(until, began // step * step)
        for start in (each for each in range(since, edge, step) if request.shows(each)):
            yield self._news(self._invented(start, step, price), request)
        for bar in real:
            if bar.began >= edge and request.shows(bar.began):
                yield self._news(bar, request)

    def _invented(self, start: int, step: int, price: Decimal) -> FiveSeconds:
        points = [self._price_at(start + step * part // 4, price) for part in range(5)]
        volume = Decimal(max(1, step // 5 * (1 + self._noise(start) % 20)))
        bar = FiveSeconds(start, points[0], max(points), min(points), points[-1])
        bar.volume, bar.amount, bar.count = volume, volume * sum(points) / 5, int(volume)
        return bar

    def _price_at(self, second: int, price: Decimal) -> Decimal:
        wave = math.sin(second / 86_400) / 50 + math.sin(second / 3_600) / 300
        noise = (self._noise(second) % 1000 - 500) / 2_000_000
        ticks = int(price * (10_000 + round((wave + noise) * 10_000)) / 10_000 / self._tick)
        return max(ticks, 1) * self._tick

    def _noise(self, second: int) -> int:
        return zlib.crc32(f"{self._seed}:{second}".encode())

    def _news(self, bar: FiveSeconds, request: HistoryRequest) -> BarNews:
        return bar_news(bar, request, self._tick)


def bar_news(bar: FiveSeconds, request: HistoryRequest, tick: Decimal) -> BarNews:
    """Return a bar in the wire's words; only trades have volume."""
    has_volume = request.what in {"TRADES", "ADJUSTED_LAST"}
    if request.bar_seconds >= _DAY:
        time = f"{moment(bar.began * NS):%Y%m%d}"
    elif request.date_format == _EPOCH_FORMAT:
        time = str(bar.began)
    else:
        time = f"{moment(bar.began * NS):%Y%m%d  %H:%M:%S}"
    return BarNews(
        time=time,
        open_px=bar.open_px,
        high_px=bar.high_px,
        low_px=bar.low_px,
        close_px=bar.close_px,
        volume=bar.volume if has_volume else Decimal(-1),
        average_px=bar.average_px.quantize(tick / 10) if has_volume else Decimal(-1),
        count=bar.count if has_volume else -1,
    )
