"""News about a feed, as adapters tell it."""

from __future__ import annotations

import time
from typing import Final

from regimeflow._core.messages import SystemMessage
from regimeflow.types.enums import SystemCode

_LONGEST: Final = 400
_WARNING: Final = 30


def feed_news(code: SystemCode, symbol: str, text: str) -> SystemMessage:
    """Return news of a symbol's data, as of now."""
    now_ns = time.time_ns()
    return SystemMessage(
        text[:_LONGEST],
        code=code,
        level=_WARNING,
        symbol=symbol,
        ts_event_ns=now_ns,
        ts_recv_ns=now_ns,
    )
