"""Everything that the parts of this venue share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.accounts import Account, Worth, worth_of
from regimeflow.apps.venues.alpaca.adjusted import AdjustedExchange
from regimeflow.apps.venues.alpaca.assets import Asset, Assets
from regimeflow.apps.venues.alpaca.identifiers import Identifiers
from regimeflow.apps.venues.alpaca.market import Market
from regimeflow.apps.venues.alpaca.order_store import OrderStore
from regimeflow.apps.venues.alpaca.orders import Order
from regimeflow.apps.venues.alpaca.sessions import Phase, Sessions
from regimeflow.apps.venues.server.faults import Faults

CASH: Final = "USD"
_ZERO: Final = Decimal(0)


@dataclass(slots=True, kw_only=True, eq=False)
class House:
    """The venue's state; one loop, one thread."""

    exchange: AdjustedExchange
    accounts: Mapping[str, Account]
    assets: Assets
    market: Market
    sessions: Sessions
    ids: Identifiers
    faults: Faults
    clock: Callable[[], int]
    orders: OrderStore = field(default_factory=OrderStore)
    is_moving: bool = False  # a transfer of our own is on its way: its activity is booked already

    def move(self, account: str, asset: str, amount: Decimal, now_ns: int) -> None:
        """Give or take, for a fee or a corporate action."""
        self.is_moving = True
        try:
            self.exchange.transfer(account, asset, amount, now_ns)
        finally:
            self.is_moving = False

    def works(self, order: Order, phase: Phase) -> bool:
        """Whether an order may trade in a phase; those for the auctions never just work."""
        if order.asset.is_crypto:
            return True
        if order.time_in_force in {"opg", "cls"}:
            return False
        return phase is Phase.OPEN or (order.extended_hours and phase is not Phase.CLOSED)

    def price(self, asset: Asset) -> Decimal | None:
        """The last price, or what the book offers where nothing traded yet."""
        last = self.market[asset.symbol].last
        if last is not None:
            return last.price
        best = self.exchange.books[asset.symbol].best()
        side = best[0] or best[1]
        return side[0] if side is not None else None

    def cash(self, account: str) -> Decimal:
        """Dollars, those that open orders need included."""
        balance = self.exchange.accounts[account].balances().get(CASH)
        return balance.free + balance.locked if balance is not None else _ZERO

    def worth(self, account: str) -> Worth:
        """What an account is worth now."""
        held = sum((self.cost(order) for order in self.opening(account)), _ZERO)
        return worth_of(self.accounts[account], self.cash(account), self.market.prices(), held)

    def opening(self, account: str) -> list[Order]:
        """Open orders that would cost buying power: no legs, none that closes."""
        return [
            order
            for order in self.orders.open(account)
            if order.position_intent.endswith("to_open") and order.parent is None
        ]

    def cost(self, order: Order) -> Decimal:
        """What the rest of an order may cost at its limit, or at the market."""
        if order.notional is not None:
            return order.notional - order.filled_quote
        price = order.limit_price or order.stop_price or self.price(order.asset) or _ZERO
        return order.leaves_qty * price * order.asset.multiplier

    def held_qty(self, account: str, asset: Asset, side: str) -> tuple[Decimal, list[str]]:
        """How much of a position open orders on one side would close, and which.

        Of a group only the larger leg counts: one of them trades.
        """
        by_group: dict[str, Decimal] = {}
        ids: list[str] = []
        for order in self.orders.open(account, asset.symbol):
            if order.side == side and order.position_intent.endswith("to_close"):
                if order.parent is not None and order.parent.is_open and order.parent.side != side:
                    continue  # its entry has not filled: there is nothing to close yet
                key = order.group_id or order.id
                by_group[key] = max(by_group.get(key, _ZERO), order.leaves_qty)
                ids.append(order.id)
        return sum(by_group.values(), _ZERO), ids

    def available(self, account: str, asset: Asset) -> Decimal:
        """What of a position no open order would close."""
        qty = self.accounts[account].books.position(asset).qty
        held, _ = self.held_qty(account, asset, "sell" if qty > 0 else "buy")
        free = max(_ZERO, abs(qty) - held)
        return free if qty > 0 else -free
