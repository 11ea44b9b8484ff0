"""What the books began with, as a journal has it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from regimeflow._core.messages import AccountInfo, Position


def opened(body: Mapping[str, Any]) -> tuple[AccountInfo, list[Position]]:
    """Return account and positions of a note of the opening."""
    account = AccountInfo(
        currency=body["currency"],
        equity=Decimal(body["equity"]),
        cash=Decimal(body["cash"]),
        buying_power=Decimal(body["buying_power"]),
    )
    positions = [
        Position(
            each["symbol"],
            Decimal(each["quantity"]),
            None if each["avg_px"] is None else Decimal(each["avg_px"]),
        )
        for each in body["positions"]
    ]
    return account, positions
