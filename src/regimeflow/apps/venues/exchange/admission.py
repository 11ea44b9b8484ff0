"""What an order must be to be taken."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.exchange.accounts import Account, reserve
from regimeflow.apps.venues.exchange.kinds import Kind, Refused, State, Tif, Why
from regimeflow.apps.venues.exchange.ledger import Ledger
from regimeflow.apps.venues.exchange.numbers import units
from regimeflow.apps.venues.exchange.order import Order
from regimeflow.apps.venues.exchange.pit import Pit
from regimeflow.apps.venues.exchange.requests import Listing, NewOrder, Rules
from regimeflow.apps.venues.exchange.triggers import is_reached
from regimeflow.types.enums import OrderSide

AT_SESSION: Final = frozenset({Tif.OPG, Tif.CLS})


class Admission:
    """Refuses what must not be taken; changes nothing."""

    def __init__(self, ledger: Ledger, pits: Mapping[str, Pit], rules: Rules) -> None:
        self._ledger: Final = ledger
        self._pits: Final = pits
        self._rules: Final = rules

    def account(self, name: str) -> Account:
        """The account of a name."""
        account = self._ledger.accounts.get(name)
        if account is None:
            raise Refused(Why.UNKNOWN_ACCOUNT, account=name)
        return account

    def order_of(self, account: Account, order_id: int) -> Order:
        """An order of the account to which something may still happen."""
        order = account.orders_by_id.get(order_id)
        if order is None:
            raise Refused(Why.UNKNOWN_ORDER, order_id=order_id)
        if not order.state.is_open:
            raise Refused(Why.NOT_OPEN, order_id=order_id, order=order.view())
        return order

    def look_at(self, account: Account, new: NewOrder) -> None:
        """Refuse an order that is wrong in itself, or whose client id is taken."""
        pit = self._pits.get(new.symbol)
        if pit is None:
            raise Refused(Why.UNKNOWN_SYMBOL, symbol=new.symbol)
        _check_shape(new)
        _check_steps(new, pit.listing)
        if account.is_id_used(new.client_order_id, self._rules.client_ids):
            raise Refused(Why.DUPLICATE_CLIENT_ID, client_order_id=new.client_order_id)

    def market_allows(self, order: Order) -> None:
        """Refuse what would take and must not, and a stop that is met already."""
        pit = self._pits[order.symbol]
        if order.is_post_only and pit.is_open and pit.would_take(order):
            raise Refused(Why.WOULD_TAKE, price=order.new.limit_price)
        is_met = order.new.kind.has_stop and not order.is_trailing
        if is_met and self._rules.refuse_met_stops and is_reached(order, pit.book.last_px):
            raise Refused(
                Why.WOULD_TRIGGER, stop_price=order.new.stop_price, last=pit.book.last_price
            )

    def funds_allow(self, account: Account, order: Order) -> None:
        """Refuse an order that the account cannot pay for."""
        pit = self._pits[order.symbol]
        if not order.new.kind.has_stop and order.limit_px is None and pit.is_open:
            needs = self._cost_now(account, order, pit)
        else:
            needs = self._ledger.needs([order])
        self.can_lock(account, needs, order)

    def can_lock(self, account: Account, needs: Mapping[str, int], order: Order) -> None:
        """Refuse what more than what is free would have to be locked for."""
        asset = self._ledger.lacks(account, needs, order)
        if asset is not None:
            free = account.balance(asset).free
            raise Refused(Why.NO_FUNDS, asset=asset, free=free, symbol=order.symbol)

    def _cost_now(self, account: Account, order: Order, pit: Pit) -> dict[str, int]:
        """What a market order takes from the account, as the book stands."""
        if not order.is_buy:
            need = order.leaves_qty
            if order.money_left is not None:
                best = pit.book.bids.best_px()
                need = order.money_left // best if best else 0
            return dict([reserve(account.fees, order, pit.listing, 1, need)])
        if order.money_left is not None:
            return {pit.listing.quote: order.money_left}
        asset, cost, left = pit.listing.quote, 0, order.leaves_qty
        for px, level in pit.book.asks.levels():
            qty = min(left, level.shown)
            asset, money = reserve(account.fees, order, pit.listing, px, qty)
            cost += money
            left -= qty
            if not left:
                break
        return {asset: cost}


def waits_for_session(order: Order, pit: Pit) -> bool:
    """Whether an order waits for the open or the close."""
    return pit.listing.has_sessions and (order.tif in AT_SESSION or not pit.is_open)


def initial_state(order: Order, pit: Pit) -> State:
    """How an order begins that waits for no other one."""
    is_held = order.new.kind.has_stop or waits_for_session(order, pit)
    return State.HELD if is_held else State.WORKING


def reserve_price(order: Order, pit: Pit) -> None:
    """Note what a waiting buyer without a limit price is held for, per unit."""
    if order.limit_px is None and order.is_buy:
        order.reserved_px = order.stop_px or pit.book.last_px or 0


def _check_shape(new: NewOrder) -> None:
    """Refuse an order that lacks a number of its kind, or has one that is none of its kind."""
    faults = []
    by_amount = new.quote_quantity is not None
    if (new.quantity is None) == (not by_amount):
        faults.append("either quantity or quote_quantity")
    if by_amount and new.kind is not Kind.MARKET:
        faults.append("quote_quantity is for MARKET")
    if new.kind.has_limit != (new.limit_price is not None):
        faults.append("limit_price")
    is_trailing = new.trail is not None or new.trail_bips is not None
    if new.kind.has_stop != (new.stop_price is not None or is_trailing):
        faults.append("stop_price")
    if new.trail_stop is not None and (not is_trailing or new.stop_price is not None):
        faults.append("trail_stop")
    if (new.tif is Tif.GTD) != (new.expire_ns is not None):
        faults.append("expire_ns")
    if new.display is not None and (new.limit_price is None or new.tif in {Tif.IOC, Tif.FOK}):
        faults.append("display")
    if new.side not in {OrderSide.BUY, OrderSide.SELL}:
        faults.append("side")
    if faults:
        raise Refused(Why.BAD_REQUEST, fields=", ".join(faults))


def _check_steps(new: NewOrder, listing: Listing) -> None:
    for name in ("limit_price", "stop_price", "trail", "trail_stop"):
        if not _fits(getattr(new, name), listing.tick):
            raise Refused(Why.OFF_TICK, field=name, price=getattr(new, name), tick=listing.tick)
    for name in ("quantity", "display"):
        if not _fits(getattr(new, name), listing.lot):
            raise Refused(Why.OFF_LOT, field=name, quantity=getattr(new, name), lot=listing.lot)
    if new.quote_quantity is not None and new.quote_quantity <= 0:
        raise Refused(Why.BAD_REQUEST, fields="quote_quantity")


def _fits(number: Decimal | None, step: Decimal) -> bool:
    """Whether a number is a multiple of its step and above 0."""
    if number is None:
        return True
    try:
        mantissa = units(number)
    except ValueError:
        return False
    return mantissa > 0 and not mantissa % units(step)
