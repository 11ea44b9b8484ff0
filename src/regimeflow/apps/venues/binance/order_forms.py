"""Orders, order lists and fills as answers show them, keys in Binance's order."""

from __future__ import annotations

from collections.abc import Sequence

from regimeflow.apps.venues.binance.names import expiry_reason_of, status_of, stp_of, type_of
from regimeflow.apps.venues.binance.texts import ZERO, eight
from regimeflow.apps.venues.exchange.views import FillView, ListView, OrderView

Form = dict[str, object]


def list_id_of(order: OrderView) -> int:
    """Return the id of an order's list, -1 if it is in none."""
    return order.list_id or -1


def time_of(ns: int, unit: int) -> int:
    """Return a time in the unit asked for, -1 for never."""
    return ns // unit if ns else -1


def _amounts(order: OrderView) -> Form:
    return {
        "price": eight(order.limit_price or ZERO),
        "origQty": eight(order.quantity),
        "executedQty": eight(order.cum_qty),
        "origQuoteOrderQty": eight(order.quote_quantity or ZERO),
        "cummulativeQuoteQty": eight(order.cum_quote),
        "status": status_of(order),
        "timeInForce": order.tif.name,
        "type": type_of(order),
        "side": order.side.name,
    }


def _conditional(order: OrderView, unit: int, *, always: bool = False) -> Form:
    """Return what only some orders show; queries show two of them always."""
    form: Form = {}
    if always or order.stop_price is not None:
        form["stopPrice"] = eight(order.stop_price or ZERO)
    if order.trail_bips is not None:
        form["trailingDelta"] = order.trail_bips
        form["trailingTime"] = time_of(order.created_ns if order.stop_price is None else 0, unit)
    if always or order.display:
        form["icebergQty"] = eight(order.display or ZERO)
    return form


def _further(order: OrderView) -> Form:
    form: Form = {name: value for name, value in order.tags.items() if name.startswith("strategy")}
    form["selfTradePreventionMode"] = stp_of(order)
    if order.prevented_qty:
        form["preventedMatchId"] = 0
        form["preventedQuantity"] = eight(order.prevented_qty)
    reason = expiry_reason_of(order)
    if reason is not None:
        form["expiryReason"] = reason
    return form


def acknowledged(order: OrderView, unit: int) -> Form:
    """Return the short answer to a new order."""
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": list_id_of(order),
        "clientOrderId": order.client_order_id,
        "transactTime": order.updated_ns // unit,
    }


def placed(order: OrderView, fills: Sequence[FillView], response: str, unit: int) -> Form:
    """Return the answer to a new order, as long as was asked for."""
    form = acknowledged(order, unit)
    if response == "ACK":
        return form
    form |= _amounts(order)
    form |= _conditional(order, unit)
    form["workingTime"] = time_of(order.working_ns, unit)
    if response == "FULL":
        form["fills"] = [fill_of(fill) for fill in fills]
    return form | _further(order)


def fill_of(fill: FillView) -> Form:
    """Return one fill of a new order."""
    return {
        "price": eight(fill.price),
        "qty": eight(fill.quantity),
        "commission": eight(fill.commission),
        "commissionAsset": fill.commission_asset,
        "tradeId": fill.trade_id,
    }


def queried(order: OrderView, unit: int) -> Form:
    """Return an order that was asked for."""
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": list_id_of(order),
        "clientOrderId": order.client_order_id,
        **_amounts(order),
        **_conditional(order, unit, always=True),
        "time": order.created_ns // unit,
        "updateTime": order.updated_ns // unit,
        "isWorking": order.is_triggered and status_of(order) != "PENDING_NEW",
        "workingTime": time_of(order.working_ns, unit),
        **_further(order),
    }


def cancelled(order: OrderView, request_id: str, unit: int) -> Form:
    """Return the answer to a cancel, whose own id is the ``clientOrderId``."""
    return {
        "symbol": order.symbol,
        "origClientOrderId": order.client_order_id,
        "orderId": order.order_id,
        "orderListId": list_id_of(order),
        "clientOrderId": request_id,
        "transactTime": order.updated_ns // unit,
        **_amounts(order),
        **_conditional(order, unit),
        **_further(order),
    }


def amended(order: OrderView, before: OrderView, exec_id: int, unit: int) -> Form:
    """Return the answer to an amendment."""
    changed: Form = {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": list_id_of(order),
        "origClientOrderId": before.client_order_id,
        "clientOrderId": order.client_order_id,
        "price": eight(order.limit_price or ZERO),
        "qty": eight(order.quantity),
        "executedQty": eight(order.cum_qty),
        "preventedQty": eight(order.prevented_qty),
        "quoteOrderQty": eight(order.quote_quantity or ZERO),
        "cumulativeQuoteQty": eight(order.cum_quote),
        "status": status_of(order),
        "timeInForce": order.tif.name,
        "type": type_of(order),
        "side": order.side.name,
        **_conditional(order, unit),
        "workingTime": time_of(order.working_ns, unit),
        **_further(order),
    }
    return {
        "transactTime": order.updated_ns // unit,
        "executionId": exec_id,
        "amendedOrder": changed,
    }


def contingency_of(order_list: ListView) -> str:
    """Return what Binance calls a list's kind: an OTOCO is an OTO."""
    return "OCO" if order_list.kind == "OCO" else "OTO"


def members_of(order_list: ListView) -> list[Form]:
    """Return the orders of a list by their ids."""
    return [
        {"symbol": order_list.symbol, "orderId": order_id, "clientOrderId": client_id}
        for order_id, client_id in zip(
            order_list.order_ids, order_list.client_order_ids, strict=True
        )
    ]


def listed(order_list: ListView, at_ns: int, unit: int) -> Form:
    """Return an order list without its reports."""
    return {
        "orderListId": order_list.list_id,
        "contingencyType": contingency_of(order_list),
        "listStatusType": "ALL_DONE" if order_list.is_done else "EXEC_STARTED",
        "listOrderStatus": "ALL_DONE" if order_list.is_done else "EXECUTING",
        "listClientOrderId": order_list.client_list_id,
        "transactionTime": at_ns // unit,
        "symbol": order_list.symbol,
        "orders": members_of(order_list),
    }


def list_changed(order_list: ListView) -> Form:
    """Return what an amendment says of the list that its order is in."""
    return {
        "orderListId": order_list.list_id,
        "contingencyType": contingency_of(order_list),
        "listOrderStatus": "ALL_DONE" if order_list.is_done else "EXECUTING",
        "listClientOrderId": order_list.client_list_id,
        "symbol": order_list.symbol,
        "orders": members_of(order_list),
    }


def own_trade(fill: FillView, list_id: int, unit: int) -> Form:
    """Return a fill as myTrades shows it."""
    return {
        "symbol": fill.symbol,
        "id": fill.trade_id,
        "orderId": fill.order_id,
        "orderListId": list_id,
        "price": eight(fill.price),
        "qty": eight(fill.quantity),
        "quoteQty": eight(fill.quote_quantity),
        "commission": eight(fill.commission),
        "commissionAsset": fill.commission_asset,
        "time": fill.time_ns // unit,
        "isBuyer": fill.side.name == "BUY",
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }
