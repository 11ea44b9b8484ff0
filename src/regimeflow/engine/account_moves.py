"""Splits, dividends, deposits, fees: what moves the account without an order."""

from __future__ import annotations

from collections.abc import Iterable

from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.moves import Move, is_move, line_of, system_message_of
from regimeflow.engine.journal.moves import take_move
from regimeflow.engine.parts import Parts
from regimeflow.engine.strategy_host import StrategyHost


def is_move_taken(parts: Parts, hosts: Iterable[StrategyHost], report: ExecutionReport) -> bool:
    """Count a move, once, and tell who must know: the gate, the session, the strategies.

    False: the report is about an order.
    """
    if not is_move(report):
        return False
    move = take_move(parts.books, report)
    if move is None:
        return True
    _tell_gate(parts, move)
    parts.say("account", line_of(move), symbol=move.symbol, move=move.kind.value)
    told = system_message_of(move, parts.clock.now_ns())
    for host in hosts:
        host.system_told(told)
    return True


def _tell_gate(parts: Parts, move: Move) -> None:
    """Tell the gate what everybody holds of a symbol that a move without an order has changed."""
    if not move.quantity or move.symbol not in parts.instruments:
        return
    for owner in (None, *(each.id for each in parts.config.strategy)):
        quantity = parts.portfolio.position(move.symbol, strategy=owner).quantity_dec
        parts.gate.set_position(move.symbol, quantity, strategy=owner)
