"""Error codes with IB's texts.

Source: IB's ``errors.py`` and message code page; order texts as recorded by users.
"""

from __future__ import annotations

import enum
from typing import Final

NO_REQUEST: Final = -1


class Code(enum.IntEnum):
    """What error messages are about, news of connections included."""

    PACING = 100
    TOO_MANY_TICKERS = 101
    DUPLICATE_ORDER_ID = 103
    FILLED_ORDER_MODIFIED = 104
    ORDER_DOES_NOT_MATCH = 105
    OFF_TICK = 110
    BAD_TIF = 111
    WRONG_ACTION = 117
    HISTORICAL = 162
    ORDER_WARNING = 165
    NO_CONTRACT = 200
    REJECTED = 201
    CANCELLED = 202
    NO_SUCH_TICKER = 300
    TOO_MANY_DEPTHS = 309
    DEPTH_RESET = 317
    INVALID = 321
    READ_ONLY = 322
    CLIENT_ID_IN_USE = 326
    ORDER_TYPE_CHANGE = 329
    NOT_SUBSCRIBED = 354
    ORDER_TYPE_UNSUPPORTED = 387
    ORDER_MESSAGE = 399
    HELD_FOR_LOCATE = 404
    ZERO_SIZE = 434
    NO_ACCOUNT = 435
    UNKNOWN_MESSAGE = 505
    BAD_LENGTH = 507
    CONNECTION_LOST = 1100
    RESTORED_DATA_LOST = 1101
    RESTORED_DATA_KEPT = 1102
    FARM_OK = 2104
    HISTORICAL_FARM_OK = 2106
    OUTSIDE_HOURS_IGNORED = 2109
    CLOSING_WARNING = 2137
    SECURITY_FARM_OK = 2158
    CANCEL_UNKNOWN = 10147
    CANCEL_REFUSED = 10148
    DELAYED_SHOWN = 10167
    COMPETING_SESSION = 10197
    BARS_BUSTED = 10225
    FRACTION_REFUSED = 10243
    TIF_PRESET = 10349


TEXTS: Final = {
    Code.TOO_MANY_TICKERS: "Max number of tickers has been reached",
    Code.DUPLICATE_ORDER_ID: "Duplicate order id",
    Code.FILLED_ORDER_MODIFIED: "Cannot modify a filled order",
    Code.ORDER_DOES_NOT_MATCH: "Order being modified does not match original order",
    Code.OFF_TICK: "The price does not conform to the minimum price variation for this contract.",
    Code.BAD_TIF: "The TIF (Tif type) and the order type are incompatible.",
    Code.WRONG_ACTION: "Wrong action type",
    Code.NO_SUCH_TICKER: "Can't find EId with tickerId:{id}",
    Code.TOO_MANY_DEPTHS: "Max number (3) of market depth requests has been reached",
    Code.DEPTH_RESET: (
        "Market depth data has been RESET. Please empty deep book contents before applying any new"
        " entries."
    ),
    Code.READ_ONLY: (
        "Error processing request.-'bW' : cause - The API interface is currently in Read-Only mode."
    ),
    Code.CLIENT_ID_IN_USE: (
        "Unable to connect as the client id is already in use. Retry with a unique client id."
    ),
    Code.ORDER_TYPE_CHANGE: ("Order modify failed. Cannot change to the new order type:{type}"),
    Code.NOT_SUBSCRIBED: "Requested market data is not subscribed.",
    Code.ORDER_TYPE_UNSUPPORTED: ("Unsupported order type for this exchange and security type."),
    Code.HELD_FOR_LOCATE: "Order held while securities are located.",
    Code.ZERO_SIZE: "The order size cannot be zero.",
    Code.NO_ACCOUNT: "You must specify an account.",
    Code.UNKNOWN_MESSAGE: "Fatal Error: Unknown message id.",
    Code.BAD_LENGTH: "Bad Message Length",
    Code.CONNECTION_LOST: ("Connectivity between IBKR and Trader Workstation has been lost."),
    Code.RESTORED_DATA_LOST: (
        "Connectivity between IBKR and Trader Workstation has been restored - data lost. Please"
        " resubmit market data requests to refresh the data."
    ),
    Code.RESTORED_DATA_KEPT: (
        "Connectivity between IBKR and Trader Workstation has been restored - data maintained. All"
        " data farms are connected: usfarm; ushmds; secdefil."
    ),
    Code.FARM_OK: "Market data farm connection is OK:usfarm",
    Code.HISTORICAL_FARM_OK: "HMDS data farm connection is OK:ushmds",
    Code.SECURITY_FARM_OK: "Sec-def data farm connection is OK:secdefil",
    Code.CANCELLED: "Order Canceled - reason:",
    Code.CANCEL_UNKNOWN: "OrderId {id} that needs to be cancelled is not found.",
    Code.CANCEL_REFUSED: (
        "OrderId {id} that needs to be cancelled cannot be cancelled, state: {state}."
    ),
    Code.DELAYED_SHOWN: (
        "Requested market data is not subscribed. Displaying delayed market data."
    ),
    Code.COMPETING_SESSION: "No market data during competing live session",
    Code.BARS_BUSTED: (
        "Bust event occurred, current subscription is deactivated. Please resubscribe real-time"
        " bars immediately."
    ),
    Code.FRACTION_REFUSED: (
        "Fractional-sized order cannot be placed via API. Please use desktop version to place this"
        " order."
    ),
    Code.TIF_PRESET: "Order TIF was set to DAY based on order preset.",
}


class Refusal(Exception):
    """A request that gets an error for an answer."""

    def __init__(self, code: Code, text: str = "", **words: object) -> None:
        super().__init__(text or TEXTS[code].format(**words))
        self.code: Final = code

    @property
    def text(self) -> str:
        """What the error message says."""
        return str(self)


def invalid(cause: str) -> Refusal:
    """Return the refusal of a request that TWS's own checks do not pass."""
    return Refusal(Code.INVALID, f"Error validating request.-'bW' : cause - {cause}")


def rejected(reason: str) -> Refusal:
    """Return the rejection of an order."""
    return Refusal(Code.REJECTED, f"Order rejected - reason:{reason}")
