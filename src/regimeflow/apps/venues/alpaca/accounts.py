"""An account: who it is, what it may do, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.fields import Json
from regimeflow.apps.venues.alpaca.ledger import AccountBooks, Position
from regimeflow.apps.venues.alpaca.refusals import bad_input, cents, text
from regimeflow.apps.venues.alpaca.times import new_york, rfc3339

_ZERO: Final = Decimal(0)
_HALF: Final = Decimal("0.5")
_MAINTENANCE: Final = Decimal("0.3")  # Source: Alpaca, "Margin and short selling", long positions
_RATIO: Final = Decimal("0.0000000001")


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """One account; ``last_equity`` is what it was worth when the day before ended."""

    id: str
    name: str
    number: str
    created_ns: int
    last_equity: Decimal
    multiplier: Decimal = Decimal(2)
    requests_per_minute: int = 200
    most_symbols: int | None = None
    feeds: tuple[str, ...] = ("sip", "iex", "delayed_sip", "test", "crypto", "indicative", "opra")
    configuration: Json = field(default_factory=dict)
    books: AccountBooks = field(default_factory=AccountBooks)

    @property
    def may_short(self) -> bool:
        """Whether it borrows shares."""
        return self.multiplier > 1 and not self.configuration["no_shorting"]


# Source: recorded answers; the checks of pattern day trading are gone since 2026-07-06.
CONFIGURATION: Final[Json] = {
    "fractional_trading": True,
    "max_margin_multiplier": "4",
    "max_options_trading_level": None,
    "no_shorting": False,
    "ptp_no_exception_entry": False,
    "suspend_trade": False,
    "trade_confirm_email": "all",
}
PDT_CONFIGURATION: Final[Json] = {"dtbp_check": "entry", "pdt_check": "entry"}
_CHOICES: Final[Mapping[str, tuple[object, ...]]] = {
    "max_margin_multiplier": ("1", "2", "4"),
    "trade_confirm_email": ("all", "none"),
}


def configure(account: Account, changes: Json) -> None:
    """Change what a PATCH names; unknown and null fields are passed over.

    Raises:
        Refusal: a value that is none; nothing was changed.
    """
    known = {
        name: value
        for name, value in changes.items()
        if name in CONFIGURATION and value is not None
    }
    for name, value in known.items():
        if isinstance(CONFIGURATION[name], bool) and not isinstance(value, bool):
            raise bad_input(f"invalid {name}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise bad_input(f"invalid {name}")
    account.configuration |= known


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What an account is worth; ``held`` is what its open buy orders may cost."""

    cash: Decimal
    long_value: Decimal
    short_value: Decimal
    paid_value: Decimal  # of the long value: what has no margin
    multiplier: Decimal
    held: Decimal

    @property
    def equity(self) -> Decimal:
        """Cash and everything held; shorts are below zero."""
        return self.cash + self.long_value + self.short_value

    @property
    def initial_margin(self) -> Decimal:
        """Half of stocks (all of them without margin), all of crypto and options."""
        stocks = self.long_value - self.paid_value - self.short_value
        rate = _HALF if self.multiplier > 1 else Decimal(1)
        return stocks * rate + self.paid_value

    @property
    def maintenance_margin(self) -> Decimal:
        """What must remain."""
        return (self.long_value - self.short_value) * _MAINTENANCE

    @property
    def non_marginable_buying_power(self) -> Decimal:
        """What crypto and options may cost."""
        return max(_ZERO, self.equity - self.initial_margin - self.held / self.multiplier)

    @property
    def buying_power(self) -> Decimal:
        """What stocks may cost."""
        return max(_ZERO, (self.equity - self.initial_margin) * self.multiplier - self.held)


