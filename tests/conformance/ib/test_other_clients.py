"""Several clients and accounts under one login: whose orders, who hears of them."""

from __future__ import annotations

import pytest

from tests.support.ib_tws import RawClient, a_tws, statuses
from tests.support.in_loop import in_loop


@in_loop
async def test_a_client_hears_of_its_own_orders_only_and_may_ask_for_all():
    async with a_tws() as local:
        one = await RawClient.connect(local, client_id=1)
        two = await RawClient.connect(local, client_id=2)
        one.place(1, orderRef="of one")
        await one.answers()
        heard = await two.answers()
        two.send(5, 1)
        own = await two.answers(5)
        two.send(16, 1)
        everything = await two.answers(5, 3)
        two.send(4, 1, 1, "")
        refused = await two.answers(4)
        await one.close()
        await two.close()

    assert ["49"] == [fields[0] for fields in heard]
    assert [] == own
    assert [("of one", "1")] == [(f[23], f[24]) for f in everything if f[0] == "5"]
    assert ["1"] == [fields[9] for fields in everything if fields[0] == "3"]
    assert ["10147"] == [fields[3] for fields in refused]


@in_loop
async def test_the_status_of_others_orders_may_carry_no_client_id():
    async with a_tws() as local:
        local.faults.set("foreign_client_id")
        one = await RawClient.connect(local, client_id=1)
        two = await RawClient.connect(local, client_id=2)
        one.place(1)
        await one.answers()
        two.send(16, 1)
        found = await two.answers(5, 3)
        await one.close()
        await two.close()

    perm_ids = {found[0][25], found[1][6]}
    assert (1, "-1") == (len(perm_ids), found[1][9])


@in_loop
async def test_the_master_client_hears_of_all_orders():
    async with a_tws("DU1", master_client_id=9) as local:
        master = await RawClient.connect(local, client_id=9)
        one = await RawClient.connect(local, client_id=1)
        one.place(1)
        await one.answers()
        local.trade("AAPL", "199.00", "100")
        found = await master.answers()
        await one.close()
        await master.close()

    assert [("0", "PreSubmitted"), ("0", "Submitted"), ("100", "Filled")] == statuses(found)
    assert ["1"] == [fields[22] for fields in found if fields[0] == "11"]


@in_loop
async def test_client_0_takes_over_what_was_ordered_by_hand():
    order = {"symbol": "AAPL", "side": "BUY", "quantity": 10, "limit_price": "199.00"}
    async with a_tws() as local:
        owner = await RawClient.connect(local, client_id=0)
        await local.venue.act("manual_order", order)
        before = await owner.answers(5)
        owner.send(15, 1, 1)
        bound = await owner.answers(100, 5)
        owner.send(4, 1, bound[0][3], "")
        cancelled = await owner.answers(3)
        await owner.close()

    assert [] == before
    assert ["100", "5"] == [fields[0] for fields in bound]
    assert int(bound[0][3]) < 0
    assert "Cancelled" == cancelled[-1][2]


@in_loop
async def test_only_client_0_may_bind():
    async with a_tws() as local:
        client = await RawClient.connect(local, client_id=3)
        client.send(15, 1, 1)
        (error,) = await client.answers(4)
        await client.close()

    assert "321" == error[3]


@in_loop
async def test_a_global_cancel_ends_everybodys_orders():
    async with a_tws() as local:
        one = await RawClient.connect(local, client_id=1)
        two = await RawClient.connect(local, client_id=2)
        one.place(1)
        two.place(1)
        await one.answers()
        await two.answers()
        two.send(58, 1)
        await two.answers()
        found = [statuses(await client.answers()) for client in (one,)]
        await one.close()
        await two.close()

    assert [[("0", "PendingCancel"), ("0", "Cancelled"), ("error", "202")]] == found
    assert [] == list(local.venue.exchange.accounts["DU1"].open_orders())


@pytest.mark.parametrize(("account", "code"), [("", "435"), ("DU3", "321")])
@in_loop
async def test_with_several_accounts_an_order_names_its_own(account, code):
    async with a_tws("DU1", "DU2") as local:
        client = await RawClient.connect(local)
        client.place(1, account=account)
        client.place(2, account="DU2", orderType="MKT")
        found = await client.answers(4, 11)
        client.send(61, 1)
        positions = await client.answers(61)
        await client.close()

    assert [code] == [fields[3] for fields in found if fields[0] == "4"]
    assert [("DU2", "100")] == [(fields[2], fields[14]) for fields in positions]


@in_loop
async def test_account_values_positions_and_summaries_follow_the_fills():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.send(6, 2, 1, "DU1")
        client.send(61, 1)
        client.send(62, 1, 7, "All", "NetLiquidation,BuyingPower")
        before = await client.answers(6, 61, 63, 54, 62, 64)
        client.place(1, orderType="MKT")
        after = await client.answers(6, 7, 61)
        await client.close()

    assert ["54", "62", "64"] == [f[0] for f in before if f[0] in {"54", "62", "64"}]
    assert {"NetLiquidation", "BuyingPower"} == {f[4] for f in before if f[0] == "63"}
    assert [["100", "200.030001"]] == [fields[14:] for fields in after if fields[0] == "61"]
    (portfolio,) = [fields for fields in after if fields[0] == "7"]
    assert ["100", "200.02", "20002.00", "200.030001", "-1.00", "0.00", "DU1"] == portfolio[13:]
    cash = {f[3] for f in after if f[0] == "6" and f[2] == "TotalCashValue"}
    assert {"979997.00"} == cash


@in_loop
async def test_an_order_by_hand_has_no_order_id_until_it_is_bound():
    order = {"symbol": "AAPL", "side": "SELL", "quantity": 10, "limit_price": "201.00"}
    async with a_tws() as local:
        client = await RawClient.connect(local, client_id=3)
        await local.venue.act("manual_order", order)
        client.send(16, 1)
        shown = await client.answers(5, 3)
        local.trade("AAPL", "201.00", "10", side="BUY")
        client.send(7, 3, 9, 0, "", "", "", "", "", "")
        (execution,) = await client.answers(11)
        client.send(99, 1)
        of_the_api = await client.answers(101)
        client.send(99, 0)
        of_all = await client.answers(101)
        await client.close()

    assert ["0", "0"] == [fields[1] for fields in shown]
    assert shown[0][25] == shown[1][6] == execution[21]
    assert ("0", "0") == (execution[2], execution[22])
    assert ([], 1) == (of_the_api, len(of_all))
