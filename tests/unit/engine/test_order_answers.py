"""What happens, and the answer: the promises of the order manager, one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf, nan

import pytest

from regimeflow.domain.orders.order import OrderModification, OrderTerms
from regimeflow.engine.order_manager import LiveOrderManager
from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import (
    AlreadyExists,
    BrokerError,
    InvalidArgument,
    InvalidState,
    NetworkError,
    NotFound,
    Outcome,
    RiskDenied,
)
from tests.support.orders import Desk, X, a_limit_order, a_report, settle

CALLS: dict[str, Callable[[LiveOrderManager], object]] = {
    "submit_order": lambda manager: manager.submit_order(a_limit_order()),
    "validate_order": lambda manager: manager.validate_order(a_limit_order()),
    "cancel_order": lambda manager: manager.cancel_order(1),
    "cancel_orders": lambda manager: manager.cancel_orders("BTCUSDT"),
    "cancel_all_orders": lambda manager: manager.cancel_all_orders(),
    "modify_order": lambda manager: manager.modify_order(1, OrderModification(quantity=2)),
    "get_order": lambda manager: manager.get_order(1),
    "get_open_orders": lambda manager: manager.get_open_orders(),
    "get_orders_by_status": lambda manager: manager.get_orders_by_status(S.NEW),
    "find_order_id_by_broker_id": lambda manager: manager.find_order_id_by_broker_id("B-1"),
    "handle_execution_report": lambda manager: manager.handle_execution_report(a_report(X.NEW)),
    "reconcile_with_broker": lambda manager: asyncio.run(manager.reconcile_with_broker()),
}


class Denying:
    """A gate that says no, and keeps what it was told."""

    wider = None

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.told: list[tuple[object, ...]] = []
        self.trades: list[object] = []

    def check_raw(self, *order: object) -> None:
        if self.error is not None:
            raise self.error

    def check_modification(self, order: object, mod: object) -> None:
        self.check_raw(order, mod)

    def on_order_update(self, order: object) -> None:
        self.told.append((order,))

    def track_raw(self, *order: object, is_changing: bool = False) -> None:
        self.told.append((*order, is_changing))

    def on_trade(self, trade: object) -> None:
        self.trades.append(trade)


@pytest.mark.parametrize("name", CALLS)
def test_any_order_call_without_a_broker_is_an_invalid_state(name: str) -> None:
    manager = LiveOrderManager(None)

    with pytest.raises(InvalidState, match="no broker"):
        CALLS[name](manager)


BAD: dict[str, tuple[dict[str, object], str]] = {
    "nan quantity": ({"quantity": nan}, "quantity"),
    "infinite quantity": ({"quantity": inf}, "quantity"),
    "zero quantity": ({"quantity": 0}, "quantity"),
    "negative quantity": ({"quantity": -1}, "quantity"),
    "quantity off the lot": ({"quantity": "0.000001"}, "quantity"),
    "nan price": ({"limit_price": nan}, "limit_price"),
    "price off the tick": ({"limit_price": "100.001"}, "limit_price"),
    "price missing": ({"limit_price": None}, "limit_price"),
    "stop price missing": ({"type": OrderType.STOP_LIMIT}, "stop_price"),
    "price of a market order": ({"type": OrderType.MARKET}, "limit_price"),
    "unknown symbol": ({"symbol": "NOSUCH"}, "symbol"),
    "no side": ({"side": OrderSide.NONE}, "side"),
    "no type": ({"type": OrderType.NONE}, "type"),
    "no time in force": ({"time_in_force": TimeInForce.NONE}, "time_in_force"),
    "type that the venue has not": (
        {
            "type": OrderType.TRAILING_STOP,
            "stop_price": 90,
            "limit_price": None,
            "terms": OrderTerms(trail_percent=1),
        },
        "type",
    ),
    "good till no date": ({"time_in_force": TimeInForce.GTD}, "expire_time_ns"),
    "good till yesterday": (
        {"time_in_force": TimeInForce.GTD, "expire_time_ns": 1},
        "expire_time_ns",
    ),
    "a date without GTD": ({"expire_time_ns": 2**62}, "expire_time_ns"),
    "client order id too long": ({"client_order_id": "x" * 37}, "client_order_id"),
    "client order id with a blank": ({"client_order_id": "a b"}, "client_order_id"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_order_is_refused_by_submit_and_by_validate(case: str) -> None:
    desk = Desk()
    fields, path = BAD[case]

    for call in (desk.manager.submit_order, desk.manager.validate_order):
        with pytest.raises(InvalidArgument) as caught:
            call(a_limit_order(**fields))
        assert [path] == [fault.path for fault in caught.value.faults]
    assert [] == desk.broker.sent


def test_a_bad_order_is_refused_with_every_fault_at_once() -> None:
    order = a_limit_order(symbol="NOSUCH", quantity=nan, limit_price=None, side=OrderSide.NONE)

    with pytest.raises(InvalidArgument) as caught:
        Desk().manager.submit_order(order)

    paths = {fault.path for fault in caught.value.faults}
    assert {"symbol", "quantity", "limit_price", "side"} == paths


def test_a_good_order_is_valid() -> None:
    assert True is Desk().manager.validate_order(a_limit_order())


def test_a_float_that_means_a_tick_is_that_tick() -> None:
    desk = Desk()

    order_id = desk.submit(quantity=0.1 + 0.2, limit_price=100.1)

    order = desk.order(order_id)
    assert ("0.30000", "100.10") == (str(order.quantity), str(order.limit_price))


def test_what_the_gate_denies_is_not_sent() -> None:
    desk = Desk(gate=Denying(RiskDenied("max_order_qty", limit="1", value="10")))

    with pytest.raises(RiskDenied, match="max_order_qty"):
        desk.submit()

    assert [] == desk.broker.sent
    assert [] == desk.manager.get_open_orders()


def test_a_repeat_that_the_gate_knows_already_exists() -> None:
    desk = Desk(gate=Denying(AlreadyExists("the same order came just now")))

    with pytest.raises(AlreadyExists):
        desk.submit()

    assert [] == desk.broker.sent


def test_an_active_client_order_id_used_again_already_exists() -> None:
    desk = Desk()
    desk.submit(client_order_id="mine")

    with pytest.raises(AlreadyExists, match="mine"):
        desk.submit(client_order_id="mine")

    assert 1 == len(desk.broker.sent)


CHANGES: dict[str, Callable[[LiveOrderManager, int], object]] = {
    "cancel": lambda manager, order_id: manager.cancel_order(order_id),
    "modify": lambda manager, order_id: manager.modify_order(
        order_id, OrderModification(quantity=5)
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_an_unknown_order_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        CHANGES[name](Desk().manager, 12345)


@pytest.mark.parametrize("end", [X.CANCELED, X.REJECTED, X.EXPIRED])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_an_order_that_has_ended_is_an_invalid_state(name: str, end: X) -> None:
    desk = Desk()
    order_id = desk.submit()
    desk.say(order_id, end)

    with pytest.raises(InvalidState, match="cannot be"):
        CHANGES[name](desk.manager, order_id)


def test_unknown_ids_are_none() -> None:
    manager = Desk().manager

    assert manager.get_order(999) is None
    assert manager.find_order_id_by_broker_id("nobody's") is None


def test_cancel_all_tries_every_order_and_says_how_many_were_asked() -> None:
    desk = Desk()
    first, second = desk.acknowledged("B-1"), desk.acknowledged("B-2")
    other = desk.acknowledged("B-3", symbol="ETHUSDT")
    done = desk.acknowledged("B-4")
    desk.say(done, X.CANCELED)
    desk.broker.answers = [("raise", BrokerError("not now")), None, None]

    asked = desk.manager.cancel_all_orders()

    assert 3 == asked
    assert ["B-2", "B-3"] == desk.broker.commands("cancel")
    assert (S.NEW, "not now") == (desk.order(first).status, desk.updates[-1].error.text)
    assert S.PENDING_CANCEL is desk.order(second).status is desk.order(other).status


def test_cancel_by_symbol_leaves_the_others_alone() -> None:
    desk = Desk()
    desk.acknowledged("B-1")
    desk.acknowledged("B-2", symbol="ETHUSDT")

    asked = desk.manager.cancel_orders("ETHUSDT")

    assert (1, ["B-2"]) == (asked, desk.broker.commands("cancel"))


@pytest.mark.parametrize("name", ["submit", *CHANGES])
def test_without_a_session_nothing_is_sent(name: str) -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.broker.connected = False

    with pytest.raises(NetworkError) as caught:
        CHANGES[name](desk.manager, order_id) if name in CHANGES else desk.submit()

    assert Outcome.NOT_SENT is caught.value.outcome
    assert 1 == len(desk.broker.sent)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_send_that_fails_is_told_by_an_update_with_its_outcome(at_once: bool) -> None:
    desk = Desk()
    failure = NetworkError("the socket is closed", outcome=Outcome.NOT_SENT)
    desk.broker.answers = [("raise", failure) if at_once else failure]

    order_id = desk.submit()

    order = desk.updates[-1]
    assert (order_id, S.REJECTED) == (order.order_id, order.status)
    assert ("NetworkError", Outcome.NOT_SENT) == (order.error.kind, order.error.outcome)


def test_a_broker_that_answers_no_is_told_by_an_update() -> None:
    desk = Desk()
    desk.broker.answers = [BrokerError("insufficient funds", outcome=Outcome.REFUSED)]

    desk.submit()

    error = desk.updates[-1].error
    assert ("BrokerError", Outcome.REFUSED) == (error.kind, error.outcome)


def test_no_answer_in_time_leaves_the_order_in_doubt() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.submit()

        desk.clock.advance(4.9)
        before = desk.order(order_id).in_doubt
        desk.clock.advance(0.2)
        await settle()

        order = desk.order(order_id)
        assert not before
        assert (S.PENDING_NEW, True) == (order.status, order.in_doubt)
        assert ("NetworkError", Outcome.UNKNOWN) == (order.error.kind, order.error.outcome)

    asyncio.run(session())


def test_an_answer_that_leaves_the_outcome_open_leaves_the_order_in_doubt() -> None:
    desk = Desk()
    desk.broker.answers = [NetworkError("502 after it was sent", outcome=Outcome.UNKNOWN)]

    async def session() -> int:
        order_id = desk.submit()
        await settle()
        return order_id

    order = desk.order(asyncio.run(session()))
    assert (S.PENDING_NEW, True) == (order.status, order.in_doubt)


def test_a_fault_in_the_adapter_goes_up_and_the_order_is_in_doubt() -> None:
    desk = Desk()
    desk.broker.answers = [("raise", ZeroDivisionError("a bug"))]

    async def session() -> None:
        with pytest.raises(ZeroDivisionError):
            desk.submit()
        await settle()

    asyncio.run(session())
    (order,) = desk.manager.get_open_orders()
    assert order.in_doubt


def test_a_full_table_is_an_invalid_state(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(max_orders=1)
    desk.submit()

    with pytest.raises(InvalidState, match="full"):
        desk.submit()


def test_a_change_with_nothing_in_it_is_refused() -> None:
    desk = Desk()
    order_id = desk.acknowledged()

    with pytest.raises(InvalidArgument, match="nothing to change"):
        desk.manager.modify_order(order_id, OrderModification())


def test_a_change_to_no_more_than_what_has_filled_is_refused() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.fill(order_id, "E-1", 4)

    with pytest.raises(InvalidArgument, match="filled"):
        desk.manager.modify_order(order_id, OrderModification(quantity=4))


@pytest.mark.parametrize(
    "mod", [OrderModification(stop_price=1), OrderModification(limit_price="100.001")]
)
def test_a_change_that_does_not_fit_the_order_is_refused(mod: OrderModification) -> None:
    desk = Desk()
    order_id = desk.acknowledged()

    with pytest.raises(InvalidArgument):
        desk.manager.modify_order(order_id, mod)

    assert S.NEW is desk.order(order_id).status


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_while_a_cancel_is_out_waits_for_its_end(name: str) -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.manager.cancel_order(order_id)

    if name == "cancel":
        desk.manager.cancel_order(order_id)  # asked already: harmless, and not asked again
    else:
        with pytest.raises(InvalidState, match="PENDING_CANCEL"):
            CHANGES[name](desk.manager, order_id)

    assert ["B-1"] == desk.broker.commands("cancel")


def test_the_gate_is_told_of_orders_and_of_fills() -> None:
    gate = Denying()
    desk = Desk(gate=gate)
    order_id = desk.acknowledged(strategy="alpha")

    desk.fill(order_id, "E-1", 4)

    side = OrderSide.BUY
    leaves = [(told[3], told[4], told[5]) for told in gate.told]
    assert [(1_000_000, 0, "alpha"), (1_000_000, 0, "alpha"), (600_000, 400_000, "alpha")] == leaves
    assert {(order_id, "BTCUSDT", side)} == {told[:3] for told in gate.told}
    assert desk.trades == gate.trades
