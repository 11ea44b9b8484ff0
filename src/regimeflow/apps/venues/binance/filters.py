"""The filters of exchangeInfo, checked before an order reaches the matching engine."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from regimeflow.apps.venues.binance import refusals
from regimeflow.apps.venues.binance.catalog import Row
from regimeflow.apps.venues.binance.names import WAIT_FOR_A_PRICE
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.exchange.kinds import Kind
from regimeflow.apps.venues.exchange.requests import NewOrder
from regimeflow.apps.venues.exchange.views import OrderView


def is_off(number: Decimal, least: Decimal, most: Decimal, step: Decimal) -> bool:
    """Whether a number is out of its bounds or between two steps."""
    return number < least or number > most or bool(step and number % step)


def check(new: NewOrder, row: Row, reference: Decimal | None) -> None:
    """Refuse an order that breaks a filter of its symbol.

    Args:
        new: The order.
        row: The rules of its symbol.
        reference: The average price of the last minutes, None before the first trade.

    Raises:
        Refusal: -1013, with the name of the filter.
    """
    for price in (new.limit_price, new.stop_price):
        if price is not None and is_off(price, row.least_price, row.most_price, row.tick):
            raise refusals.filter_failure("PRICE_FILTER")
    if new.limit_price is not None and reference is not None:
        low, high = reference * row.down, reference * row.up
        if not low <= new.limit_price <= high:
            raise refusals.filter_failure("PERCENT_PRICE_BY_SIDE")
    if new.trail_bips is not None and not row.least_trail <= new.trail_bips <= row.most_trail:
        raise refusals.filter_failure("TRAILING_DELTA")
    check_quantity(new, row)
    check_notional(new, row, reference)


def check_quantity(new: NewOrder, row: Row) -> None:
    """Refuse a quantity that breaks LOT_SIZE, MARKET_LOT_SIZE or ICEBERG_PARTS."""
    if new.quantity is None:
        return
    if is_off(new.quantity, row.least_qty, row.most_qty, row.lot):
        raise refusals.filter_failure("LOT_SIZE")
    if new.kind is Kind.MARKET and new.quantity > row.most_market_qty:
        raise refusals.filter_failure("MARKET_LOT_SIZE")
    if not new.display:
        return
    if is_off(new.display, row.least_qty, row.most_qty, row.lot):
        raise refusals.filter_failure("LOT_SIZE")
    if new.quantity > new.display * row.most_parts:
        raise refusals.filter_failure("ICEBERG_PARTS")


def check_notional(new: NewOrder, row: Row, reference: Decimal | None) -> None:
    """Refuse a value that breaks NOTIONAL; one without a price is worth what is paid lately."""
    if new.quote_quantity is not None:
        value, is_bounded = new.quote_quantity, False
    else:
        price = new.limit_price or new.stop_price or reference
        if price is None or new.quantity is None:
            return
        value, is_bounded = price * new.quantity, new.kind is not Kind.MARKET
    if value < row.least_notional or (is_bounded and value > row.most_notional):
        raise refusals.filter_failure("NOTIONAL")


def check_counts(news: Sequence[NewOrder], row: Row, open_orders: Sequence[OrderView]) -> None:
    """Refuse more open orders than an account may have.

    Raises:
        Refusal: -2010, with the name of the filter: these are counted by the matching engine.
    """
    if len(open_orders) + len(news) > row.most_orders:
        raise _counted("MAX_NUM_ORDERS")
    waiting = sum(new.kind in WAIT_FOR_A_PRICE for new in news)
    held = sum(each.kind in WAIT_FOR_A_PRICE and not each.is_triggered for each in open_orders)
    if waiting and held + waiting > row.most_algo_orders:
        raise _counted("MAX_NUM_ALGO_ORDERS")
    lists = {each.list_id for each in open_orders if each.list_id}
    if len(news) > 1 and len(lists) >= row.most_lists:
        raise _counted("MAX_NUM_ORDER_LISTS")


def _counted(name: str) -> Refusal:
    return refusals.order_refused(f"Filter failure: {name}")
