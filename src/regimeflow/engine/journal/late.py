"""Fills of orders that are not at hand, of others and retired ones of ours: each counts once."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from regimeflow._core.reports import ExecutionReport
from regimeflow.types.account import Trade
from regimeflow.types.enums import ExecType, Liquidity, OrderSide

FILLS: Final = frozenset({ExecType.TRADE, ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL})
_OPPOSITE: Final = {OrderSide.BUY: OrderSide.SELL, OrderSide.SELL: OrderSide.BUY}
_KEPT: Final = 100_000


class ForeignFills:
    """What was counted of executions whose orders the table does not have, the newest."""

    def __init__(self) -> None:
        self._keys: Final[dict[str, None]] = {}

    def is_counted(self, report: ExecutionReport) -> bool:
        """Whether it was remembered."""
        return _key_of(report) in self._keys

    def remember(self, report: ExecutionReport) -> None:
        """Keep it from being counted again."""
        self._keys[_key_of(report)] = None
        if len(self._keys) > _KEPT:
            del self._keys[next(iter(self._keys))]

    def trade_of(self, report: ExecutionReport) -> Trade | None:
        """Return the trade of a fill of somebody else's order; None: it was counted, or is none."""
        is_fill = report.exec_type == ExecType.TRADE and report.exec_id and report.last_qty
        return _trade_of(report) if is_fill and not self.is_counted(report) else None

    def state(self) -> list[str]:
        """Return what is remembered, as JSON has it."""
        return list(self._keys)

    def restore(self, state: Iterable[str]) -> None:
        """Remember what ``state`` has returned."""
        self._keys.update(dict.fromkeys(state))


def late_trades(report: ExecutionReport, kept: Iterable[Trade]) -> list[Trade] | None:
    """Return what an execution of a retired order moves; None: that cannot be told.

    A bust or a correction says what it undoes by the execution's id alone: without that trade among
    those that were kept nobody can say what it was.

    Args:
        report: A TRADE, TRADE_CANCEL or TRADE_CORRECT that was not counted before.
        kept: The trades of the books, oldest first.
    """
    if report.exec_type == ExecType.TRADE:
        is_whole = report.exec_id and report.last_qty and report.side
        return [_trade_of(report)] if is_whole else None
    if not report.exec_ref_id:
        return None
    undone = f"{report.exec_ref_id}:undone"
    counted: Trade | None = None
    for trade in kept:
        if trade.symbol == report.symbol and trade.quantity:
            if trade.exec_id == report.exec_ref_id:
                counted = trade
            elif trade.exec_id == undone:
                return []  # by another report
    return None if counted is None else _adjusted(report, counted)


def _key_of(report: ExecutionReport) -> str:
    undone = f" of {report.exec_ref_id}" if report.exec_ref_id else ""
    return f"{report.symbol} {report.exec_id}{undone}"


def _trade_of(report: ExecutionReport) -> Trade:
    return Trade(
        symbol=report.symbol,
        side=OrderSide(report.side),
        quantity=report.last_qty_dec or Decimal(0),
        price=report.last_px_dec or Decimal(0),
        commission=report.commission_dec or Decimal(0),
        commission_currency=report.commission_currency,
        exec_id=report.exec_id,
        strategy="external",
        ts_event_ns=report.ts_event_ns,
        liquidity=Liquidity(report.liquidity),
    )


def _adjusted(report: ExecutionReport, counted: Trade) -> list[Trade]:
    is_bust = report.exec_type == ExecType.TRADE_CANCEL
    change = report.commission_dec or Decimal(0)  # of the commission, as venues tell it
    undone = Trade(
        symbol=counted.symbol,
        side=_OPPOSITE[counted.side],
        quantity=counted.quantity,
        price=counted.price,
        commission=change if is_bust else Decimal(0),
        commission_currency=report.commission_currency,
        exec_id=f"{report.exec_ref_id}:undone",
        exec_ref_id=report.exec_ref_id,
        strategy=counted.strategy,
        ts_event_ns=report.ts_event_ns,
    )
    if is_bust or not report.last_qty:
        return [undone]
    corrected = Trade(
        symbol=counted.symbol,
        side=counted.side,
        quantity=report.last_qty_dec or Decimal(0),
        price=report.last_px_dec or counted.price,
        commission=change,
        commission_currency=report.commission_currency,
        exec_id=report.exec_id,
        strategy=counted.strategy,
        ts_event_ns=report.ts_event_ns,
    )
    return [undone, corrected]
