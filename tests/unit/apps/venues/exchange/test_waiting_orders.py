"""Orders that wait: for a price, for each other, for the open or the close."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.apps.venues.exchange.events import ListChanged
from regimeflow.apps.venues.exchange.kinds import Cause, Refused, Why
from tests.support.bourse import BUY, SELL, Bourse, Kind, Tif


def traded_at(bourse: Bourse, px: int) -> None:
    bourse.prints(px, 1, BUY)


@pytest.mark.parametrize(
    ("kind", "side", "stop", "misses", "meets"),
    [
        (Kind.STOP, BUY, 105, 104, 105),
        (Kind.STOP, SELL, 95, 96, 94),
        (Kind.TAKE_PROFIT, BUY, 95, 96, 95),
        (Kind.TAKE_PROFIT, SELL, 105, 104, 106),
    ],
)
def test_a_stop_waits_until_a_trade_reaches_its_price(kind, side, stop, misses, meets):
    bourse = Bourse()
    bourse.depth(bids=[(90, 50)], asks=[(110, 50)])
    traded_at(bourse, 100)
    order = bourse.submit("a", side, 5, stop=stop, kind=kind)

    traded_at(bourse, misses)
    assert ("HELD", 0) == bourse.state(order)
    traded_at(bourse, meets)

    assert ("FILLED", 5) == bourse.state(order)
    assert ["Accepted", "Triggered", "Traded"] == bourse.story(order)


def test_a_stop_that_is_met_already_is_refused_or_fires_at_once_as_the_rule_says():
    bourse = Bourse()
    traded_at(bourse, 100)
    with pytest.raises(Refused) as caught:
        bourse.submit("a", SELL, 5, stop=100)
    assert Why.WOULD_TRIGGER is caught.value.why

    bourse = Bourse(refuse_met_stops=False)
    bourse.depth(bids=[(99, 50)])
    traded_at(bourse, 100)
    assert ("FILLED", 5) == bourse.state(bourse.submit("a", SELL, 5, stop=100))


@pytest.mark.parametrize("by", [{"trail": 5}, {"trail_bips": 500}])
def test_a_trailing_stop_follows_the_market_and_never_turns_back(by):
    bourse = Bourse()
    bourse.depth(bids=[(80, 50)])
    traded_at(bourse, 100)
    order = bourse.submit("a", SELL, 5, **by)

    for px in (104, 100, 110, 106):
        traded_at(bourse, px)
        assert ("HELD", 0) == bourse.state(order)
    traded_at(bourse, 104)

    assert ("FILLED", 5) == bourse.state(order)


@pytest.mark.parametrize("by", [{"trail": Decimal(5)}, {"trail_bips": 450}])
def test_a_trailing_stop_limit_keeps_its_distance_from_where_the_stop_stood_at_first(by):
    bourse = Bourse()
    bourse.depth(bids=[(80, 50)])
    traded_at(bourse, 100)
    order = bourse.submit("a", SELL, 5, 94, trail_stop=Decimal(96), **by)

    for px in (97, 110, 106):
        traded_at(bourse, px)
        assert ("HELD", 0) == bourse.state(order)
    traded_at(bourse, 105)

    assert ("WORKING", 0) == bourse.state(order)
    assert Decimal(103) == bourse.look(order).limit_price
    assert ("995", "5") == bourse.balance("a", "X")


def test_a_trailing_stop_does_not_stand_back_of_where_it_began():
    bourse = Bourse()
    bourse.depth(bids=[(80, 50)])
    traded_at(bourse, 100)
    order = bourse.submit("a", SELL, 5, trail=Decimal(5), trail_stop=Decimal(98))

    traded_at(bourse, 99)
    assert ("HELD", 0) == bourse.state(order)
    traded_at(bourse, 98)

    assert ("FILLED", 5) == bourse.state(order)


def test_one_stop_sets_off_the_next():
    bourse = Bourse()
    bourse.depth(bids=[(98, 5), (96, 5), (94, 5)])
    traded_at(bourse, 100)
    second = bourse.submit("a", SELL, 5, stop=98)
    first = bourse.submit("b", SELL, 5, stop=99)

    traded_at(bourse, 99)

    assert [("FILLED", 5), ("FILLED", 5)] == [bourse.state(first), bourse.state(second)]
    assert [(94, 5)] == bourse.depths()[0]


def test_funds_of_an_oco_are_locked_once_and_a_fill_of_one_ends_the_other():
    bourse = Bourse()
    traded_at(bourse, 100)
    found = bourse.oco("a", "OCO", bourse.new(SELL, 600, 105), bourse.new(SELL, 600, stop=95))

    assert ("400", "600") == bourse.balance("a", "X")
    bourse.submit("b", BUY, 200, 105)

    limit, stop = found.order_ids
    assert [("WORKING", 200), ("LIST_SIBLING", 0)] == [bourse.state(limit), bourse.state(stop)]
    assert ("400", "400") == bourse.balance("a", "X")


def test_with_the_other_rule_a_partial_fill_reduces_the_other_leg():
    bourse = Bourse(reduce_siblings=True)
    traded_at(bourse, 100)
    found = bourse.oco("a", "OCO", bourse.new(SELL, 6, 105), bourse.new(SELL, 6, 106))
    limit, other = found.order_ids

    bourse.submit("b", BUY, 2, 105)
    assert Decimal(4) == bourse.look(other).leaves_qty
    bourse.submit("b", BUY, 9, 106)

    assert [("FILLED", 6), ("LIST_SIBLING", 0)] == [bourse.state(limit), bourse.state(other)]


def test_a_stop_of_an_oco_ends_the_limit_when_it_fires():
    bourse = Bourse()
    bourse.depth(bids=[(90, 50)])
    traded_at(bourse, 100)
    found = bourse.oco("a", "OCO", bourse.new(SELL, 6, 105), bourse.new(SELL, 6, stop=95))

    traded_at(bourse, 95)

    assert [("LIST_SIBLING", 0), ("FILLED", 6)] == [bourse.state(n) for n in found.order_ids]
    last = [event.list for event in bourse.events if isinstance(event, ListChanged)][-1]
    assert last.is_done


def test_legs_begin_when_the_working_order_is_filled():
    bourse = Bourse()
    traded_at(bourse, 100)
    found = bourse.oco(
        "a", "OTOCO", bourse.new(BUY, 5, 100), bourse.new(SELL, 5, 105),
        bourse.new(SELL, 5, stop=95),
    )  # fmt: skip
    entry, limit, stop = found.order_ids
    assert [("WORKING", 0), ("PENDING", 0), ("PENDING", 0)] == [
        bourse.state(each) for each in found.order_ids
    ]

    bourse.submit("b", SELL, 5, 100)

    assert [("FILLED", 5), ("WORKING", 0), ("HELD", 0)] == [
        bourse.state(each) for each in (entry, limit, stop)
    ]
    assert ["Accepted", "Released"] == bourse.story(limit)


def test_legs_end_with_a_working_order_that_is_not_filled():
    bourse = Bourse()
    found = bourse.oco("a", "OTO", bourse.new(BUY, 5, 100, tif=Tif.IOC), bourse.new(SELL, 5, 105))

    assert ["IOC_REST", "LIST_PHASE_ONE"] == [bourse.state(each)[0] for each in found.order_ids]


def test_cancelling_a_leg_cancels_the_list():
    bourse = Bourse()
    found = bourse.oco("a", "OTO", bourse.new(BUY, 5, 100), bourse.new(SELL, 5, 105))

    bourse.exchange.cancel("a", found.order_ids[1], bourse.now(), request_id="r")

    assert ["REQUESTED"] * 2 == [bourse.state(each)[0] for each in found.order_ids]
    assert ("100000", "0") == bourse.balance("a", "U")


@pytest.mark.parametrize("kind", ["OCO", "OTO"])
@pytest.mark.parametrize("which", [0, 1])
def test_whichever_leg_is_cancelled_all_are_and_none_expires(kind: str, which: int):
    bourse = Bourse()
    orders = {
        "OCO": (bourse.new(SELL, 5, 105), bourse.new(SELL, 5, stop=95)),
        "OTO": (bourse.new(BUY, 5, 100), bourse.new(SELL, 5, 105)),
    }
    found = bourse.oco("a", kind, *orders[kind])

    bourse.exchange.cancel("a", found.order_ids[which], bourse.now())

    assert ["REQUESTED"] * 2 == [bourse.state(each)[0] for each in found.order_ids]


def test_a_list_is_taken_whole_or_not_at_all():
    bourse = Bourse()

    with pytest.raises(Refused):
        bourse.oco("a", "OCO", bourse.new(SELL, 5, 105), bourse.new(SELL, 5_000, stop=95))

    assert [] == bourse.events


def test_an_order_until_a_time_expires_then():
    bourse = Bourse()
    order = bourse.submit("a", BUY, 5, 100, tif=Tif.GTD, expire_ns=50)

    bourse.exchange.advance(49)
    assert ("WORKING", 0) == bourse.state(order)
    bourse.exchange.advance(50)

    assert ("TIME", 0) == bourse.state(order)


def test_the_venue_can_end_an_order_by_its_own_will():
    bourse = Bourse()
    order = bourse.submit("a", BUY, 5, 100)

    bourse.cancel(order, cause=Cause.VENUE)

    assert ("VENUE", 0) == bourse.state(order)
    assert "Expired" == bourse.story(order)[-1]


def test_orders_wait_for_the_open_the_close_and_the_next_day():
    bourse = Bourse(sessions=True)
    bourse.depth(bids=[(99, 50)], asks=[(101, 50)])
    day = bourse.submit("a", BUY, 5, 98, tif=Tif.DAY)
    at_open = bourse.submit("a", BUY, 5, tif=Tif.OPG)
    at_close = bourse.submit("a", SELL, 5, tif=Tif.CLS)
    kept = bourse.submit("b", BUY, 5, 97)
    assert {("HELD", 0)} == {bourse.state(each) for each in (day, at_open, at_close, kept)}

    bourse.exchange.set_session("XU", is_open=True, now_ns=bourse.now())
    assert [("WORKING", 0), ("FILLED", 5), ("HELD", 0)] == [
        bourse.state(each) for each in (day, at_open, at_close)
    ]
    bourse.exchange.set_session("XU", is_open=False, now_ns=bourse.now())

    assert [("TIME", 0), ("FILLED", 5), ("HELD", 0)] == [
        bourse.state(each) for each in (day, at_close, kept)
    ]


def test_the_markets_trade_consumes_the_queue_and_fills_what_it_went_through():
    bourse = Bourse()
    bourse.depth(bids=[(100, 4)])
    behind = bourse.submit("a", BUY, 5, 100)
    above = bourse.submit("b", BUY, 2, 101)

    bourse.prints(100, 7, SELL)

    assert [("WORKING", 1), ("FILLED", 2)] == [bourse.state(behind), bourse.state(above)]
    assert [(100, 4)] == bourse.depths()[0]


def test_what_the_feed_states_arrives_like_anybodys_order():
    bourse = Bourse()
    order = bourse.submit("a", BUY, 5, 100)

    bourse.depth(asks=[(99, 3)])

    assert ("WORKING", 3) == bourse.state(order)
    assert [[(100, 2)], []] == [*bourse.depths()]
    bourse.quote(98, 7, 99, 9)
    assert ("FILLED", 5) == bourse.state(order)
    assert ([(98, 7)], [(99, 7)]) == bourse.depths()


def test_what_an_account_took_comes_back_when_the_feed_says_so():
    bourse = Bourse()
    bourse.depth(asks=[(101, 5)])
    bourse.submit("a", BUY, 3)

    bourse.depth(asks=[(101, 5)])
    assert [(101, 2)] == bourse.depths()[1]
    bourse.depth(asks=[(101, 6)])

    assert [(101, 6)] == bourse.depths()[1]
