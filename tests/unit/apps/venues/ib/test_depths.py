"""A book told as operations on rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.apps.venues.ib.depths import differences


def rows(*pairs):
    return [(Decimal(price), Decimal(size)) for price, size in pairs]


@pytest.mark.parametrize(
    ("told", "now"),
    [
        (rows(), rows(("3", "1"), ("2", "1"))),
        (rows(("3", "1"), ("2", "1")), rows()),
        (rows(("3", "1"), ("2", "1")), rows(("3", "5"), ("2", "1"))),
        (rows(("3", "1"), ("2", "1"), ("1", "1")), rows(("4", "1"), ("3", "1"), ("1", "2"))),
        (rows(("3", "1"), ("1", "1")), rows(("3", "1"), ("2", "1"), ("1", "1"))),
    ],
)
def test_a_client_that_follows_the_operations_has_the_book(told, now):
    book = list(told)

    for operation, position, row in differences(told, now):
        if operation == 0:
            book.insert(position, row)
        elif operation == 1:
            book[position] = row
        else:
            del book[position]

    assert now == book


def test_a_book_that_did_not_change_is_not_told():
    assert [] == differences(rows(("3", "1")), rows(("3", "1")))
