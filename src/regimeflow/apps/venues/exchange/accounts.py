"""What an account has, what its open orders need of that, and what it did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from regimeflow.apps.venues.exchange.kinds import State
from regimeflow.apps.venues.exchange.numbers import (
    MONEY_UNIT,
    UNIT,
    money_of,
    money_units,
    units,
)
from regimeflow.apps.venues.exchange.order import Order, OrderList
from regimeflow.apps.venues.exchange.requests import AccountSpec, Fees, Listing
from regimeflow.apps.venues.exchange.views import Balance, FillView, ListView, OrderView

_FEE_STEP: Final = MONEY_UNIT // 10**8


class Purse:
    """How much an account has of one asset; whole numbers of ``10**-20``."""

    __slots__ = ("locked", "overdraft", "total")

    def __init__(self, total: int, overdraft: int | None) -> None:
        self.total = total
        self.locked = 0
        self.overdraft = overdraft

    def can_spend(self, amount: int) -> bool:
        """Whether ``amount`` of what is free may go."""
        if amount <= 0 or self.overdraft is None:
            return True
        return self.total - self.locked + self.overdraft >= amount

    def spendable(self) -> int | None:
        """How much may go; None without a limit."""
        if self.overdraft is None:
            return None
        return max(0, self.total - self.locked + self.overdraft)


class Account:
    """One account; the exchange alone changes it."""

    def __init__(self, spec: AccountSpec) -> None:
        self.spec: Final = spec
        self.name: Final = spec.name
        self.fees: Fees = spec.fees
        self.orders_by_id: Final[dict[int, Order]] = {}
        self.open_by_id: Final[dict[int, Order]] = {}
        self.by_client_id: Final[dict[str, list[Order]]] = {}
        self.lists_by_id: Final[dict[int, OrderList]] = {}
        self.fill_log: Final[list[FillView]] = []
        self.touched: Final[dict[str, None]] = {}
        self._purses: Final[dict[str, Purse]] = {}
        for asset, amount in spec.balances.items():
            self.purse(asset).total = money_units(amount)

    def purse(self, asset: str) -> Purse:
        """What it has of an asset."""
        purse = self._purses.get(asset)
        if purse is None:
            limits = self.spec.overdraft
            limit = limits.get(asset, limits.get("*", Decimal(0)))
            purse = Purse(0, None if limit is None else money_units(limit))
            self._purses[asset] = purse
        return purse

    def pay(self, asset: str, amount: int) -> None:
        """Add to what it has; less than nothing takes away."""
        if amount:
            self.purse(asset).total += amount
            self.touched[asset] = None

    def lock(self, asset: str, change: int) -> None:
        """Lock more, or less, of what it has."""
        if change:
            self.purse(asset).locked += change
            self.touched[asset] = None

    def add(self, order: Order) -> None:
        """Remember a new order."""
        self.orders_by_id[order.order_id] = order
        self.open_by_id[order.order_id] = order
        self.by_client_id.setdefault(order.client_ids[-1], []).append(order)

    def rename(self, order: Order, client_order_id: str) -> None:
        """Give an order another client id; the old one still finds it."""
        if client_order_id != order.client_ids[-1]:
            order.client_ids = (*order.client_ids, client_order_id)
            self.by_client_id.setdefault(client_order_id, []).append(order)

    def is_id_used(self, client_order_id: str, scope: str) -> bool:
        """Whether another order has this client id now (``"open"``) or ever had it."""
        if scope == "none" or not client_order_id:
            return False
        known = self.by_client_id.get(client_order_id, ())
        if scope == "ever":
            return bool(known)
        return any(
            order.state.is_open and order.client_ids[-1] == client_order_id for order in known
        )

    # What follows is for readers.

    def balances(self) -> Mapping[str, Balance]:
        """Every asset that it has or had."""
        return MappingProxyType({asset: self.balance(asset) for asset in self._purses})

    def balance(self, asset: str) -> Balance:
        """What it has of one asset."""
        purse = self.purse(asset)
        return Balance(money_of(purse.total - purse.locked), money_of(purse.locked))

    def orders(self, symbol: str | None = None) -> list[OrderView]:
        """Every order, oldest first."""
        return _views(self.orders_by_id.values(), symbol)

    def open_orders(self, symbol: str | None = None) -> list[OrderView]:
        """Every order to which something may still happen, oldest first."""
        return _views(self.open_by_id.values(), symbol)

    def fills(self, symbol: str | None = None) -> list[FillView]:
        """Every execution, oldest first."""
        return [each for each in self.fill_log if symbol is None or each.symbol == symbol]

    def lists(self) -> list[ListView]:
        """Every order list, oldest first."""
        return [each.view() for each in self.lists_by_id.values()]

    def find(self, client_order_id: str, symbol: str | None = None) -> OrderView | None:
        """The open order of a client id, else the newest one."""
        known = [
            order
            for order in self.by_client_id.get(client_order_id, ())
            if symbol is None or order.symbol == symbol
        ]
        known.sort(key=lambda order: (order.state.is_open, order.order_id))
        return known[-1].view() if known else None


def _views(orders: Iterable[Order], symbol: str | None) -> list[OrderView]:
    return [order.view() for order in orders if symbol is None or order.symbol == symbol]


def reserve(fees: Fees, order: Order, listing: Listing, px: int, qty: int) -> tuple[str, int]:
    """Return what a fill of ``qty`` at ``px`` may take of which asset, commission included."""
    if not order.is_buy:
        return listing.base, qty * UNIT
    money = px * qty
    if fees.asset == "quote":
        money += _commission(max(fees.maker, fees.taker), money)
        money += units(fees.per_unit) * qty
    return listing.quote, money


def need_of(fees: Fees, order: Order, listing: Listing) -> tuple[str, int]:
    """Return what an open order locks of which asset."""
    if order.state is State.PENDING or not order.state.is_open:
        return listing.base, 0
    px = order.limit_px if order.limit_px is not None else order.reserved_px
    if order.is_buy and not px:
        return listing.quote, order.money_left or 0
    return reserve(fees, order, listing, px, order.leaves_qty)


def commission_of(
    account: Account, order: Order, listing: Listing, qty: int, money: int, *, is_maker: bool
) -> tuple[str, int]:
    """Return the commission of a fill and the asset that pays it."""
    fees = account.fees
    rate = fees.maker if is_maker else fees.taker
    if fees.asset == "quote":
        return listing.quote, _commission(rate, money) + units(fees.per_unit) * qty
    if fees.asset != "received":
        price = fees.asset_prices.get(listing.quote)
        if price:
            full = _commission(rate * (1 - fees.discount), money)
            amount = full * UNIT // units(price)
            amount -= amount % _FEE_STEP
            if account.purse(fees.asset).can_spend(amount):
                return fees.asset, amount
    if order.is_buy:
        return listing.base, _commission(rate, qty * UNIT)
    return listing.quote, _commission(rate, money)


def _commission(rate: Decimal, amount: int) -> int:
    """Return a share of an amount, rounded down to eight decimals; a rebate likewise towards 0."""
    numerator, denominator = rate.as_integer_ratio()
    share = abs(numerator) * amount // denominator
    share -= share % _FEE_STEP
    return share if numerator >= 0 else -share
