"""What Alpaca's refusals mean: is the order alive, when may we ask again, whose fault was it.

One code has many meanings, and one meaning several codes: the words decide.

Source:
    Alpaca's trading API reference, and answers recorded or quoted in public issue trackers.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from regimeflow.types.enums import OrdRejReason
from regimeflow.types.errors import BrokerError, NetworkError, Outcome

VENUE: Final = "alpaca"

UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
TIMED_OUT: Final = 408
UNPROCESSABLE: Final = 422
TOO_MANY: Final = 429
_SERVER: Final = 500
_LONGEST_TEXT: Final = 300
_NOT_UNIQUE: Final = "client_order_id must be unique"
_NOT_SENT_ON_YET: Final = "isn't sent to exchange yet"
_BEING_REPLACED: Final = "pending_replace"
_BEING_CANCELLED: Final = "pending_cancel"

_REASONS: Final = (
    (_NOT_UNIQUE, OrdRejReason.DUPLICATE_ORDER),
    ("insufficient", OrdRejReason.INSUFFICIENT_FUNDS),
    ("buying power", OrdRejReason.INSUFFICIENT_FUNDS),
    ("sub-penny", OrdRejReason.BAD_TICK),
    ("decimal places", OrdRejReason.BAD_LOT),
    ("fractiona", OrdRejReason.BAD_LOT),
    ("minimal amount", OrdRejReason.EXCEEDS_LIMIT),
    ("order not found", OrdRejReason.UNKNOWN_ORDER),
    ("already in", OrdRejReason.TOO_LATE_TO_CANCEL),
    ("not cancelable", OrdRejReason.TOO_LATE_TO_CANCEL),
    ("asset", OrdRejReason.UNKNOWN_SYMBOL),
    ("market is closed", OrdRejReason.EXCHANGE_CLOSED),
    ("not accepted between", OrdRejReason.EXCHANGE_CLOSED),
    ("not supported", OrdRejReason.UNSUPPORTED),
    ("do not support", OrdRejReason.UNSUPPORTED),
    ("not allowed", OrdRejReason.UNSUPPORTED),
    ("invalid", OrdRejReason.UNSUPPORTED),
)


class Meaning(enum.Enum):
    """What to do about an answer that is no success."""

    REFUSED = "refused"  # definite: not carried out
    UNKNOWN = "unknown"  # may have been carried out
    STOP = "stop"  # too many requests: not carried out, and nothing may leave for a while
    SESSION = "session"  # the key is no good
    DUPLICATE = "duplicate"  # an order of this client id is there, or was
    MISSING = "missing"  # there is no such thing


class Refusal(BrokerError):
    """An answer of Alpaca's that is no success."""

    def __init__(
        self, text: str, meaning: Meaning, *, code: int, status: int, retry_after_s: float | None
    ) -> None:
        super().__init__(
            text, venue=VENUE, outcome=Outcome.REFUSED, code=code, retry_after_s=retry_after_s
        )
        self.meaning: Final = meaning
        self.status: Final = status

    @property
    def reason(self) -> OrdRejReason:
        """FIX's word for it."""
        return reason_of(self.text)

    @property
    def is_being_replaced(self) -> bool:
        """Whether a cancel is refused because a change is under way."""
        return _BEING_REPLACED in self.text

    @property
    def is_being_cancelled(self) -> bool:
        """Whether a cancel is refused because one is under way."""
        return _BEING_CANCELLED in self.text

    @property
    def may_be_done(self) -> bool:
        """Whether a change may have been made all the same (alpaca-trade-api-python 306)."""
        return _NOT_SENT_ON_YET in self.text


def reason_of(text: str) -> OrdRejReason:
    """FIX's word for a refusal's text."""
    lowered = text.lower()
    return next((reason for words, reason in _REASONS if words in lowered), OrdRejReason.OTHER)


def meaning_of(status: int, code: int, text: str) -> Meaning:
    """What an answer means that is no success."""
    if status >= _SERVER or status == TIMED_OUT:
        return Meaning.UNKNOWN
    if status == TOO_MANY:
        return Meaning.STOP
    if status == UNAUTHORIZED or (status == FORBIDDEN and not code):
        return Meaning.SESSION
    if status == NOT_FOUND:
        return Meaning.MISSING
    if status == UNPROCESSABLE and _NOT_UNIQUE in text:
        return Meaning.DUPLICATE  # 40010001 is said of other things too: the words decide
    return Meaning.REFUSED


def failure_of(status: int, body: object, *, retry_after_s: float | None = None) -> BrokerError:
    """Return the error that an answer stands for.

    Args:
        status: Of HTTP.
        body: As decoded; a gateway's page has neither code nor words.
        retry_after_s: How long to wait, as the venue says [s].
    """
    table = body if isinstance(body, Mapping) else {}
    code = table.get("code")
    code = code if isinstance(code, int) else 0
    text = " ".join(str(table.get("message") or "no text").split())[:_LONGEST_TEXT]
    meaning = meaning_of(status, code, text)
    if meaning is Meaning.UNKNOWN:
        return NetworkError(
            f"{text} (status {status})",
            venue=VENUE,
            outcome=Outcome.UNKNOWN,
            code=code or status,
            retry_after_s=retry_after_s,
        )
    return Refusal(
        f"{text} ({code or status})",
        meaning,
        code=code or status,
        status=status,
        retry_after_s=retry_after_s,
    )


def is_session_refused(error: BrokerError) -> bool:
    """Whether the venue refuses the key, or what it may hear: asking again is of no use."""
    return isinstance(error, Refusal) and error.meaning is Meaning.SESSION


def not_sent(text: str) -> BrokerError:
    """Return the error of what is not sent, and why."""
    return BrokerError(f"not sent: {text}", venue=VENUE, outcome=Outcome.NOT_SENT)
