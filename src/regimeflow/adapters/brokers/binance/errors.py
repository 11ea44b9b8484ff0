"""What Binance's refusals mean: is the order alive, when may we ask again, whose fault was it.

Source:
    binance-spot-api-docs a5e0bc3, errors.md; web-socket-api.md for the status of an answer.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Final

from regimeflow.types.enums import OrdRejReason
from regimeflow.types.errors import BrokerError, NetworkError, Outcome

VENUE: Final = "binance"

UNKNOWN_ORDER: Final = -2011
NO_SUCH_ORDER: Final = -2013
ARCHIVED: Final = -2026
BAD_TIMESTAMP: Final = -1021
REPLACE_HALF_DONE: Final = -2021
REPLACE_FAILED: Final = -2022
NEW_ORDER_REJECTED: Final = -2010
_TOO_MANY_REQUESTS: Final = -1003
TOO_MANY_ORDERS: Final = -1015

# UNKNOWN, DISCONNECTED, UNEXPECTED_RESP, TIMEOUT: the request may have been carried out.
_UNKNOWN_CODES: Final = frozenset({-1000, -1001, -1006, -1007})
_SESSION_CODES: Final = frozenset({-2014, -2015, -1022})
_HTTP_UNKNOWN: Final = 500
_HTTP_STOP: Final = frozenset({418, 429})
_SHORTEST_STOP_S: Final = 1.0
_BAN_S: Final = 120.0  # the shortest ban, where no end is told
_GATEWAY_S: Final = 5.0  # after a word of the gateway's, which has no code: not the venue's own
_LONGEST_TEXT: Final = 300

_REASONS: Final = (
    ("duplicate order", OrdRejReason.DUPLICATE_ORDER),
    ("insufficient balance", OrdRejReason.INSUFFICIENT_FUNDS),
    ("market is closed", OrdRejReason.EXCHANGE_CLOSED),
    ("price_filter", OrdRejReason.BAD_TICK),
    ("lot_size", OrdRejReason.BAD_LOT),
    ("filter failure", OrdRejReason.EXCEEDS_LIMIT),
    ("invalid symbol", OrdRejReason.UNKNOWN_SYMBOL),
    ("not supported", OrdRejReason.UNSUPPORTED),
    ("unknown order", OrdRejReason.UNKNOWN_ORDER),
    ("order does not exist", OrdRejReason.UNKNOWN_ORDER),
)


class Meaning(enum.Enum):
    """What to do about an answer that is no success."""

    REFUSED = "refused"  # definite: not carried out
    UNKNOWN = "unknown"  # may have been carried out
    STOP = "stop"  # too many requests: nothing may leave for a while
    CLOCK = "clock"  # our time is wrong: definite, and may be sent again once it is right
    SESSION = "session"  # the key or its session is no good


class Refusal(BrokerError):
    """An answer of Binance's that is no success.

    ``status`` is that of HTTP, or of the WebSocket API's answer; ``data`` what came with it.
    """

    def __init__(
        self, text: str, meaning: Meaning, *, code: int, status: int, retry_after_s: float | None
    ) -> None:
        super().__init__(
            text,
            venue=VENUE,
            outcome=Outcome.REFUSED,
            code=code,
            retry_after_s=retry_after_s,
        )
        self.meaning: Final = meaning
        self.status: Final = status
        self.data: Mapping[str, object] = {}

    @property
    def reason(self) -> OrdRejReason:
        """FIX's word for it."""
        return reason_of(self.text, self.code or 0)


def reason_of(text: str, code: int = 0) -> OrdRejReason:
    """FIX's word for a refusal's text."""
    if code == TOO_MANY_ORDERS:
        return OrdRejReason.EXCEEDS_LIMIT
    lowered = text.lower()
    return next((reason for words, reason in _REASONS if words in lowered), OrdRejReason.OTHER)


def meaning_of(status: int, code: int, text: str) -> Meaning:
    """What an answer means that is no success."""
    if status >= _HTTP_UNKNOWN or code in _UNKNOWN_CODES:
        return Meaning.UNKNOWN
    if status in _HTTP_STOP or code in (_TOO_MANY_REQUESTS, TOO_MANY_ORDERS):
        return Meaning.STOP
    if code == BAD_TIMESTAMP:
        return Meaning.CLOCK
    if code in _SESSION_CODES or status == 401:  # noqa: PLR2004  # of HTTP
        return Meaning.SESSION
    if code == NEW_ORDER_REJECTED and "duplicate order" in text.lower():
        return Meaning.UNKNOWN  # an order of this id is alive: is it ours?
    return Meaning.REFUSED


def failure_of(
    status: int,
    code: int,
    text: str,
    *,
    data: object = None,
    retry_after_s: float | None = None,
) -> BrokerError:
    """Return the error that an answer stands for.

    Args:
        status: Of HTTP, or of the answer.
        code: Binance's own; 0: none.
        text: Binance's own words.
        data: What came with it.
        retry_after_s: How long to wait, as the venue says [s].
    """
    text = " ".join(text.split())[:_LONGEST_TEXT] or "no text"
    meaning = meaning_of(status, code, text)
    if meaning is Meaning.UNKNOWN:
        return NetworkError(
            f"{text} (status {status}, code {code})",
            venue=VENUE,
            outcome=Outcome.UNKNOWN,
            code=code,
            retry_after_s=retry_after_s,
        )
    if not code and retry_after_s is None and meaning is Meaning.REFUSED:
        retry_after_s = _GATEWAY_S
    error = Refusal(
        f"{text} ({code})",
        meaning,
        code=code,
        status=status,
        retry_after_s=retry_after_s,
    )
    if isinstance(data, Mapping):
        error.data = data
    return error


def stop_s(status: int, code: int, text: str, *, told_s: float | None) -> float | None:
    """How long nothing may leave after an answer; None when it says nothing of the kind.

    An order limit (-1015) stops orders only, and the engine is told; it stops nothing here.
    """
    if status not in _HTTP_STOP and code != _TOO_MANY_REQUESTS:
        return None
    if code == TOO_MANY_ORDERS:
        return None
    if told_s is not None:
        return max(_SHORTEST_STOP_S, told_s)
    is_ban = status == 418 or "banned" in text.lower()  # noqa: PLR2004  # of HTTP
    return _BAN_S if is_ban else _SHORTEST_STOP_S


_UNTIL: Final = re.compile(r"banned until (\d{13})")


def banned_until_ms(text: str) -> int | None:
    """When a ban ends, where the text says so."""
    found = _UNTIL.search(text)
    return int(found.group(1)) if found else None
