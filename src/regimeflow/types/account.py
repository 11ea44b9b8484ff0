"""What an account did: its trades. What it holds are messages (``AccountInfo``, ``Position``)."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

from regimeflow.types.enums import Liquidity, OrderSide
from regimeflow.types.records import Record

_EXACT: Final = Context(prec=100)


class Trade(Record, kw_only=True):
    """One fill of one of our orders, as it was counted.

    ``quantity`` is above zero (0 where a commission came alone: after its fill, or of a fill that
    had been corrected before it was told); ``side`` says which way. ``commission`` is positive
    where it is a cost, and is in units of ``commission_currency`` ("" where the venue named none:
    then it is in the account's currency). ``exec_id`` is the venue's and occurs once.
    ``exec_ref_id`` names the execution that this one undoes: a busted trade is a trade of the
    opposite side, at the same price, with the commission given back.
    """

    symbol: str
    side: OrderSide
    quantity: Decimal
    price: Decimal
    commission: Decimal = Decimal(0)
    commission_currency: str = ""
    order_id: int = 0
    exec_id: str = ""
    strategy: str = ""
    ts_event_ns: int = 0
    liquidity: Liquidity = Liquidity.NONE
    exec_ref_id: str = ""

    @property
    def signed_quantity(self) -> Decimal:
        """What the trade adds to the position: below zero for a sale."""
        return self.quantity if self.side is OrderSide.BUY else self.quantity.copy_negate()

    @property
    def notional(self) -> Decimal:
        """Price times quantity, before the instrument's multiplier; above zero."""
        return _EXACT.multiply(self.price, self.quantity)
