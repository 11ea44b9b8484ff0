"""Exposure limits at every price: what an order was not to bring about, a market may."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Final

from regimeflow.domain.risk.exposure import Breach, breaches
from regimeflow.domain.risk.wider import WiderLimits
from regimeflow.engine.kill_switch import Hold
from regimeflow.engine.order_externals import own_open
from regimeflow.engine.parts import Parts
from regimeflow.engine.risk.telling import tell_breach
from regimeflow.types.enums import OrderSide, TradingState
from regimeflow.types.errors import RegimeFlowError


class ExposureWatch:
    """Lets only exits pass while what is held is beyond a limit, and cancels what would add to it.

    What cannot be known is no breach; an order that it concerns is refused by then.
    """

    def __init__(self, parts: Parts, wider: WiderLimits) -> None:
        self._parts: Final = parts
        self._wider: Final = wider
        self._over: Final[set[str]] = set()

    def look(self, equity: Decimal | None) -> set[str]:
        """Compare what is held with the limits; returns the causes that stand."""
        self._wider.follow_regime()
        account = self._wider.account(equity, with_open=False)
        found = {
            f"{each.rule} {each.of}".rstrip(): each
            for each in breaches(self._wider.limits, account)
            if each.is_known
        }
        for cause, breach in found.items():
            if cause not in self._over:
                self._over.add(cause)
                self._act(cause, breach)
        return set(found)

    def check(self) -> None:
        """Look, and let go of what is within its limit again; once a second."""
        found = self.look(self._parts.portfolio.equity())
        for cause in self._over - found:
            self._over.discard(cause)
            self._parts.switch.release(cause)

    def _act(self, cause: str, breach: Breach) -> None:
        parts = self._parts
        hold = Hold(
            cause=cause,
            state=TradingState.REDUCE_ONLY,
            text=breach.text,
            ends_with="being within it again",
            since_ns=parts.clock.now_ns(),
        )
        if not parts.switch.hold(hold):
            return
        self._cancel_entries()
        done = "only exits pass, orders that would add to it are cancelled"
        tell_breach(parts, breach, f"{breach.text}; {done}")

    def _cancel_entries(self) -> None:
        parts = self._parts
        for row in tuple(own_open(parts.books.table)):
            held = parts.portfolio.position(row.symbol).quantity_dec
            is_exit = held < 0 if row.side == OrderSide.BUY else held > 0
            if not is_exit:
                with contextlib.suppress(RegimeFlowError):  # it has just ended, or there is no line
                    parts.manager.cancel_order(row.order_id)
