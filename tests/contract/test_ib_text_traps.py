"""Traps of IB's texts: times, quantities, contracts of several legs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.adapters.brokers.ib.amounts import amount, exact
from regimeflow.adapters.brokers.ib.times import seconds_of
from regimeflow.live import ConfigError, LiveConfig

NOON = 1_795_438_800  # 2026-11-23 13:00:00 UTC, eight in the morning in New York


@pytest.mark.parametrize(
    "text",
    [
        "20261123  08:00:00",
        "20261123 08:00:00",
        "20261123 08:00:00 US/Eastern",
        "20261123 08:00:00 EST",
        "20261123 07:00:00 US/Central",
        "20261123-13:00:00",
        "20261123-13:00:00Z",
        str(NOON),
    ],
)
def test_i42_each_form_of_a_time_is_the_same_moment(text: str) -> None:
    assert NOON == seconds_of(text, "US/Eastern")


@pytest.mark.parametrize("told", ["10", "10.0", "10.00", Decimal(10), 10.0])
def test_i43_a_quantity_is_the_same_however_many_zeros_it_has(told: object) -> None:
    assert "10" == str(amount(told))  # type: ignore[arg-type]


def test_i43_a_part_of_a_share_is_exact_and_no_value_is_none() -> None:
    assert Decimal("0.0001") == exact(0.0001)
    assert Decimal("1234567.12345678") == exact("1234567.12345678")
    assert exact(1.7976931348623157e308) is None


def test_i52_a_contract_of_several_legs_is_refused_since_its_fills_come_leg_by_leg() -> None:
    config = LiveConfig(
        broker_type="ib",
        symbols=["SPREAD"],
        broker={"contracts": {"SPREAD": {"security_type": "BAG"}}},
    )

    with pytest.raises(ConfigError, match=r"security_type.*BAG"):
        config.validate()
