"""The steps that every mode begins and ends with."""

from __future__ import annotations

from typing import Final

from regimeflow.apps.cli.validation.trial import (
    ACROSS,
    WHOLE,
    StepFailedError,
    Trial,
    least_quantity,
    shown,
)
from regimeflow.domain.portfolio import held_of
from regimeflow.engine.reconciler import cash_difference
from regimeflow.types.enums import TradingState
from regimeflow.types.fixed import plain


class Around:
    """What comes before an order is sent, and after it has ended."""

    def __init__(self, trial: Trial) -> None:
        self._trial: Final = trial

    async def connect(self) -> str:
        """Wait for the session, and note what is held."""
        await self._trial.until(self._trial.engine.is_running, "the session is not up")
        self._demand_trading()
        self._trial.before = await self._trial.venue_holds()
        venue = self._trial.broker.capabilities().venue
        held = f"{plain(self._trial.before)} {self._trial.wanted.symbol}"
        return f"{venue}: connected and agreed; {held} held"

    def _demand_trading(self) -> None:
        status = self._trial.engine.get_status()
        if status.trading_state is not TradingState.ACTIVE:
            text = f"trading is {status.trading_state.name}: {status.trading_cause}"
            raise StepFailedError(text)

    async def read_instrument(self) -> str:
        """Ask what may be ordered."""
        found = self._trial.instrument = await self._trial.broker.get_instrument(
            self._trial.wanted.symbol
        )
        self._trial.data = {
            "tick_size": plain(found.tick_size),
            "lot_size": plain(found.lot_size),
            "min_qty": plain(found.min_qty),
            "min_notional": plain(found.min_notional),
        }
        return ", ".join(f"{name} {value}" for name, value in self._trial.data.items())

    async def choose(self) -> str:
        """Find a price and the least quantity."""
        wanted, instrument = self._trial.wanted, self._trial.known()
        is_resting = wanted.mode == "submit-cancel-reconcile"
        try:
            await self._trial.until(lambda: self._trial.quote() is not None, "no quote came")
        except StepFailedError as error:
            if wanted.limit_price is None or self._trial.broken():
                raise
            self._trial.data["warning"] = str(error)
        quote = self._trial.quote()
        bid, ask = (quote.bid_px, quote.ask_px) if quote else (None, None)
        if wanted.limit_price is not None:
            self._trial.price = wanted.limit_price
        elif is_resting and bid is not None:
            self._trial.price = instrument.round_px(bid * (WHOLE - wanted.away), "down")
        elif ask is not None:
            self._trial.price = instrument.round_px(ask * (WHOLE + ACROSS), "up")
        if is_resting and ask is not None and self._trial.price >= ask:
            text = f"{plain(self._trial.price)} would trade at once: the best offer is {plain(ask)}"
            raise StepFailedError(text)
        self._trial.quantity = wanted.quantity or least_quantity(
            instrument, self._trial.price, is_sold_again=not is_resting
        )
        self._trial.data |= {
            "price": plain(self._trial.price),
            "quantity": plain(self._trial.quantity),
        }
        best = "no quote" if quote is None else f"bid {shown(bid)}, ask {shown(ask)}"
        return f"{best}: BUY {plain(self._trial.quantity)} at {plain(self._trial.price)}"

    async def reconcile(self) -> str:
        """Compare orders, positions and cash once more."""
        agreed = await self._trial.engine.order_manager.reconcile_with_broker()
        if not agreed.is_agreed:
            left = [*agreed.differing, *(f"order {each} is open" for each in agreed.unresolved)]
            raise StepFailedError("; ".join(left))

        await self._compare_positions()
        account = await self._trial.broker.get_account_info()
        self._demand_trading()
        cash = cash_difference(self._trial.engine.portfolio, account)
        after = await self._trial.venue_holds()
        moved = after - self._trial.before
        dust = f"; {plain(moved)} {self._trial.wanted.symbol} more than before" if moved else ""
        return f"orders and positions agree{dust}; {cash or 'cash agrees'}"

    async def _compare_positions(self) -> None:
        async def no_difference() -> str | None:
            theirs = {
                each.symbol: each.quantity_dec
                for each in await self._trial.broker.get_positions()
                if each.quantity_dec
            }
            ours = held_of(self._trial.engine.portfolio)
            differing = [name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)]
            self._trial.data = {
                name: f"ours {shown(ours.get(name))}, theirs {shown(theirs.get(name))}"
                for name in sorted(differing)
            }
            return None if differing else "the same"

        try:
            await self._trial.asked(no_difference, "positions differ from the venue's")
        except StepFailedError as error:
            sides = "; ".join(f"{name}: {both}" for name, both in self._trial.data.items())
            raise StepFailedError(f"{error}: {sides}") from None
