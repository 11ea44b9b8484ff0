"""What the exchange refuses, in Binance's codes and words."""

from __future__ import annotations

from typing import Final

from regimeflow.apps.venues.binance import refusals
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.exchange.kinds import Refused, Why

OF_NEW_ORDERS: Final = {
    Why.NO_FUNDS: "Account has insufficient balance for requested action.",
    Why.WOULD_TAKE: "Order would immediately match and take.",
    Why.WOULD_TRIGGER: "Stop price would trigger immediately.",
    Why.DUPLICATE_CLIENT_ID: "Duplicate order sent.",
    Why.RESTRICTED: "This symbol is restricted for this account.",
}
# What `r` of an executionReport says for the new order of a cancel-replace.
REASONS: Final = {
    OF_NEW_ORDERS[Why.NO_FUNDS]: "INSUFFICIENT_BALANCES",
    OF_NEW_ORDERS[Why.WOULD_TAKE]: "WOULD_MATCH_IMMEDIATELY",
    OF_NEW_ORDERS[Why.WOULD_TRIGGER]: "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY",
    OF_NEW_ORDERS[Why.DUPLICATE_CLIENT_ID]: "DUPLICATE_ORDER",
}


def of_new_order(refused: Refused) -> Refusal:
    """Return what a new order is answered."""
    text = OF_NEW_ORDERS.get(refused.why)
    if text is not None:
        return refusals.order_refused(text)
    if refused.why is Why.OFF_TICK:
        return refusals.filter_failure("PRICE_FILTER")
    if refused.why is Why.OFF_LOT:
        return refusals.filter_failure("LOT_SIZE")
    if refused.why is Why.CLOSED:
        return refusals.market_closed()
    if refused.why is Why.UNKNOWN_SYMBOL:
        return refusals.bad_symbol()
    return refusals.order_refused(str(refused))


def of_cancel(_: Refused) -> Refusal:
    """Return what a cancel is answered: the order is not known as an open one."""
    return refusals.cancel_refused()


def of_amendment(refused: Refused) -> Refusal:
    """Return what an amendment is answered."""
    if refused.why is Why.QTY_NOT_BELOW:
        return refusals.amend_refused("Order amend (quantity increase) is not supported.")
    if refused.why is Why.DUPLICATE_CLIENT_ID:
        return refusals.order_refused(OF_NEW_ORDERS[Why.DUPLICATE_CLIENT_ID])
    return refusals.amend_refused("Unknown order sent.")
