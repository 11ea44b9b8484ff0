"""What Binance answers instead of a result: code, text, HTTP status."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A request that is answered by an error.

    Args:
        code: Binance's negative number.
        msg: Binance's words.
        status: Of HTTP, and of an answer of the WebSocket API.
        data: What goes beside code and text, where Binance sends more.
        headers: Further headers of the HTTP answer.
    """

    def __init__(
        self,
        code: int,
        msg: str,
        *,
        status: int = 400,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {msg}")
        self.code = code
        self.msg = msg
        self.status = status
        self.data = data
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """Return the JSON form."""
        form: dict[str, object] = {"code": self.code, "msg": self.msg}
        if self.data is not None:
            form["data"] = self.data
        return form


UNEXPECTED = -1000
SYMBOL_RANGE = r"^[\w\-._&&[^a-z]]{1,50}$"
DECIMAL_RANGE = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
INTEGER_RANGE = "^[0-9]{1,20}$"
CLIENT_ID_RANGE = "^[a-zA-Z0-9-_]{1,36}$"


def illegal(name: str, legal: str) -> Refusal:
    """Return -1100 for a parameter."""
    return Refusal(
        -1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    )


def too_many(expected: int, received: int) -> Refusal:
    """Return -1101."""
    text = f"Too many parameters; expected '{expected}' and received '{received}'."
    return Refusal(-1101, text)


def duplicated() -> Refusal:
    """Return -1101 for a name that came twice."""
    return Refusal(-1101, "Duplicate values for parameter detected.")


def missing(name: str) -> Refusal:
    """Return -1102 for a mandatory parameter."""
    return Refusal(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def missing_both(first: str, second: str) -> Refusal:
    """Return -1102 for two of which one is mandatory."""
    text = f"Param '{first}' or '{second}' must be sent, but both were empty/null!"
    return Refusal(-1102, text)


def unread(read: int, sent: int) -> Refusal:
    """Return -1104."""
    text = f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'."
    return Refusal(-1104, text)


def empty(name: str) -> Refusal:
    """Return -1105."""
    return Refusal(-1105, f"Parameter '{name}' was empty.")


def not_required(name: str) -> Refusal:
    """Return -1106."""
    return Refusal(-1106, f"Parameter '{name}' sent when not required.")


def overflowed(name: str) -> Refusal:
    """Return -1108."""
    return Refusal(-1108, f"Parameter '{name}' overflowed.")


def too_precise(name: str) -> Refusal:
    """Return -1111."""
    return Refusal(-1111, f"Parameter '{name}' has too much precision.")


def bad_symbol() -> Refusal:
    """Return -1121."""
    return Refusal(-1121, "Invalid symbol.")


def bad_combination() -> Refusal:
    """Return -1128."""
    return Refusal(-1128, "Combination of optional parameters invalid.")


def not_valid(name: str) -> Refusal:
    """Return -1130."""
    return Refusal(-1130, f"Data sent for parameter '{name}' is not valid.")


def bad_composition() -> Refusal:
    """Return -1014."""
    return Refusal(-1014, "Unsupported order combination.")


def filter_failure(name: str) -> Refusal:
    """Return -1013 for a filter."""
    return Refusal(-1013, f"Filter failure: {name}")


def no_sbe() -> Refusal:
    """Return -1155: this venue speaks JSON."""
    return Refusal(-1155, "SBE is not enabled.")


def market_closed() -> Refusal:
    """Return -1013: the symbol does not trade now."""
    return Refusal(-1013, "Market is closed.")


def order_refused(text: str) -> Refusal:
    """Return -2010: the matching engine does not take the order."""
    return Refusal(-2010, text)


def cancel_refused(text: str = "Unknown order sent.") -> Refusal:
    """Return -2011: the matching engine does not cancel."""
    return Refusal(-2011, text)


def no_such_order() -> Refusal:
    """Return -2013."""
    return Refusal(-2013, "Order does not exist.")


def bad_key_format() -> Refusal:
    """Return -2014."""
    return Refusal(-2014, "API-key format invalid.", status=401)


def key_refused() -> Refusal:
    """Return -2015."""
    return Refusal(-2015, "Invalid API-key, IP, or permissions for action.", status=401)


def bad_signature() -> Refusal:
    """Return -1022."""
    return Refusal(-1022, "Signature for this request is not valid.")


def ahead_of_time() -> Refusal:
    """Return -1021 for a timestamp of the future."""
    return Refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")


def outside_window() -> Refusal:
    """Return -1021 for a timestamp of the past."""
    return Refusal(-1021, "Timestamp for this request is outside of the recvWindow.")


def unknown_outcome() -> Refusal:
    """Return -1007: the request may have been carried out."""
    return Refusal(
        -1007,
        "Timeout waiting for response from backend server. "
        "Send status unknown; execution status unknown.",
        status=504,
    )


def unexpected(status: int) -> Refusal:
    """Return -1000; over HTTP a gateway says it as a page of HTML."""
    text = "An unknown error occurred while processing the request."
    return Refusal(UNEXPECTED, text, status=status)


def wrong_client_id() -> Refusal:
    """Return -2039."""
    return Refusal(-2039, "Client order ID is not correct for this order ID.")


def amend_refused(text: str) -> Refusal:
    """Return -2038: the matching engine does not amend."""
    return Refusal(-2038, text)


def unsupported() -> Refusal:
    """Return -1020."""
    return Refusal(-1020, "This operation is not supported.")


def other_status() -> Refusal:
    """Return -1220."""
    return Refusal(-1220, "The symbol's status does not match the requested symbolStatus.")
