"""Corporate actions and money from outside: they change positions and cash, and stop nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.accounts import Account
from regimeflow.apps.venues.alpaca.assets import Asset
from regimeflow.apps.venues.alpaca.house import CASH, House
from regimeflow.apps.venues.alpaca.orders import Order
from regimeflow.apps.venues.alpaca.placing import Placing
from regimeflow.apps.venues.alpaca.replacing import heir_of, stand_in
from regimeflow.apps.venues.alpaca.updates import Updates
from regimeflow.apps.venues.exchange.events import Transferred

_TICK: Final = Decimal("0.01")
_ZERO: Final = Decimal(0)


class Corporate:
    """Books what happens to everyone who holds something."""

    def __init__(self, house: House, updates: Updates, placing: Placing) -> None:
        self._house: Final = house
        self._updates: Final = updates
        self._placing: Final = placing

    def split(self, asset: Asset, ratio: Decimal) -> None:
        """Make ``ratio`` shares of one, at a price divided by it; open orders follow."""
        house, now_ns = self._house, self._house.clock()
        heads = [
            order
            for order in house.orders
            if order.asset is asset and order.parent is None and order.open_members
        ]
        working = [one for one in heads if any(each.engine_id for each in one.open_members)]
        for order in working:
            self._placing.withdraw(order, now_ns)
        house.exchange.divide(asset.symbol, ratio, now_ns)
        house.market[asset.symbol].split(ratio)
        for name, account in house.accounts.items():
            self._split_position(name, account, asset, ratio)
        for order in heads:
            heir = self._follow(order, ratio, now_ns)
            if order in working:
                self._placing.place(heir, now_ns)

    def _split_position(self, name: str, account: Account, asset: Asset, ratio: Decimal) -> None:
        position, now_ns = account.books.position(asset), self._house.clock()
        if not position.qty:
            return
        added = position.split(ratio)
        self._house.move(name, asset.base, added, now_ns)
        account.books.book_other(
            "SPLIT",
            activity_id=self._house.ids.activity(now_ns),
            time_ns=now_ns,
            net_amount=_ZERO,
            description=f"{ratio}-for-1 split",
            symbol=asset.symbol,
            qty=str(added),
        )

    def _follow(self, head: Order, ratio: Decimal, now_ns: int) -> Order:
        """Replace what is open of a group; returns its head, which may be over itself."""
        for leg in [one for one in head.legs if one.is_open]:
            self._heir(leg, ratio, now_ns)
        return self._heir(head, ratio, now_ns) if head.is_open else head

    def _heir(self, old: Order, ratio: Decimal, now_ns: int) -> Order:
        heir = heir_of(
            self._house,
            old,
            qty=None if old.qty is None else (old.qty * ratio).normalize(),
            limit_price=_divided(old.limit_price, ratio),
            stop_price=_divided(old.stop_price, ratio),
            trail_price=_divided(old.trail_price, ratio),
            trail_percent=old.trail_percent,
            time_in_force=old.time_in_force,
        )
        heir.filled_qty, heir.hwm = old.filled_qty * ratio, None
        heir.status = old.status if old.status in {"accepted", "held"} else "pending_new"
        old.status, old.replaced_by, old.replaced_ns = "replaced", heir.id, now_ns
        stand_in(old, heir)
        self._house.orders.add(heir)
        self._updates.tell(old, "replaced", time_ns=now_ns, execution_id=self._house.ids.uuid())
        return heir

    def dividend(self, asset: Asset, per_share: Decimal) -> None:
        """Pay everyone who is long, take from everyone who is short."""
        now_ns = self._house.clock()
        for name, account in self._house.accounts.items():
            qty = account.books.position(asset).qty
            amount = (qty * per_share).quantize(_TICK)
            if not amount:
                continue
            self._house.move(name, CASH, amount, now_ns)
            account.books.book_other(
                "DIV",
                activity_id=self._house.ids.activity(now_ns),
                time_ns=now_ns,
                net_amount=amount,
                description=f"Cash DIV @ {per_share}",
                symbol=asset.symbol,
                qty=str(qty),
                per_share_amount=str(per_share),
            )

    def move(self, event: Transferred) -> None:
        """Book what came from outside: money as a deposit, shares as a journal."""
        account = self._house.accounts.get(event.account)
        if account is None or self._house.is_moving:
            return
        kind = ("CSD" if event.amount > 0 else "CSW") if event.asset == CASH else "JNLS"
        asset = None if kind != "JNLS" else self._house.assets.find(event.asset)
        asset = asset or self._house.assets.find(f"{event.asset}/{CASH}")
        net = event.amount if event.asset == CASH else _ZERO
        more: dict[str, object] = {}
        if asset is not None and event.asset != CASH:
            price = self._house.price(asset) or _ZERO
            account.books.position(asset).trade(event.amount, price)
            more = {"symbol": asset.symbol, "qty": str(event.amount)}
        account.books.book_other(
            kind,
            activity_id=self._house.ids.activity(event.time_ns),
            time_ns=event.time_ns,
            net_amount=net,
            description="",
            **more,
        )


def _divided(price: Decimal | None, ratio: Decimal) -> Decimal | None:
    return None if price is None else (price / ratio).quantize(_TICK).normalize()
