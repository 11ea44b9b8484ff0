"""Orders for an amount of money: what the limits count with must be what they may come to."""

from __future__ import annotations

from decimal import Decimal

from regimeflow._core.board import QuoteBoard
from regimeflow._core.decimals import to_decimal
from regimeflow.domain.orders.order import OrderTerms
from regimeflow.types.errors import RiskDenied
from regimeflow.types.fixed import plain
from regimeflow.types.instrument import Instrument


def demand_worth(terms: OrderTerms, qty: int, instrument: Instrument, board: QuoteBoard) -> None:
    """Let an order's quantity cover its amount at the bid: the limits count with the quantity.

    Args:
        terms: The order's.
        qty: What the limits are asked about, as a mantissa.
        instrument: What it trades.
        board: Where prices are.

    Raises:
        RiskDenied: rule ``notional``: the amount may come to more, or there is no price.
    """
    if terms.notional is None:
        return
    amount, symbol = Decimal(str(terms.notional)), instrument.symbol
    bid = board.bid_dec(symbol) or board.last_dec(symbol)
    if bid is None or bid <= 0:
        limit, value = f"a price of {symbol}", "none"
    else:
        worth = to_decimal(qty, instrument.qty_exp) * bid * instrument.multiplier
        if worth >= amount:
            return
        quantity = f"{to_decimal(qty, instrument.qty_exp).normalize():f}"
        limit, value = f"{quantity} {symbol} at {plain(bid)}", plain(amount)
    text = f"notional: an amount of {plain(amount)} may come to more than {limit}"
    if value == "none":
        text = f"notional: what {plain(amount)} may come to is not known without {limit}"
    raise RiskDenied("notional", limit=limit, value=value, text=text)
