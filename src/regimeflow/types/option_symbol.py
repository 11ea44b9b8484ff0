"""What the symbol of a US option says: AAPL261218C00230000."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow._core.tuples import NamedTuple

_TAIL: Final = 15  # the date, C or P, the strike in thousandths
_RIGHT: Final = 9  # C or P, and what is behind it
_LONGEST_ROOT: Final = 6
_KINDS: Final = {"C": "call", "P": "put"}
_MONTHS: Final = 12
_DAYS: Final = 31


class OptionSymbol(NamedTuple):
    """One contract, as the Options Clearing Corporation spells it, without blanks.

    ``expires`` is a date as ISO 8601 has it, ``kind`` is ``call`` or ``put``.
    """

    root: str
    expires: str
    kind: str
    strike: Decimal


def option_of(symbol: str) -> OptionSymbol | None:
    """Read a symbol; None when it is no option's."""
    root, date, strike = symbol[:-_TAIL], symbol[-_TAIL:-_RIGHT], symbol[1 - _RIGHT :]
    kind = _KINDS.get(symbol[-_RIGHT : 1 - _RIGHT])
    if kind is None or not root.isalnum() or len(root) > _LONGEST_ROOT or root != root.upper():
        return None
    if not (symbol.isascii() and date.isdigit() and strike.isdigit()):
        return None
    if not (1 <= int(date[2:4]) <= _MONTHS and 1 <= int(date[4:]) <= _DAYS):
        return None
    expires = f"20{date[:2]}-{date[2:4]}-{date[4:]}"
    return OptionSymbol(root, expires, kind, Decimal(strike).scaleb(-3))
