"""What a holding cost, and what closing it brings: IB's average cost has commissions in it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.apps.venues.ib.portfolio import Holding


def after(*fills: tuple[str, str, str]) -> tuple[Holding, list[Decimal | None]]:
    holding = Holding()
    profits = [holding.fill(*(Decimal(number) for number in fill)) for fill in fills]
    return holding, profits


@pytest.mark.parametrize(
    ("fills", "quantity", "average", "profit"),
    [
        ([("100", "10", "1")], "100", "10.01", None),
        ([("100", "10", "1"), ("100", "12", "1")], "200", "11.01", None),
        ([("100", "10", "1"), ("-40", "12", "1")], "60", "10.01", "78.6"),
        ([("100", "10", "1"), ("-100", "9", "1")], "0", "0", "-102"),
        ([("100", "10", "0"), ("-150", "12", "3")], "-50", "12", "197"),
        ([("-100", "10", "1")], "-100", "9.99", None),
        ([("-100", "10", "1"), ("100", "8", "1")], "0", "0", "198"),
    ],
)
def test_a_holding_after_fills(fills, quantity, average, profit):
    holding, profits = after(*fills)

    assert (Decimal(quantity), Decimal(average)) == (holding.quantity, holding.average_cost)
    assert (None if profit is None else Decimal(profit)) == profits[-1]
