"""An order that rests far from the market, and is cancelled."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from regimeflow.apps.cli.validation.trial import (
    NamedStep,
    StepFailedError,
    Trial,
    became,
    line_of,
    shown,
)
from regimeflow.types.enums import LiveOrderStatus, OrderSide


class Resting:
    """The steps of an order that is not to fill."""

    def __init__(self, trial: Trial) -> None:
        self._trial: Final = trial

    def steps(self) -> Sequence[NamedStep]:
        """Return each step's name and what it does."""
        return (
            ("submit", self._submit),
            ("listed", self._find_listed),
            ("cancel", self._cancel),
            ("gone", self._find_gone),
        )

    async def _submit(self) -> str:
        began_s = time.monotonic()
        order = await self._trial.send(OrderSide.BUY, self._trial.quantity, self._trial.price)

        def is_answered() -> bool:
            status = self._trial.order(order).status
            return status is not LiveOrderStatus.PENDING_NEW

        await self._trial.until(is_answered, "the venue has not acknowledged it")
        now = self._trial.order(order)
        self._trial.data |= {"ack_ms": f"{1000 * (time.monotonic() - began_s):.0f}"}
        if now.status is not LiveOrderStatus.NEW:
            raise StepFailedError(became(now))
        return f"{line_of(now)}: NEW as {now.broker_order_id}"

    async def _find_listed(self) -> str:
        order = self._trial.order(self._trial.newest)
        found = await self._trial.asked(
            lambda: self._trial.listed(order), "the venue does not list it"
        )
        differing = [
            f"{name}: ours {shown(ours)}, theirs {shown(theirs)}"
            for name, ours, theirs in (
                ("quantity", order.quantity, found.order_qty_dec),
                ("limit price", order.limit_price, found.limit_px_dec),
                ("filled", order.cum_qty, found.cum_qty_dec),
            )
            if theirs is not None and ours != theirs
        ]
        if OrderSide(found.side) is not order.side:
            differing.append(f"side: ours {order.side.name}, theirs {OrderSide(found.side).name}")
        if differing:
            raise StepFailedError("; ".join(differing))
        return "the venue lists it: side, quantity, price and fills are ours"

    async def _cancel(self) -> str:
        order_id = self._trial.newest
        self._trial.engine.order_manager.cancel_order(order_id)
        await self._trial.until(
            lambda: not self._trial.order(order_id).is_open, "it is not cancelled"
        )
        now = self._trial.order(order_id)
        if now.status is not LiveOrderStatus.CANCELLED or now.cum_qty:
            raise StepFailedError(became(now))
        return "CANCELLED, nothing filled"

    async def _find_gone(self) -> str:
        order = self._trial.order(self._trial.newest)

        async def is_gone() -> str | None:
            return None if await self._trial.listed(order) is not None else "gone"

        await self._trial.asked(is_gone, "the venue still lists it")
        found = await self._trial.broker.find_order(order.client_order_id)
        if found is None:
            return "not among the open orders; the venue tells no ended ones"
        status = LiveOrderStatus(found.ord_status)
        if status is not LiveOrderStatus.CANCELLED:
            raise StepFailedError(f"the venue says {status.name}")
        return "not among the open orders; asked for by name it is CANCELLED"
