"""Legs of one order, as the stream and questions tell them."""

from __future__ import annotations

import json
from decimal import Decimal

from regimeflow._core.alpaca_frames import AlpacaFrames
from regimeflow.adapters.brokers.alpaca import translate
from regimeflow.adapters.brokers.alpaca.formatting import Asked
from regimeflow.adapters.brokers.alpaca.known import Replacing
from regimeflow.adapters.brokers.alpaca.order_ids import ENDED_KEPT
from regimeflow.adapters.brokers.alpaca.orders import KnownOrders
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide, OrderType, TimeInForce
from regimeflow.types.records import replace

X = ExecType
TEN = Asked(
    symbol="AAPL",
    side=OrderSide.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal(10),
    limit_price=Decimal(230),
)


def a_row(leg="A", status="new", filled="0", **more):
    return {
        "id": leg, "client_order_id": "own", "symbol": "AAPL", "qty": "10", "filled_qty": filled,
        "side": "buy", "type": "limit", "time_in_force": "day", "limit_price": "230",
        "status": status, "replaces": None, "replaced_by": None,
    } | more  # fmt: skip


def event(name, leg="A", *, status="new", filled="0", execution="", by="1", **more):
    data = {
        "event": name,
        "timestamp": "2026-10-08T15:10:18.097465Z",
        "order": a_row(leg, status, filled, **more),
        "execution_id": execution or f"{name}-{leg}-{filled}",
    }
    if name in {"fill", "partial_fill"}:
        data |= {"qty": by, "price": "230", "position_qty": filled}
    frame = json.dumps({"stream": "trade_updates", "data": data}).encode()
    return AlpacaFrames().parse(frame, 0)[0]


class Orders:
    def __init__(self):
        self.doubts, self.excesses = [], []
        self.known = KnownOrders(
            on_doubt=self.doubts.append,
            on_excess=lambda known, asked: self.excesses.append(asked.quantity),
        )
        self.order = self.known.sent("own", TEN)
        self.told = []

    def hear(self, *events):
        for each in events:
            self.told.extend(self.known.hear(each))
        return self

    def asks(self, **changes):
        self.order.replacing = Replacing(self.order.next_leg_id(), replace(TEN, **changes))

    @property
    def lines(self):
        return [
            (X(each.exec_type), each.broker_order_id, each.order_qty_dec, each.cum_qty_dec)
            for each in self.told
        ]


def heir(name, filled="0", status="new", **more):
    chosen = {"client_order_id": "own_r1", "replaces": "A", "leg": "B"}
    return event(name, filled=filled, status=status, **(chosen | more))


def test_a_leg_that_goes_on_counting_is_the_same_order():
    orders = Orders().hear(
        event("new"), event("partial_fill", status="partially_filled", filled="3", by="3")
    )
    orders.asks(limit_price=Decimal(229))
    orders.hear(
        event("replaced", status="replaced", filled="3", replaced_by="B"),
        heir("new", filled="3", limit_price="229"),
        heir("fill", filled="10", status="filled", by="7"),
    )

    ten = Decimal(10)
    assert [
        (X.NEW, "A", ten, 0), (X.TRADE, "A", ten, 3), (X.REPLACED, "B", ten, 3),
        (X.NEW, "B", ten, 3), (X.TRADE, "B", ten, 10),
    ] == orders.lines  # fmt: skip
    assert {"own"} == {each.client_order_id for each in orders.told}
    assert orders.order.is_over
    assert [] == orders.excesses


def test_a_leg_that_begins_anew_and_works_too_much_is_told_and_asked_to_be_less():
    orders = Orders().hear(event("new"), event("partial_fill", filled="3", by="3"))
    orders.asks(limit_price=Decimal(229))
    orders.hear(
        event("replaced", status="replaced", filled="3", replaced_by="B"), heir("new", filled="0")
    )

    assert (X.NEW, "B", Decimal(13), Decimal(3)) == orders.lines[-1]
    assert [Decimal(10)] == orders.excesses
    assert Decimal(3) == orders.order.left_out


def test_news_of_the_new_leg_may_come_before_that_of_the_old_ones_end():
    orders = Orders().hear(event("new"))
    orders.asks(limit_price=Decimal(229))
    orders.hear(
        heir("pending_new", status="pending_new"),
        heir("partial_fill", filled="2", by="2", status="partially_filled"),
        event("replaced", status="replaced", replaced_by="B"),
    )

    assert [X.NEW, X.REPLACED, X.TRADE] == [line[0] for line in orders.lines]
    assert orders.order.replacing is None


