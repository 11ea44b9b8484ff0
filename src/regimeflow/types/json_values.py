"""Single values of the JSON form: exact numbers, members of enumerations, keys that are known."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from regimeflow.types.enums import (
    ExecType,
    Liquidity,
    LiveOrderStatus,
    OrderSide,
    OrderType,
    OrdRejReason,
    SystemCode,
    TimeInForce,
)
from regimeflow.types.errors import CodecError

# Of the fields of messages, those that are members of an enumeration.
MEMBERS: Final[Mapping[str, type[enum.IntEnum]]] = {
    "exec_type": ExecType,
    "ord_status": LiveOrderStatus,
    "ord_type": OrderType,
    "time_in_force": TimeInForce,
    "liquidity": Liquidity,
    "ord_rej_reason": OrdRejReason,
    "side": OrderSide,
    "code": SystemCode,
}


def member(value: object, enum_class: type[enum.IntEnum], path: str) -> int:
    """Return the number of a member's name, or of a number that has none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value in enum_class.__members__:
        return enum_class[value]
    names = ", ".join(enum_class.__members__)
    raise CodecError(f"is {value!r:.40}; expected one of {names}", path=path)


def name_of(value: int, enum_class: type[enum.IntEnum]) -> str | int:
    """Return a member's name; the number where there is none."""
    try:
        return enum_class(value).name
    except ValueError:
        return value


def exact(value: object, path: str) -> Decimal | None:
    """Return a number that was written as text, or as an integer; never one of a float."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return None if value is None else Decimal(value)
    if isinstance(value, str):
        try:
            found = Decimal(value)
        except ArithmeticError:
            pass
        else:
            if found.is_finite():
                return found
    raise CodecError(f"is {value!r:.40}; expected a number as text", path=path)


def check_keys(values: Mapping[str, object], known: tuple[str, ...], path: str = "") -> None:
    """Refuse a key that is not known.

    Raises:
        CodecError: there is one.
    """
    for name in values:
        if name not in known:
            reason = f"is not known; expected some of {', '.join(known)}"
            raise CodecError(reason, path=f"{path}{name!s:.40}")
