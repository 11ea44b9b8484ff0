"""Taking the steps, and leaving nothing behind."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

from regimeflow.apps.cli.validation.around import Around
from regimeflow.apps.cli.validation.filling import Filling
from regimeflow.apps.cli.validation.resting import Resting
from regimeflow.apps.cli.validation.trial import (
    RESTS,
    WHOLE,
    Step,
    StepFailedError,
    Trial,
    line_of,
)
from regimeflow.types.errors import RegimeFlowError
from regimeflow.types.fixed import plain


class Validation:
    """Takes one order through its life and compares each station with what the venue says.

    Args:
        trial: Of an engine that runs, or is about to.
        tell: Called with each step.
    """

    def __init__(self, trial: Trial, tell: Callable[[Step], object]) -> None:
        self._trial: Final = trial
        self._tell: Final = tell
        self._resting: Final = Resting(trial)
        self._filling: Final = Filling(trial)

    async def run(self) -> bool:
        """Take every step until one fails; return whether all were good."""
        around, is_resting = Around(self._trial), self._trial.wanted.mode == RESTS
        steps = [
            ("connect", around.connect),
            ("instrument", around.read_instrument),
            ("price", around.choose),
            *(self._resting if is_resting else self._filling).steps(),
            ("reconcile", around.reconcile),
        ]
        for name, act in steps:
            if not await self._step(name, act):
                return False
        return True

    async def tidy(self) -> list[str]:
        """Cancel what is open and sell what was bought; return what is left, a line each."""
        self._trial.broken = str  # whatever broke off the steps
        if not self._trial.engine.is_running():
            return [f"{line_of(each)}: the session has ended" for each in self._trial.open_orders()]
        if self._trial.open_orders():
            await self._step("tidy up", self._cancel_all)
        lot = self._trial.instrument.lot_size if self._trial.instrument else WHOLE
        if self._filling.is_bought and self._trial.held() >= lot:
            await self._step("close", self._filling.sell)
        left = [
            f"{line_of(each)}: the venue has not ended it" for each in self._trial.open_orders()
        ]
        if self._filling.is_bought and self._trial.held() >= lot:
            left.append(
                f"{plain(self._trial.held())} {self._trial.wanted.symbol} that was bought is held"
            )
        return left

    async def _step(self, name: str, act: Callable[[], Awaitable[str]]) -> bool:
        self._trial.data = {}
        began_s, is_ok = time.monotonic(), False
        try:
            if why := self._trial.broken():
                raise StepFailedError(why)
            text = await act()
            is_ok = True
        except StepFailedError as error:
            text = str(error)
        except RegimeFlowError as error:
            text = f"{type(error).__name__}: {error}"
        took_s = time.monotonic() - began_s
        self._tell(Step(name=name, is_ok=is_ok, text=text, took_s=took_s, data=self._trial.data))
        return is_ok

    async def _cancel_all(self) -> str:
        for each in self._trial.open_orders():
            self._trial.engine.order_manager.cancel_order(each.order_id)
        await self._trial.until(
            lambda: not self._trial.open_orders(), "the cancel is not confirmed"
        )
        return "what was open is cancelled"
