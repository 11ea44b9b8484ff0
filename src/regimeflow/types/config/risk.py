"""Limits that an order must pass, and that the account is held to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, cast

from regimeflow.types.config.stops import (
    EVERY_OTHER,
    StopSettings,
    SymbolLimit,
    limit_for,
    unknown_keys,
)
from regimeflow.types.errors import Fault
from regimeflow.types.fixed import listed
from regimeflow.types.frozen import EMPTY_TABLE, FrozenTable
from regimeflow.types.reading import join
from regimeflow.types.settings import Settings, required, setting, table

__all__ = ["CorrelatedPair", "RegimeLimits", "RiskLimits", "SymbolLimit", "limit_for"]


_PAIR: Final = 2
_NO_GROUPS: Final = cast("FrozenTable[str]", EMPTY_TABLE)


class CorrelatedPair(Settings):
    """Two symbols that move together, or against each other, and what both may come to."""

    symbols: Sequence[str] = required(tuple[str, ...], "The two of them.")
    max_exposure: Decimal = required(
        Decimal, "Largest worth of both together, in the account's currency.", above=0
    )
    inverse: bool = setting(False, "Whether one falls when the other rises.")

    def faults_together(self) -> Iterator[Fault]:
        """There are two, and they are different."""
        if not len(set(self.symbols)) == len(self.symbols) == _PAIR:
            yield Fault("symbols", f"found {listed(self.symbols)}; expected two different symbols")


class RegimeLimits(Settings):
    """What is different while a regime lasts; what is not given stays as it is."""

    new_exposure: bool = setting(True, "Whether positions may be opened or made larger.")
    market_orders: bool = setting(True, "Whether entries may be without a limit price.")
    aggressive_tif: bool = setting(True, "Whether entries may be IOC or FOK.")
    max_order_qty: Decimal | Mapping[str, Decimal] | None = setting(
        None, "In place of the one in [risk].", above=0
    )
    max_order_notional: Decimal | Mapping[str, Decimal] | None = setting(
        None, "In place of the one in [risk].", above=0
    )
    max_position_qty: Decimal | Mapping[str, Decimal] | None = setting(
        None, "In place of the one in [risk].", above=0
    )
    max_position_pct: Decimal | Mapping[str, Decimal] | None = setting(
        None, "In place of the one in [risk].", above=0
    )
    max_gross_exposure: Decimal | None = setting(None, "In place of the one in [risk].", above=0)
    max_net_exposure: Decimal | None = setting(None, "In place of the one in [risk].", above=0)
    max_leverage: Decimal | None = setting(None, "In place of the one in [risk].", above=0)


class RiskLimits(Settings):
    """What the pre-trade gate lets pass, and what the account is held to; None: no limit.

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
    max_position_pct: Decimal | Mapping[str, Decimal] | None = setting(
        None,
        "Largest worth of one position as a part of equity.",
        above=0,
        also=("max_position_share", "max_position_weight"),
    )
    max_gross_exposure: Decimal | None = setting(
        None,
        "Largest sum of what positions are worth, short ones too, in the account's currency.",
        above=0,
        also=("gross_exposure", "max_gross"),
    )
    max_net_exposure: Decimal | None = setting(
        None,
        "Largest difference of long and short positions, in the account's currency.",
        above=0,
        also=("net_exposure", "max_net"),
    )
    max_leverage: Decimal | None = setting(
        None, "Largest gross exposure as a multiple of equity.", above=0, also=("leverage",)
    )
    sector_of: Mapping[str, str] = setting(
        _NO_GROUPS, "Which sector a symbol belongs to, by symbol.", also=("sectors", "sector_map")
    )
    max_sector_exposure: Decimal | Mapping[str, Decimal] | None = setting(
        None,
        "Largest gross exposure to one sector, for all sectors or by sector.",
        above=0,
        also=("sector_limits",),
    )
    industry_of: Mapping[str, str] = setting(
        _NO_GROUPS,
        "Which industry a symbol belongs to, by symbol.",
        also=("industries", "industry_map"),
    )
    max_industry_exposure: Decimal | Mapping[str, Decimal] | None = setting(
        None,
        "Largest gross exposure to one industry, for all industries or by industry.",
        above=0,
        also=("industry_limits",),
    )
    correlated: Sequence[CorrelatedPair] = setting(
        (), "Pairs of symbols that are limited together.", lone=True, also=("correlation",)
    )
    daily_loss_limit: Decimal | None = setting(
        None,
        "Loss since the start of the UTC day, in the account's currency, at which trading stops.",
        above=0,
        also=("max_daily_loss", "daily_loss"),
    )
    daily_loss_limit_pct: Decimal | None = setting(
        None,
        "The same as a part of the equity with which the day began.",
        above=0,
        at_most=100,
        also=("max_daily_loss_pct", "daily_loss_pct"),
    )
    max_drawdown: Decimal | None = setting(
        None,
        "Fall of equity from its peak, in the account's currency, at which trading stops.",
        above=0,
        also=("drawdown",),
    )
    max_drawdown_pct: Decimal | None = setting(
        None, "The same as a part of the peak.", above=0, at_most=100, also=("drawdown_pct",)
    )
    on_loss: Literal["reduce_only", "halt", "flatten"] = setting(
        "reduce_only",
        "What a loss at its limit does, beside cancelling open orders: only exits pass; nothing"
        " passes; only exits pass, and every position is closed.",
    )
    by_regime: Mapping[str, RegimeLimits] = setting(
        cast("FrozenTable[RegimeLimits]", EMPTY_TABLE),
        "What is different in a regime, by its name.",
        also=("limits_by_regime",),
    )
    stops: StopSettings = table(StopSettings, "When the engine closes a position by itself.")
    kill_file: str | None = setting(
        None,
        "A file whose appearance presses the kill switch; none: the journal's folder with .kill.",
    )
    on_kill: Literal["cancel", "flatten"] = setting(
        "cancel",
        "What the kill switch does beside turning trading off: cancel open orders; close every"
        " position too.",
    )

    def faults_together(self) -> Iterator[Fault]:
        """Groups that are limited have members."""
        for kind in ("sector", "industry"):
            members, limit = getattr(self, f"{kind}_of"), getattr(self, f"max_{kind}_exposure")
            if limit is not None and not members:
                yield Fault(f"{kind}_of", f"is missing; max_{kind}_exposure needs it")
            yield from unknown_keys(limit, tuple(members.values()), f"max_{kind}_exposure")

    def faults_for(
        self, symbols: tuple[str, ...], path: str, *, is_of_strategy: bool = False
    ) -> Iterator[Fault]:
        """Say which limits by symbol name one that is not traded, or leave out one that is."""
        if is_of_strategy:
            yield from self._account_wide(path)
        else:
            yield from self._unknown_symbols(symbols, path)
        yield from _uneven(self, _BY_SYMBOL, symbols, path)
        for regime, each in self.by_regime.items():
            yield from _uneven(each, _BY_SYMBOL, symbols, join(join(path, "by_regime"), regime))

    def _account_wide(self, path: str) -> Iterator[Fault]:
        default = RiskLimits()
        for name in _ACCOUNT_WIDE:
            if getattr(self, name) != getattr(default, name):
                yield Fault(join(path, name), "is a limit of the account; put it into [risk]")

    def _unknown_symbols(self, symbols: tuple[str, ...], path: str) -> Iterator[Fault]:
        for name in ("sector_of", "industry_of"):
            yield from unknown_keys(getattr(self, name), symbols, join(path, name))
        for place, pair in enumerate(self.correlated):
            for symbol in pair.symbols:
                if symbol not in symbols:
                    where = join(path, f"correlated[{place}].symbols")
                    yield Fault(where, f"{symbol} is not in symbols")
        yield from self.stops.faults_for(symbols, join(path, "stops"))


_BY_SYMBOL: Final = ("max_order_qty", "max_order_notional", "max_position_qty", "max_position_pct")
_ACCOUNT_WIDE: Final = (
    "max_position_pct",
    "max_gross_exposure",
    "max_net_exposure",
    "max_leverage",
    "sector_of",
    "max_sector_exposure",
    "industry_of",
    "max_industry_exposure",
    "correlated",
    "daily_loss_limit",
    "daily_loss_limit_pct",
    "max_drawdown",
    "max_drawdown_pct",
    "on_loss",
    "by_regime",
    "stops",
    "kill_file",
    "on_kill",
)


def _uneven(
    limits: RiskLimits | RegimeLimits, names: Sequence[str], symbols: tuple[str, ...], path: str
) -> Iterator[Fault]:
    for name in names:
        limit = getattr(limits, name)
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
