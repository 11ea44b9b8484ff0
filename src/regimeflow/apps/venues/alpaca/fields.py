"""Fields of a request's body, read exactly: numbers may be text or JSON numbers, never floats.

alpaca-py sends a quantity as ``1.0``: the digits are taken, not the double behind them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final, cast

from regimeflow.apps.venues.alpaca.refusals import bad_input

Json = dict[str, object]
_MOST_DIGITS: Final = 28  # more is no price and no quantity, and may not become one by rounding


def body_of(raw: bytes) -> Json:
    """Read a body whose numbers stay exact.

    Raises:
        Refusal: it is no JSON object.
    """
    if not raw.strip():
        return {}
    try:
        found = json.loads(raw, parse_float=Decimal, parse_int=Decimal, parse_constant=_constant)
    except ValueError as error:
        raise bad_input(f"request body format is invalid: {error}") from error
    if not isinstance(found, dict):
        raise bad_input("request body format is invalid")
    return cast("Json", found)


def _constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


def decimal(body: Mapping[str, object], name: str) -> Decimal | None:
    """Read a number; None when it is absent, null or empty.

    Raises:
        Refusal: it is no number.
    """
    found = body.get(name)
    if found is None or found == "":
        return None
    try:
        value = found if isinstance(found, Decimal) else Decimal(cast("str", found))
    except (InvalidOperation, TypeError, ValueError) as error:
        raise bad_input(f"{name} must be a number") from error
    if (
        isinstance(found, bool)
        or not value.is_finite()
        or len(value.as_tuple().digits) > _MOST_DIGITS
    ):
        raise bad_input(f"{name} must be a number")
    return value


def word(body: Mapping[str, object], name: str) -> str:
    """Read a text; empty when it is absent or null.

    Raises:
        Refusal: it is no text.
    """
    found = body.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise bad_input(f"{name} must be a string")
    return found


def flag(body: Mapping[str, object], name: str) -> bool:
    """Read a truth value, false when absent; query parameters write it as text.

    Raises:
        Refusal: it is none.
    """
    found = body.get(name)
    if found is None or found == "":
        return False
    if isinstance(found, str) and found.lower() in {"true", "false", "1", "0"}:
        return found.lower() in {"true", "1"}
    if not isinstance(found, bool):
        raise bad_input(f"{name} must be a boolean")
    return found


def inner(body: Mapping[str, object], name: str) -> Json | None:
    """Read an object inside the body; None when absent or null.

    Raises:
        Refusal: it is none.
    """
    found = body.get(name)
    if found is None:
        return None
    if not isinstance(found, dict):
        raise bad_input(f"{name} must be an object")
    return cast("Json", found)


def whole(query: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    """Read a count from a query, between 1 and ``most``.

    Raises:
        Refusal: it is none, or out of bounds.
    """
    found = query.get(name)
    if found is None or found == "":
        return default
    if not found.isdecimal() or not 1 <= int(found) <= most:
        raise bad_input(f"invalid {name}: must be between 1 and {most}")
    return int(found)
