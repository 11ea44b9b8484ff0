"""Order lists: OCO, OTO, OTOCO, their cancels and queries."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from regimeflow.apps.venues.binance import order_forms, refusals, refused
from regimeflow.apps.venues.binance.names import RESPONSES, WAIT_FOR_A_PRICE
from regimeflow.apps.venues.binance.parts import Call, Parts
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.tickets import (
    Leg,
    positive,
    prevention_of,
    read_order,
    side_of,
)
from regimeflow.apps.venues.binance.trading import cancelled_list, check, fills_of
from regimeflow.apps.venues.exchange.kinds import Kind, Refused
from regimeflow.apps.venues.exchange.requests import NewList, NewOrder
from regimeflow.apps.venues.exchange.views import ListView
from regimeflow.types.enums import OrderSide

Form = dict[str, object]
STOPS = frozenset({Kind.STOP, Kind.STOP_LIMIT})
TAKES = frozenset({Kind.TAKE_PROFIT, Kind.TAKE_PROFIT_LIMIT})
IN_A_PAIR = STOPS | TAKES | {Kind.LIMIT_MAKER}


def amount(call: Call, name: str) -> Decimal:
    """Read a quantity that every list must have."""
    call.parameters.required(name)
    return positive(call.parameters.decimal(name), "quantity") or Decimal(0)


def oco(parts: Parts, call: Call) -> Form:
    """Answer ``POST /api/v3/orderList/oco`` and ``orderList.place.oco``."""
    row = parts.row(call)
    side = side_of(call.parameters)
    quantity = amount(call, "quantity")
    mode = prevention_of(call.parameters)
    pair = [
        read_order(
            call.parameters, parts.ids, row.symbol, leg=Leg(prefix, side, quantity), mode=mode
        )
        for prefix in ("above", "below")
    ]
    check_pair(side, pair[0], pair[1])
    return submit(parts, call, "OCO", pair)


def oto(parts: Parts, call: Call) -> Form:
    """Answer ``POST /api/v3/orderList/oto`` and ``orderList.place.oto``."""
    row = parts.row(call)
    mode = prevention_of(call.parameters)
    working = read_order(call.parameters, parts.ids, row.symbol, leg=Leg("working"), mode=mode)
    pending = read_order(call.parameters, parts.ids, row.symbol, leg=Leg("pending"), mode=mode)
    check_working(working)
    return submit(parts, call, "OTO", [working, pending])


def otoco(parts: Parts, call: Call) -> Form:
    """Answer ``POST /api/v3/orderList/otoco`` and ``orderList.place.otoco``."""
    row = parts.row(call)
    mode = prevention_of(call.parameters)
    working = read_order(call.parameters, parts.ids, row.symbol, leg=Leg("working"), mode=mode)
    side = side_of(call.parameters, "pendingSide")
    quantity = amount(call, "pendingQuantity")
    pair = [
        read_order(
            call.parameters, parts.ids, row.symbol, leg=Leg(prefix, side, quantity), mode=mode
        )
        for prefix in ("pendingAbove", "pendingBelow")
    ]
    check_working(working)
    check_pair(side, pair[0], pair[1])
    return submit(parts, call, "OTOCO", [working, *pair])


def check_working(new: NewOrder) -> None:
    """Refuse a working order that is no limit order."""
    if new.kind not in {Kind.LIMIT, Kind.LIMIT_MAKER}:
        raise refusals.not_valid("workingType")


def check_pair(side: OrderSide, above: NewOrder, below: NewOrder) -> None:
    """Refuse a pair whose orders are on the wrong sides of the market, in Binance's words."""
    if above.kind not in IN_A_PAIR or below.kind not in IN_A_PAIR:
        raise Refusal(-1158, "Order type not supported in OCO.")
    if above.kind not in WAIT_FOR_A_PRICE and below.kind not in WAIT_FOR_A_PRICE:
        raise Refusal(-1168, "At least one OCO order must be contingent.")
    if side is OrderSide.BUY:
        if above.kind is Kind.LIMIT_MAKER:
            raise Refusal(-1165, "A limit order in a buy OCO must be below.")
        if below.kind in STOPS:
            raise Refusal(-1196, "A stop loss order in a buy OCO must be above.")
        if above.kind in TAKES:
            raise Refusal(-1198, "A take profit order in a buy OCO must be below.")
    else:
        if below.kind is Kind.LIMIT_MAKER:
            raise Refusal(-1166, "A limit order in a sell OCO must be above.")
        if above.kind in STOPS:
            raise Refusal(-1197, "A stop loss order in a sell OCO must be below.")
        if below.kind in TAKES:
            raise Refusal(-1199, "A take profit order in a sell OCO must be above.")
    upper, lower = (each.stop_price or each.limit_price for each in (above, below))
    if upper is not None and lower is not None and upper <= lower:
        raise refusals.order_refused(
            "The relationship of the prices for the orders is not correct."
        )


