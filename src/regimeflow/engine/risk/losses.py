"""The day's loss and the fall from the peak."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from regimeflow.domain.capital import DAY_NS
from regimeflow.domain.portfolio import capital_of, currency_of, held_of
from regimeflow.domain.positions import EXACT
from regimeflow.domain.risk import rules
from regimeflow.domain.risk.exposure import Breach
from regimeflow.engine.kill_switch import BY_HAND, Hold
from regimeflow.engine.parts import Parts
from regimeflow.engine.reconciler import Reconciler
from regimeflow.engine.risk.telling import keep, tell_breach
from regimeflow.types.enums import TradingState

_LONGEST_DOUBT_NS: Final = 5_000_000_000  # while the broker is asked whether shares were split
_HUNDRED: Final = Decimal(100)


class LossWatch:
    """Holds trading once a loss reaches its limit.

    The day's holds it until the next UTC day, the fall from the peak until a person says otherwise.

    Equity that is not known is never taken for a loss, nor is money that is taken out.
    """

    DAY = "daily_loss_limit"
    DRAWDOWN = "max_drawdown"

    def __init__(
        self,
        parts: Parts,
        reconciler: Reconciler,
        reconcile: Callable[[], None],
        flatten: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._reconciler = reconciler
        self._reconcile = reconcile
        self._flatten = flatten
        limits = parts.config.risk
        self._day = limits.daily_loss_limit, limits.daily_loss_limit_pct
        self._fall = limits.max_drawdown, limits.max_drawdown_pct
        self.is_wanted = self._day != (None, None) or self._fall != (None, None)
        self._reached_on = -1  # the UTC day, counted from 1970
        self._peak: Decimal | None = None  # of equity less what came in
        self._is_down = False
        self._is_anew = False
        self._doubt_ns = 0  # since when a loss is not believed yet
        self._is_asked = False

    def begin(self) -> None:
        """Go on where the last session was: a loss is not forgotten by a restart."""
        kept = self._parts.books.risk
        peak = kept.get("peak")
        self._peak = None if peak is None else Decimal(peak)
        self._reached_on = kept.get("reached_on", -1)
        self._is_down = any(hold.cause == self.DRAWDOWN for hold in self._parts.switch.holds)
        today = self._parts.clock.now_ns() // DAY_NS
        if self._is_limited(self._day) and self._reached_on == today:
            self._hold(self.DAY, f"{self.DAY}: it was reached today", "the next UTC day")

    def state_of(self, cause: str) -> TradingState:
        """What passes under a hold that a session left behind."""
        is_mild = cause == self.DRAWDOWN and self._parts.config.risk.on_loss != "halt"
        return TradingState.REDUCE_ONLY if is_mild else TradingState.HALTED

    def check(self) -> None:
        """Look at the clock too, and write down what a restart must know; once a second."""
        parts = self._parts
        parts.portfolio.advance(parts.clock.now_ns())
        if not self.is_wanted:
            return
        self.look(parts.portfolio.equity())
        self._keep()

    def _keep(self) -> None:
        capital = capital_of(self._parts.portfolio)
        peak = None if self._peak is None else str(self._peak)
        keep(self._parts, capital=capital.state(), peak=peak, reached_on=self._reached_on)

    def look(self, equity: Decimal | None) -> None:
        """Compare equity with the limits; one that is not known is left as it is."""
        parts, now_ns = self._parts, self._parts.clock.now_ns()
        today = now_ns // DAY_NS
        if self._reached_on != today:
            # A price that comes back does not bring back what was lost: the day is over.
            parts.switch.release(self.DAY)
        if self._is_down and all(hold.cause != self.DRAWDOWN for hold in parts.switch.holds):
            self._is_down, self._peak = False, None
            self._is_anew = True  # a person says: from here on
        if equity is None:
            return
        day = next(self._days(equity), None) if self._reached_on != today else None
        fall = next(self._falls(equity), None) if not self._is_down else None
        if day is None and fall is None:
            self._doubt_ns, self._is_asked = 0, False
            return
        if self._may_be_a_split(now_ns):
            return
        if day is not None:
            self._reached_on = today
            self._act(self.DAY, day, "the next UTC day")
        if fall is not None:
            self._is_down = True
            self._act(self.DRAWDOWN, fall, BY_HAND)

    def _days(self, equity: Decimal) -> Iterator[Breach]:
        if not self._is_limited(self._day):
            return
        if capital_of(self._parts.portfolio).baseline is None:
            self._parts.portfolio.daily_pnl()  # the first moment at which everything is known
        baseline = capital_of(self._parts.portfolio).baseline
        if baseline is not None:
            yield from self._losses(self.DAY, self._day, EXACT.subtract(baseline, equity), baseline)

    def _falls(self, equity: Decimal) -> Iterator[Breach]:
        if not self._is_limited(self._fall):
            return
        capital = capital_of(self._parts.portfolio)
        came_in, baseline = capital.came_in, capital.baseline
        earned = EXACT.subtract(equity, came_in)
        if self._peak is None and baseline is not None and not self._is_anew:
            self._peak = EXACT.subtract(baseline, came_in)  # before the first trade cost anything
        self._peak = earned if self._peak is None else max(self._peak, earned)
        fall = EXACT.subtract(self._peak, earned)
        yield from self._losses(self.DRAWDOWN, self._fall, fall, EXACT.add(self._peak, came_in))

    def _losses(
        self,
        rule: str,
        limits: tuple[Decimal | None, Decimal | None],
        loss: Decimal,
        base: Decimal,
    ) -> Iterator[Breach]:
        most, share = limits
        currency = currency_of(self._parts.portfolio)
        lost = rules.amount(loss, currency)
        if most is not None and loss >= most:
            yield Breach(rule, rules.amount(most, currency), lost)
        if share is None or loss <= 0:
            return
        if EXACT.multiply(loss, _HUNDRED) >= EXACT.multiply(share, base):
            of = f"{rules.plain(share)} % of {rules.amount(base, currency)}"
            yield Breach(f"{rule}_pct", of, lost)

    def _is_limited(self, limits: tuple[Decimal | None, Decimal | None]) -> bool:
        return limits != (None, None)

    def _act(self, cause: str, breach: Breach, ends_with: str) -> None:
        parts, action = self._parts, self._parts.config.risk.on_loss
        what = "the day's loss" if cause == self.DAY else "the fall from the peak"
        text = f"{breach.rule}: {what} of {breach.value} has reached the limit of {breach.limit}"
        self._keep()
        if not self._hold(cause, text, ends_with):
            return
        parts.manager.cancel_all_orders()
        done = f"trading is {self._state.name}, open orders are cancelled"
        if action == "flatten":
            done += ", every position is closed"
        tell_breach(parts, breach, f"{text}; {done}")
        if action == "flatten":
            self._flatten()

    @property
    def _state(self) -> TradingState:
        is_halt = self._parts.config.risk.on_loss == "halt"
        return TradingState.HALTED if is_halt else TradingState.REDUCE_ONLY

    def _hold(self, cause: str, text: str, ends_with: str) -> bool:
        now_ns = self._parts.clock.now_ns()
        return self._parts.switch.hold(Hold(cause, self._state, text, ends_with, now_ns))

    def _may_be_a_split(self, now_ns: int) -> bool:
        """Whether shares may have been split, which the broker is being asked about.

        Their new price may be here before we hear of it: half the price is no loss then.
        """
        parts = self._parts
        held = held_of(parts.portfolio)
        classes = {
            parts.instruments[each].asset_class for each in held if each in parts.instruments
        }
        if "equity" not in classes:
            return False
        self._doubt_ns = self._doubt_ns or now_ns
        if self._is_asked and not self._reconciler.is_running:
            return False
        if not self._reconciler.is_running:
            self._is_asked = True
            self._reconcile()
        return now_ns - self._doubt_ns <= _LONGEST_DOUBT_NS
