"""The rules of the pre-trade gate, in the configuration's words, and how a refusal is put."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

from regimeflow.types.enums import OrderSide

# By the number that the compiled gate gives; 0 is "passed".
RULES: Final = (
    "",
    "trading_state",
    "symbol_allowed",
    "max_order_qty",
    "max_order_notional",
    "max_position_qty",
    "price_collar_pct",
    "max_orders_per_second",
    "max_orders_per_minute",
    "duplicate_window_s",
    "max_order_notional",
    "price_collar_pct",
)

TRADING_STATE: Final = 1
SYMBOL_ALLOWED: Final = 2
MAX_ORDER_QTY: Final = 3
MAX_ORDER_NOTIONAL: Final = 4
MAX_POSITION_QTY: Final = 5
PRICE_COLLAR_PCT: Final = 6
MAX_ORDERS_PER_SECOND: Final = 7
MAX_ORDERS_PER_MINUTE: Final = 8
DUPLICATE_WINDOW_S: Final = 9
NO_QUOTE_FOR_NOTIONAL: Final = 10
NO_QUOTE_FOR_COLLAR: Final = 11


_WIDE: Final = Context(prec=100)


def product(number: Decimal, factor: Decimal) -> Decimal:
    """Return a product with all its digits."""
    return _WIDE.multiply(number, factor)


def plain(number: Decimal) -> str:
    """Return a number in plain digits, without zeros that say nothing."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(number: Decimal, unit: str) -> str:
    """Return a number with its unit."""
    return f"{plain(number)} {unit}" if unit else plain(number)


def action(side: OrderSide, quantity: Decimal, unit: str) -> str:
    """Return what an order would do: ``BUY 2 BTC``."""
    return f"{side.name} {amount(quantity, unit)}"
