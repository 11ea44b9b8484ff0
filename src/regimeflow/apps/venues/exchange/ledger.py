"""Moves money: what orders lock, what fills pay; every asset's sum stays what it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from regimeflow.apps.venues.exchange.accounts import (
    Account,
    commission_of,
    need_of,
    reserve,
)
from regimeflow.apps.venues.exchange.events import BalancesChanged, OrderEvent, Traded
from regimeflow.apps.venues.exchange.kinds import Cause, State
from regimeflow.apps.venues.exchange.numbers import UNIT, money_of, number_of, units
from regimeflow.apps.venues.exchange.order import Order
from regimeflow.apps.venues.exchange.outbox import Outbox
from regimeflow.apps.venues.exchange.requests import Listing
from regimeflow.apps.venues.exchange.views import FillView


class Ledger:
    """The accounts, what they locked, and the other side of everything.

    ``street`` is what the market gave and took, ``fees`` what the venue earned, ``outside`` what
    was brought from outside: all assets of all accounts, ``street`` and ``fees`` together are
    always ``outside``.
    """

    def __init__(
        self, listings: Mapping[str, Listing], accounts: Mapping[str, Account], outbox: Outbox
    ) -> None:
        self.listings: Final = listings
        self.accounts: Final = accounts
        self.outbox: Final = outbox
        self.street: Final[Counter[str]] = Counter()
        self.fees: Final[Counter[str]] = Counter()
        self._locks: Final[dict[int, dict[str, int]]] = {}

    def needs(self, orders: Iterable[Order]) -> dict[str, int]:
        """What orders of which only one can be filled lock together, by asset."""
        needs: dict[str, int] = {}
        for order in orders:
            account = self.accounts[order.account]
            asset, need = need_of(account.fees, order, self.listings[order.symbol])
            if need > 0:
                needs[asset] = max(need, needs.get(asset, 0))
        return needs

    def lacks(self, account: Account, needs: Mapping[str, int], order: Order) -> str | None:
        """Return the asset of which too little is free; what ``order`` holds counts as free."""
        held = self._locks.get(_key(order), {})
        for asset, need in needs.items():
            if not account.purse(asset).can_spend(need - held.get(asset, 0)):
                return asset
        return None

    def relock(self, order: Order) -> None:
        """Lock what an order, with those that exclude it, needs now."""
        group = _group(order)
        key = _key(order)
        needs = self.needs(group)
        held = self._locks.get(key, {})
        account = self.accounts[order.account]
        for asset in {**held, **needs}:
            account.lock(asset, needs.get(asset, 0) - held.get(asset, 0))
        if needs:
            self._locks[key] = needs
        else:
            self._locks.pop(key, None)

    def unlock(self, order: Order) -> None:
        """Free what an order holds: it is about to trade for what it finds."""
        order.reserved_px = 0
        for asset, held in self._locks.pop(_key(order), {}).items():
            self.accounts[order.account].lock(asset, -held)

    def affordable(self, order: Order, px: int) -> int | None:
        """How much an order without a limit price can pay for at ``px``; None: as much as it likes.

        What a limit order may need was locked when it came.
        """
        if order.limit_px is not None:
            return None
        account = self.accounts[order.account]
        listing = self.listings[order.symbol]
        asset, cost = reserve(account.fees, order, listing, px, UNIT)
        held = self._locks.get(_key(order), {}).get(asset, 0)
        spendable = account.purse(asset).spendable()
        if spendable is None or cost <= 0:
            return None
        return (spendable + held) * UNIT // cost

    def book_fill(
        self, order: Order, px: int, qty: int, *, trade_id: int, is_maker: bool, counter: int
    ) -> None:
        """Pay for a fill, and tell it."""
        account = self.accounts[order.account]
        listing = self.listings[order.symbol]
        money = px * qty
        base, quote = (qty * UNIT, -money) if order.is_buy else (-qty * UNIT, money)
        asset, commission = commission_of(account, order, listing, qty, money, is_maker=is_maker)
        for each, amount in ((listing.base, base), (listing.quote, quote)):
            account.pay(each, amount)
            self.street[each] -= amount
        account.pay(asset, -commission)
        self.fees[asset] += commission
        order.cum_qty += qty
        order.cum_money += money
        if order.money_left is not None:
            order.money_left -= money
            if order.money_left < px * units(listing.lot):  # it buys no further lot: it is done
                order.money_left = None
                order.qty = order.cum_qty
        if order.money_left is None and not order.leaves_qty:
            order.state = State.FILLED
        if order.state is State.FILLED:
            account.open_by_id.pop(order.order_id, None)
        fill = FillView(
            exec_id=self.outbox.next_exec_id(),
            trade_id=trade_id,
            order_id=order.order_id,
            client_order_id=order.client_ids[-1],
            account=order.account,
            symbol=order.symbol,
            side=order.new.side,
            price=number_of(px),
            quantity=number_of(qty),
            quote_quantity=money_of(money),
            commission=money_of(commission),
            commission_asset=asset,
            is_maker=is_maker,
            time_ns=self.outbox.now_ns,
            cum_qty=number_of(order.cum_qty),
        )
        account.fill_log.append(fill)
        self.relock(order)
        order.updated_ns = self.outbox.now_ns
        event = Traded(
            order=order.view(), exec_id=fill.exec_id, fill=fill, counter_order_id=counter
        )
        self.tell(event, account)

    def close(self, order: Order, state: State, cause: Cause) -> None:
        """End an order: it is in no book any more."""
        order.state = state
        order.cause = cause
        order.updated_ns = self.outbox.now_ns
        self.accounts[order.account].open_by_id.pop(order.order_id, None)
        self.relock(order)

    def tell(self, event: OrderEvent, account: Account) -> None:
        """Tell what happened to an order, then what that changed in the account."""
        self.outbox.put(event)
        self.tell_balances(account)

    def tell_balances(self, account: Account) -> None:
        """Tell what an account has of the assets that changed."""
        if account.touched:
            changed = {asset: account.balance(asset) for asset in account.touched}
            account.touched.clear()
            self.outbox.put(BalancesChanged(account=account.name, balances=changed))


def _group(order: Order) -> list[Order]:
    """The orders of which only one can be filled; funds are locked once for all of them."""
    if order.list is not None:
        legs = order.list.legs
        if order in legs:
            return legs
    return [order]


def _key(order: Order) -> int:
    """What the funds of an order, with those that exclude it, are locked under."""
    found = order.list
    return -found.list_id if found is not None and order in found.legs else order.order_id