def submit(parts: Parts, call: Call, kind: str, orders: Sequence[NewOrder]) -> Form:
    """Check a list as a whole and hand it to the exchange."""
    refusal = refusals.not_valid("newOrderRespType")
    response = call.parameters.choice("newOrderRespType", RESPONSES, refusal) or "RESULT"
    list_id = call.parameters.client_id("listClientOrderId") or parts.ids.new()
    call.parameters.finish()
    row = parts.catalog.row(orders[0].symbol)
    check(parts, call, row, orders)
    parts.counts.admit(call.account, len(orders), call.now_ns)
    parts.counts.add(call.account, len(orders), call.now_ns)
    new = NewList(kind=kind, orders=orders, client_list_id=list_id)
    try:
        with parts.catching() as events:
            placed = parts.exchange.submit_list(call.account, new, call.now_ns)
    except Refused as error:
        parts.counts.add(call.account, -len(orders), call.now_ns)
        raise refused.of_new_order(error) from error
    views = [parts.exchange.order(order_id) for order_id in placed.order_ids]
    return {
        **order_forms.listed(placed, call.now_ns, call.unit),
        "orderReports": [
            order_forms.placed(view, fills_of(events, view.order_id), response, call.unit)
            for view in views
            if view
        ],
    }


def find(parts: Parts, call: Call, list_id: int | None, client_id: str | None) -> ListView | None:
    """Return a list of the caller by either id; of those with one client id, the newest."""
    for each in reversed(parts.exchange.accounts[call.account].lists()):
        if list_id in {None, each.list_id} and client_id in {None, each.client_list_id}:
            return each
    return None


def cancel(parts: Parts, call: Call) -> Form:
    """Answer ``DELETE /api/v3/orderList`` and ``orderList.cancel``."""
    row = parts.row(call)
    list_id = call.parameters.integer("orderListId")
    client_id = call.parameters.client_id("listClientOrderId")
    if list_id is None and client_id is None:
        raise refusals.missing_both("orderListId", "listClientOrderId")
    request_id = call.parameters.client_id("newClientOrderId") or parts.ids.new()
    call.parameters.finish()
    found = find(parts, call, list_id, client_id)
    if found is None or found.is_done or found.symbol != row.symbol:
        raise refusals.cancel_refused("Unknown order list sent.")
    try:
        parts.exchange.cancel_list(call.account, found.list_id, call.now_ns, request_id=request_id)
    except Refused as error:
        raise refusals.cancel_refused("Unknown order list sent.") from error
    return cancelled_list(parts, call, found.list_id, request_id)


def status(parts: Parts, call: Call) -> Form:
    """Answer ``GET /api/v3/orderList`` and ``orderList.status``."""
    list_id = call.parameters.integer("orderListId")
    client_id = call.parameters.client_id("origClientOrderId")
    if list_id is None and client_id is None:
        raise refusals.missing_both("orderListId", "origClientOrderId")
    call.parameters.finish()
    found = find(parts, call, list_id, client_id)
    if found is None:
        raise Refusal(-2013, "Order list does not exist.")
    return order_forms.listed(found, found.created_ns, call.unit)


def open_lists(parts: Parts, call: Call) -> list[Form]:
    """Answer ``GET /api/v3/openOrderList`` and ``openOrderLists.status``."""
    call.parameters.finish()
    lists = parts.exchange.accounts[call.account].lists()
    return [
        order_forms.listed(each, each.created_ns, call.unit) for each in lists if not each.is_done
    ]


def all_lists(parts: Parts, call: Call) -> list[Form]:
    """Answer ``GET /api/v3/allOrderList`` and ``allOrderLists``."""
    first = call.parameters.integer("fromId")
    start = call.parameters.integer("startTime")
    end = call.parameters.integer("endTime")
    limit = call.parameters.limit(500, 1000)
    call.parameters.finish()
    if first is not None and (start is not None or end is not None):
        raise refusals.bad_combination()
    found = [
        each
        for each in parts.exchange.accounts[call.account].lists()
        if (first is None or each.list_id >= first)
        and (start is None or each.created_ns >= start * 1_000_000)
        and (end is None or each.created_ns // 1_000_000 <= end)
    ]
    chosen = found[:limit] if first is not None or start is not None else found[-limit:]
    return [order_forms.listed(each, each.created_ns, call.unit) for each in chosen]
