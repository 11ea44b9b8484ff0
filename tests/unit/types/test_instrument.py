"""Prices and quantities on the grid of an instrument."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal, getcontext, localcontext

import pytest

from regimeflow.types.errors import InvalidArgument
from regimeflow.types.instrument import Instrument, symbol_fault
from regimeflow.types.session import SessionCalendar


def an_instrument(**changes: object) -> Instrument:
    return Instrument(
        **{"symbol": "BTCUSDT", "tick_size": "0.01", "lot_size": "0.001", "min_qty": "0.001"}
        | changes
    )


def fault_of(call) -> str:
    with pytest.raises(InvalidArgument) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("step", "exp"),
    [
        ("0.01", -2),
        ("0.010", -2),
        ("0.25", -2),
        ("1", 0),
        ("5", 0),
        ("10", 0),
        ("1E+1", 0),
        ("1e-8", -8),
    ],
)
def test_the_exponent_is_that_of_the_last_digit_of_the_step(step, exp):
    made = an_instrument(tick_size=step, lot_size=step)

    assert (exp, exp) == (made.px_exp, made.qty_exp)


@pytest.mark.parametrize(
    "price", [Decimal("100.05"), "100.05", 100.05, "1.0005e2", Decimal("100.0500")]
)
def test_every_kind_of_number_means_the_same_price(price):
    assert 10005 == an_instrument().px_mantissa(price)


def test_an_integer_is_a_price():
    assert 10000 == an_instrument().px_mantissa(100)


@pytest.mark.parametrize("price", [0.1 + 0.2, 3 * 0.1, 0.3, 0.30000000000000016])
def test_a_float_a_few_units_of_its_last_place_off_is_snapped(price):
    assert 30 == an_instrument().px_mantissa(price)


def test_a_float_that_is_further_off_is_refused_with_its_neighbours():
    expected = (
        "price: found 0.305; expected a multiple of the tick size 0.01 of BTCUSDT, "
        "the nearest are 0.30 and 0.31"
    )

    assert expected == fault_of(lambda: an_instrument().px_mantissa(0.305))


def test_an_exact_number_is_never_snapped():
    text = fault_of(lambda: an_instrument().px_mantissa(Decimal("0.30000000000000004")))

    assert text.endswith("the nearest are 0.30 and 0.31")


def test_a_step_that_is_no_power_of_ten_is_kept():
    made = an_instrument(tick_size="0.25")

    assert 10025 == made.px_mantissa(100.25)
    assert fault_of(lambda: made.px_mantissa("100.30")).endswith("are 100.25 and 100.50")


def test_a_float_too_coarse_for_the_step_is_refused_and_its_exact_text_is_not():
    made = an_instrument(lot_size="0.00000001")
    coarse = 123456789012.12345

    assert "give Decimal or text" in fault_of(lambda: made.qty_mantissa(coarse))
    assert 12345678901212345000 // 1000 == made.qty_mantissa("123456789.01212345")


@pytest.mark.parametrize(
    "number",
    [
        float("nan"),
        float("inf"),
        "NaN",
        "-Infinity",
        Decimal("sNaN"),
        True,
        None,
        "ten",
        [],
        "1e999999999",
    ],
)
def test_what_is_no_finite_number_is_refused(number):
    made = an_instrument()

    for call in (made.px_mantissa, made.qty_mantissa, made.round_px, made.round_qty):
        assert "found" in fault_of(lambda call=call: call(number))


@pytest.mark.parametrize("quantity", [0, -1, 0.0, "-0.001", Decimal(0)])
def test_a_quantity_is_above_zero(quantity):
    assert "expected a quantity above 0" in fault_of(lambda: an_instrument().qty_mantissa(quantity))


def test_a_price_is_above_zero_unless_the_instrument_says_otherwise():
    spread = an_instrument(allows_negative_px=True)

    assert "expected a price above 0" in fault_of(lambda: an_instrument().px_mantissa(0))
    assert [-150, 0] == [spread.px_mantissa(-1.5), spread.px_mantissa(0)]


def test_a_number_beyond_64_bits_is_refused():
    assert "beyond 64 bits" in fault_of(lambda: an_instrument().px_mantissa(10**18))


def test_a_fault_is_called_by_the_path_that_was_asked_for():
    text = fault_of(lambda: an_instrument().px_mantissa("nan", path="limit_price"))

    assert text.startswith("limit_price: ")


@pytest.mark.parametrize(
    ("rounding", "rounded"), [("nearest", "0.31"), ("down", "0.30"), ("up", "0.31")]
)
def test_a_price_is_rounded_on_purpose(rounding, rounded):
    assert Decimal(rounded) == an_instrument().round_px("0.305", rounding)


def test_halves_go_away_from_zero_and_down_is_towards_minus_infinity():
    spread = an_instrument(allows_negative_px=True)

    assert Decimal("-0.31") == spread.round_px("-0.305")
    assert Decimal("-0.31") == spread.round_px("-0.301", "down")
    assert Decimal("-0.30") == spread.round_px("-0.309", "up")


def test_a_quantity_is_rounded_to_no_more_than_asked():
    assert Decimal("1.234") == an_instrument().round_qty("1.2349")


def test_a_float_that_means_a_tick_stays_on_it_in_every_direction():
    up = an_instrument(tick_size="0.1").round_px(0.1 * 3, "up")

    assert Decimal("0.3") == up


def test_an_unknown_rounding_is_refused():
    assert "rounding" in fault_of(lambda: an_instrument().round_px("0.305", "half"))


def test_numpy_scalars_are_numbers():
    numpy = pytest.importorskip("numpy")

    assert 200 == an_instrument().px_mantissa(numpy.int64(2))
    assert 30 == an_instrument().px_mantissa(numpy.float64(0.1) + numpy.float64(0.2))
    assert "found a bool" in fault_of(lambda: an_instrument().px_mantissa(numpy.bool_(1)))


def test_no_decimal_context_changes_a_result():
    made = an_instrument()

    with localcontext() as context:
        context.prec = 3
        rounded = made.round_px("123456.789")
        mantissa = made.px_mantissa("123456.78")
        price = made.px_dec(mantissa)

    assert 28 <= getcontext().prec
    assert Decimal("123456.79") == rounded
    assert (12345678, Decimal("123456.78")) == (mantissa, price)


def test_mantissas_read_back():
    made = an_instrument()

    assert (Decimal("1.23"), Decimal("0.123")) == (made.px_dec(123), made.qty_dec(123))


def test_minimum_and_maximum_are_said_one_by_one():
    made = an_instrument(min_qty="0.01", max_qty=5, min_notional=10, max_notional=1000)

    low = [str(each) for each in made.order_faults(5, 100)]
    high = [str(each) for each in made.order_faults(6000, 100_000)]

    assert [
        "quantity: found 0.005; expected at least 0.01, the minimum of BTCUSDT",
        "notional: found 0.005; expected at least 10, the minimum of BTCUSDT",
    ] == low
    assert [
        "quantity: found 6.000; expected at most 5, the maximum of BTCUSDT",
        "notional: found 6000; expected at most 1000, the maximum of BTCUSDT",
    ] == high


def test_an_order_within_the_limits_has_no_fault_and_without_a_price_no_notional():
    made = an_instrument(min_notional=10)

    assert [] == list(made.order_faults(1000, 1000))
    assert [] == list(made.order_faults(1))


def test_the_multiplier_counts_in_the_notional():
    made = an_instrument(multiplier=50, min_notional=500)

    assert [] == list(made.order_faults(1000, 1000))


def test_every_fault_of_an_instrument_is_listed_at_once():
    text = fault_of(
        lambda: Instrument(
            symbol="a b", tick_size=0, lot_size="x", min_notional=-1, max_qty=True, tik_size=1
        )
    )

    assert {"symbol", "tick_size", "lot_size", "min_notional", "max_qty", "tik_size"} == {
        line.partition(":")[0] for line in text.splitlines()
    }


def test_a_maximum_below_its_minimum_is_refused():
    text = fault_of(lambda: an_instrument(min_qty=5, max_qty=2))

    assert "max_qty: found 2; expected at least min_qty, which is 5" == text


def test_an_instrument_cannot_change_and_its_copies_are_equal():
    made = an_instrument(session=SessionCalendar(open_time="09:30", close_time="16:00"))

    again = pickle.loads(pickle.dumps(made))  # noqa: S301  # our own bytes

    with pytest.raises(AttributeError):
        made.tick_size = Decimal(1)
    with pytest.raises(AttributeError):
        del made.tick_size
    assert made == again == copy.deepcopy(made)
    assert (hash(made), made.px_exp) == (hash(again), again.px_exp)
    assert made != an_instrument()
    assert made != "BTCUSDT"


@pytest.mark.parametrize("symbol", ["", "x" * 32, "é" * 16, "A B", "A\n", "A\u00a0B"])
def test_a_symbol_that_no_record_can_hold_is_refused(symbol):
    assert symbol_fault(symbol) is not None


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BRK.B", "ES-2024", "x" * 31, "^SPX"])
def test_a_symbol_is_as_the_venue_spells_it(symbol):
    assert symbol_fault(symbol) is None
