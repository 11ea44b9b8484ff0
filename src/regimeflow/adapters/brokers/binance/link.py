"""Account events of two connections that overlap: what both tell counts once."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Final

from regimeflow.adapters.brokers.binance.errors import Meaning, Refusal
from regimeflow.types.errors import BrokerError

# Events of both connections of an overlap are told apart by symbol and execution id.
REMEMBERED: Final = 8_192
_EXECUTION: Final = re.compile(rb'"I":\s*(\d+)')
_SYMBOL: Final = re.compile(rb'"s":\s*"([^"]*)"')


class Repeats:
    """Remembers which events were heard."""

    def __init__(self) -> None:
        self._heard: Final[OrderedDict[tuple[bytes, bytes], None]] = OrderedDict()

    def is_new(self, frame: bytes) -> bool:
        """Whether an event was not heard before; one without an execution id always is."""
        execution = _EXECUTION.search(frame)
        if execution is None:
            return True
        symbol = _SYMBOL.search(frame)
        key = (symbol.group(1) if symbol else b"", execution.group(1))
        if key in self._heard:
            return False
        self._heard[key] = None
        if len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)
        return True


def is_refused(error: BrokerError) -> bool:
    """Whether the venue refuses the key: asking again is of no use."""
    return isinstance(error, Refusal) and error.meaning is Meaning.SESSION
