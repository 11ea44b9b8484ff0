"""What the compiled gate cannot see: the whole account, and the regime's own rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, Protocol

from regimeflow.domain.orders.order import LiveOrder, Order, OrderModification
from regimeflow.domain.portfolio import Portfolio, currency_of, held_of, worth_of
from regimeflow.domain.positions import EXACT, ZERO
from regimeflow.domain.risk import rules
from regimeflow.domain.risk.exposure import (
    Account,
    Stake,
    breaches,
    first,
    has_exposure_limits,
    in_regime,
)
from regimeflow.domain.risk.gate import RiskGate
from regimeflow.types.config.risk import RegimeLimits, RiskLimits
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce, TradingState
from regimeflow.types.errors import RiskDenied
from regimeflow.types.instrument import Instrument

_AGGRESSIVE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})
_WITHOUT_LIMIT: Final = frozenset(
    {
        OrderType.MARKET,
        OrderType.STOP,
        OrderType.TRAILING_STOP,
        OrderType.MARKET_IF_TOUCHED,
        OrderType.MARKET_ON_OPEN,
        OrderType.MARKET_ON_CLOSE,
    }
)


class Mood(Protocol):
    """The part of a regime's state that limits go by."""

    @property
    def name(self) -> str:
        """Of the regime."""
        ...


class WiderLimits:
    """Judges entries against the whole account and the present regime; exits always pass.

    An order is judged at its worst: everything that is open fills on its side, and nothing on the
    other; what would be held is valued at the mark. The first order of another regime finds its
    limits in force, in the compiled gate too.

    Threading:
        The engine's loop only.
    """

    def __init__(
        self,
        limits: RiskLimits,
        gate: RiskGate,
        portfolio: Portfolio,
        instruments: Mapping[str, Instrument],
        regime: Callable[[], Mood],
    ) -> None:
        self._configured: Final = limits
        self._gate: Final = gate
        self._portfolio: Final = portfolio
        self._instruments: Final = instruments
        self._regime: Final = regime
        self._has_exposures: Final = has_exposure_limits(limits)
        self._mood = ""
        self.overlay: RegimeLimits | None = None
        self.limits = limits  # as they are in the present regime

    @classmethod
    def is_wanted(cls, limits: RiskLimits) -> bool:
        """Whether there is anything to judge; else no order is the slower for it."""
        return has_exposure_limits(limits) or bool(limits.by_regime)

    def judge(self, order: Order, qty: int, strategy: str) -> None:
        """Let an order pass, or raise RiskDenied; nothing is counted.

        Args:
            order: Already valid.
            qty: Its quantity as a mantissa.
            strategy: Whose it is.
        """
        del strategy  # its own limits are the gate's
        self.follow_regime()
        instrument = self._instruments.get(order.symbol)
        if instrument is None or self._gate.state is not TradingState.ACTIVE:
            return  # which the gate says no to, or judges as an exit
        quantity = Decimal(qty).scaleb(instrument.qty_exp)
        if self._gate.is_reducing(order.symbol, order.side, quantity):
            return
        self._judge_overlay(order, quantity)
        self._judge_exposure(order.symbol, order.side, quantity)

    def judge_change(self, order: LiveOrder, mod: OrderModification) -> None:
        """Let a change pass, or raise RiskDenied: what it adds is judged as an order of its own."""
        self.follow_regime()
        if mod.quantity is None or self._gate.state is not TradingState.ACTIVE:
            return
        added = EXACT.subtract(Decimal(str(mod.quantity)), order.quantity)
        if added <= 0 or self._gate.is_reducing(order.symbol, order.side, added):
            return
        if self.overlay is not None and not self.overlay.new_exposure:
            self._deny_in_regime("new_exposure", rules.action(order.side, added, order.symbol))
        self._judge_exposure(order.symbol, order.side, added)

    def follow_regime(self) -> bool:
        """Have the limits of the present regime; whether they are others than before."""
        name = self._regime().name
        if name == self._mood:
            return False
        self._mood = name
        overlay = self._configured.by_regime.get(name)
        if overlay is self.overlay:
            return False
        self.overlay = overlay
        self.limits = in_regime(self._configured, overlay)
        self._gate.set_limits(self.limits)
        return True

    def account(
        self,
        equity: Decimal | None,
        *,
        with_open: bool,
        symbol: str = "",
        long: Decimal = ZERO,
    ) -> Account:
        """Return what is at stake, with what is open, and with one order more.

        Args:
            equity: Of the portfolio, now.
            with_open: Whether orders that may still fill count as filled.
            symbol: Of the order.
            long: What it would buy; what it would sell below zero.
        """
        stakes: dict[str, Stake] = {}
        held = held_of(self._portfolio)
        for name in dict.fromkeys((*held, *self._instruments)) if with_open else held:
            position, bought, sold = held.get(name, ZERO), ZERO, ZERO
            if with_open and name in self._instruments:
                now = self._gate.exposure(name)
                position, bought, sold = now.position, now.open_buy, now.open_sell
            if name == symbol:
                bought, sold = _with(bought, sold, long)
            if position or bought or sold:
                stakes[name] = self._stake(
                    name, EXACT.add(position, bought), EXACT.subtract(position, sold)
                )
        return Account(stakes, equity, currency_of(self._portfolio))

    def _stake(self, symbol: str, long: Decimal, short: Decimal) -> Stake:
        worth, why = worth_of(self._portfolio, symbol, long)
        if worth is None:
            return Stake(None, None, why)
        if long == short:
            return Stake(worth, worth)
        other, why = worth_of(self._portfolio, symbol, short)
        return Stake(worth, other, why)

    def _judge_overlay(self, order: Order, quantity: Decimal) -> None:
        overlay = self.overlay
        if overlay is None:
            return
        if not overlay.new_exposure:
            self._deny_in_regime("new_exposure", rules.action(order.side, quantity, order.symbol))
        if not overlay.market_orders and order.type in _WITHOUT_LIMIT:
            self._deny_in_regime("market_orders", f"{order.type.name} of {order.symbol}")
        if not overlay.aggressive_tif and order.time_in_force in _AGGRESSIVE:
            self._deny_in_regime("aggressive_tif", f"{order.time_in_force.name} of {order.symbol}")

    def _deny_in_regime(self, rule: str, value: str) -> None:
        limit = f"regime {self._mood}"
        text = f"{rule}: {value} is not let pass in {limit}"
        raise RiskDenied(rule, limit=limit, value=value, text=text)

    def _judge_exposure(self, symbol: str, side: OrderSide, quantity: Decimal) -> None:
        if not self._has_exposures:
            return
        long = quantity if side is OrderSide.BUY else quantity.copy_negate()
        equity = self._portfolio.equity()
        account = self.account(equity, with_open=True, symbol=symbol, long=long)
        breach = first(breaches(self.limits, account, symbol, side))
        if breach is not None:
            raise RiskDenied(breach.rule, limit=breach.limit, value=breach.value, text=breach.text)


def _with(bought: Decimal, sold: Decimal, long: Decimal) -> tuple[Decimal, Decimal]:
    if long > 0:
        return EXACT.add(bought, long), sold
    return bought, EXACT.subtract(sold, long)
