"""When a stop is met, and how a trailing one follows the market."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.exchange.numbers import units
from regimeflow.apps.venues.exchange.order import Order

_ALL_BIPS: Final = 10_000


def meets(order: Order, px: int) -> bool:
    """Whether a trade at ``px`` fires the stop; a trailing one follows the market first."""
    if order.is_trailing:
        return _trailing_meets(order, px)
    return is_reached(order, px)


def is_reached(order: Order, px: int | None) -> bool:
    """Whether ``px`` is at the stop price or beyond, in the direction that the order waits for."""
    if px is None or order.stop_px is None:
        return False
    waits_for_rise = order.is_buy != order.new.kind.is_take_profit
    return px >= order.stop_px if waits_for_rise else px <= order.stop_px


def trailed_limit(order: Order, tick: Decimal) -> int | None:
    """Return the limit price of an order whose stop is met: as far from the stop as at first."""
    new = order.new
    if new.trail_stop is None or order.limit_px is None or order.stop_px is None:
        return order.limit_px
    moved = order.stop_px - units(new.trail_stop)
    return order.limit_px + moved - moved % units(tick)


def _trailing_meets(order: Order, px: int) -> bool:
    """Follow the best price since it began to trail; fire when the market turns far enough."""
    if order.extreme_px is None:
        begins_at = order.new.stop_price
        if begins_at is not None and not is_reached(order, px):
            return False
        order.extreme_px = px
    best = min(order.extreme_px, px) if order.is_buy else max(order.extreme_px, px)
    order.extreme_px = best
    away = order.trail
    if away is None:
        away = best * (order.new.trail_bips or 0) // _ALL_BIPS
    stop_px = best + away if order.is_buy else best - away
    if order.new.trail_stop is not None:
        at_first = units(order.new.trail_stop)
        stop_px = min(stop_px, at_first) if order.is_buy else max(stop_px, at_first)
    order.stop_px = stop_px
    return px >= order.stop_px if order.is_buy else px <= order.stop_px
