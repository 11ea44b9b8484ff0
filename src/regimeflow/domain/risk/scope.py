"""One scope of the pre-trade gate: its limits for the core, its refusals for people."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NoReturn

from regimeflow._core.decimals import parse, rescale, to_decimal
from regimeflow._core.gate import NO_PX, Gate
from regimeflow.domain.orders.order import Number, OrderTerms
from regimeflow.domain.orders.order_terms import terms_text
from regimeflow.domain.risk import rules
from regimeflow.types.config.risk import RiskLimits, limit_for
from regimeflow.types.enums import OrderSide, OrderType, TradingState
from regimeflow.types.errors import AlreadyExists, Fault, InvalidArgument, RiskDenied
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record

_SHARE_EXP: Final = -9  # of a per cent: the core's share of the price is in 10**-11
_SECOND_NS: Final = 1_000_000_000


def mantissa_of(number: Number, exp: int) -> int:
    """Return a number as a whole number of ``10**exp``.

    Raises:
        InvalidArgument: not a finite number, or it has digits below that.
    """
    try:
        mantissa, found_exp = parse(number)
        return mantissa if found_exp == exp else rescale(mantissa, found_exp, exp)
    except (ValueError, TypeError) as refused:
        raise InvalidArgument([Fault("", str(refused))]) from refused


def floor_mantissa(number: Decimal, exp: int) -> int:
    """Return how many whole ``10**exp`` a number holds, towards zero; ``exp`` is at most 0."""
    numerator, denominator = number.as_integer_ratio()
    whole: int = abs(numerator) * 10**-exp // denominator
    return whole if numerator >= 0 else -whole


def raw_terms(terms: OrderTerms, px_exp: int) -> tuple[int, int, int]:
    """Return what the core takes of an order's terms: how far it trails, twice; a fingerprint.

    Raises:
        InvalidArgument: an amount has more digits than prices have.
    """
    from hashlib import blake2b  # few orders have terms

    trail = 0 if terms.trail_amount is None else mantissa_of(terms.trail_amount, px_exp)
    percent = Decimal(str(terms.trail_percent or 0))
    numerator, denominator = percent.as_integer_ratio()
    share = -(-numerator * 10**-_SHARE_EXP // denominator)
    digest = blake2b(terms_text(terms).encode(), digest_size=8).digest()
    return trail, share, int.from_bytes(digest, "little")


def _floor_ratio(number: Decimal, divisor: Decimal, exp: int) -> int:
    """Return how many whole ``10**exp`` a quotient of two numbers above zero holds."""
    numerator, denominator = number.as_integer_ratio()
    over, under = divisor.as_integer_ratio()
    whole: int = numerator * under * 10**-exp // (denominator * over)
    return whole


class Attempt(Record, kw_only=True):
    """An order that was refused, as the core saw it."""

    instrument: Instrument
    side: OrderSide
    type: OrderType
    qty: int
    limit_px: int
    own_qty: int

    @property
    def unit(self) -> str:
        """What its quantity counts."""
        return self.instrument.base_currency or self.instrument.symbol

    @property
    def quantity(self) -> Decimal:
        """How much it asked."""
        return to_decimal(self.qty, self.instrument.qty_exp)


class Scope(Record):
    """A compiled gate with the limits that it was given; ``name`` is "" for the account."""

    name: str
    gate: Gate
    limits: RiskLimits

    def settle(self) -> None:
        """Tell the core its rates."""
        self.gate.set_rates(self.limits.max_orders_per_second, self.limits.max_orders_per_minute)
        window_s = self.limits.duplicate_window_s
        self.gate.set_duplicate_window(0 if window_s is None else round(window_s * _SECOND_NS))

    def list_instrument(self, instrument: Instrument) -> None:
        """Allow a symbol with its limits."""
        px_exp, qty_exp = instrument.px_exp, instrument.qty_exp
        limits, symbol = self.limits, instrument.symbol
        qty = limit_for(limits.max_order_qty, symbol)
        position = limit_for(limits.max_position_qty, symbol)
        notional = limit_for(limits.max_order_notional, symbol)
        collar = limits.price_collar_pct
        self.gate.list_symbol(
            symbol,
            px_exp=px_exp,
            qty_exp=qty_exp,
            max_qty=None if qty is None else floor_mantissa(qty, qty_exp),
            max_position=None if position is None else floor_mantissa(position, qty_exp),
            max_notional=None
            if notional is None
            else _floor_ratio(notional, instrument.multiplier, px_exp + qty_exp),
            collar=None if collar is None else floor_mantissa(collar, _SHARE_EXP),
        )

    def refuse(self, rule: int, attempt: Attempt, state: TradingState, cause: str) -> NoReturn:
        """Raise what a broken rule stands for."""
        if rule == rules.DUPLICATE_WINDOW_S:
            raise AlreadyExists(self._repeated(attempt))
        limit, value = self._limit_and_value(rule, attempt, state, cause)
        name = rules.RULES[rule]
        whose = f" of strategy {self.name}" if self.name else ""
        text = f"{name}{whose}: {value} is beyond the limit of {limit}"
        if rule == rules.TRADING_STATE:
            text = f"{name}: {value} is not let pass in {limit}"
        elif rule in {rules.NO_QUOTE_FOR_NOTIONAL, rules.NO_QUOTE_FOR_COLLAR}:
            text = f"{name}{whose}: {value}, so the limit of {limit} cannot be held"
        raise RiskDenied(name, limit=limit, value=value, text=text)

    def _repeated(self, attempt: Attempt) -> str:
        what = rules.action(attempt.side, attempt.quantity, attempt.unit)
        price = "" if attempt.limit_px == NO_PX else f" at {self._price(attempt, attempt.limit_px)}"
        return (
            f"duplicate_window_s: {what}{price}, {attempt.type.name}, passed less than"
            f" {self.limits.duplicate_window_s:g} s ago; the first one stands"
        )

    def _limit_and_value(
        self, rule: int, attempt: Attempt, state: TradingState, cause: str
    ) -> tuple[str, str]:
        limits, symbol, unit = self.limits, attempt.instrument.symbol, attempt.unit
        match rule:
            case rules.TRADING_STATE:
                return (f"{state.name} ({cause})" if cause else state.name, self._intent(attempt))
            case rules.MAX_ORDER_QTY:
                return (
                    _of(limit_for(limits.max_order_qty, symbol), unit),
                    rules.amount(attempt.quantity, unit),
                )
            case rules.MAX_POSITION_QTY:
                worst = self._worst_position(attempt)
                limit = _of(limit_for(limits.max_position_qty, symbol), unit)
                return limit, rules.amount(worst, unit)
            case rules.MAX_ORDER_NOTIONAL | rules.NO_QUOTE_FOR_NOTIONAL:
                currency = attempt.instrument.quote_currency
                limit = _of(limit_for(limits.max_order_notional, symbol), currency)
                return limit, self._notional(attempt, currency)
            case rules.PRICE_COLLAR_PCT | rules.NO_QUOTE_FOR_COLLAR:
                return _of(limits.price_collar_pct, "%"), self._distance(attempt)
            case rules.MAX_ORDERS_PER_SECOND:
                count = limits.max_orders_per_second or 0
                return f"{count} orders in 1 s", f"{count + 1} orders"
            case rules.MAX_ORDERS_PER_MINUTE:
                count = limits.max_orders_per_minute or 0
                return f"{count} orders in 60 s", f"{count + 1} orders"
            case _:
                return "the symbols of this session", symbol

    def _intent(self, attempt: Attempt) -> str:
        held, buys, sells = self.gate.exposure(self._id(attempt))
        exp, unit = attempt.instrument.qty_exp, attempt.unit
        opened = buys if attempt.side is OrderSide.BUY else sells
        return (
            f"{rules.action(attempt.side, attempt.quantity, unit)} with"
            f" {rules.amount(to_decimal(held, exp), unit)} held and"
            f" {rules.amount(to_decimal(opened, exp), unit)} open on that side"
        )

    def _worst_position(self, attempt: Attempt) -> Decimal:
        held, buys, sells = self.gate.exposure(self._id(attempt))
        if attempt.side is OrderSide.BUY:
            worst = held + buys - attempt.own_qty + attempt.qty
        else:
            worst = held - sells + attempt.own_qty - attempt.qty
        return _exact(worst, attempt.instrument.qty_exp)

    def _notional(self, attempt: Attempt, currency: str) -> str:
        px = self.gate.last_valued_px()
        if px is None:
            return f"no quote of {attempt.instrument.symbol}"
        exp = attempt.instrument.px_exp + attempt.instrument.qty_exp
        multiplier = attempt.instrument.multiplier
        return rules.amount(rules.product(_exact(px * attempt.qty, exp), multiplier), currency)

    def _distance(self, attempt: Attempt) -> str:
        reference = self.gate.last_reference_px()
        if reference is None:
            return f"no quote of {attempt.instrument.symbol}"
        share = 100 * (attempt.limit_px - reference) / (abs(reference) or 1)
        at = f"{self._price(attempt, attempt.limit_px)} against {self._price(attempt, reference)}"
        return f"{share:+.6g} % ({at})"

    def _price(self, attempt: Attempt, px: int) -> str:
        instrument = attempt.instrument
        return rules.amount(to_decimal(px, instrument.px_exp), instrument.quote_currency)

    def _id(self, attempt: Attempt) -> int:
        return self.gate.id_of(attempt.instrument.symbol)


def _of(limit: Decimal | None, unit: str) -> str:
    return "none" if limit is None else rules.amount(limit, unit)


def _exact(mantissa: int, exp: int) -> Decimal:
    return Decimal(f"{mantissa}E{exp}")
