"""What equity is measured against."""

from __future__ import annotations

from decimal import Decimal

from regimeflow.domain.capital import DAY_NS, Capital


def test_money_that_comes_in_raises_the_days_start_by_its_worth_then() -> None:
    capital = Capital()
    capital.begin_day(Decimal(1000))

    capital.receive(Decimal(100), "EUR", Decimal("1.10"))
    capital.receive(Decimal(-50), "USDT", Decimal(1))

    assert (Decimal(1060), Decimal(60)) == (capital.baseline, capital.came_in)


def test_money_without_a_rate_counts_as_soon_as_there_is_one() -> None:
    capital = Capital()
    capital.begin_day(Decimal(1000))
    capital.receive(Decimal(100), "EUR", None)
    capital.receive(Decimal(100), "EUR", None)

    capital.settle(lambda _: None)
    before = capital.came_in
    capital.settle({"EUR": Decimal("1.20")}.get)
    capital.settle({"EUR": Decimal("1.30")}.get)

    assert (Decimal(0), Decimal(240), Decimal(1240)) == (before, capital.came_in, capital.baseline)


def test_what_came_in_before_the_days_start_was_known_is_in_it() -> None:
    capital = Capital()

    capital.receive(Decimal(100), "USDT", Decimal(1))
    capital.begin_day(Decimal(1100))

    assert (Decimal(1100), Decimal(100)) == (capital.baseline, capital.came_in)


def test_a_day_ends_at_the_next_midnight() -> None:
    capital = Capital()

    capital.end_day_after(5 * DAY_NS - 1)
    before = capital.day_end_ns
    capital.end_day_after(5 * DAY_NS)

    assert (5 * DAY_NS, 6 * DAY_NS) == (before, capital.day_end_ns)


def test_all_of_it_outlives_a_restart() -> None:
    capital, again = Capital(), Capital()
    capital.begin_day(Decimal("1000.50"))
    capital.end_day_after(1)
    capital.receive(Decimal(7), "USDT", Decimal(1))
    capital.receive(Decimal(9), "EUR", None)

    again.restore(capital.state())

    assert capital.state() == again.state()


def test_a_state_of_an_older_version_has_no_money_that_came_in() -> None:
    capital = Capital()

    capital.restore({"baseline": None, "day_end_ns": 7})

    assert (None, Decimal(0), 7) == (capital.baseline, capital.came_in, capital.day_end_ns)
