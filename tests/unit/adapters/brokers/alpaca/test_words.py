from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.adapters.brokers.alpaca.words import status_of, time_of, type_of
from regimeflow.types.enums import LiveOrderStatus, OrderType, TimeInForce

OPEN = (
    "new", "pending_new", "accepted", "accepted_for_bidding", "partially_filled", "stopped",
    "done_for_day", "suspended", "held", "pending_review", "pending_cancel", "pending_replace",
    "calculated",
)  # fmt: skip
ENDED = ("filled", "canceled", "expired", "replaced", "rejected")


@pytest.mark.parametrize("word", [*OPEN, *ENDED])
def test_row_6_every_state_of_alpaca_is_known_and_only_the_last_ones_end_an_order(word):
    status = status_of(word, Decimal(10), Decimal(3))

    assert status is not LiveOrderStatus.ERROR
    assert (word in ENDED) == status.is_terminal


def test_a_state_that_is_new_moves_nothing():
    assert LiveOrderStatus.ERROR is status_of("dancing", Decimal(10), Decimal(0))


def test_what_has_filled_says_how_far_an_order_is():
    ten, four = Decimal(10), Decimal(4)

    assert LiveOrderStatus.PARTIALLY_FILLED is status_of("new", ten, four)
    assert LiveOrderStatus.FILLED is status_of("calculated", ten, ten)
    assert LiveOrderStatus.PARTIALLY_FILLED is status_of("calculated", ten, four)


def test_orders_for_an_auction_are_types_of_ours():
    assert OrderType.LIMIT_ON_CLOSE == type_of("limit", "cls")
    assert OrderType.LIMIT == type_of("limit", "gtc")
    assert (TimeInForce.DAY, TimeInForce.GTC, 0) == (time_of("opg"), time_of("gtc"), time_of("x"))
    assert 0 == type_of("dance", "day")
