from __future__ import annotations

import pytest

from regimeflow.apps.venues.alpaca import faults as alpaca
from regimeflow.apps.venues.binance import faults as binance
from regimeflow.apps.venues.server.faults import Faults, FaultSpec, read_faults
from regimeflow.types.errors import ConfigError

LATE = FaultSpec(name="late", about="An answer comes late.", parameters={"delay_ms": 100}, where=())
GONE = FaultSpec(name="gone", about="A socket ends.", where=("symbol", "port"))


def some_faults() -> Faults:
    return Faults([LATE, GONE], seed=1)


def test_nothing_strikes_that_is_not_switched_on():
    assert some_faults().take("late", symbol="A") is None


def test_a_fault_strikes_with_its_defaults_and_what_was_given():
    faults = some_faults()
    faults.set("late", delay_ms=5)

    assert {"delay_ms": 5} == faults.take("late")

    faults.set("late")

    assert {"delay_ms": 100} == faults.take("late")


def test_count_and_after_say_which_chances_it_takes():
    faults = some_faults()
    faults.set("gone", after=2, count=1)

    struck = [faults.take("gone") is not None for _ in range(5)]

    assert [False, False, True, False, False] == struck
    assert {"gone": 1} == faults.fired()


def test_where_says_at_which_places():
    faults = some_faults()
    faults.set("gone", where={"symbol": "A", "port": 7}, after=1)

    assert faults.take("gone", symbol="B", port=7) is None
    assert faults.take("gone", symbol="A") is None
    assert faults.take("gone", symbol="A", port=7) is None
    assert faults.take("gone", symbol="A", port=7) is not None


def test_a_probability_is_drawn_from_the_seed():
    def drawn(seed: int) -> list[bool]:
        faults = Faults([GONE], seed=seed)
        faults.set("gone", probability=0.5)
        return [faults.take("gone") is not None for _ in range(40)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert 5 < sum(drawn(1)) < 35


def test_a_second_one_of_a_name_strikes_beside_the_first():
    faults = some_faults()
    faults.add("late", count=1, delay_ms=1)
    faults.add("late", count=1, delay_ms=2)

    assert [{"delay_ms": 1}, {"delay_ms": 2}, None] == [faults.take("late") for _ in range(3)]


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("lost", {}, "there are: gone, late"),
        ("late", {"delay": 1}, "there are: after, count, probability, where, delay_ms"),
        ("late", {"delay_ms": "1"}, "expected int"),
        ("gone", {"count": -1}, "expected a whole number"),
        ("gone", {"probability": 2}, "from 0 to 1"),
        ("gone", {"where": "A"}, "expected a table"),
        ("gone", {"where": {"ticker": "A"}}, "no 'ticker'; there are: symbol, port"),
        ("late", {"where": {"symbol": "A"}}, "no 'symbol'; it strikes everywhere"),
    ],
)
def test_what_is_unknown_or_wrong_is_an_error_that_says_what_there_is(name, options, text):
    with pytest.raises(ValueError, match=text):
        some_faults().set(name, **options)


def test_cleared_faults_strike_no_more():
    faults = some_faults()
    faults.set("late")
    faults.set("gone")

    faults.clear("late")

    assert faults.take("late") is None
    assert [{"name": "gone"}] == faults.active()

    faults.clear()

    assert [] == faults.active()


def test_a_file_switches_faults_on(tmp_path):
    path = tmp_path / "faults.toml"
    path.write_text('[[fault]]\nname = "late"\ndelay_ms = 7\n[[fault]]\nname = "gone"\ncount = 2\n')
    faults = some_faults()

    read_faults(path, faults)

    assert {"delay_ms": 7} == faults.take("late")
    assert faults.take("gone") is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[fault]]\nname = "x"\n[[fault]]\ncount = 1\n', ["fault[0]", "fault[1]"]),
        ("[[faults]]\n", ["{path}"]),
        ("no toml", ["{path}"]),
    ],
)
def test_a_wrong_file_lists_every_fault(tmp_path, text, expected):
    path = tmp_path / "faults.toml"
    path.write_text(text)

    with pytest.raises(ConfigError) as caught:
        read_faults(path, some_faults())

    assert [each.format(path=path) for each in expected] == [f.path for f in caught.value.faults]


@pytest.mark.parametrize("venue", [alpaca, binance])
def test_a_venue_says_of_each_fault_where_it_can_strike(venue):
    assert [] == [each.name for each in venue.FAULTS if each.where is None]
