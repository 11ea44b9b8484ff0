"""What the page's buttons do, by the engine's own entrances for other threads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from regimeflow.types.errors import InvalidArgument, InvalidState, RegimeFlowError

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

    def close_all_positions(self) -> None:
        """Close every position."""
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

    def kill(self, who: str, *, flatten: bool) -> str:
        """Turn trading off, cancel every order, and close every position if asked to.

        Trading goes off first, and at once: it does not wait for a loop that is busy.

        Raises:
            InvalidState: trading is off; the loop does not answer, and orders may be open.
        """
        self._engine.disable_trading()
        self._note("kill switch" + (", closing every position" if flatten else ""), who)
        try:
            count = self._engine.order_manager.cancel_all_orders()
        except RegimeFlowError as error:
            raise InvalidState(f"trading is off, but orders may be open: {error}") from error
        if flatten:
            self._engine.close_all_positions()
        closing = "; positions are being closed" if flatten else ""
        return f"trading is off; cancels asked for: {count}{closing}"

    def _note(self, what: str, who: str) -> None:
        _log.warning("%s, asked for from %s", what, who)
        self._tell(f"{what}, asked for from {who}")
