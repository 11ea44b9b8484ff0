from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.apps.venues.exchange.events import PublicTrade, Traded
from regimeflow.apps.venues.exchange.kinds import Refused, Why
from tests.support.bourse import BUY, SELL, Bourse, Fees, Kind, Stp, Tif


def test_the_best_price_trades_first_and_within_it_who_came_first():
    bourse = Bourse()
    late = bourse.submit("a", SELL, 5, 102)
    second = bourse.submit("b", SELL, 5, 101)
    third = bourse.submit("a", SELL, 5, 101)

    taker = bourse.submit("c", BUY, 7, 102)

    assert [("FILLED", 5), ("WORKING", 2), ("WORKING", 0)] == [
        bourse.state(each) for each in (second, third, late)
    ]
    assert ("FILLED", 7) == bourse.state(taker)
    assert Decimal(101) == taker.average_price


def test_less_quantity_keeps_the_place_and_everything_else_loses_it():
    bourse = Bourse()
    one, two = bourse.submit("a", BUY, 5, 100), bourse.submit("b", BUY, 5, 100)

    bourse.amend(one, quantity=3)
    bourse.submit("c", SELL, 3, 100)

    assert [("FILLED", 3), ("WORKING", 0)] == [bourse.state(one), bourse.state(two)]

    three = bourse.submit("a", BUY, 5, 100)
    bourse.amend(two, quantity=6)
    bourse.submit("c", SELL, 5, 100)

    assert [("WORKING", 0), ("FILLED", 5)] == [bourse.state(two), bourse.state(three)]


def test_a_replacement_counts_what_was_filled_and_goes_to_the_end():
    bourse = Bourse()
    one, two = bourse.submit("a", BUY, 5, 100), bourse.submit("b", BUY, 5, 100)
    bourse.submit("c", SELL, 2, 100)

    after = bourse.exchange.replace("a", one.order_id, bourse.new(BUY, 6, 100), bourse.now())

    assert (one.order_id, Decimal(4)) == (after.replaces, after.leaves_qty)
    assert ("REQUESTED", 2) == bourse.state(one)
    bourse.submit("c", SELL, 5, 100)
    assert [("FILLED", 5), ("WORKING", 0)] == [bourse.state(two), bourse.state(after)]
    assert "Replaced" == bourse.story(one)[-1]


@pytest.mark.parametrize(
    ("tif", "qty", "expected"),
    [
        (Tif.IOC, 9, ("IOC_REST", 5)),
        (Tif.IOC, 5, ("FILLED", 5)),
        (Tif.FOK, 6, ("FOK_UNFILLED", 0)),
        (Tif.FOK, 5, ("FILLED", 5)),
    ],
)
def test_what_cannot_be_had_at_once_is_not_left_in_the_book(tif, qty, expected):
    bourse = Bourse()
    bourse.submit("a", SELL, 5, 101, display=1)
    bourse.submit("a", SELL, 5, 103)

    order = bourse.submit("b", BUY, qty, 101, tif=tif)

    assert expected == bourse.state(order)
    assert [] == bourse.depths()[0]


def test_an_iceberg_shows_a_part_and_comes_again_at_the_end_of_the_queue():
    bourse = Bourse()
    iceberg = bourse.submit("a", SELL, 10, 101, display=4)
    other = bourse.submit("b", SELL, 4, 101)

    assert [(101, 8)] == bourse.depths()[1]

    bourse.submit("c", BUY, 5, 101)

    assert [("WORKING", 4), ("WORKING", 1)] == [bourse.state(iceberg), bourse.state(other)]
    assert [(101, 7)] == bourse.depths()[1]


@pytest.mark.parametrize(
    ("stp", "maker", "taker"),
    [
        (Stp.NONE, ("FILLED", 5), ("WORKING", 5)),
        (Stp.EXPIRE_MAKER, ("SELF_TRADE", 0), ("WORKING", 0)),
        (Stp.EXPIRE_TAKER, ("WORKING", 0), ("SELF_TRADE", 0)),
        (Stp.EXPIRE_BOTH, ("SELF_TRADE", 0), ("SELF_TRADE", 0)),
        (Stp.DECREMENT, ("SELF_TRADE", 0), ("WORKING", 0)),
    ],
)
def test_self_trade_prevention_does_what_the_takers_mode_says(stp, maker, taker):
    bourse = Bourse()
    resting = bourse.submit("a", SELL, 5, 101)

    order = bourse.submit("a", BUY, 8, 101, stp=stp)

    assert [maker, taker] == [bourse.state(resting), bourse.state(order)]
    prevented = {"DECREMENT": 5, "EXPIRE_TAKER": 8, "EXPIRE_BOTH": 8}.get(stp.name, 0)
    assert prevented == bourse.look(order).prevented_qty


def test_post_only_is_refused_when_it_would_take():
    bourse = Bourse()
    bourse.submit("a", SELL, 5, 101)

    with pytest.raises(Refused) as caught:
        bourse.submit("b", BUY, 5, 101, kind=Kind.LIMIT_MAKER)

    assert Why.WOULD_TAKE is caught.value.why
    assert ("WORKING", 0) == bourse.state(bourse.submit("b", BUY, 5, 100, kind=Kind.LIMIT_MAKER))


def test_a_market_order_takes_what_there_is_and_the_rest_expires():
    bourse = Bourse()
    bourse.submit("a", SELL, 5, 101)

    assert ("NO_LIQUIDITY", 5) == bourse.state(bourse.submit("b", BUY, 8))
    assert ("NO_LIQUIDITY", 0) == bourse.state(bourse.submit("b", SELL, 8))


def test_a_market_order_by_amount_spends_no_more_than_it():
    bourse = Bourse()
    bourse.submit("a", SELL, 5, 100)
    bourse.submit("a", SELL, 5, 110)

    order = bourse.submit("b", BUY, quote_quantity=900)

    assert ("FILLED", 8) == bourse.state(order)
    assert (Decimal(8), Decimal(830)) == (order.quantity, order.cum_quote)


def test_funds_are_locked_by_open_orders_and_free_again_after_them():
    bourse = Bourse()

    order = bourse.submit("a", BUY, 10, 100)

    assert ("99000", "1000") == bourse.balance("a", "U")
    bourse.submit("b", SELL, 4, 100)
    assert ("99000", "600") == bourse.balance("a", "U")
    assert ("1004", "0") == bourse.balance("a", "X")
    bourse.cancel(order)
    assert ("99600", "0") == bourse.balance("a", "U")
    with pytest.raises(Refused) as caught:
        bourse.submit("a", BUY, 1_000, 100)
    assert Why.NO_FUNDS is caught.value.why
    assert "U" == caught.value.details["asset"]


def test_an_overdraft_lets_an_account_sell_what_it_has_not():
    bourse = Bourse(overdraft={"X": None})

    bourse.submit("a", BUY, 900, 100)
    bourse.submit("b", SELL, 500, 100)
    bourse.submit("c", SELL, 1_200, 101)

    assert ("-200", "1200") == bourse.balance("c", "X")


@pytest.mark.parametrize(
    ("fees", "expected"),
    [
        (Fees(), [("0.005", "X"), ("0.5", "U")]),
        (Fees(asset="quote", per_unit=Decimal("0.01")), [("0.55", "U"), ("0.55", "U")]),
        (
            Fees(asset="X", asset_prices={"U": Decimal(50)}, discount=Decimal("0.25")),
            [("0.0075", "X"), ("0.0075", "X")],
        ),
        (Fees(asset="Z", asset_prices={"U": Decimal(50)}), [("0.005", "X"), ("0.5", "U")]),
    ],
)
def test_commission_is_paid_in_the_asset_that_the_account_says(fees, expected):
    bourse = Bourse(fees)
    bourse.submit("a", BUY, 5, 100)

    bourse.submit("b", SELL, 5, 100)

    fills = [bourse.exchange.accounts[name].fills()[0] for name in "ab"]
    assert expected == [(str(each.commission), each.commission_asset) for each in fills]
    assert [True, False] == [each.is_maker for each in fills]


