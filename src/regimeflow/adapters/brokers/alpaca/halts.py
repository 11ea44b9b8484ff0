"""Trading halts of single shares, as the market data stream tells them."""

from __future__ import annotations

from typing import Final

from regimeflow._core.alpaca_frames import TradingStatus
from regimeflow.types.records import Record

# Source: Alpaca, "Real-time stock data", trading status: codes of tapes A and B, then of C and O.
_HALTED: Final = frozenset({"2", "F", "H", "P"})
_GOES_ON: Final = frozenset({"3", "T"})


class Halt(Record):
    """One symbol's halt."""

    text: str
    heard_ns: int


class Halts:
    """Which symbols are halted, as far as was heard: nobody can be asked."""

    def __init__(self) -> None:
        self._by_symbol: Final[dict[str, Halt]] = {}

    def hear(self, status: TradingStatus) -> str:
        """Take a status; return what it says for people, "" when nothing has changed."""
        symbol, code = status.symbol, status.status_code
        if code in _HALTED:
            words = (status.status_message or f"status {code}", status.reason_message)
            text = ": ".join(word for word in words if word)
            known = self._by_symbol.get(symbol)
            self._by_symbol[symbol] = Halt(text, status.ts_recv_ns)
            return "" if known is not None and known.text == text else f"is halted: {text}"
        if code in _GOES_ON and self.forget(symbol):
            return f"trades again: {status.status_message}"
        return ""

    def forget(self, symbol: str) -> bool:
        """Take that a symbol is not halted; whether it was."""
        return self._by_symbol.pop(symbol, None) is not None

    def find(self, symbol: str) -> Halt | None:
        """The halt of a symbol; None: it trades, or nothing was heard."""
        return self._by_symbol.get(symbol)

    def symbols(self) -> list[str]:
        """Those that are halted."""
        return list(self._by_symbol)
