from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.adapters.brokers.paper.spec import spec_of, to_decimal, to_mantissa
from regimeflow.adapters.feeds.feed import Scale
from regimeflow.types.errors import ConfigError
from regimeflow.types.instrument import Instrument


@pytest.mark.parametrize(
    ("number", "exp", "mantissa"),
    [
        ("1.25", -2, 125),
        ("-1.25", -4, -12_500),
        ("1E+3", -2, 100_000),
        ("0.001", -2, None),
        ("NaN", -2, None),
        ("1E+999999999", -2, None),
        ("1E-999999999", -2, None),
        ("0E-999999999", -2, 0),
    ],
)
def test_a_number_has_one_mantissa_or_none(number: str, exp: int, mantissa: int | None) -> None:
    assert mantissa == to_mantissa(Decimal(number), exp)


@pytest.mark.parametrize(
    ("mantissa", "exp", "places", "text"),
    [
        (12_500, -4, 0, "1.25"),
        (12_500, -4, 3, "1.250"),
        (0, -8, 0, "0"),
        (0, -8, 2, "0.00"),
        (-7, 0, 0, "-7"),
        (100, 0, 0, "100"),
    ],
)
def test_a_mantissa_is_shown_without_needless_zeros(
    mantissa: int, exp: int, places: int, text: str
) -> None:
    assert text == f"{to_decimal(mantissa, exp, least_places=places):f}"


def test_every_step_that_does_not_fit_the_feed_is_named() -> None:
    instrument = Instrument(
        symbol="X",
        tick_size=Decimal("0.0001"),
        lot_size=Decimal("0.0001"),
        min_qty=Decimal("0.00005"),
        max_qty=Decimal("9.00005"),
        multiplier=Decimal("1E-15"),
    )

    with pytest.raises(ConfigError) as caught:
        spec_of(instrument, Scale(-2, -2))

    names = [fault.path.rpartition(".")[2] for fault in caught.value.faults]
    assert ["multiplier", "tick_size", "lot_size", "min_qty", "max_qty"] == names


def test_prices_and_quantities_are_shown_at_their_steps() -> None:
    instrument = Instrument(symbol="X", tick_size=Decimal("0.05"), lot_size=Decimal("0.1"))
    spec = spec_of(instrument, Scale(-4, -8))

    assert ("100.00", "2.0") == (str(spec.px(1_000_000)), str(spec.qty(200_000_000)))
    assert "2.05" == str(spec.qty(205_000_000))
