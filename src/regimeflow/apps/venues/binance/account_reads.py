"""What an account asks about itself: balances, orders, trades, limits."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from regimeflow.apps.venues.binance import order_forms, refusals
from regimeflow.apps.venues.binance.parts import Call, Parts, open_of
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.texts import eight
from regimeflow.apps.venues.exchange.requests import Fees
from regimeflow.apps.venues.exchange.views import FillView, OrderView

Form = dict[str, object]
Timed = TypeVar("Timed", OrderView, FillView)
DAY_MS = 86_400_000
BASIS_POINTS = 10_000


def rates_of(fees: Fees) -> Form:
    """Return the four rates of an account."""
    return {
        "maker": eight(fees.maker),
        "taker": eight(fees.taker),
        "buyer": eight(0),
        "seller": eight(0),
    }


def account(parts: Parts, call: Call) -> Form:
    """Answer ``GET /api/v3/account`` and ``account.status``."""
    omits_zeros = call.parameters.flag("omitZeroBalances", default=False)
    call.parameters.finish()
    view = parts.exchange.accounts[call.account]
    at_ns = call.now_ns - call.lag_ns
    balances = parts.past.balances(call.account, view.balances(), at_ns)
    rates = rates_of(view.fees)
    permitted: Form = {"canTrade": True, "canWithdraw": True, "canDeposit": True}
    # The two doors differ in where they put the rates.
    ordered = {"commissionRates": rates, **permitted}
    if call.transport == "ws":
        ordered = {**permitted, "commissionRates": rates}
    return {
        "makerCommission": int(view.fees.maker * BASIS_POINTS),
        "takerCommission": int(view.fees.taker * BASIS_POINTS),
        "buyerCommission": 0,
        "sellerCommission": 0,
        **ordered,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": parts.updated_ns(call.account) // call.unit,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": eight(balance.free), "locked": eight(balance.locked)}
            for asset, balance in sorted(balances.items())
            if not omits_zeros or balance.free or balance.locked
        ],
        "permissions": ["SPOT"],
        "uid": parts.uid(call.account),
    }


def commission(parts: Parts, call: Call) -> Form:
    """Answer ``GET /api/v3/account/commission`` and ``account.commission``."""
    row = parts.row(call)
    call.parameters.finish()
    fees = parts.exchange.accounts[call.account].fees
    nothing = {name: eight(0) for name in ("maker", "taker", "buyer", "seller")}
    return {
        "symbol": row.symbol,
        "standardCommission": rates_of(fees),
        "specialCommission": dict(nothing),
        "taxCommission": dict(nothing),
        "discount": {
            "enabledForAccount": fees.asset == "BNB",
            "enabledForSymbol": True,
            "discountAsset": "BNB",
            "discount": eight(1 - fees.discount if fees.asset == "BNB" else Decimal("0.75")),
        },
    }


def order_counts(parts: Parts, call: Call) -> list[Form]:
    """Answer ``GET /api/v3/rateLimit/order`` and ``account.rateLimits.orders``."""
    call.parameters.finish()
    return parts.counts.rows(call.account, call.now_ns)


def order_status(parts: Parts, call: Call) -> Form:
    """Answer ``GET /api/v3/order`` and ``order.status``."""
    row = parts.row(call)
    order_id = call.parameters.integer("orderId")
    client_id = call.parameters.client_id("origClientOrderId")
    if order_id is None and client_id is None:
        raise refusals.missing_both("origClientOrderId", "orderId")
    call.parameters.finish()
    order = parts.find(call, row.symbol, order_id, client_id)
    if order is None:
        raise refusals.no_such_order()
    seen = as_seen(parts, call, [order])
    if not seen:
        raise refusals.no_such_order()
    return order_forms.queried(seen[0], call.unit)


def as_seen(parts: Parts, call: Call, orders: Sequence[OrderView]) -> list[OrderView]:
    """Return orders as a read sees them that may lag."""
    return parts.past.orders(orders, call.now_ns - call.lag_ns)


def open_orders(parts: Parts, call: Call) -> list[Form]:
    """Answer ``GET /api/v3/openOrders`` and ``openOrders.status``."""
    symbol = parts.row(call).symbol if call.parameters.has("symbol") else None
    call.parameters.finish()
    account = parts.exchange.accounts[call.account]
    if call.lag_ns:
        found = open_of(as_seen(parts, call, account.orders(symbol)))
    else:
        found = account.open_orders(symbol)
    return [order_forms.queried(each, call.unit) for each in found]


def span(call: Call) -> tuple[int | None, int | None]:
    """Read startTime and endTime, at most 24 hours apart.

    Raises:
        Refusal: -1127, the span is longer.
    """
    start = call.parameters.integer("startTime")
    end = call.parameters.integer("endTime")
    if start is not None and end is not None and end - start > DAY_MS:
        raise Refusal(-1127, "More than 24 hours between startTime and endTime.")
    return start, end


def within(rows: Sequence[Timed], start: int | None, end: int | None) -> list[Timed]:
    """Return what happened within a span of milliseconds."""
    return [
        row
        for row in rows
        if (start is None or _time_ns(row) >= start * 1_000_000)
        and (end is None or _time_ns(row) // 1_000_000 <= end)
    ]


def _time_ns(row: OrderView | FillView) -> int:
    return row.created_ns if isinstance(row, OrderView) else row.time_ns


def all_orders(parts: Parts, call: Call) -> list[Form]:
    """Answer ``GET /api/v3/allOrders`` and ``allOrders``."""
    row = parts.row(call)
    first = call.parameters.integer("orderId")
    start, end = span(call)
    limit = call.parameters.limit(500, 1000)
    call.parameters.finish()
    orders = parts.exchange.accounts[call.account].orders(row.symbol)
    found = within(as_seen(parts, call, orders), start, end)
    if first is not None:
        found = [each for each in found if each.order_id >= first]
    chosen = found[:limit] if first is not None or start is not None else found[-limit:]
    return [order_forms.queried(each, call.unit) for each in chosen]


def my_trades(parts: Parts, call: Call) -> list[Form]:
    """Answer ``GET /api/v3/myTrades`` and ``myTrades``."""
    row = parts.row(call)
    order_id = call.parameters.integer("orderId")
    first = call.parameters.integer("fromId")
    start, end = span(call)
    limit = call.parameters.limit(500, 1000)
    call.parameters.finish()
    if first is not None and (start is not None or end is not None):
        raise refusals.bad_combination()
    fills = parts.exchange.accounts[call.account].fills(row.symbol)
    last_ns = call.now_ns - call.lag_ns
    found = [
        fill
        for fill in within(fills, start, end)
        if (order_id is None or fill.order_id == order_id)
        and (first is None or fill.trade_id >= first)
        and fill.time_ns <= last_ns
    ]
    chosen = found[:limit] if first is not None or start is not None else found[-limit:]
    return [_trade(parts, call, fill) for fill in chosen]


def _trade(parts: Parts, call: Call, fill: FillView) -> Form:
    order = parts.exchange.order(fill.order_id)
    list_id = order_forms.list_id_of(order) if order else -1
    return order_forms.own_trade(fill, list_id, call.unit)


def amendments(parts: Parts, call: Call) -> list[Form]:
    """Answer ``GET /api/v3/order/amendments`` and ``order.amendments``."""
    row = parts.row(call)
    call.parameters.required("orderId")
    order_id = call.parameters.integer("orderId") or 0
    first = call.parameters.integer("fromExecutionId") or 0
    limit = call.parameters.limit(500, 1000)
    call.parameters.finish()
    if parts.order_of(call, row.symbol, order_id) is None:
        raise refusals.no_such_order()
    events = parts.amendments.get(order_id, [])
    return [
        {
            "symbol": row.symbol,
            "orderId": order_id,
            "executionId": event.exec_id,
            "origClientOrderId": event.before.client_order_id,
            "newClientOrderId": event.order.client_order_id,
            "origQty": eight(event.before.quantity),
            "newQty": eight(event.order.quantity),
            "time": event.time_ns // call.unit,
        }
        for event in events
        if event.exec_id >= first
    ][:limit]


def my_filters(parts: Parts, call: Call) -> Form:
    """Answer ``GET /api/v3/myFilters`` and ``myFilters``."""
    row = parts.row(call)
    call.parameters.finish()
    return {"exchangeFilters": [], "symbolFilters": row.filters(), "assetFilters": []}


def prevented(parts: Parts, call: Call) -> list[Form]:
    """Answer ``GET /api/v3/myPreventedMatches`` and ``myPreventedMatches``."""
    row = parts.row(call)
    match = call.parameters.integer("preventedMatchId")
    order_id = call.parameters.integer("orderId")
    limit = call.parameters.limit(500, 1000)
    first = call.parameters.integer("fromPreventedMatchId") or 0
    call.parameters.finish()
    if match is None and order_id is None:
        raise refusals.missing_both("preventedMatchId", "orderId")
    return [
        {
            "symbol": row.symbol,
            "preventedMatchId": event.prevented_match_id,
            "takerOrderId": event.order.order_id,
            "makerSymbol": row.symbol,
            "makerOrderId": event.counter_order_id,
            "tradeGroupId": 0,
            "selfTradePreventionMode": event.order.stp.name,
            "price": eight(event.price),
            "makerPreventedQuantity": eight(event.quantity),
            "transactTime": event.time_ns // call.unit,
        }
        for event in parts.prevented
        if event.order.account == call.account
        and match in {None, event.prevented_match_id}
        and order_id in {None, event.order.order_id, event.counter_order_id}
        and event.prevented_match_id >= first
    ][:limit]