def test_both_sides_of_a_trade_and_the_public_name_the_same_one():
    bourse = Bourse()
    maker = bourse.submit("a", BUY, 5, 100)
    taker = bourse.submit("b", SELL, 5, 100)

    trades = [event for event in bourse.events if isinstance(event, Traded)]
    (public,) = [event for event in bourse.events if isinstance(event, PublicTrade)]

    assert {public.trade_id} == {event.fill.trade_id for event in trades}
    assert 2 == len({event.exec_id for event in trades})
    assert public.buyer_is_maker
    assert (maker.order_id, taker.order_id) == (public.buyer_order_id, public.seller_order_id)
    assert [taker.order_id, maker.order_id] == [event.counter_order_id for event in trades]


def test_a_client_id_is_taken_as_long_as_the_rule_says():
    for rule, again in (("open", True), ("ever", False), ("none", True)):
        bourse = Bourse(client_ids=rule)
        order = bourse.submit("a", BUY, 1, 100, client_order_id="x")
        if rule != "none":
            with pytest.raises(Refused) as caught:
                bourse.submit("a", BUY, 1, 100, client_order_id="x")
            assert Why.DUPLICATE_CLIENT_ID is caught.value.why
        bourse.submit("b", BUY, 1, 100, client_order_id="x")
        bourse.cancel(order)
        if again:
            newer = bourse.submit("a", BUY, 1, 100, client_order_id="x")
            assert newer == bourse.exchange.accounts["a"].find("x")


def test_an_order_is_found_by_its_old_and_its_new_client_id():
    bourse = Bourse()
    order = bourse.submit("a", BUY, 5, 100, client_order_id="x")

    after = bourse.amend(order, quantity=4, client_order_id="y")

    assert ("x", "y") == after.client_ids
    account = bourse.exchange.accounts["a"]
    assert after == account.find("y") == account.find("x")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"qty": 0, "px": 100}, Why.OFF_LOT),
        ({"qty": "1.5", "px": 100}, Why.OFF_LOT),
        ({"qty": 1, "px": "100.5"}, Why.OFF_TICK),
        ({"qty": 1, "px": -1}, Why.OFF_TICK),
        ({"qty": 1, "px": 100, "kind": Kind.MARKET}, Why.BAD_REQUEST),
        ({"qty": 1, "kind": Kind.LIMIT}, Why.BAD_REQUEST),
        ({"qty": 1, "px": 100, "kind": Kind.STOP_LIMIT}, Why.BAD_REQUEST),
        ({"qty": 1, "px": 100, "tif": Tif.GTD}, Why.BAD_REQUEST),
        ({"qty": 1, "quote_quantity": 5}, Why.BAD_REQUEST),
        ({}, Why.BAD_REQUEST),
    ],
)
def test_an_order_that_is_wrong_is_refused_and_nothing_happens(more, why):
    bourse = Bourse()

    with pytest.raises(Refused) as caught:
        bourse.submit("a", BUY, **more)

    assert why is caught.value.why
    assert [] == bourse.events


def test_what_is_over_cannot_be_cancelled_or_amended():
    bourse = Bourse()
    order = bourse.cancel(bourse.submit("a", BUY, 5, 100))

    for ask in (lambda: bourse.cancel(order), lambda: bourse.amend(order, quantity=2)):
        with pytest.raises(Refused) as caught:
            ask()
        assert Why.NOT_OPEN is caught.value.why
    with pytest.raises(Refused) as caught:
        bourse.exchange.cancel("b", order.order_id, bourse.now())
    assert Why.UNKNOWN_ORDER is caught.value.why
