"""When a position is to be closed: pure, exact, nothing is divided."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from regimeflow.domain.positions import EXACT, ZERO
from regimeflow.domain.risk import rules
from regimeflow.domain.risk.exposure import Breach
from regimeflow.types.config.stops import StopSettings, limit_for
from regimeflow.types.records import Record

_HUNDRED: Final = Decimal(100)
_NS_PER_S: Final = 1_000_000_000


class Watched(Record, kw_only=True):
    """A position as its stops see it.

    Args:
        symbol: What is held.
        is_long: Whether it was bought.
        avg_px: What it cost; None: not known.
        best_px: The best price since it was opened; None: there was none yet.
        since_ns: When it was opened.
    """

    symbol: str
    is_long: bool
    avg_px: Decimal | None
    best_px: Decimal | None
    since_ns: int


class TrueRanges:
    """The ranges of the last bars of one symbol, gaps included.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self._ranges: Final[deque[Decimal]] = deque(maxlen=count)
        self._close: Decimal | None = None

    def add(self, high: Decimal, low: Decimal, close: Decimal) -> None:
        """Take a closed bar; the first one only says where the next begins."""
        if self._close is not None:
            top, bottom = max(high, self._close), min(low, self._close)
            self._ranges.append(EXACT.subtract(top, bottom))
        self._close = close

    @property
    def total(self) -> tuple[Decimal, int] | None:
        """Their sum and their number; None until there are enough."""
        if len(self._ranges) != self._ranges.maxlen:
            return None
        total = ZERO
        for each in self._ranges:
            total = EXACT.add(total, each)
        return total, len(self._ranges)

    def state(self) -> list[str | None]:
        """Return all of it, as JSON has it: the last close, then the ranges."""
        close = None if self._close is None else str(self._close)
        return [close, *(str(each) for each in self._ranges)]

    def restore(self, state: Sequence[str | None]) -> None:
        """Take what ``state`` gave."""
        close, *ranges = state
        self._close = None if close is None else Decimal(close)
        self._ranges.clear()
        self._ranges.extend(Decimal(each) for each in ranges if each is not None)


def better(best: Decimal | None, px: Decimal, *, is_long: bool) -> Decimal:
    """Return the better of two prices, for who holds."""
    if best is None:
        return px
    return max(best, px) if is_long else min(best, px)


def stop_of(
    settings: StopSettings,
    position: Watched,
    px: Decimal | None,
    ranges: tuple[Decimal, int] | None,
    now_ns: int,
) -> Breach | None:
    """Return the stop that a position has reached; None: none.

    Args:
        settings: As configured.
        position: What is held.
        px: What it is worth now; None: nobody knows, and only its time counts.
        ranges: The sum of the true ranges, and of how many; None: not enough bars yet.
        now_ns: The session's time.
    """
    found = (
        _share("stop_loss_pct", settings.stop_loss_pct, position, position.avg_px, px),
        _share("trailing_pct", settings.trailing_pct, position, position.best_px, px),
        _atr(settings, position, px, ranges),
        _time(settings, position, now_ns),
    )
    return _first(found)


def _first(found: Iterable[Breach | None]) -> Breach | None:
    return next((each for each in found if each is not None), None)


def _against(position: Watched, base: Decimal, px: Decimal) -> Decimal:
    """How far the price is on the wrong side of another one."""
    return EXACT.subtract(base, px) if position.is_long else EXACT.subtract(px, base)


def _share(
    rule: str, limit: object, position: Watched, base: Decimal | None, px: Decimal | None
) -> Breach | None:
    share = limit_for(limit, position.symbol)  # type: ignore[arg-type]  # a field of the settings
    if share is None or base is None or px is None:
        return None
    away = _against(position, base, px)
    if EXACT.multiply(away, _HUNDRED) < EXACT.multiply(share, base.copy_abs()) or not away:
        return None
    at = f"{rules.plain(px)} is {rules.plain(away)} from {rules.plain(base)}"
    return Breach(rule, f"{rules.plain(share)} %", at, position.symbol)


def _atr(
    settings: StopSettings,
    position: Watched,
    px: Decimal | None,
    ranges: tuple[Decimal, int] | None,
) -> Breach | None:
    multiple = limit_for(settings.atr_multiple, position.symbol)
    if multiple is None or ranges is None or px is None or position.avg_px is None:
        return None
    total, count = ranges
    away = _against(position, position.avg_px, px)
    # away >= multiple * total / count, without the division
    if not total or EXACT.multiply(away, Decimal(count)) < EXACT.multiply(multiple, total):
        return None
    limit = f"{rules.plain(multiple)} average true ranges of {count} bars"
    at = f"{rules.plain(px)} is {rules.plain(away)} from {rules.plain(position.avg_px)}"
    return Breach("atr_multiple", limit, at, position.symbol)


def _time(settings: StopSettings, position: Watched, now_ns: int) -> Breach | None:
    longest_s = limit_for(settings.max_hold_s, position.symbol)
    held_ns = Decimal(now_ns - position.since_ns)
    if longest_s is None or held_ns < EXACT.multiply(longest_s, Decimal(_NS_PER_S)):
        return None
    held_s = rules.plain(EXACT.scaleb(held_ns, Decimal(-9)))
    return Breach(
        "max_hold_s", f"{rules.plain(longest_s)} s", f"held for {held_s} s", position.symbol
    )
