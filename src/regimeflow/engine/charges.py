"""Commissions that are taken out of what is held."""

from __future__ import annotations

from regimeflow.domain.holdings import holder_of
from regimeflow.engine.parts import Parts
from regimeflow.types.account import Trade


def tell_gate_of_charge(parts: Parts, trade: Trade) -> None:
    """Tell the gate what is held when a commission came out of it: by itself it counts fills."""
    if not trade.commission or not trade.commission_currency:
        return
    holder = holder_of(parts.instruments, trade.commission_currency, first=trade.symbol)
    if holder is None:
        return
    known = {each.id for each in parts.config.strategy}
    for owner in {None, trade.strategy if trade.strategy in known else None}:
        quantity = parts.portfolio.position(holder, strategy=owner).quantity_dec
        parts.gate.set_position(holder, quantity, strategy=owner)
