"""Limits that an order must pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from regimeflow.types.errors import Fault
from regimeflow.types.fixed import listed
from regimeflow.types.reading import join
from regimeflow.types.settings import Settings, setting

SymbolLimit = Decimal | Mapping[str, Decimal] | None

EVERY_OTHER: Final = "*"  # in a table by symbol: the limit of the symbols that are not named


def limit_for(limit: SymbolLimit, symbol: str) -> Decimal | None:
    """Return the limit that holds for a symbol; None when there is none."""
    if isinstance(limit, Mapping):
        return limit.get(symbol, limit.get(EVERY_OTHER))
    return limit


class RiskLimits(Settings):
    """What the pre-trade gate lets pass; None: no limit.

    A limit by symbol is a table: ``{BTCUSDT = 0.5, "*" = 10}``, where ``"*"`` is every symbol
    that is not named.
    """

    max_order_qty: Decimal | Mapping[str, Decimal] | None = setting(
        None,
        "Largest quantity of one order, for all symbols or by symbol.",
        above=0,
        also=("max_qty", "max_quantity", "max_order_size", "max_order_quantity"),
    )
    max_order_notional: Decimal | Mapping[str, Decimal] | None = setting(
        None,
        "Largest price times quantity of one order; a market order counts at the last quote.",
        above=0,
        also=("max_notional", "max_order_value", "max_value"),
    )
    max_position_qty: Decimal | Mapping[str, Decimal] | None = setting(
        None,
        "Largest position, long or short, with every open order counted as filled.",
        above=0,
        also=("max_position", "max_position_size"),
    )
    max_orders_per_second: int | None = setting(None, "Orders in any second.", at_least=1)
    max_orders_per_minute: int | None = setting(None, "Orders in any minute.", at_least=1)
    duplicate_window_s: float | None = setting(
        None,
        "How long the same order again (all but its id) is refused as a repeat.",
        above=0,
        at_most=3600,
        also=("duplicate_order_window_ms", "duplicate_window_ms"),
    )
    price_collar_pct: Decimal | None = setting(
        None, "How far a price may be from the last quote.", above=0, at_most=100
    )
    daily_loss_limit: Decimal | None = setting(
        None,
        "Loss since the start of the UTC day, in the account's currency, at which trading stops.",
        above=0,
        also=("max_daily_loss", "daily_loss", "max_daily_loss_pct"),
    )

    def faults_for(self, symbols: tuple[str, ...], path: str) -> Iterator[Fault]:
        """Say which limits by symbol name one that is not traded, or leave out one that is."""
        for name in ("max_order_qty", "max_order_notional", "max_position_qty"):
            limit = getattr(self, name)
            if not isinstance(limit, Mapping):
                continue
            for symbol in limit:
                if symbol != EVERY_OTHER and symbol not in symbols:
                    yield Fault(
                        join(join(path, name), symbol),
                        f"is not in symbols; expected one of {listed(symbols)}",
                    )
            for symbol in symbols:
                if limit_for(limit, symbol) is None:
                    yield Fault(
                        join(path, name),
                        f'leaves {symbol} without a limit; name it, or add "*" for the rest',
                    )
