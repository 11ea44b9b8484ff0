"""An order as the exchange works it: whole numbers that change."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from regimeflow.apps.venues.exchange.kinds import Cause, Kind, State, Tif
from regimeflow.apps.venues.exchange.numbers import money_of, money_units, number_of, units
from regimeflow.apps.venues.exchange.views import ListView, OrderView
from regimeflow.types.enums import OrderSide

if TYPE_CHECKING:
    from regimeflow.apps.venues.exchange.requests import NewList, NewOrder


class Order:
    """One order of an account; prices and quantities in ``10**-10``, money in ``10**-20``.

    ``shown`` is what the book shows of it. ``money_left`` is what a market order by amount may
    still spend. ``reserved`` is what funds are locked for, per unit, of an order without a limit
    price that waits. ``in_book`` says that it stands in its price's queue. ``order_id`` is 0 until
    it is taken.
    """

    __slots__ = (
        "account", "cause", "client_ids", "created_ns", "cum_money", "cum_qty", "display",
        "expire_ns", "extreme_px", "in_book", "is_buy", "is_triggered", "limit_px", "list",
        "money_left", "new", "order_id", "original_qty", "prevented_qty", "qty", "replaced_by",
        "replaces", "reserved_px", "shown", "state", "stop_px", "symbol", "tif", "trail",
        "updated_ns", "working_ns",
    )  # fmt: skip

    def __init__(self, order_id: int, account: str, new: NewOrder, now_ns: int) -> None:
        self.order_id = order_id
        self.account: Final = account
        self.new: Final = new
        self.symbol: Final = new.symbol
        self.is_buy: Final = new.side is OrderSide.BUY
        self.client_ids: tuple[str, ...] = (new.client_order_id,)
        self.tif: Tif = new.tif
        self.qty = units(new.quantity) if new.quantity is not None else 0
        self.original_qty: Final = self.qty
        self.money_left = None if new.quote_quantity is None else money_units(new.quote_quantity)
        self.limit_px = _units_or_none(new.limit_price)
        self.stop_px = _units_or_none(new.stop_price)
        self.trail = _units_or_none(new.trail)
        self.display = _units_or_none(new.display)
        self.expire_ns = new.expire_ns
        self.extreme_px: int | None = None
        self.reserved_px = 0
        self.state: State = State.HELD
        self.cause: Cause = Cause.NONE
        self.cum_qty = 0
        self.cum_money = 0
        self.prevented_qty = 0
        self.shown = 0
        self.in_book = False
        self.is_triggered = not new.kind.has_stop
        self.list: OrderList | None = None
        self.created_ns: Final = now_ns
        self.updated_ns = now_ns
        self.working_ns = 0
        self.replaces = 0
        self.replaced_by = 0

    @property
    def leaves_qty(self) -> int:
        """What is still to be traded; 0 for an order by amount, and once it is over."""
        if not self.state.is_open or self.money_left is not None:
            return 0
        return self.qty - self.cum_qty - self.prevented_qty

    @property
    def is_trailing(self) -> bool:
        """Whether its stop follows the market."""
        return self.trail is not None or self.new.trail_bips is not None

    @property
    def may_rest(self) -> bool:
        """Whether what is left of it waits in the book."""
        return self.limit_px is not None and self.tif in {Tif.GTC, Tif.DAY, Tif.GTD}

    @property
    def is_post_only(self) -> bool:
        """Whether it never takes."""
        return self.new.kind is Kind.LIMIT_MAKER

    def accepts(self, px: int) -> bool:
        """Whether its limit allows a trade at ``px``."""
        if self.limit_px is None:
            return True
        return px <= self.limit_px if self.is_buy else px >= self.limit_px

    def view(self) -> OrderView:
        """Return a picture of it as it is now."""
        new = self.new
        return OrderView(
            order_id=self.order_id,
            client_order_id=self.client_ids[-1],
            account=self.account,
            symbol=self.symbol,
            side=new.side,
            kind=new.kind,
            tif=self.tif,
            quantity=number_of(self.qty),
            original_quantity=number_of(self.original_qty),
            quote_quantity=new.quote_quantity,
            limit_price=_number_or_none(self.limit_px),
            # Of a trailing order where it begins, as it was given: where it is now nobody is told.
            stop_price=new.stop_price if self.is_trailing else _number_or_none(self.stop_px),
            trail=_number_or_none(self.trail),
            trail_bips=new.trail_bips,
            display=new.display,
            expire_ns=self.expire_ns,
            stp=new.stp,
            state=self.state,
            cause=self.cause,
            cum_qty=number_of(self.cum_qty),
            cum_quote=money_of(self.cum_money),
            prevented_qty=number_of(self.prevented_qty),
            leaves_qty=number_of(self.leaves_qty),
            is_triggered=self.is_triggered,
            list_id=self.list.list_id if self.list is not None else 0,
            created_ns=self.created_ns,
            updated_ns=self.updated_ns,
            working_ns=self.working_ns,
            client_ids=self.client_ids,
            replaces=self.replaces,
            replaced_by=self.replaced_by,
            tags=new.tags,
        )


class OrderList:
    """Orders that belong together; ``working`` is the order that the others wait for, if any."""

    def __init__(self, list_id: int, account: str, new: NewList, now_ns: int) -> None:
        self.list_id: Final = list_id
        self.account: Final = account
        self.new: Final = new
        self.created_ns: Final = now_ns
        self.orders: list[Order] = []
        self.is_told_done = False

    @property
    def working(self) -> Order | None:
        """The order that goes first."""
        return None if self.new.kind == "OCO" else self.orders[0]

    @property
    def legs(self) -> list[Order]:
        """The orders of which one excludes the others, or the one that follows."""
        return self.orders if self.new.kind == "OCO" else self.orders[1:]

    @property
    def is_done(self) -> bool:
        """Whether none of its orders is open."""
        return not any(order.state.is_open for order in self.orders)

    def siblings(self, order: Order) -> list[Order]:
        """Every other open leg; none of the working order."""
        legs = self.legs
        return [each for each in legs if each is not order] if order in legs else []

    def view(self) -> ListView:
        """Return a picture of it as it is now."""
        return ListView(
            list_id=self.list_id,
            kind=self.new.kind,
            account=self.account,
            symbol=self.orders[0].symbol,
            client_list_id=self.new.client_list_id,
            order_ids=tuple(order.order_id for order in self.orders),
            client_order_ids=tuple(order.client_ids[-1] for order in self.orders),
            is_done=self.is_done,
            is_rejected=all(order.state is State.REJECTED for order in self.orders),
            created_ns=self.created_ns,
            tags=self.new.tags,
        )


def _units_or_none(number: Decimal | None) -> int | None:
    return None if number is None else units(number)


def _number_or_none(mantissa: int | None) -> Decimal | None:
    return None if mantissa is None else number_of(mantissa)
