"""What an account has at stake, and which limit that is beyond: exact, in one currency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from regimeflow.domain.positions import EXACT, ZERO
from regimeflow.domain.risk import rules
from regimeflow.types.config.risk import RegimeLimits, RiskLimits, limit_for
from regimeflow.types.enums import OrderSide
from regimeflow.types.records import Record, replace

_HUNDRED: Final = Decimal(100)


class Stake(Record):
    """What a symbol is worth if every purchase fills, and if every sale does; short below zero.

    Both are None where that is not known; ``why`` says what is missing then.
    """

    long: Decimal | None
    short: Decimal | None
    why: str = ""

    @property
    def worst(self) -> Decimal | None:
        """The larger of both, without its sign."""
        if self.long is None or self.short is None:
            return None
        return max(self.long.copy_abs(), self.short.copy_abs())


class Breach(Record):
    """A limit that does not hold, each number with its unit; ``of`` is which of several.

    ``is_known``: false where a price or a rate is missing, so that nobody can say.
    """

    rule: str
    limit: str
    value: str
    of: str = ""
    is_known: bool = True

    @property
    def text(self) -> str:
        """One line, complete in itself."""
        whose = f" of {self.of}" if self.of else ""
        if not self.is_known:
            return f"{self.rule}{whose}: {self.value}, so the limit of {self.limit} cannot be held"
        return f"{self.rule}{whose}: {self.value} is beyond the limit of {self.limit}"


Stakes = Mapping[str, Stake]


class Account(Record):
    """What limits are held against: stakes by symbol, equity (None: unknown), its currency."""

    stakes: Stakes
    equity: Decimal | None
    currency: str


def in_regime(limits: RiskLimits, overlay: RegimeLimits | None) -> RiskLimits:
    """Return the limits as they are while a regime lasts."""
    if overlay is None:
        return limits
    names = ("max_order_qty", "max_order_notional", "max_position_qty", *_EXPOSURES)
    given = {name: getattr(overlay, name) for name in names}
    return replace(limits, **{name: each for name, each in given.items() if each is not None})


_EXPOSURES: Final = ("max_position_pct", "max_gross_exposure", "max_net_exposure", "max_leverage")


def has_exposure_limits(limits: RiskLimits) -> bool:
    """Whether anything here needs a view of the whole account."""
    groups = (limits.max_sector_exposure, limits.max_industry_exposure)
    if limits.correlated or any(each is not None for each in groups):
        return True
    tables = (limits, *limits.by_regime.values())
    return any(getattr(each, name) is not None for each in tables for name in _EXPOSURES)


def breaches(
    limits: RiskLimits, account: Account, symbol: str = "", side: OrderSide = OrderSide.NONE
) -> Iterator[Breach]:
    """Say which limits the account is beyond, or would be.

    Args:
        limits: As they are in the present regime.
        account: What would be at stake.
        symbol: Of the order that asks: only what it makes larger is looked at; "": all of it.
        side: Of that order.
    """
    yield from _positions(limits, account, symbol)
    yield from _sums(limits, account, side)
    yield from _groups("sector", limits.sector_of, limits.max_sector_exposure, account, symbol)
    yield from _groups(
        "industry", limits.industry_of, limits.max_industry_exposure, account, symbol
    )
    yield from _pairs(limits, account, symbol)


def _positions(limits: RiskLimits, account: Account, asked: str) -> Iterator[Breach]:
    for symbol in (asked,) if asked else account.stakes:
        share = limit_for(limits.max_position_pct, symbol)
        if share is None or symbol not in account.stakes:
            continue
        limit = f"{rules.plain(share)} % of equity"
        stake = account.stakes[symbol]
        worst, equity, why = stake.worst, account.equity, stake.why or "equity is not known"
        if worst is None or equity is None:
            yield Breach("max_position_pct", limit, why, symbol, is_known=False)
        elif EXACT.multiply(worst, _HUNDRED) > EXACT.multiply(share, equity):
            at = f"{_money(worst, account)} of {_money(equity, account)}"
            yield Breach("max_position_pct", limit, at, symbol)


def _sums(limits: RiskLimits, account: Account, side: OrderSide) -> Iterator[Breach]:
    stakes = account.stakes
    if limits.max_gross_exposure is not None:
        yield from _held_to(
            "max_gross_exposure", limits.max_gross_exposure, _gross(stakes), account
        )
    if limits.max_net_exposure is not None:
        yield from _held_to(
            "max_net_exposure", limits.max_net_exposure, _net(stakes, side), account
        )
    if limits.max_leverage is not None:
        gross, why = _gross(stakes)
        limit = f"{rules.plain(limits.max_leverage)} times equity"
        if gross is None or account.equity is None:
            why = why or "equity is not known"
            yield Breach("max_leverage", limit, why, is_known=False)
        elif gross > EXACT.multiply(limits.max_leverage, account.equity):
            at = f"{_money(gross, account)} on {_money(account.equity, account)}"
            yield Breach("max_leverage", limit, at)


def _groups(
    kind: str,
    members: Mapping[str, str],
    limit: Decimal | Mapping[str, Decimal] | None,
    account: Account,
    asked: str,
) -> Iterator[Breach]:
    if limit is None:
        return
    for group in dict.fromkeys(members.values()):
        most = limit_for(limit, group)
        if most is None or (asked and members.get(asked) != group):
            continue
        inside = {
            name: stake for name, stake in account.stakes.items() if members.get(name) == group
        }
        yield from _held_to(f"max_{kind}_exposure", most, _gross(inside), account, group)


def _pairs(limits: RiskLimits, account: Account, asked: str) -> Iterator[Breach]:
    for pair in limits.correlated:
        if asked and asked not in pair.symbols:
            continue
        first, second = (account.stakes.get(symbol, _NOTHING) for symbol in pair.symbols)
        if pair.inverse:
            second = _turned(second)
        both = _net({"first": first, "second": second}, OrderSide.NONE)
        yield from _held_to(
            "correlated", pair.max_exposure, both, account, " and ".join(pair.symbols)
        )


_NOTHING: Final = Stake(ZERO, ZERO)


def _turned(stake: Stake) -> Stake:
    """What stands against a symbol is at stake with one that moves the other way."""
    if stake.long is None or stake.short is None:
        return stake
    return Stake(stake.short.copy_negate(), stake.long.copy_negate())


def _held_to(
    rule: str, limit: Decimal, found: tuple[Decimal | None, str], account: Account, of: str = ""
) -> Iterator[Breach]:
    value, why = found
    at_most = _money(limit, account)
    if value is None:
        yield Breach(rule, at_most, why, of, is_known=False)
    elif value > limit:
        yield Breach(rule, at_most, _money(value, account), of)


def _gross(stakes: Stakes) -> tuple[Decimal | None, str]:
    total = ZERO
    for stake in stakes.values():
        if stake.worst is None:
            return None, stake.why
        total = EXACT.add(total, stake.worst)
    return total, ""


def _net(stakes: Stakes, side: OrderSide) -> tuple[Decimal | None, str]:
    """What is long at most, or short; of an order only what it makes larger."""
    long, short = ZERO, ZERO
    for stake in stakes.values():
        if stake.long is None or stake.short is None:
            return None, stake.why
        long, short = EXACT.add(long, stake.long), EXACT.add(short, stake.short)
    short = short.copy_negate()
    if side is OrderSide.NONE:
        return max(long, short), ""
    return (long if side is OrderSide.BUY else short), ""


def _money(value: Decimal, account: Account) -> str:
    return rules.amount(value, account.currency)


def first(found: Iterable[Breach]) -> Breach | None:
    """Return the first breach; one that is certain before one that nobody can judge."""
    listed = list(found)
    return next((each for each in listed if each.is_known), listed[0] if listed else None)
