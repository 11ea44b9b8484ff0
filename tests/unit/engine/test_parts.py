"""What the parts of an engine share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from regimeflow._core.messages import AccountInfo
from regimeflow.engine.parts import Parts


def told(cash: int, ts_event_ns: int) -> AccountInfo:
    return AccountInfo(
        equity=cash, cash=cash, buying_power=cash, currency="USD", ts_event_ns=ts_event_ns
    )


def test_an_account_as_it_was_before_takes_the_place_of_no_newer_one() -> None:
    books = SimpleNamespace(account=None)
    parts = cast("Parts", SimpleNamespace(books=books))
    first, newer, older, again = told(1, 10), told(2, 30), told(3, 20), told(4, 30)

    seen = []
    for account in (first, newer, older, again):
        Parts.take_account(parts, account)
        seen.append(books.account)

    assert [first, newer, newer, again] == seen
