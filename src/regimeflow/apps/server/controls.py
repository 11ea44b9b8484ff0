"""What the page's buttons do, by the engine's own entrances for other threads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from regimeflow.types.errors import InvalidArgument

_log = logging.getLogger("regimeflow.dashboard")


class Orders(Protocol):
    """What is needed of an order manager."""

    def cancel_order(self, order_id: int, /) -> None:
        """Ask for a cancel."""
        ...

    def cancel_all_orders(self) -> int:
        """Ask for every order's cancel; return how many were asked for."""
        ...


class Controlled(Protocol):
    """What is needed of an engine."""

    @property
    def order_manager(self) -> Orders:
        """Its orders."""
        ...

    def enable_trading(self) -> None:
        """Turn trading on."""
        ...

    def disable_trading(self) -> None:
        """Turn trading off."""
        ...

    def press_kill_switch(self, text: str = ..., *, flatten: bool | None = None) -> None:
        """Turn trading off, cancel every order, and close positions if so asked."""
        ...


class Controls:
    """Buttons. Each press is logged, and shown on the page, with who pressed it.

    Threading: any thread but the engine's loop; a call may wait for that loop, some seconds at
    most.
    """

    def __init__(self, engine: Controlled, tell: Callable[[str], None] = lambda _: None) -> None:
        self._engine = engine
        self._tell = tell

    def cancel(self, order_id: str, who: str) -> str:
        """Ask for one order's cancel.

        Raises:
            InvalidArgument: that is no order's id.
            NotFound: there is no such order.
            InvalidState: it has ended, or the loop does not answer.
        """
        if not (order_id.isascii() and order_id.isdecimal()):
            raise InvalidArgument(f"found {order_id[:40]!r}; expected an order's id")
        self._note(f"cancel of order {order_id}", who)
        self._engine.order_manager.cancel_order(int(order_id))
        return "a cancel was asked for"

    def cancel_all(self, who: str) -> str:
        """Ask for every order's cancel."""
        self._note("cancel of every order", who)
        count = self._engine.order_manager.cancel_all_orders()
        return f"cancels asked for: {count}"

    def enable(self, who: str) -> str:
        """Take off what a person, or a failed strategy, put on."""
        self._note("trading on", who)
        self._engine.enable_trading()
        return "trading is on, unless something else holds it"

    def disable(self, who: str) -> str:
        """Let no order pass."""
        self._engine.disable_trading()
        self._note("trading off", who)
        return "trading is off until a person turns it on"

    def kill(self, who: str, *, flatten: bool | None) -> str:
        """Press the kill switch: in force at once, also while the loop is busy.

        Args:
            who: Who pressed it.
            flatten: Whether positions are closed; None: as ``risk.on_kill`` says.
        """
        text = f"the kill switch was pressed on the dashboard, from {who}"
        self._engine.press_kill_switch(text, flatten=flatten)
        closing = {True: ", closing every position", False: ", keeping positions", None: ""}
        self._note("kill switch" + closing[flatten], who)
        return "trading is off until a person turns it on; every order is being cancelled"

    def _note(self, what: str, who: str) -> None:
        _log.warning("%s, asked for from %s", what, who)
        self._tell(f"{what}, asked for from {who}")
