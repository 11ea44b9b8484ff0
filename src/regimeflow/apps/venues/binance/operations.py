"""Every operation: its REST path, its WebSocket method, its weight and who may ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.apps.venues.binance import (
    account_reads,
    cancel_replace,
    market_reads,
    order_lists,
    trading,
)
from regimeflow.apps.venues.binance.parts import Call, Parts

Sent = Mapping[str, str]
Run = Callable[[Parts, Call], object]
FREE: Final = "NONE"
DATA: Final = "USER_DATA"
TRADE: Final = "TRADE"


class Operation(NamedTuple):
    """One thing that can be asked for.

    ``is_free`` when it succeeds: orders cost weight only when they fail. ``counts`` orders: the
    answer shows the order counts.
    """

    name: str
    http: tuple[str, str]
    run: Run
    weight: Callable[[Sent], int]
    security: str = FREE
    is_free: bool = False
    counts: bool = False


def fixed(weight: int) -> Callable[[Sent], int]:
    """Return a weight that does not depend on what was sent."""
    return lambda _: weight


def either(name: str, present: int, absent: int) -> Callable[[Sent], int]:
    """Return a weight that depends on whether a parameter was sent."""
    return lambda sent: present if name in sent else absent


def of_depth(sent: Sent) -> int:
    """Return what a picture of the book costs."""
    text = sent.get("limit", "100")
    limit = int(text) if text.isdecimal() else 100
    for most, weight in ((100, 5), (500, 25), (1000, 50)):
        if limit <= most:
            return weight
    return 250


def of_day(sent: Sent) -> int:
    """Return what a ticker of 24 hours costs."""
    if "symbol" in sent:
        return 2
    return 2 if "symbols" in sent else 80


def _market() -> list[Operation]:
    reads = market_reads
    return [
        Operation("ping", ("GET", "/api/v3/ping"), reads.ping, fixed(1)),
        Operation("time", ("GET", "/api/v3/time"), reads.time, fixed(1)),
        Operation("exchangeInfo", ("GET", "/api/v3/exchangeInfo"), reads.exchange_info, fixed(20)),
        Operation("depth", ("GET", "/api/v3/depth"), reads.depth, of_depth),
        Operation("trades.recent", ("GET", "/api/v3/trades"), reads.trades, fixed(25)),
        Operation(
            "trades.historical", ("GET", "/api/v3/historicalTrades"), reads.trades, fixed(25)
        ),
        Operation("trades.aggregate", ("GET", "/api/v3/aggTrades"), reads.aggregates, fixed(4)),
        Operation("klines", ("GET", "/api/v3/klines"), reads.klines, fixed(2)),
        Operation("uiKlines", ("GET", "/api/v3/uiKlines"), reads.klines, fixed(2)),
        Operation("avgPrice", ("GET", "/api/v3/avgPrice"), reads.average_price, fixed(2)),
        Operation("ticker.24hr", ("GET", "/api/v3/ticker/24hr"), reads.day, of_day),
        Operation(
            "ticker.price", ("GET", "/api/v3/ticker/price"), reads.prices, either("symbol", 2, 4)
        ),
        Operation(
            "ticker.book",
            ("GET", "/api/v3/ticker/bookTicker"),
            reads.best_quotes,
            either("symbol", 2, 4),
        ),
    ]


def _read(name: str, path: str, run: Run, weight: Callable[[Sent], int] | int) -> Operation:
    cost = fixed(weight) if isinstance(weight, int) else weight
    return Operation(name, ("GET", f"/api/v3/{path}"), run, cost, DATA)


def _account() -> list[Operation]:
    reads, lists = account_reads, order_lists
    return [
        _read("account.status", "account", reads.account, 20),
        _read("account.commission", "account/commission", reads.commission, 20),
        _read("account.rateLimits.orders", "rateLimit/order", reads.order_counts, 40),
        _read("order.status", "order", reads.order_status, 4),
        _read("openOrders.status", "openOrders", reads.open_orders, either("symbol", 6, 80)),
        _read("allOrders", "allOrders", reads.all_orders, 20),
        _read("myTrades", "myTrades", reads.my_trades, either("orderId", 5, 20)),
        _read("order.amendments", "order/amendments", reads.amendments, 4),
        _read("myFilters", "myFilters", reads.my_filters, 40),
        _read(
            "myPreventedMatches",
            "myPreventedMatches",
            reads.prevented,
            either("preventedMatchId", 2, 20),
        ),
        _read("orderList.status", "orderList", lists.status, 4),
        _read("openOrderLists.status", "openOrderList", lists.open_lists, 6),
        _read("allOrderLists", "allOrderList", lists.all_lists, 20),
    ]


def _command(
    name: str, method: str, path: str, run: Run, *, counts: bool = False, weight: int = 1
) -> Operation:
    http = (method, f"/api/v3/{path}")
    return Operation(name, http, run, fixed(weight), TRADE, is_free=weight == 1, counts=counts)


def _trade() -> list[Operation]:
    test = Operation(
        "order.test",
        ("POST", "/api/v3/order/test"),
        trading.test,
        either("computeCommissionRates", 20, 1),
        TRADE,
    )
    replace = cancel_replace.cancel_replace
    return [
        test,
        _command("order.place", "POST", "order", trading.place, counts=True),
        _command("order.cancel", "DELETE", "order", trading.cancel),
        _command("openOrders.cancelAll", "DELETE", "openOrders", trading.cancel_all),
        _command("order.cancelReplace", "POST", "order/cancelReplace", replace, counts=True),
        _command(
            "order.amend.keepPriority", "PUT", "order/amend/keepPriority", trading.amend, weight=4
        ),
        _command("orderList.place.oco", "POST", "orderList/oco", order_lists.oco, counts=True),
        _command("orderList.place.oto", "POST", "orderList/oto", order_lists.oto, counts=True),
        _command(
            "orderList.place.otoco", "POST", "orderList/otoco", order_lists.otoco, counts=True
        ),
        _command("orderList.cancel", "DELETE", "orderList", order_lists.cancel),
    ]


OPERATIONS: Final = (*_market(), *_account(), *_trade())
BY_NAME: Final = {operation.name: operation for operation in OPERATIONS}
# What Binance switched off: the listen keys of old.
GONE: Final = (
    "/api/v3/userDataStream",
    "/api/v1/userDataStream",
)
GONE_METHODS: Final = ("userDataStream.start", "userDataStream.ping", "userDataStream.stop")
