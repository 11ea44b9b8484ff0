"""New orders, cancels and amendments."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.apps.venues.binance import filters, order_forms, refusals, refused
from regimeflow.apps.venues.binance.catalog import Row
from regimeflow.apps.venues.binance.parts import Call, Parts
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.tickets import positive, read_order, response_of
from regimeflow.apps.venues.exchange.events import Amended, Event, Traded
from regimeflow.apps.venues.exchange.kinds import Refused
from regimeflow.apps.venues.exchange.requests import Amendment, NewOrder
from regimeflow.apps.venues.exchange.views import FillView, OrderView

Form = dict[str, object]
RESTRICTIONS: Final = {"ONLY_NEW": "NEW", "ONLY_PARTIALLY_FILLED": "PARTIALLY_FILLED"}


class Target(NamedTuple):
    """Which order is to be cancelled, and under which condition."""

    order_id: int | None
    client_id: str | None
    request_id: str
    restriction: str | None


def check(parts: Parts, call: Call, row: Row, news: Sequence[NewOrder]) -> None:
    """Refuse orders that break a filter, or that come while the symbol does not trade."""
    if parts.statuses[row.symbol] != "TRADING":
        raise refusals.market_closed()
    reference = parts.logs[row.symbol].average(row.average_minutes, call.now_ns)
    for new in news:
        filters.check(new, row, reference)
    account = parts.exchange.accounts[call.account]
    filters.check_counts(news, row, account.open_orders(row.symbol))


def fills_of(events: Sequence[Event], order_id: int) -> list[FillView]:
    """Return what an order traded within a command."""
    return [
        event.fill
        for event in events
        if isinstance(event, Traded) and event.order.order_id == order_id
    ]


def submit(parts: Parts, call: Call, new: NewOrder, response: str) -> Form:
    """Hand an order that passed every check to the exchange."""
    parts.counts.admit(call.account, 1, call.now_ns)
    parts.counts.add(call.account, 1, call.now_ns)
    try:
        with parts.catching() as events:
            order = parts.exchange.submit(call.account, new, call.now_ns)
    except Refused as error:
        parts.counts.add(call.account, -1, call.now_ns)
        raise refused.of_new_order(error) from error
    fills = fills_of(events, order.order_id)
    return order_forms.placed(order, fills, response, call.unit)


def place(parts: Parts, call: Call) -> Form:
    """Answer ``POST /api/v3/order`` and ``order.place``."""
    row = parts.row(call)
    new = read_order(call.parameters, parts.ids, row.symbol)
    response = response_of(call.parameters, new.kind)
    call.parameters.finish()
    check(parts, call, row, [new])
    return submit(parts, call, new, response)


def test(parts: Parts, call: Call) -> Form:
    """Answer ``POST /api/v3/order/test`` and ``order.test``: check, and do nothing."""
    row = parts.row(call)
    new = read_order(call.parameters, parts.ids, row.symbol)
    response_of(call.parameters, new.kind)
    wants_rates = call.parameters.flag("computeCommissionRates", default=False)
    call.parameters.finish()
    check(parts, call, row, [new])
    try:
        parts.exchange.check(call.account, new)
    except Refused as error:
        raise refused.of_new_order(error) from error
    if not wants_rates:
        return {}
    fees = parts.exchange.accounts[call.account].fees
    rates = {"maker": f"{fees.maker:.8f}", "taker": f"{fees.taker:.8f}"}
    nothing = {"maker": "0.00000000", "taker": "0.00000000"}
    return {
        "standardCommissionForOrder": rates,
        "specialCommissionForOrder": nothing,
        "taxCommissionForOrder": nothing,
        "discount": {
            "enabledForAccount": fees.asset == "BNB",
            "enabledForSymbol": True,
            "discountAsset": "BNB",
            "discount": f"{1 - fees.discount:.8f}",
        },
    }


def target_of(parts: Parts, call: Call, *, replacing: bool = False) -> Target:
    """Read which order is to be cancelled."""
    names = (
        ("cancelOrderId", "cancelOrigClientOrderId", "cancelNewClientOrderId")
        if replacing
        else ("orderId", "origClientOrderId", "newClientOrderId")
    )
    order_id = call.parameters.integer(names[0])
    client_id = call.parameters.client_id(names[1])
    if order_id is None and client_id is None:
        raise refusals.missing_both(names[1], names[0])
    request_id = call.parameters.client_id(names[2]) or parts.ids.new()
    wrong = Refusal(-1145, "Invalid cancelRestrictions")
    restriction = call.parameters.choice("cancelRestrictions", RESTRICTIONS, wrong)
    return Target(order_id, client_id, request_id, restriction)


def cancel_one(parts: Parts, call: Call, symbol: str, target: Target) -> Form:
    """Cancel an order; a leg takes its list along, and the answer is the list."""
    order = parts.find(call, symbol, target.order_id, target.client_id)
    if order is None or not order.is_open:
        raise refusals.cancel_refused()
    status = "PARTIALLY_FILLED" if order.cum_qty else "NEW"
    if target.restriction and RESTRICTIONS[target.restriction] != status:
        raise refusals.cancel_refused("Order was not canceled due to cancel restrictions.")
    try:
        done = parts.exchange.cancel(
            call.account, order.order_id, call.now_ns, request_id=target.request_id
        )
    except Refused as error:
        raise refused.of_cancel(error) from error
    if done.list_id:
        return cancelled_list(parts, call, done.list_id, target.request_id)
    return order_forms.cancelled(done, target.request_id, call.unit)


def cancelled_list(parts: Parts, call: Call, list_id: int, request_id: str) -> Form:
    """Return the answer to a cancel of an order list."""
    order_list = parts.order_list(call.account, list_id)
    if order_list is None:
        raise refusals.cancel_refused()
    orders = [parts.exchange.order(order_id) for order_id in order_list.order_ids]
    return {
        **order_forms.listed(order_list, call.now_ns, call.unit),
        "orderReports": [
            order_forms.cancelled(order, request_id, call.unit) for order in orders if order
        ],
    }


def cancel(parts: Parts, call: Call) -> Form:
    """Answer ``DELETE /api/v3/order`` and ``order.cancel``."""
    row = parts.row(call)
    target = target_of(parts, call)
    call.parameters.finish()
    return cancel_one(parts, call, row.symbol, target)


def cancel_all(parts: Parts, call: Call) -> list[Form]:
    """Answer ``DELETE /api/v3/openOrders``: orders and order lists, mixed."""
    row = parts.row(call)
    call.parameters.finish()
    account = parts.exchange.accounts[call.account]
    forms: list[Form] = []
    done: set[int] = set()
    for order in account.open_orders(row.symbol):
        if order.list_id and order.list_id in done:
            continue
        done.add(order.list_id)
        target = Target(order.order_id, None, parts.ids.new(), None)
        forms.append(cancel_one(parts, call, row.symbol, target))
    if not forms:
        raise refusals.cancel_refused()
    return forms


def amend(parts: Parts, call: Call) -> Form:
    """Answer ``PUT /api/v3/order/amend/keepPriority``: less quantity, the same place.

    Without ``newClientOrderId`` the order gets a new one that nobody chose.
    """
    row = parts.row(call)
    order_id = call.parameters.integer("orderId")
    client_id = call.parameters.client_id("origClientOrderId")
    if order_id is None and client_id is None:
        raise refusals.missing_both("origClientOrderId", "orderId")
    quantity = positive(call.parameters.decimal("newQty"), "quantity")
    if quantity is None:
        raise refusals.missing("newQty")
    new_id = call.parameters.client_id("newClientOrderId") or parts.ids.new()
    call.parameters.finish()
    order = parts.find(call, row.symbol, order_id, client_id)
    if order is None or not order.is_open:
        raise refusals.amend_refused("Unknown order sent.")
    check_amendment(order, row, quantity, len(parts.amendments.get(order.order_id, ())))
    change = Amendment(quantity=quantity, client_order_id=new_id)
    try:
        with parts.catching() as events:
            parts.exchange.amend(call.account, order.order_id, change, call.now_ns)
    except Refused as error:
        raise refused.of_amendment(error) from error
    event = next(each for each in events if isinstance(each, Amended))
    form = order_forms.amended(event.order, order, event.exec_id, call.unit)
    order_list = parts.order_list(call.account, order.list_id) if order.list_id else None
    if order_list is not None:
        form["listStatus"] = order_forms.list_changed(order_list)
    return form


def check_amendment(order: OrderView, row: Row, quantity: Decimal, amends: int) -> None:
    """Refuse an amendment that changes nothing, adds, or comes too often."""
    if quantity == order.quantity:
        raise refusals.amend_refused("The requested action would change no state; rejecting.")
    if quantity > order.quantity:
        raise refusals.amend_refused("Order amend (quantity increase) is not supported.")
    if filters.is_off(quantity, row.least_qty, row.most_qty, row.lot):
        raise refusals.filter_failure("LOT_SIZE")
    if amends >= row.most_amends:
        raise refusals.amend_refused("Filter failure: MAX_NUM_ORDER_AMENDS")
