"""The pre-trade gate: limits in the configuration's words over the compiled checks."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn, Protocol

from regimeflow._core.board import QuoteBoard
from regimeflow._core.decimals import to_decimal
from regimeflow._core.gate import NO_PX, Gate
from regimeflow._core.symbols import intern
from regimeflow.domain.orders.order import (
    LiveOrder,
    Number,
    Order,
    OrderModification,
    OrderTerms,
)
from regimeflow.domain.risk.money import demand_worth
from regimeflow.domain.risk.scope import Attempt, Scope, floor_mantissa, mantissa_of, raw_terms
from regimeflow.types.account import Trade
from regimeflow.types.config.risk import RiskLimits
from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, TradingState
from regimeflow.types.errors import RiskDenied
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record


class RequestedOrder(Protocol):
    """What the gate reads of an order; ``Order`` and ``LiveOrder`` both have it."""

    @property
    def symbol(self) -> str:
        """The instrument."""
        ...

    @property
    def side(self) -> OrderSide:
        """BUY or SELL."""
        ...

    @property
    def type(self) -> OrderType:
        """Which prices it has."""
        ...

    @property
    def quantity(self) -> Number:
        """How much."""
        ...

    @property
    def limit_price(self) -> Number | None:
        """None where the type has none."""
        ...

    @property
    def stop_price(self) -> Number | None:
        """None where the type has none."""
        ...

    @property
    def terms(self) -> OrderTerms | None:
        """What else is asked of it."""
        ...


class Time(Protocol):
    """The part of a clock that the gate reads."""

    def monotonic_ns(self) -> int:
        """Nanoseconds on a clock that never goes back."""
        ...


class OrderJudge(Protocol):
    """Who judges orders by what no compiled gate can see; each raises RiskDenied."""

    def judge(self, order: Order, qty: int, strategy: str) -> None:
        """Let an order pass; ``qty`` is its quantity as a mantissa."""
        ...

    def judge_change(self, order: LiveOrder, mod: OrderModification) -> None:
        """Let a change of an order pass."""
        ...


class Exposure(Record):
    """What is held of a symbol, and what may still be bought and sold at worst."""

    position: Decimal
    open_buy: Decimal
    open_sell: Decimal


class RiskGate:
    """What every order passes before it may leave: the account's limits, then its strategy's.

    An order that can only make a position smaller, net of everything that is open on its side, is
    an exit: it passes in REDUCE_ONLY and is exempt from the limits on quantity, notional, position
    and rate. Its limit price is still held to the collar on the side where it would be given away.
    The same exit a second time would sell more than is held, so it is none.

    A MARKET order is valued at the quote that it would meet (the ask for a purchase), a limit sale
    below the bid at the bid. An entry that cannot be valued is refused.

    Threading:
        The engine's loop only.
    """

    def __init__(
        self,
        limits: RiskLimits,
        board: QuoteBoard,
        instruments: Mapping[str, Instrument],
        clock: Time,
    ) -> None:
        self._board = board
        self._now_ns = clock.monotonic_ns
        self._instruments: dict[str, Instrument] = {}
        self._ids: dict[str, int] = {}
        self._cause = ""
        self._state = TradingState.ACTIVE
        self._account = Scope("", Gate(board), limits)
        self._admit = self._account.gate.admit
        self._strategies: dict[str, Scope] = {}
        self.wider: OrderJudge | None = None  # asked before this one, of entries and their changes
        for instrument in instruments.values():
            self.list_instrument(instrument)

    # ---- what is allowed

    def list_instrument(self, instrument: Instrument) -> None:
        """Allow a symbol; positions and open orders that were told stay."""
        symbol = instrument.symbol
        self._instruments[symbol] = instrument
        self._ids[symbol] = intern(symbol)
        for scope in (self._account, *self._strategies.values()):
            scope.list_instrument(instrument)

    def add_strategy(self, name: str, limits: RiskLimits) -> None:
        """Give a strategy limits of its own, beside the account's."""
        scope = Scope(name, Gate(self._board), limits)
        for instrument in self._instruments.values():
            scope.list_instrument(instrument)
        self._strategies[name] = scope

    def set_limits(self, limits: RiskLimits) -> None:
        """Hold the account to other limits; rates, the duplicate window and what is open stay."""
        self._account = scope = Scope("", self._account.gate, limits)
        for instrument in self._instruments.values():
            scope.list_instrument(instrument)

    @property
    def state(self) -> TradingState:
        """What passes now."""
        return self._state

    @property
    def cause(self) -> str:
        """Why the state is not ACTIVE; "" when it is."""
        return self._cause

    def set_state(self, state: TradingState, cause: str = "") -> None:
        """Set what passes, and why; the cause is part of every refusal."""
        self._state, self._cause = state, cause
        self._account.gate.set_state(state)

    # ---- the check

    def check(self, order: RequestedOrder, *, strategy: str | None = None) -> None:
        """Let an order pass, and count it; or refuse it, and change nothing.

        Args:
            order: Already valid; a ``LiveOrder`` brings its strategy.
            strategy: Whose order it is, where the order does not say.

        Raises:
            RiskDenied: rule, limit and value of the first limit that it breaks.
            AlreadyExists: the same order passed within the duplicate window.
            InvalidArgument: a number has more digits than the instrument.
        """
        symbol = order.symbol
        instrument = self._instruments.get(symbol)
        if instrument is None:
            self._refuse_symbol(order.symbol)
        if strategy is None:
            strategy = order.strategy if isinstance(order, LiveOrder) else ""
        px_exp = instrument.px_exp
        self.check_raw(
            symbol,
            order.side,
            order.type,
            mantissa_of(order.quantity, instrument.qty_exp),
            NO_PX if order.limit_price is None else mantissa_of(order.limit_price, px_exp),
            NO_PX if order.stop_price is None else mantissa_of(order.stop_price, px_exp),
            strategy,
            terms=order.terms,
        )

    def check_raw(  # noqa: PLR0917 - by keyword it would cost the hot path twice the check
        self,
        symbol: str,
        side: OrderSide,
        ord_type: OrderType,
        qty: int,
        limit_px: int = NO_PX,
        stop_px: int = NO_PX,
        strategy: str = "",
        *,
        replaces: int = 0,
        terms: OrderTerms | None = None,
    ) -> None:
        """Check as ``check``, by mantissas at the instrument's exponents.

        Args:
            symbol: The instrument.
            side: BUY or SELL.
            ord_type: Which prices count.
            qty: What may fill.
            limit_px: ``NO_PX`` where there is none.
            stop_px: ``NO_PX`` where there is none.
            strategy: Whose order it is.
            replaces: The order that this is a change of; 0: it is new.
            terms: What else is asked of it.
        """
        number = self._ids.get(symbol)
        if number is None:
            self._refuse_symbol(symbol)
        scope = self._strategies.get(strategy)
        now_ns = self._now_ns()
        if terms is not None:
            demand_worth(terms, qty, self._instruments[symbol], self._board)
            more = raw_terms(terms, self._instruments[symbol].px_exp)
            gate = None if scope is None else scope.gate
            rule = self._admit(
                number, side, ord_type, qty, limit_px, stop_px, now_ns, gate, replaces, *more
            )
        elif scope is None:
            rule = self._admit(
                number, side, ord_type, qty, limit_px, stop_px, now_ns, None, replaces
            )
        else:
            rule = self._admit(
                number, side, ord_type, qty, limit_px, stop_px, now_ns, scope.gate, replaces
            )
        if rule:
            broken = self._account if rule > 0 or scope is None else scope
            attempt = Attempt(
                instrument=self._instruments[symbol],
                side=side,
                type=ord_type,
                qty=qty,
                limit_px=limit_px,
                own_qty=broken.gate.open_qty(replaces) if replaces else 0,
            )
            broken.refuse(abs(rule), attempt, self._state, self._cause)

    def check_modification(self, order: LiveOrder, mod: OrderModification) -> None:
        """Let a change of an order pass, and reserve what it may then fill; or refuse it.

        Raises:
            RiskDenied: rule, limit and value of the first limit that it breaks.
        """
        instrument = self._instruments.get(order.symbol)
        if instrument is None:
            self._refuse_symbol(order.symbol)
        total = mantissa_of(order.quantity, instrument.qty_exp)
        if mod.quantity is not None:
            total = mantissa_of(mod.quantity, instrument.qty_exp)
        limit = order.limit_price if mod.limit_price is None else mod.limit_price
        stop = order.stop_price if mod.stop_price is None else mod.stop_price
        self.check_raw(
            order.symbol,
            order.side,
            order.type,
            max(total - mantissa_of(order.cum_qty, instrument.qty_exp), 0),
            NO_PX if limit is None else mantissa_of(limit, instrument.px_exp),
            NO_PX if stop is None else mantissa_of(stop, instrument.px_exp),
            order.strategy,
            replaces=order.order_id,
            terms=order.terms,
        )
        for gate in self._gates_of(order.strategy):
            gate.reserve(order.order_id, total)

    def is_reducing(
        self, symbol: str, side: OrderSide, quantity: Number, *, strategy: str | None = None
    ) -> bool:
        """Whether such an order would be an exit now, of the account or of a strategy."""
        instrument = self._instruments.get(symbol)
        if instrument is None:
            return False
        gate = self._account.gate if strategy is None else self._strategies[strategy].gate
        return gate.is_reducing(self._ids[symbol], side, mantissa_of(quantity, instrument.qty_exp))

    # ---- what happened

    def on_order_update(self, order: LiveOrder) -> None:
        """Take an order as it stands; saying the same again changes nothing.

        What is in doubt counts as open whatever its status says.
        """
        instrument = self._instruments.get(order.symbol)
        if instrument is None:
            return
        is_over = order.status.is_terminal and not order.in_doubt
        self.track_raw(
            order.order_id,
            order.symbol,
            order.side,
            0 if is_over else mantissa_of(order.leaves_qty, instrument.qty_exp),
            mantissa_of(order.cum_qty, instrument.qty_exp),
            order.strategy,
            is_changing=order.status is LiveOrderStatus.PENDING_REPLACE,
        )

    on_submitted = on_order_update  # the first sight of an order: right after its check

    def track_raw(  # noqa: PLR0917 - as check_raw
        self,
        order_id: int,
        symbol: str,
        side: OrderSide,
        leaves: int,
        cum: int,
        strategy: str = "",
        *,
        is_changing: bool = False,
    ) -> None:
        """Take an order as ``on_order_update``, by mantissas; ``leaves`` is 0 when it is over."""
        number = self._ids.get(symbol)
        if number is None:
            return
        for gate in self._gates_of(strategy):
            gate.track(order_id, number, side, leaves, cum, is_changing)

    def on_trade(self, trade: Trade) -> None:
        """Take a fill, once: it moves the position and is no longer open."""
        instrument = self._instruments.get(trade.symbol)
        if instrument is None:
            return
        number = self._ids[trade.symbol]
        qty = mantissa_of(trade.quantity, instrument.qty_exp)
        for gate in self._gates_of(trade.strategy):
            gate.fill(trade.order_id, number, trade.side, qty)

    def set_position(self, symbol: str, quantity: Decimal, *, strategy: str | None = None) -> None:
        """Say what is held where it is known otherwise than by our fills: at the start.

        A remainder below the instrument's steps is left out, so that no exit can sell it.
        """
        instrument = self._instruments.get(symbol)
        if instrument is None:
            return
        gate = self._account.gate if strategy is None else self._strategies[strategy].gate
        gate.set_position(self._ids[symbol], floor_mantissa(quantity, instrument.qty_exp))

    def exposure(self, symbol: str, *, strategy: str | None = None) -> Exposure:
        """What the account, or one strategy, holds of a symbol and has open."""
        exp = self._instruments[symbol].qty_exp
        gate = self._account.gate if strategy is None else self._strategies[strategy].gate
        held, buys, sells = gate.exposure(self._ids[symbol])
        return Exposure(to_decimal(held, exp), to_decimal(buys, exp), to_decimal(sells, exp))

    def _gates_of(self, strategy: str) -> tuple[Gate, ...]:
        scope = self._strategies.get(strategy)
        return (self._account.gate,) if scope is None else (self._account.gate, scope.gate)

    # ---- how a refusal is put

    def _refuse_symbol(self, symbol: str) -> NoReturn:
        allowed = ", ".join(sorted(self._instruments)) or "no symbol"
        raise RiskDenied(
            "symbol_allowed",
            limit=allowed,
            value=symbol,
            text=f"symbol_allowed: {symbol} is not among the symbols of this session: {allowed}",
        )
