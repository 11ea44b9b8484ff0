"""Stops that the engine holds for every position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from regimeflow.types.errors import Fault
from regimeflow.types.fixed import listed
from regimeflow.types.reading import join
from regimeflow.types.settings import Settings, setting

EVERY_OTHER: Final = "*"  # in a table by symbol: the limit of the symbols that are not named

SymbolLimit = Decimal | Mapping[str, Decimal] | None


def limit_for(limit: SymbolLimit, symbol: str) -> Decimal | None:
    """Return the limit that holds for a symbol; None when there is none."""
    if isinstance(limit, Mapping):
        return limit.get(symbol, limit.get(EVERY_OTHER))
    return limit


def unknown_keys(limit: object, names: tuple[str, ...], path: str) -> Iterator[Fault]:
    """Say which keys of a table by name are none of the names."""
    if not isinstance(limit, Mapping):
        return
    for key in limit:
        if key != EVERY_OTHER and key not in names:
            yield Fault(join(path, key), f"is not known here; expected one of {listed(names)}")


class StopSettings(Settings):
    """When a position is closed at the market by the engine itself; None: never.

    Each strategy's position is watched by itself, and what no strategy bought too. A price is the
    middle of the quote, or the last trade's where there is no quote.
    """

    stop_loss_pct: Decimal | Mapping[str, Decimal] | None = setting(
        None,
        "Loss against the average entry price.",
        above=0,
        at_most=1000,
        also=("stop_loss", "stop_pct"),
    )
    trailing_pct: Decimal | Mapping[str, Decimal] | None = setting(
        None,
        "Way back from the best price since the position was opened.",
        above=0,
        at_most=1000,
        also=("trailing_stop", "trailing_stop_pct"),
    )
    atr_multiple: Decimal | Mapping[str, Decimal] | None = setting(
        None,
        "Loss against the average entry price, in average true ranges of the last bars.",
        above=0,
        at_most=1000,
        also=("atr", "atr_stop"),
    )
    atr_bars: int = setting(
        14, "How many closed bars the average true range is of.", at_least=1, at_most=1000
    )
    max_hold_s: Decimal | Mapping[str, Decimal] | None = setting(
        None,
        "How long a position may be held.",
        above=0,
        also=("time_stop", "max_holding_s"),
    )

    @property
    def is_any(self) -> bool:
        """Whether there is a stop at all."""
        return any(getattr(self, name) is not None for name in STOP_RULES)

    def faults_for(self, symbols: tuple[str, ...], path: str) -> Iterator[Fault]:
        """Say which stops by symbol name one that is not traded."""
        for name in STOP_RULES:
            yield from unknown_keys(getattr(self, name), symbols, join(path, name))


STOP_RULES: Final = ("stop_loss_pct", "trailing_pct", "atr_multiple", "max_hold_s")
