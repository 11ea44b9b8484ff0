"""An order that fills, and the one that sells what was bought."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.apps.cli.validation.trial import (
    ACROSS,
    WHOLE,
    NamedStep,
    StepFailedError,
    Trial,
    became,
    line_of,
    shown,
)
from regimeflow.types.enums import LiveOrderStatus, OrderSide
from regimeflow.types.fixed import plain

_NET: Final = Decimal("0.99")  # of coins that were bought: the fee is taken from them, late at some


class Filling:
    """The steps of an order that is to fill."""

    def __init__(self, trial: Trial) -> None:
        self._trial: Final = trial
        self.is_bought = False  # something may be held that is to be sold again

    def steps(self) -> Sequence[NamedStep]:
        """Return each step's name and what it does."""
        return (
            ("buy", self._buy),
            ("execution", self._find_executions),
            ("position", self._compare_position),
            ("sell", self.sell),
        )

    async def _buy(self) -> str:
        self.is_bought = True  # as far as it fills
        return await self._filled(OrderSide.BUY, self._trial.quantity, self._trial.price)

    async def sell(self) -> str:
        """Sell what is held more than before, as far as it can be sold."""
        quote = self._trial.quote()
        bid = quote.bid_px if quote is not None else None
        price = (bid or self._trial.price) * (WHOLE - ACROSS)
        instrument = self._trial.known()
        part = _NET if instrument.asset_class == "crypto" else WHOLE
        quantity = instrument.round_qty(self._trial.held() * part, "down")
        text = await self._filled(OrderSide.SELL, quantity, instrument.round_px(price, "down"))
        self.is_bought = False  # what is left is less than may be sold
        return text

    async def _filled(self, side: OrderSide, quantity: Decimal, price: Decimal) -> str:
        order_id = await self._trial.send(side, quantity, price)
        try:
            await self._trial.until(
                lambda: not self._trial.order(order_id).is_open, "it has not filled"
            )
        except StepFailedError as error:
            raise StepFailedError(f"{error}: {became(self._trial.order(order_id))}") from None
        now = self._trial.order(order_id)
        if now.status is not LiveOrderStatus.FILLED:
            raise StepFailedError(became(now))
        self._trial.data |= {"avg_px": shown(now.avg_px)}
        return f"{line_of(now)}: FILLED at {shown(now.avg_px)}"

    async def _find_executions(self) -> str:
        order = self._trial.order(self._trial.newest)

        async def executions() -> list[ExecutionReport] | None:
            found = [
                each
                for each in await self._trial.broker.get_executions(
                    order.created_at_ns - 60 * 10**9
                )
                if each.client_order_id == order.client_order_id
            ]
            total = sum((each.last_qty_dec or Decimal(0) for each in found), Decimal(0))
            return found if total == order.cum_qty else None

        found = await self._trial.asked(
            executions, f"its executions do not come to {order.cum_qty}"
        )
        names = {each.exec_id for each in found}
        if len(names) != len(found):
            raise StepFailedError("one execution is told twice")
        return f"{len(found)} of the venue's, of {plain(order.cum_qty)} together"

    async def _compare_position(self) -> str:
        async def agree() -> str | None:
            theirs, ours = await self._trial.venue_holds(), self._trial.held_in_all()
            self._trial.data |= {"ours": plain(ours), "theirs": plain(theirs)}
            return None if theirs != ours else plain(theirs)

        try:
            held = await self._trial.asked(agree, "the venue's position is not ours")
        except StepFailedError as error:
            both = f"ours {self._trial.data['ours']}, theirs {self._trial.data['theirs']}"
            raise StepFailedError(f"{error}: {both}") from None
        return f"{held} held, ours and theirs"
