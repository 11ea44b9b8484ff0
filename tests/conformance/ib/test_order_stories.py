"""Orders as TWS tells of them: every trap that users have met, switched on one at a time."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.ib_tws import SUBMITTED, RawClient, a_resting_order, a_tws, statuses
from tests.support.in_loop import in_loop


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({}, [("error", "201"), ("0", "Inactive")]),
        ({"status_first": True}, [("0", "Inactive"), ("error", "201")]),
        (
            {"then_cancelled": True},
            [("error", "201"), ("0", "Inactive"), ("0", "Cancelled")],
        ),
        ({"alone": True}, [("error", "201")]),
    ],
)
@in_loop
async def test_a_rejection_comes_in_each_order_that_users_saw(form, told):
    async with a_tws() as local:
        local.faults.set("reject_order", count=1, **form)
        client = await RawClient.connect(local)
        client.place(1)
        found = await client.answers()
        await client.close()

    assert told == statuses(found)
    assert [] == list(local.venue.exchange.accounts["DU1"].orders())


@pytest.mark.parametrize(
    ("asked", "found", "expected"),
    [
        *(
            ({"orderType": word}, word, "LMT")
            for word in ("REL", "PEG MID", "MIDPRICE", "SNAP MKT")
        ),
        *(({"tif": word}, word, "GTC") for word in ("DTC", "AUC")),
    ],
)
@in_loop
async def test_what_is_not_taken_is_named_with_what_is(asked, found, expected):
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1, **asked)
        (error,) = await client.answers(4)
        await client.close()

    said, _, instead = error[4].partition("expected one of ")
    assert found in said
    assert expected in instead.split(", ")


@in_loop
async def test_a_held_order_is_inactive_and_later_submitted():
    async with a_tws() as local:
        local.faults.set("hold_order", count=1)
        client = await RawClient.connect(local)
        client.place(1, "SELL", lmtPrice="201.0")
        held = await client.answers()
        await local.venue.act("release", {})
        later = await client.answers()
        await client.close()

    assert [("error", "404"), ("0", "Inactive")] == statuses(held)
    assert ["locate"] == [fields[10] for fields in held if fields[0] == "3"]
    assert SUBMITTED == statuses(later)


@in_loop
async def test_a_held_order_can_be_cancelled():
    async with a_tws() as local:
        local.faults.set("hold_order", count=1)
        client = await RawClient.connect(local)
        client.place(1)
        client.send(4, 1, 1, "")
        found = await client.answers()
        await client.close()

    assert [("0", "Cancelled"), ("error", "202")] == statuses(found)[-2:]


@pytest.mark.parametrize(("fault", "code"), [("tif_preset", "10349"), ("order_message", "399")])
@in_loop
async def test_an_error_with_an_order_id_may_be_no_death(fault, code):
    async with a_tws() as local:
        local.faults.set(fault, count=1)
        client = await RawClient.connect(local)
        client.place(1, tif="GTC")
        found = await client.answers()
        await client.close()

    assert [("error", code), *SUBMITTED] == statuses(found)
    (order,) = local.venue.exchange.accounts["DU1"].open_orders()
    assert "DAY" if fault == "tif_preset" else "GTC" == order.tif.name


@pytest.mark.parametrize("code", ["10147", "10148"])
@in_loop
async def test_a_refused_cancel_leaves_the_order_alive(code):
    async with a_tws() as local:
        client = await a_resting_order(local)
        local.faults.set("cancel_refused", code=int(code), count=1)
        client.send(4, 1, 1, "")
        refused = await client.answers()
        local.trade("AAPL", "199.00", "100")
        filled = await client.answers()
        await client.close()

    assert [("error", code)] == statuses(refused)
    assert [("100", "Filled")] == statuses(filled)


@in_loop
async def test_cancels_of_unknown_and_of_ended_orders_have_codes_of_their_own():
    async with a_tws() as local:
        client = await a_resting_order(local)
        client.send(4, 1, 1, "")
        first = await client.answers()
        client.send(4, 1, 1, "")
        client.send(4, 1, 99, "")
        second = await client.answers(4)
        await client.close()

    assert [("0", "PendingCancel"), ("0", "Cancelled"), ("error", "202")] == statuses(first)
    assert [
        "OrderId 1 that needs to be cancelled cannot be cancelled, state: Cancelled.",
        "OrderId 99 that needs to be cancelled is not found.",
    ] == [fields[4] for fields in second]


@in_loop
async def test_a_modification_has_the_same_id_and_keeps_what_was_filled():
    async with a_tws() as local:
        client = await a_resting_order(local)
        local.trade("AAPL", "199.00", "40")
        client.place(1, quantity=90, lmtPrice="198.5")
        found = await client.answers(5, 3)
        await client.close()

    (order,) = local.venue.exchange.accounts["DU1"].open_orders()
    assert (Decimal(90), Decimal("198.5"), Decimal(40)) == (
        order.quantity,
        order.limit_price,
        order.cum_qty,
    )
    assert ("40", "Submitted") == statuses(found)[-1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"side": "SELL"}, "105"),
        ({"symbol": "MSFT"}, "105"),
        ({"orderType": "MKT"}, "329"),
        ({"lmtPrice": "198.505"}, "110"),
        ({"quantity": 40}, "321"),
        ({"quantity": 0}, "434"),
    ],
)
@in_loop
async def test_a_modification_that_cannot_be_leaves_the_order_as_it_was(change, code):
    async with a_tws() as local:
        client = await a_resting_order(local)
        local.trade("AAPL", "199.00", "40")
        await client.answers()
        client.place(1, **change)
        found = await client.answers()
        await client.close()

    (order,) = local.venue.exchange.accounts["DU1"].open_orders()
    assert [("error", code)] == statuses(found)
    assert (Decimal(100), Decimal(199)) == (order.quantity, order.limit_price)


@in_loop
async def test_ended_orders_are_not_modified_and_ids_are_not_used_again():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(5, orderType="MKT")
        client.place(5, quantity=200, orderType="MKT")
        client.place(4)
        found = await client.answers(4)
        client.send(8, 1, 1)
        next_id = await client.answers(9)
        await client.close()

    assert ["104", "103"] == [fields[3] for fields in found]
    assert [["9", "1", "6"]] == next_id


@in_loop
async def test_ids_begin_anew_when_the_order_sequence_is_reset():
    async with a_tws() as local:
        client = await a_resting_order(local)
        await local.venue.act("reset_ids", {})
        client.send(8, 1, 1)
        found = await client.answers(9)
        await client.close()

    assert [["9", "1", "1"]] == found


@in_loop
async def test_an_order_that_is_not_transmitted_waits_for_its_family():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1, transmit="0")
        alone = await client.answers()
        client.place(2, "SELL", lmtPrice="205.0", parentId="1")
        together = await client.answers()
        await client.close()

    assert [] == statuses(alone)
    assert [*SUBMITTED, ("0", "PreSubmitted")] == statuses(together)


@in_loop
async def test_a_parent_that_is_cancelled_takes_its_children_along():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1, transmit="0")
        client.place(2, "SELL", lmtPrice="205.0", parentId="1")
        await client.answers()
        client.send(4, 1, 1, "")
        found = await client.answers()
        await client.close()

    assert {"1", "2"} == {fields[1] for fields in found if fields[0] == "3"}
    assert 2 == sum(fields[0] == "4" and fields[3] == "202" for fields in found)


@in_loop
async def test_a_preview_shows_margins_and_places_nothing():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1, whatIf="1")
        (shown,) = await client.answers(5, 3, 4)
        client.send(5, 1)
        found = await client.answers(5)
        await client.close()

    assert ("5", "9950.0") == (shown[0], shown[98])
    assert [] == found


@in_loop
async def test_a_login_may_be_read_only():
    async with a_tws("DU1", is_read_only=True) as local:
        client = await RawClient.connect(local)
        client.place(1)
        (error,) = await client.answers(3, 4, 5)
        await client.close()

    assert "321" == error[3]
    assert "Read-Only" in error[4]


@in_loop
async def test_orders_of_a_closed_market_wait_with_a_warning():
    async with a_tws() as local:
        await local.venue.act("session", {"symbol": "AAPL", "is_open": False})
        client = await RawClient.connect(local)
        client.place(1)
        waiting = await client.answers()
        await local.venue.act("session", {"symbol": "AAPL", "is_open": True})
        later = await client.answers()
        await client.close()

    assert [("0", "PreSubmitted"), ("error", "399")] == statuses(waiting)
    assert [("0", "Submitted")] == statuses(later)


@in_loop
async def test_an_order_may_wait_for_its_acknowledgement_without_a_perm_id():
    async with a_tws() as local:
        local.faults.set("late_acknowledgement", count=1)
        client = await RawClient.connect(local)
        client.place(1)
        waiting = await client.answers(3, 5)
        await local.venue.act("release", {})
        later = await client.answers()
        await client.close()

    assert [("0", "PendingSubmit")] == statuses(waiting)
    assert ("0", "0") == (waiting[0][25], waiting[1][6])
    assert SUBMITTED == statuses(later)


@in_loop
async def test_an_order_cancelled_before_its_acknowledgement_ends_as_api_cancelled():
    async with a_tws() as local:
        local.faults.set("late_acknowledgement", count=1)
        client = await RawClient.connect(local)
        client.place(1)
        client.send(4, 1, 1, "")
        found = await client.answers()
        await client.close()

    assert [("0", "PendingSubmit"), ("0", "ApiCancelled"), ("error", "202")] == statuses(found)


@in_loop
async def test_an_order_for_the_day_ends_with_it():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1)
        client.place(2, tif="GTC")
        await client.answers()
        await local.venue.act("session", {"symbol": "AAPL", "is_open": False})
        found = await client.answers()
        client.send(5, 1)
        left = await client.answers(5)
        await client.close()

    assert [("0", "Cancelled"), ("error", "202")] == statuses(found)
    assert ["2"] == [fields[1] for fields in left]


@in_loop
async def test_an_order_good_till_a_date_ends_then():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1, tif="GTD", goodTillDate="20261123 12:00:00 US/Eastern")
        client.place(2, tif="GTD", goodTillDate="whenever")
        first = await client.answers(3, 4)
        local.clock.now_ns += 3 * 3600 * 10**9
        local.venue.exchange.advance(local.clock())
        later = await client.answers()
        await client.close()

    assert [*SUBMITTED, ("error", "321")] == statuses(first)
    assert [("0", "Cancelled"), ("error", "202")] == statuses(later)


@in_loop
async def test_a_group_of_the_first_type_ends_with_the_first_fill():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1, ocaGroup="g", ocaType="1")
        client.place(2, ocaGroup="g", ocaType="1", lmtPrice="198.0")
        await client.answers()
        local.trade("AAPL", "199.00", "10")
        found = await client.answers(3)
        await client.close()

    assert [("1", "Submitted"), ("2", "PendingCancel"), ("2", "Cancelled")] == [
        (fields[1], fields[2]) for fields in found
    ]
