"""Orders at Binance when answers, events or the connection are lost: over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from regimeflow.live import BrokerError, NetworkError, OrderModification, OrderType
from regimeflow.types.errors import Outcome
from tests.support.binance import an_order, in_session
from tests.support.binance_venue import RunningVenue
from tests.support.keeping import until


@pytest.fixture
def venue() -> Iterator[RunningVenue]:
    with RunningVenue() as running:
        running.quote()
        yield running


def orders_at(venue: RunningVenue, client_order_id: str) -> list[str]:
    """How each order of a client id stands at the venue."""
    found = venue.do(lambda each: list(each.exchange.accounts["local"].orders()))
    return [each.state.name for each in found if each.client_order_id == client_order_id]


def cut_orders_off(venue: RunningVenue) -> None:
    """End the order connection, and let none be opened until ``clear``."""
    venue.fault("connect_refused", where={"kind": "ws-api"})
    venue.act("disconnect", kind="ws-api")


def test_row_3_fills_arrive_without_being_asked_for(venue):
    async def act(adapter, heard):
        order = an_order(px=None, qty="0.5")
        broker_order_id = await adapter.submit_order(order)
        await until(lambda: ("TRADE", "FILLED") in heard.of(order))

        (fill,) = [each for each in heard.reports if each.exec_id]
        assert broker_order_id == fill.broker_order_id
        assert (Decimal("0.5"), Decimal(60001)) == (fill.last_qty_dec, fill.last_px_dec)
        assert [fill.exec_id] == [each.exec_id for each in await adapter.get_executions(0)]

    in_session(venue.http, act)


def test_row_2_open_orders_are_listed_and_can_be_cancelled(venue):
    async def act(adapter, heard):
        order = an_order()
        await adapter.submit_order(order)

        (found,) = await adapter.get_open_orders()
        await adapter.cancel_order(found.broker_order_id)
        await until(lambda: ("CANCELED", "CANCELLED") in heard.of(order))

        assert order.client_order_id == found.client_order_id
        assert [] == await adapter.get_open_orders()

    in_session(venue.http, act)


def test_row_14_a_stop_is_a_stop_at_the_venue(venue):
    async def act(adapter, heard):
        order = an_order(
            "SELL", px=None, qty="0.5", type=OrderType.STOP, stop_price=Decimal(50_000)
        )
        await adapter.submit_order(order)
        await until(lambda: heard.of(order))

        (found,) = await adapter.get_open_orders()
        assert (OrderType.STOP, Decimal(50_000)) == (found.ord_type, found.stop_px_dec)
        assert [] == heard.fills()

    in_session(venue.http, act)


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("answer_lost", {}),
        ("unknown_outcome", {"carried_out": True}),
        ("server_error", {"carried_out": True}),
    ],
)
def test_an_order_whose_answer_is_lost_is_in_doubt_and_is_not_sent_again(venue, fault, options):
    async def act(adapter, heard):
        venue.fault(fault, count=1, where={"method": "order.place"}, **options)
        order = an_order()
        with pytest.raises(NetworkError) as caught:
            await adapter.submit_order(order)

        found = await adapter.find_order(order.client_order_id)
        assert Outcome.UNKNOWN is caught.value.outcome
        assert found is not None
        assert ["WORKING"] == orders_at(venue, order.client_order_id)

    in_session(venue.http, act, request_timeout_s=1.5)


def test_an_order_that_never_arrived_is_found_to_be_none(venue):
    async def act(adapter, heard):
        venue.fault("unknown_outcome", count=1, carried_out=False, where={"method": "order.place"})
        order = an_order()
        with pytest.raises(NetworkError) as caught:
            await adapter.submit_order(order)

        assert Outcome.UNKNOWN is caught.value.outcome
        assert await adapter.find_order(order.client_order_id) is None
        assert [] == orders_at(venue, order.client_order_id)

    in_session(venue.http, act)


def test_no_answer_in_time_leaves_the_outcome_unknown(venue):
    async def act(adapter, heard):
        venue.fault("answer_late", count=1, delay_ms=3_000, where={"method": "order.place"})
        order = an_order()
        with pytest.raises(NetworkError, match=r"1\.5 s") as caught:
            await adapter.submit_order(order)

        assert Outcome.UNKNOWN is caught.value.outcome

    in_session(venue.http, act, request_timeout_s=1.5)


def test_while_the_order_connection_is_down_orders_go_over_rest_once(venue):
    async def act(adapter, heard):
        cut_orders_off(venue)
        await until(lambda: adapter._link.connection is None)
        order = an_order()
        broker_order_id = await adapter.submit_order(order)
        await adapter.cancel_order(broker_order_id)

        assert ["CANCELED"] == orders_at(venue, order.client_order_id)
        venue.do(lambda _: venue.faults.clear())
        await until(lambda: ("ORDER_STATUS", "CANCELLED") in heard.of(order))

    in_session(venue.http, act)


def test_a_5xx_after_the_order_was_accepted_over_rest_leaves_it_in_doubt_and_once(venue):
    async def act(adapter, heard):
        cut_orders_off(venue)
        await until(lambda: adapter._link.connection is None)
        venue.fault("server_error", count=1, carried_out=True, where={"method": "order.place"})
        order = an_order()
        with pytest.raises(NetworkError) as caught:
            await adapter.submit_order(order)

        assert Outcome.UNKNOWN is caught.value.outcome
        assert ["WORKING"] == orders_at(venue, order.client_order_id)

    in_session(venue.http, act)


def test_fills_missed_while_the_connection_was_down_are_asked_for_and_count_once(venue):
    async def act(adapter, heard):
        order = an_order(px="60000.50", qty="0.4")
        await adapter.submit_order(order)
        await until(lambda: heard.of(order))
        cut_orders_off(venue)
        await until(lambda: adapter._link.connection is None)
        venue.order("SELL", "0.1", "60000.50")
        venue.order("SELL", "0.3", "60000.50")
        venue.do(lambda _: venue.faults.clear())
        await until(lambda: adapter.counts()["order_gaps"] == 1)

        assert 2 == len(set(heard.fills())) == len(heard.fills())
        assert ("ORDER_STATUS", "FILLED") == heard.of(order)[-1]
        assert {order.client_order_id} == {r.client_order_id for r in heard.reports}

    in_session(venue.http, act)


def test_a_connection_that_stays_away_longer_than_its_grace_is_lost_to_the_engine(venue):
    async def act(adapter, heard):
        assert adapter.is_connected()
        cut_orders_off(venue)
        await until(lambda: not adapter.is_connected())

        with pytest.raises(NetworkError):
            await adapter.connect()
        assert not adapter.is_connected()

    in_session(venue.http, act, reconnect_grace_s=0.2)


def test_events_of_both_connections_of_an_overlap_are_told_once(venue):
    async def act(adapter, heard):
        adapter._link.replace("a test")
        await until(lambda: adapter.counts()["order_cut_overs"] == 1)
        resting, taking = an_order(), an_order(px=None, qty="0.2")
        await adapter.submit_order(resting)
        await adapter.submit_order(taking)
        await until(lambda: ("TRADE", "FILLED") in heard.of(taking))
        await adapter.cancel_order((await adapter.get_open_orders())[0].broker_order_id)
        await until(lambda: ("CANCELED", "CANCELLED") in heard.of(resting))
        await until(lambda: adapter._link._old is None)

        assert [("NEW", "NEW"), ("CANCELED", "CANCELLED")] == heard.of(resting)
        assert [("NEW", "NEW"), ("TRADE", "FILLED")] == heard.of(taking)

    in_session(venue.http, act)


def test_a_shutdown_that_is_announced_is_survived_without_a_gap(venue):
    async def act(adapter, heard):
        venue.act("server_shutdown", grace_ms=500)
        await until(lambda: adapter.counts()["order_cut_overs"] == 1)
        order = an_order()
        await adapter.submit_order(order)
        await until(lambda: heard.of(order))

        assert 0 == adapter.counts()["order_gaps"]
        assert adapter.is_connected()

    in_session(venue.http, act)


def test_a_half_done_replacement_ends_the_order_and_says_so(venue):
    async def act(adapter, heard):
        order = an_order()
        broker_order_id = await adapter.submit_order(order)
        venue.fault("half_cancel_replace", count=1, lost="new")
        with pytest.raises(BrokerError, match="not placed again") as caught:
            await adapter.modify_order(broker_order_id, OrderModification(limit_price="59001"))
        await until(lambda: ("CANCELED", "CANCELLED") in heard.of(order))

        assert Outcome.REFUSED is caught.value.outcome
        found = await adapter.find_order(order.client_order_id)
        assert found is not None
        assert found.leaves_qty_dec == 0
        assert [] == await adapter.get_open_orders()

    in_session(venue.http, act)


def test_a_replacement_whose_answer_is_lost_is_found_by_its_new_leg(venue):
    async def act(adapter, heard):
        order = an_order()
        broker_order_id = await adapter.submit_order(order)
        venue.fault("answer_lost", count=1, where={"method": "order.cancelReplace"})
        with pytest.raises(NetworkError) as caught:
            await adapter.modify_order(broker_order_id, OrderModification(limit_price="59001"))

        found = await adapter.find_order(order.client_order_id)
        assert Outcome.UNKNOWN is caught.value.outcome
        assert found is not None
        assert (Decimal(59001), order.client_order_id) == (
            found.limit_px_dec,
            found.client_order_id,
        )
        assert found.broker_order_id != broker_order_id
        assert ("CANCELED", "CANCELLED") not in heard.of(order)

    in_session(venue.http, act, request_timeout_s=1.5)


def test_a_partly_filled_order_that_is_replaced_keeps_its_fills(venue):
    async def act(adapter, heard):
        order = an_order(px="60000.50", qty="0.4")
        broker_order_id = await adapter.submit_order(order)
        venue.order("SELL", "0.1", "60000.50")
        await until(heard.fills)
        await adapter.modify_order(broker_order_id, OrderModification(limit_price="59001"))
        await until(lambda: ("REPLACED", "PARTIALLY_FILLED") in heard.of(order))

        (found,) = await adapter.get_open_orders()
        assert (Decimal("0.4"), Decimal("0.1"), Decimal("0.3")) == (
            found.order_qty_dec,
            found.cum_qty_dec,
            found.leaves_qty_dec,
        )

    in_session(venue.http, act)


def test_what_fills_while_a_replacement_is_on_its_way_is_taken_off_the_new_leg(venue):
    async def act(adapter, heard):
        order = an_order(px="60000.50", qty="0.4")
        broker_order_id = await adapter.submit_order(order)
        venue.order("SELL", "0.1", "60000.50")
        await until(heard.fills)
        venue.fault("event_late", count=1, delay_ms=700)
        venue.order("SELL", "0.1", "60000.50")
        await adapter.modify_order(broker_order_id, OrderModification(limit_price="59001"))
        await until(lambda: 2 == len(heard.fills()))

        (found,) = await adapter.get_open_orders()
        assert (Decimal("0.4"), Decimal("0.2"), Decimal("0.2")) == (
            found.order_qty_dec,
            found.cum_qty_dec,
            found.leaves_qty_dec,
        )

    in_session(venue.http, act)


def test_after_a_restart_the_legs_of_an_order_are_one_order_again(venue):
    order = an_order(px="60000.50", qty="0.4")

    async def before(adapter, heard):
        broker_order_id = await adapter.submit_order(order)
        venue.order("SELL", "0.1", "60000.50")
        await until(heard.fills)
        await adapter.modify_order(broker_order_id, OrderModification(limit_price="59001"))

    async def after(adapter, heard):
        (found,) = await adapter.get_open_orders()
        assert found.client_order_id == order.client_order_id
        assert (Decimal("0.4"), Decimal("0.1")) == (found.order_qty_dec, found.cum_qty_dec)
        again = await adapter.find_order(order.client_order_id)
        assert again is not None
        assert found.broker_order_id == again.broker_order_id
        (fill,) = await adapter.get_executions(0)
        assert order.client_order_id == fill.client_order_id
        await adapter.cancel_order(found.broker_order_id)

    in_session(venue.http, before)
    in_session(venue.http, after)


def test_a_cancel_of_what_has_ended_says_that_the_venue_does_not_know_it(venue):
    async def act(adapter, heard):
        order = an_order(px=None, qty="0.1")
        broker_order_id = await adapter.submit_order(order)
        await until(heard.fills)

        await adapter.cancel_order(broker_order_id)

        assert ("CANCEL_REJECTED", "REJECTED") == heard.of(order)[-1]

    in_session(venue.http, act)


def test_the_cancel_of_an_order_is_news_of_that_order_and_not_of_the_cancel(venue):
    async def act(adapter, heard):
        order = an_order()
        broker_order_id = await adapter.submit_order(order)
        await adapter.cancel_order(broker_order_id)
        await until(lambda: ("CANCELED", "CANCELLED") in heard.of(order))

        assert {order.client_order_id} == {each.client_order_id for each in heard.reports}

    in_session(venue.http, act)


def test_the_account_pays_commissions_in_its_own_asset(venue):
    async def act(adapter, heard):
        venue.fault("commission_in_bnb", count=1)
        await adapter.submit_order(an_order(px=None, qty="0.1"))
        await until(heard.fills)

        (fill,) = [each for each in heard.reports if each.exec_id]
        assert "BNB" == fill.commission_currency
        assert fill.commission_dec

    in_session(venue.http, act)


@pytest.mark.parametrize("fault", ["event_unknown", "new_field"])
def test_words_that_nobody_knows_end_nothing(venue, fault):
    async def act(adapter, heard):
        venue.fault(fault)
        order = an_order(px=None, qty="0.1")
        await adapter.submit_order(order)
        await until(lambda: ("TRADE", "FILLED") in heard.of(order))

        assert adapter.is_connected()

    in_session(venue.http, act)
