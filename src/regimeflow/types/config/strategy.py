"""Which strategies run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regimeflow.types.config.risk import RiskLimits
from regimeflow.types.frozen import EMPTY_TABLE
from regimeflow.types.reading import near
from regimeflow.types.settings import Settings, required, setting, table

BUILT_IN_STRATEGIES: Final = ("buy_and_hold", "moving_average_cross")

_LONGEST_ID: Final = 31  # what a record has room for


def _name_fault(name: str) -> str | None:
    module, colon, class_name = name.partition(":")
    words = [*module.split("."), class_name]
    if name in BUILT_IN_STRATEGIES or (colon and all(word.isidentifier() for word in words)):
        return None
    listed = " or ".join(BUILT_IN_STRATEGIES)
    return f'"module:Class" or a built-in, {listed}{near(name, list(BUILT_IN_STRATEGIES))}'


def _id_fault(name: str) -> str | None:
    if name == "external":
        return "another id; this one marks the orders of others"
    if name == _as_id(name) and len(name) <= _LONGEST_ID:
        return None
    return f"at most {_LONGEST_ID} letters, digits, '_', '-' and '.'"


def _as_id(name: str) -> str:
    return "".join(
        each if each.isascii() and (each.isalnum() or each in "_-.") else "_" for each in name
    )


class StrategyConfig(Settings):
    """One strategy of a session.

    ``id`` tells it from the others in orders, trades and P&L; without one it is made from the
    name when the configuration is frozen.
    """

    name: str = required(
        str,
        "module:Class from the file's folder, or buy_and_hold, or moving_average_cross.",
        check=_name_fault,
    )
    id: str = setting(
        "",
        "Its name in orders, trades and P&L; empty: made from the name.",
        may_be_empty=True,
        check=_id_fault,
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
            base = _as_id(each.name.rpartition(":")[2])[: _LONGEST_ID - 6]
            label = next(
                name
                for n in range(len(strategies) + 1)
                if (name := f"{base}-{n + 1}" if n else base) not in taken
            )
            taken.add(label)
        ids.append(label)
    return ids
