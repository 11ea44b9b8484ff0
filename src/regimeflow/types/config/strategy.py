"""Which strategies run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from regimeflow.types.config.risk import RiskLimits
from regimeflow.types.frozen import EMPTY_TABLE
from regimeflow.types.kinds import near
from regimeflow.types.settings import Settings, required, setting, table

BUILT_IN_STRATEGIES: Final = ("buy_and_hold", "moving_average_cross")

_WORD: Final = r"[^\W\d]\w*"
_CLASS: Final = re.compile(rf"{_WORD}(\.{_WORD})*:{_WORD}\Z")
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,31}\Z")


def _name_fault(name: str) -> str | None:
    if name in BUILT_IN_STRATEGIES or _CLASS.match(name):
        return None
    listed = " or ".join(BUILT_IN_STRATEGIES)
    return f'"module:Class" or a built-in, {listed}{near(name, list(BUILT_IN_STRATEGIES))}'


def _id_fault(name: str) -> str | None:
    return None if not name or _ID.match(name) else "at most 31 letters, digits, '_', '-' and '.'"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyConfig(Settings):
    """One strategy of a session.

    ``id`` tells it from the others in orders, trades and P&L; without one it is made from the
    name when the configuration is frozen.
    """

    name: str = field(
        metadata=required(
            '"module:Class", the file\'s folder being importable, or a built-in.', check=_name_fault
        )
    )
    id: str = setting(
        "", "Its own name in orders, trades and P&L.", may_be_empty=True, check=_id_fault
    )
    params: Mapping[str, object] = setting(EMPTY_TABLE, "What the strategy reads as ctx.params.")
    limits: RiskLimits = table(RiskLimits, "Limits of its own, within those of [risk].")


def ids_of(strategies: tuple[StrategyConfig, ...]) -> list[str]:
    """Return a distinct id for each strategy: its own, or one made from its class's name."""
    taken = {each.id for each in strategies if each.id}
    ids = []
    for each in strategies:
        label = each.id
        if not label:
            base = re.sub(r"[^A-Za-z0-9_.-]", "_", each.name.rpartition(":")[2])[:24]
            label = next(
                name
                for n in range(len(strategies) + 1)
                if (name := f"{base}-{n + 1}" if n else base) not in taken
            )
            taken.add(label)
        ids.append(label)
    return ids
