"""A whole order in the server's words: openOrder and completedOrder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regimeflow.apps.venues.ib.fields import (
    UNSET_DOUBLE,
    UNSET_INTEGER,
    decimal_of,
    double,
    number,
)
from regimeflow.apps.venues.ib.ids import Say
from regimeflow.apps.venues.ib.layout import Rows, Values, write
from regimeflow.apps.venues.ib.order_layouts import COMPLETED_ORDER, OPEN_ORDER

# What TWS writes for what a client did not ask for, recorded at versions 162 to 176.
_ZEROS: Final = [
    "origin",
    "outsideRth",
    "hidden",
    "discretionaryAmt",
    "shortSaleSlot",
    "auctionStrategy",
    "blockOrder",
    "sweepToFill",
    "allOrNone",
    "eTradeOnly",
    "firmQuoteOnly",
    "parentId",
    "triggerMethod",
    "volatilityType",
    "deltaNeutralConId",
    "deltaNeutralShortSale",
    "deltaNeutralShortSaleSlot",
    "continuousUpdate",
    "referencePriceType",
    "optOutSmartRouting",
    "notHeld",
    "hasDeltaNeutralContract",
    "solicited",
    "whatIf",
    "randomizeSize",
    "randomizePrice",
    "adjustableTrailingUnit",
    "cashQty",
    "isOmsContainer",
    "discretionaryUpToLimitPrice",
    "usePriceMgmtAlgo",
    "autoCancelParent",
    "imbalanceOnly",
    "routeMarketableToBbo",
]
_UNSET_DOUBLES: Final = [
    "initMarginBefore",
    "maintMarginBefore",
    "equityWithLoanBefore",
    "initMarginChange",
    "maintMarginChange",
    "equityWithLoanChange",
    "initMarginAfter",
    "maintMarginAfter",
    "equityWithLoanAfter",
    "triggerPrice",
    "adjustedTrailStopPrice",
    "lmtPriceOffset",
    "adjustedStopPrice",
    "adjustedStopLimitPrice",
    "adjustedTrailingAmount",
]
_UNSET_INTEGERS: Final = [
    "displaySize",
    "scaleInitLevelSize",
    "scaleSubsLevelSize",
    "refFuturesConId",
]
UNASKED: Final[Mapping[str, str]] = {
    **dict.fromkeys(_ZEROS, "0"),
    **dict.fromkeys(_UNSET_DOUBLES, UNSET_DOUBLE),
    **dict.fromkeys(_UNSET_INTEGERS, UNSET_INTEGER),
    "exemptCode": "-1",
    "ocaType": "3",
    "deltaNeutralOrderType": "None",
    "deltaNeutralOpenClose": "?",
    "clearingIntent": "IB",
    "adjustedOrderType": "None",
    "dontUseAutoPriceForHedge": "1",
    "shareholder": "Not an insider or substantial shareholder",
    "parentPermId": "9223372036854775807",
}
# What a client asked for and reads back, word for word.
_TEXTS: Final = [
    "action",
    "orderType",
    "tif",
    "ocaGroup",
    "account",
    "openClose",
    "origin",
    "orderRef",
    "goodAfterTime",
    "goodTillDate",
    "modelCode",
    "rule80A",
    "settlingFirm",
    "hedgeType",
    "hedgeParam",
    "algoStrategy",
    "clearingAccount",
]
_FLAGS: Final = [
    "outsideRth",
    "hidden",
    "blockOrder",
    "sweepToFill",
    "allOrNone",
    "notHeld",
    "optOutSmartRouting",
    "solicited",
    "whatIf",
    "randomizeSize",
    "randomizePrice",
]
_DOUBLES: Final = ["trailStopPrice", "trailingPercent"]


def told(asked: Mapping[str, str], facts: Mapping[str, str]) -> Values:
    """Return an order's fields in openOrder: what was asked, in TWS's form, and its own facts."""
    values = dict(UNASKED)
    values.update((name, asked[name]) for name in _TEXTS if asked.get(name))
    values.update((name, "1") for name in _FLAGS if asked.get(name) in {"1", "true", "True"})
    for name in _DOUBLES:
        price = decimal_of(asked.get(name, ""))
        if price is not None:
            values[name] = double(price)
    for name in ("lmtPrice", "auxPrice"):
        price = decimal_of(asked.get(name, ""))
        values[name] = "0.0" if price is None else double(price)
    if (oca_type := asked.get("ocaType", "")) not in {"", "0"}:
        values["ocaType"] = oca_type
    shown = decimal_of(asked.get("displaySize", ""))
    if shown:
        values["displaySize"] = number(shown)
    values["sharesAllocation"] = f"{facts['permId']}.0/{asked.get('account', '')}/100"
    values.update(facts)
    return values


def open_order(values: Values, rows: Rows, version: int) -> list[str]:
    """Return an openOrder message."""
    return [str(Say.OPEN_ORDER.value), *write(OPEN_ORDER, values, rows, version)]


def completed_order(values: Values, rows: Rows, version: int) -> list[str]:
    """Return a completedOrder message; it has no order id."""
    return [str(Say.COMPLETED_ORDER.value), *write(COMPLETED_ORDER, values, rows, version)]