def test_a_new_leg_that_is_refused_leaves_the_order_as_it_was():
    orders = Orders().hear(event("new"))
    orders.asks(limit_price=Decimal(229))
    orders.hear(heir("rejected", status="rejected"), event("fill", status="filled", filled="10"))

    assert [X.NEW, X.REPLACE_REJECTED, X.TRADE] == [line[0] for line in orders.lines]
    assert LiveOrderStatus.FILLED == orders.told[-1].ord_status


def test_a_refusal_that_comes_after_the_fill_that_beat_the_change_is_no_news():
    orders = Orders().hear(event("new"))
    orders.asks(limit_price=Decimal(229))
    orders.hear(
        event("fill", status="filled", filled="10", by="10"), heir("rejected", status="rejected")
    )

    assert [X.NEW, X.TRADE] == [line[0] for line in orders.lines]


def test_late_fills_of_an_old_leg_count_and_change_nothing_else():
    orders = Orders().hear(event("new"))
    orders.asks(limit_price=Decimal(229))
    orders.hear(
        event("replaced", status="replaced", filled="4", replaced_by="B"),
        event("partial_fill", filled="4", by="4", execution="late"),
        event("canceled", status="canceled"),
    )

    late = orders.told[-1]
    assert (X.TRADE, "A:4", None) == (late.exec_type, late.exec_id, late.cum_qty_dec)
    assert not orders.order.is_over


def test_two_executions_that_end_at_one_quantity_are_asked_about():
    orders = Orders().hear(
        event("partial_fill", filled="3", by="2", execution="one"),
        event("partial_fill", filled="3", by="1", execution="two"),
    )

    assert 1 == len(orders.told)
    assert 1 == len(orders.doubts)


def test_somebody_elses_change_is_told_with_its_own_terms():
    orders = Orders().hear(
        event("new"),
        heir("pending_new", status="pending_new", client_order_id="theirs"),
        event("replaced", status="replaced", replaced_by="B"),
        heir("new", client_order_id="theirs", qty="20", limit_price="115"),
    )

    assert (X.REPLACED, "B", Decimal(20), Decimal(0)) == orders.lines[-1]
    assert "own" == orders.told[-1].client_order_id
    assert Decimal(115) == orders.told[-1].limit_px_dec


def test_a_chain_that_is_read_is_counted_once():
    orders = Orders()
    legs = [
        a_row("A", "replaced", "2", replaced_by="B"),
        a_row("B", "replaced", "5", replaces="A", replaced_by="C", client_order_id="own_r1"),
        a_row("C", "partially_filled", "6", replaces="B", client_order_id="own_r2"),
    ]
    rows = [translate.order_row(each, as_of_ns=1, recv_ns=1) for each in legs]

    known = orders.known.chain(rows)

    assert (Decimal(6), Decimal(0), "own_r3") == (known.filled, known.left_out, known.next_leg_id())
    assert known is orders.order
    found = orders.known.whole(rows[-1].report, known)
    assert ("own", Decimal(10), Decimal(6)) == (
        found.client_order_id, found.order_qty_dec, found.cum_qty_dec,
    )  # fmt: skip


def test_orders_that_ended_long_ago_are_forgotten():
    orders = Orders()
    for number in range(ENDED_KEPT + 5):
        orders.hear(
            event(
                "canceled", leg=f"L{number}", status="canceled", client_order_id=f"o{number}",
                execution=f"e{number}",
            )
        )  # fmt: skip

    assert orders.known.find("o0") is None
    assert orders.known.by_broker_id("L0") is None
    assert orders.known.find(f"o{ENDED_KEPT + 4}") is not None
    assert [orders.order] == orders.known.open_orders()


def test_an_order_for_an_amount_becomes_as_large_as_what_it_came_to():
    orders = Orders()
    amount = {"qty": None, "notional": "1000", "type": "market", "limit_price": None}

    orders.hear(
        event("new", **amount),
        event("partial_fill", status="partially_filled", filled="1.5", by="1.5", **amount),
        event("fill", status="filled", filled="4.25", by="2.75", **amount),
    )

    assert [None, None, Decimal("4.25")] == [each.order_qty_dec for each in orders.told]
    assert Decimal("4.25") == orders.told[-1].cum_qty_dec
