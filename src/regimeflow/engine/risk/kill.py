"""The kill switch: trading off, orders cancelled, positions closed if so configured."""

from __future__ import annotations

from typing import Final

from regimeflow.engine.flatten import Flattener
from regimeflow.engine.kill_switch import BY_HAND, Hold
from regimeflow.engine.order_externals import has_own_open
from regimeflow.engine.parts import Parts
from regimeflow.types.enums import TradingState

_AGAIN_NS: Final = 30_000_000_000  # what could not be closed is tried again


class Kill:
    """Pressed from anywhere, it stays pressed until a person enables trading, over restarts too.

    Threading: ``press`` any thread; the rest the loop.
    """

    CAUSE: Final = "kill_switch"
    FLATTEN: Final = "kill_switch_flatten"  # a hold of its own, so that a restart knows

    def __init__(self, parts: Parts, flattener: Flattener) -> None:
        self._parts: Final = parts
        self._flattener: Final = flattener
        self._again_ns = 0

    @property
    def is_pressed(self) -> bool:
        """Whether it is on."""
        return self._is_on(self.CAUSE)

    def press(self, text: str, *, flatten: bool | None = None) -> None:
        """Let nothing pass from this moment on; cancel, and close if so asked or configured.

        Args:
            text: Who pressed it, and how.
            flatten: Whether to close every position; None: as configured.
        """
        parts = self._parts
        now_ns = parts.clock.now_ns()
        parts.switch.hold(Hold(self.CAUSE, TradingState.HALTED, text, BY_HAND, now_ns))
        if parts.config.risk.on_kill == "flatten" if flatten is None else flatten:
            text = "the kill switch closes every position"
            parts.switch.hold(Hold(self.FLATTEN, TradingState.HALTED, text, BY_HAND, now_ns))
        parts.on_loop(self._act)

    def check(self) -> None:
        """Ask again for what is still open: a line that was lost, a session that was killed."""
        parts, flattener = self._parts, self._flattener
        if not self.is_pressed or not parts.turns.is_up(parts.broker):
            return  # without a line nothing would leave
        now_ns = parts.clock.now_ns()
        if flattener.is_active:
            self._again_ns = now_ns + _AGAIN_NS
            return
        if has_own_open(parts.books.table):
            parts.manager.cancel_all_orders()
        if self._is_on(self.FLATTEN) and self._again_ns <= now_ns and self._is_held():
            self._again_ns = now_ns + _AGAIN_NS
            flattener.start()

    def _act(self) -> None:
        # Two calls of the host's, as a replay makes them: nothing here may be remembered.
        self._parts.manager.cancel_all_orders()
        if self._is_on(self.FLATTEN):
            self._flattener.start()

    def _is_held(self) -> bool:
        """Whether anything is held that an order could be for."""
        portfolio, instruments = self._parts.portfolio, self._parts.instruments
        held = ((name, portfolio.position(name).quantity_dec) for name in instruments)
        return any(
            instruments[name].round_qty(quantity.copy_abs(), "down") for name, quantity in held
        )

    def _is_on(self, cause: str) -> bool:
        return any(hold.cause == cause for hold in self._parts.switch.holds)
