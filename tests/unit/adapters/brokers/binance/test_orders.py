"""The legs of an order are one order, whatever comes first: the answer, the event, nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.adapters.brokers.binance.formatting import Terms
from regimeflow.adapters.brokers.binance.legs import leg_id, split_leg
from regimeflow.adapters.brokers.binance.orders import KnownOrders, Replacing
from regimeflow.live import (
    BrokerError,
    ExecType,
    ExecutionReport,
    LiveOrderStatus,
    OrderSide,
    OrderType,
    TimeInForce,
)

X, S = ExecType, LiveOrderStatus


def terms(quantity: str = "10", price: str = "100") -> Terms:
    return Terms(
        symbol="BTCUSDT",
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        quantity=Decimal(quantity),
        limit_price=Decimal(price),
        stop_price=None,
    )


def event(exec_type, status, *, client="mine", broker="1", qty="10", cum="0", **more):
    left = Decimal(qty) - Decimal(cum)
    return ExecutionReport(
        symbol=more.pop("symbol", "BTCUSDT"),
        exec_type=exec_type,
        ord_status=status,
        side=OrderSide.BUY,
        ord_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        client_order_id=client,
        broker_order_id=broker,
        order_qty=qty,
        cum_qty=cum,
        leaves_qty=0 if S(status).is_terminal else left,
        limit_px="100",
        ts_event_ns=1,
        ts_recv_ns=2,
        **more,
    )


def fill(qty, cum, *, trade_id=1, **more):
    status = S.FILLED if Decimal(cum) == Decimal(more.get("of", "10")) else S.PARTIALLY_FILLED
    of = more.pop("of", "10")
    return event(
        X.TRADE,
        status,
        qty=of,
        cum=cum,
        last_qty=qty,
        last_px="100",
        exec_id=f"BTCUSDT-{trade_id}",
        **more,
    )


@pytest.fixture
def known():
    orders = KnownOrders()
    order = orders.sent("mine", terms())
    orders.hear(event(X.NEW, S.NEW))
    return orders, order


def replacing(order, quantity="6") -> None:
    order.replacing = Replacing(order.leg + 1, terms(quantity, "101"), 0.0, order.filled)


@pytest.mark.parametrize(("name", "leg"), [("mine", 0), ("mine", 1), ("a_r2_b", 3), ("x", 9999)])
def test_a_leg_reads_back_as_what_it_is_a_leg_of(name, leg):
    assert (name, leg) == split_leg(leg_id(name, leg))


@pytest.mark.parametrize("name", ["mine", "mine_r0", "mine_r", "_r1", "mine_r01", "mine_rx"])
def test_an_id_that_is_no_leg_is_itself(name):
    assert (name, 0) == split_leg(name)


def test_a_report_of_an_order_that_was_never_replaced_passes_as_it_is(known):
    orders, _ = known
    report = fill("4", "4")

    assert report is orders.hear(report)


def test_the_end_of_a_leg_that_is_being_replaced_is_no_end_of_the_order(known):
    orders, order = known
    orders.hear(fill("4", "4"))
    replacing(order)

    assert orders.hear(event(X.CANCELED, S.CANCELLED, cum="4")) is None

    news = orders.replaced(order, 1, "2", now_ns=5)
    assert news is not None
    assert (X.REPLACED, S.PARTIALLY_FILLED, "mine", "2") == (
        news.exec_type,
        news.ord_status,
        news.client_order_id,
        news.broker_order_id,
    )
    assert (Decimal(10), Decimal(4), Decimal(6)) == (
        news.order_qty_dec,
        news.cum_qty_dec,
        news.leaves_qty_dec,
    )


def test_the_new_leg_may_tell_of_itself_before_the_answer(known):
    orders, order = known
    replacing(order, "10")
    orders.hear(event(X.CANCELED, S.CANCELLED))

    news = orders.hear(event(X.NEW, S.NEW, client="mine_r1", broker="2"))

    assert news is not None
    assert (X.REPLACED, "2") == (news.exec_type, news.broker_order_id)
    assert orders.replaced(order, 1, "2", now_ns=5) is None


def test_fills_of_the_new_leg_count_on_top_of_those_before(known):
    orders, order = known
    orders.hear(fill("4", "4"))
    replacing(order)
    orders.hear(event(X.CANCELED, S.CANCELLED, cum="4"))
    orders.replaced(order, 1, "2", now_ns=5)

    news = orders.hear(fill("1", "1", trade_id=2, client="mine_r1", broker="2", of="6"))

    assert news is not None
    assert ("mine", Decimal(10), Decimal(5), Decimal(5)) == (
        news.client_order_id,
        news.order_qty_dec,
        news.cum_qty_dec,
        news.leaves_qty_dec,
    )
    assert (Decimal(1), "BTCUSDT-2") == (news.last_qty_dec, news.exec_id)


def test_a_late_fill_of_an_old_leg_counts_and_says_nothing_of_quantities(known):
    orders, order = known
    replacing(order, "10")
    orders.hear(event(X.NEW, S.NEW, client="mine_r1", broker="2"))

    news = orders.hear(fill("1", "1", trade_id=2))

    assert news is not None
    assert Decimal(1) == news.last_qty_dec
    assert (None, None) == (news.order_qty_dec, news.cum_qty_dec)


def test_a_replacement_that_was_refused_leaves_the_order_as_it_was(known):
    orders, order = known
    replacing(order)

    assert orders.replace_failed(order, is_known=True) is None
    report = fill("4", "4")
    assert report is orders.hear(report)


def test_a_half_done_replacement_ends_the_order_once(known):
    orders, order = known
    replacing(order)
    orders.hear(event(X.CANCELED, S.CANCELLED))

    news = orders.replace_failed(order, is_known=True)

    assert news is not None
    assert (X.CANCELED, S.CANCELLED) == (news.exec_type, news.ord_status)
    assert order.is_over
    assert orders.replace_failed(order, is_known=True) is None


def test_a_replacement_without_an_answer_holds_the_end_back_until_it_is_known(known):
    orders, order = known
    replacing(order)
    orders.hear(event(X.CANCELED, S.CANCELLED))

    assert orders.replace_failed(order, is_known=False) is None
    assert not order.is_over


def test_a_leg_that_fills_before_its_cancel_is_filled(known):
    orders, order = known
    replacing(order)

    news = orders.hear(fill("10", "10"))

    assert news is not None
    assert S.FILLED == news.ord_status


def test_a_leg_of_an_order_from_before_a_restart_says_nothing_of_the_whole_until_it_is_read():
    orders = KnownOrders()

    news = orders.hear(fill("1", "1", client="mine_r2", broker="3", of="6"))

    assert news is not None
    assert ("mine", Decimal(1)) == (news.client_order_id, news.last_qty_dec)
    assert (None, None) == (news.order_qty_dec, news.cum_qty_dec)


def test_orders_of_two_symbols_may_have_one_id_and_are_not_mixed_up(known):
    orders, _ = known
    orders.hear(event(X.NEW, S.NEW, client="other", symbol="ETHUSDT"))

    assert "mine" == orders.by_broker_id("1", "BTCUSDT").client_order_id
    assert "other" == orders.by_broker_id("1", "ETHUSDT").client_order_id
    with pytest.raises(BrokerError, match="which is meant"):
        orders.by_broker_id("1")


def test_of_two_orders_with_one_id_the_open_one_is_meant(known):
    orders, _ = known
    orders.hear(event(X.NEW, S.NEW, client="other", symbol="ETHUSDT"))
    orders.hear(event(X.CANCELED, S.CANCELLED, client="other", symbol="ETHUSDT"))

    assert "mine" == orders.by_broker_id("1").client_order_id


def test_an_id_that_was_an_older_legs_and_is_the_newest_again_means_one_order(known):
    orders, order = known
    orders.remember_id(order, "2")

    orders.acknowledged(order, "2")
    orders.acknowledged(order, "1")

    assert order is orders.by_broker_id("2")
    assert order is orders.by_broker_id("1")


def test_what_has_ended_is_forgotten_in_time(known, monkeypatch):
    orders, _ = known
    monkeypatch.setattr("regimeflow.adapters.brokers.binance.orders.ENDED_KEPT", 2)
    for number in range(2, 6):
        name, broker = f"o{number}", str(number)
        orders.hear(event(X.NEW, S.NEW, client=name, broker=broker))
        orders.hear(event(X.CANCELED, S.CANCELLED, client=name, broker=broker))

    assert [None, None, "o4", "o5"] == [
        getattr(orders.by_broker_id(str(number)), "client_order_id", None) for number in range(2, 6)
    ]
    assert orders.by_broker_id("1") is not None


def test_what_is_open_of_a_symbol_is_counted_from_its_first_news_to_its_last():
    known = KnownOrders()
    for name in ("a", "b"):
        known.sent(name, terms())
    counts = [known.open_count("BTCUSDT")]

    for name, exec_type, status in (
        ("a", X.NEW, S.NEW),
        ("a", X.NEW, S.NEW),
        ("b", X.NEW, S.NEW),
        ("a", X.TRADE, S.PARTIALLY_FILLED),
        ("b", X.CANCELED, S.CANCELLED),
        ("a", X.TRADE, S.FILLED),
    ):
        known.hear(event(exec_type, status, client=name, broker=name))
        counts.append(known.open_count("BTCUSDT"))

    assert [0, 1, 1, 2, 2, 1, 0] == counts
    assert 0 == known.open_count("ETHUSDT")
