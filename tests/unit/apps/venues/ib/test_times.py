"""Times of executions in the three forms that TWS has had."""

from __future__ import annotations

import pytest

from regimeflow.apps.venues.ib.times import NS, midnight, read_stamp, stamp

RECORDED_NS = 1_701_652_520 * NS  # 2023-12-04 01:15:20 UTC


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("zone", "20231203 20:15:20 US/Eastern"),
        ("plain", "20231203  20:15:20"),
        ("utc", "20231204-01:15:20"),
    ],
)
def test_an_execution_is_stamped_in_the_zone_of_tws(form, text):
    assert text == stamp(RECORDED_NS, "US/Eastern", form)


@pytest.mark.parametrize("form", ["zone", "plain", "utc"])
def test_what_was_stamped_is_read_again(form):
    assert RECORDED_NS == read_stamp(stamp(RECORDED_NS, "US/Eastern", form), "US/Eastern")


def test_a_date_alone_is_its_midnight_and_nothing_is_no_time():
    assert midnight(RECORDED_NS, "US/Eastern") == read_stamp("20231203", "US/Eastern")
    assert read_stamp("", "US/Eastern") is None


def test_what_is_no_time_is_refused():
    with pytest.raises(ValueError, match="does not match"):
        read_stamp("yesterday", "US/Eastern")
