"""What IB's codes are about, and whether an order that one names is dead.

Source:
    IB's message codes; sequences of them as users recorded them (ib_insync 554, 313; ib_async 191).
"""

from __future__ import annotations

from typing import Final

from regimeflow.types.enums import OrdRejReason
from regimeflow.types.errors import BrokerError, NetworkError, Outcome

VENUE: Final = "ib"

PACING: Final = 100
HISTORICAL: Final = 162
REJECTED: Final = 201
CANCELLED: Final = 202
CLIENT_ID_IN_USE: Final = 326
DUPLICATE_ID: Final = 103
DEPTH_RESET: Final = 317
BARS_BUSTED: Final = 10225
HELD: Final = frozenset({399, 404})  # an order message; waiting for a locate
LOST: Final = 1100
RESTORED_DATA_LOST: Final = 1101
RESTORED_DATA_KEPT: Final = 1102
LOST_SERVER: Final = 2110
FARMS_ARE_UP: Final = frozenset({2104, 2106, 2158})
DELAYED_SHOWN: Final = 10167
COMPETING_SESSION: Final = 10197
CANCEL_REFUSED: Final = frozenset({161, 10147, 10148})
NO_CONTRACT: Final = 200

# About an order that lives on, whatever ib_async makes of them.
_INFORMATIVE: Final = frozenset({165, 399, 404, 492, 10349})
_WARNINGS: Final = range(2100, 2200)
_LONGEST_TEXT: Final = 300
# Nothing to tell people of: farms that are up, or sleep until they are asked.
QUIET: Final = frozenset({2104, 2106, 2107, 2108, 2158, 2119})

_REASONS: Final = (
    ("insufficient", OrdRejReason.INSUFFICIENT_FUNDS),
    ("must exceed the initial margin", OrdRejReason.INSUFFICIENT_FUNDS),
    ("minimum price variation", OrdRejReason.BAD_TICK),
    ("fractional", OrdRejReason.BAD_LOT),
    ("order size", OrdRejReason.BAD_LOT),
    ("no security definition", OrdRejReason.UNKNOWN_SYMBOL),
    ("duplicate order id", OrdRejReason.DUPLICATE_ORDER),
    ("exchange is closed", OrdRejReason.EXCHANGE_CLOSED),
    ("unsupported", OrdRejReason.UNSUPPORTED),
    ("read-only", OrdRejReason.UNSUPPORTED),
)


def is_informative(code: int) -> bool:
    """Whether an order that the code names lives on."""
    return code in _INFORMATIVE or code in _WARNINGS


def reason_of(text: str) -> OrdRejReason:
    """FIX's word for a refusal's text."""
    lowered = text.lower()
    return next((reason for words, reason in _REASONS if words in lowered), OrdRejReason.OTHER)


def shown(code: int, text: str) -> str:
    """Return IB's words on one line, with the code once."""
    words, number = " ".join(text.split())[:_LONGEST_TEXT], f"({code})"
    return words if not code or words.endswith(number) else f"{words} {number}"


def refused(text: str) -> BrokerError:
    """Return the error of a request that does not leave, because it cannot be right."""
    return BrokerError(text, venue=VENUE, outcome=Outcome.NOT_SENT)


def refusal(code: int, text: str) -> BrokerError:
    """Return the error of a request that IB refused."""
    return BrokerError(shown(code, text), venue=VENUE, outcome=Outcome.REFUSED, code=code or None)


def not_sent(text: str) -> NetworkError:
    """Return the error of a request that did not leave, because nothing would hear it."""
    return NetworkError(text, venue=VENUE, outcome=Outcome.NOT_SENT)


def unknown(text: str, code: int | None = None) -> NetworkError:
    """Return the error of a request that left and was not answered."""
    return NetworkError(text, venue=VENUE, outcome=Outcome.UNKNOWN, code=code)
