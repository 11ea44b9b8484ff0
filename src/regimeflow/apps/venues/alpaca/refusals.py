"""Answers that say no, in Alpaca's words.

Sources: recorded bodies where there are any (tests/wire holds them against these); the others are
quoted in public issue trackers. One code has many meanings: clients must read the message too.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

BAD_INPUT: Final = 40010001
UNPROCESSABLE: Final = 42210000
FORBIDDEN: Final = 40310000
NOT_FOUND: Final = 40410000
UNAUTHORIZED: Final = 40110000
TOO_MANY: Final = 42910000
INTERNAL: Final = 50010000


class Refusal(Exception):
    """An answer other than 2xx: its status and its body, keys in Alpaca's order."""

    def __init__(self, status: int, body: Mapping[str, object]) -> None:
        super().__init__(f"{status} {dict(body)}")
        self.status: Final = status
        self.body: Final = body


def coded(status: int, code: int, message: str, **extra: object) -> Refusal:
    """A refusal whose keys are sorted, as Alpaca's are."""
    return Refusal(status, dict(sorted({"code": code, "message": message, **extra}.items())))


def bad_input(message: str) -> Refusal:
    """422 for a body that cannot be an order."""
    return coded(422, BAD_INPUT, message)


def unprocessable(message: str, **extra: object) -> Refusal:
    """422 for an order that the rules do not allow."""
    return coded(422, UNPROCESSABLE, message, **extra)


def forbidden(message: str, **extra: object) -> Refusal:
    """403 for an order that the account does not allow."""
    return coded(403, FORBIDDEN, message, **extra)


def not_found(message: str) -> Refusal:
    """404 for what is not there."""
    return coded(404, NOT_FOUND, message)


def insufficient_qty(
    symbol: str,
    requested: Decimal,
    available: Decimal,
    *,
    existing: Decimal,
    related_orders: list[str],
) -> Refusal:
    """403 for selling more than is free."""
    numbers = f"requested: {text(requested)}, available: {text(available)}"
    return forbidden(
        f"insufficient qty available for order ({numbers})",
        available=text(available),
        existing_qty=text(existing),
        held_for_orders=text(existing - available),
        symbol=symbol,
        **({"related_orders": related_orders} if related_orders else {}),
    )


def insufficient_balance(asset: str, requested: Decimal, available: Decimal) -> Refusal:
    """403 for crypto that the account cannot pay or deliver."""
    numbers = f"requested: {text(requested)}, available: {text(available)}"
    return forbidden(
        f"insufficient balance for {asset} ({numbers})",
        available=text(available),
        balance=text(available),
        symbol=asset,
    )


def text(value: Decimal) -> str:
    """Write a number as Alpaca does: plain, no trailing zeros."""
    plain = f"{value:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in {"-0", ""} else plain


def cents(value: Decimal) -> str:
    """Write money, rounded to cents."""
    return text(value.quantize(Decimal("0.01")))