def worth_of(
    account: Account, cash: Decimal, prices: Mapping[str, Decimal], held: Decimal
) -> Worth:
    """Value an account at the last prices."""
    values = [(one, market_value(one, prices)) for one in account.books.open_positions()]
    return Worth(
        cash=cash,
        long_value=_sum(value for _, value in values if value > 0),
        short_value=_sum(value for _, value in values if value < 0),
        paid_value=_sum(value for one, value in values if not one.asset.is_marginable),
        multiplier=account.multiplier,
        held=held,
    )


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, _ZERO)


def market_value(position: Position, prices: Mapping[str, Decimal]) -> Decimal:
    """At the last price, at cost where nothing traded yet."""
    price = prices.get(position.asset.symbol)
    return position.cost if price is None else position.value(price)


def account_form(account: Account, worth: Worth, now_ns: int, *, pdt: bool = False) -> Json:
    """As ``GET /v2/account`` answers; ``pdt`` brings the removed fields back."""
    buying_power = cents(worth.buying_power)
    bare = cents(worth.non_marginable_buying_power)
    form: Json = {
        "id": account.id,
        "admin_configurations": {},
        "user_configurations": None,
        "account_number": account.number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "options_approved_level": 3,
        "options_trading_level": 3,
        "currency": "USD",
        "buying_power": buying_power,
        "regt_buying_power": buying_power,
    }
    form |= {"daytrading_buying_power": "0"} if pdt else {}
    form |= {
        "effective_buying_power": buying_power,
        "non_marginable_buying_power": bare,
        "options_buying_power": bare,
        "bod_dtbp": "0",
        "cash": text(worth.cash),
        "accrued_fees": "0",
        "portfolio_value": text(worth.equity),
    }
    form |= {"pattern_day_trader": False} if pdt else {}
    form |= {
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "created_at": rfc3339(account.created_ns),
        "trade_suspended_by_user": account.configuration["suspend_trade"],
        "multiplier": text(account.multiplier),
        "shorting_enabled": account.may_short,
        "equity": text(worth.equity),
        "last_equity": text(account.last_equity),
        "long_market_value": text(worth.long_value),
        "short_market_value": text(worth.short_value),
        "position_market_value": text(worth.long_value - worth.short_value),
        "initial_margin": cents(worth.initial_margin),
        "maintenance_margin": cents(worth.maintenance_margin),
        "last_maintenance_margin": "0",
        "sma": cents(account.last_equity),
    }
    form |= {"daytrade_count": 0} if pdt else {}
    form |= {
        "balance_asof": new_york(now_ns).date().isoformat(),
        "crypto_tier": 1,
        "intraday_adjustments": "0",
        "pending_reg_taf_fees": "0",
    }
    return form


def position_form(
    position: Position,
    *,
    price: Decimal | None,
    previous_close: Decimal,
    available: Decimal,
) -> Json:
    """As ``GET /v2/positions`` answers; without a price what depends on it is null."""
    asset = position.asset
    now = previous_close if price is None else price
    cost, value = abs(position.cost), position.value(now)
    profit = value - position.cost
    today = position.value(now - previous_close)
    return {
        "asset_id": asset.asset_id,
        "symbol": asset.position_symbol,
        "exchange": asset.exchange,
        "asset_class": asset.asset_class,
        "asset_marginable": asset.is_marginable,
        "qty": text(position.qty),
        "avg_entry_price": text(position.average_entry),
        "side": "long" if position.qty > 0 else "short",
        "market_value": text(value),
        "cost_basis": text(position.cost),
        "unrealized_pl": text(profit),
        "unrealized_plpc": _share(profit, cost),
        "unrealized_intraday_pl": text(today),
        "unrealized_intraday_plpc": _share(today, abs(position.value(previous_close))),
        "current_price": text(now),
        "lastday_price": text(previous_close),
        "change_today": _share(now - previous_close, previous_close),
        "qty_available": text(available),
    }


def _share(part: Decimal, whole: Decimal) -> str:
    return text((part / whole).quantize(_RATIO)) if whole else "0"
