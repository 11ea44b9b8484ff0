"""One try at a venue: what is wanted, and what every step of it is made of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Final, Literal, Protocol, TypeVar

from regimeflow._core.messages import ExecutionReport
from regimeflow.domain.orders.order import LiveOrder, Order
from regimeflow.domain.portfolio import Portfolio, held_of
from regimeflow.engine.order_manager import LiveOrderManager
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.fixed import plain
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record, made
from regimeflow.types.snapshots import DashboardSnapshot, EngineStatus, QuoteSummary

Mode = Literal["submit-cancel-reconcile", "fill-reconcile"]

T = TypeVar("T")

NamedStep = tuple[str, Callable[[], Awaitable[str]]]

RESTS: Final = "submit-cancel-reconcile"
WHOLE: Final = Decimal(1)
ACROSS: Final = Decimal("0.005")  # how far beyond the best price an order pays that is to fill
_LOOK_EVERY_S: Final = 0.02
_ASK_EVERY_S: Final = 0.25
_ROOM: Final = Decimal("1.1")  # above the least notional, so that what was bought can be sold
_UNSAID: Final = Decimal(10)  # least notional of coins at Alpaca, which its assets do not tell


class Wanted(Record, kw_only=True):
    """What is to be tried.

    ``away`` is the part of the price that a resting order stays below the best bid, ``patience_s``
    how long each step may take.
    """

    mode: Mode
    symbol: str
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    away: Decimal = Decimal("0.1")
    patience_s: float = 10.0


class Step(Record, kw_only=True):
    """One step, as it went; numbers in ``data`` are text."""

    name: str
    is_ok: bool
    text: str
    took_s: float
    data: dict[str, str] = made(dict)


class StepFailedError(Exception):
    """What a step found; a line for a person."""


class Session(Protocol):
    """What is needed of an engine."""

    @property
    def order_manager(self) -> LiveOrderManager:
        """Every order of the session."""
        ...

    @property
    def portfolio(self) -> Portfolio:
        """What we believe we hold."""
        ...

    def is_running(self) -> bool:
        """Whether the session is up."""
        ...

    def get_status(self) -> EngineStatus:
        """Where it stands."""
        ...

    def get_dashboard_snapshot(self) -> DashboardSnapshot:
        """All that a screen shows, quotes among it."""
        ...


class Trial:
    """The engine, its broker, and the orders of one try.

    Orders are placed, cancelled and booked by the engine; the broker is only read here.

    Args:
        engine: Running, or about to run, on this loop.
        broker: The engine's.
        wanted: What is to be tried.
        broken: Says why to go on no further; "" while nothing speaks against it.
    """

    def __init__(
        self,
        engine: Session,
        broker: BrokerAdapter,
        wanted: Wanted,
        broken: Callable[[], str] = str,
    ) -> None:
        self.engine: Final = engine
        self.broker: Final = broker
        self.wanted = wanted
        self.broken = broken
        self.instrument: Instrument | None = None
        self.quantity = self.price = self.before = Decimal(0)
        self.data: dict[str, str] = {}  # of the step under way
        self._orders: Final[list[int]] = []

    @property
    def newest(self) -> int:
        """The number of the order that was sent last."""
        return self._orders[-1]

    async def send(self, side: OrderSide, quantity: Decimal, price: Decimal) -> int:
        """Send a limit order; return its number."""
        tifs = self.broker.capabilities().times_in_force
        is_part = self.known().asset_class == "equity" and quantity % 1  # lives for a day at most
        tif = TimeInForce.DAY if is_part or TimeInForce.GTC not in tifs else TimeInForce.GTC
        order = Order(self.wanted.symbol, side, OrderType.LIMIT, quantity, price, time_in_force=tif)
        order_id = self.engine.order_manager.submit_order(order)
        self._orders.append(order_id)
        self.data["client_order_id"] = self.order(order_id).client_order_id
        await asyncio.sleep(0)
        return order_id

    async def until(self, is_so: Callable[[], bool], text: str) -> None:
        """Wait until something is so; ``text`` says what is missing when it does not come true."""

        async def look() -> bool | None:
            return is_so() or None

        await self.asked(look, text, _LOOK_EVERY_S)

    async def asked(
        self, ask: Callable[[], Awaitable[T | None]], text: str, every_s: float = _ASK_EVERY_S
    ) -> T:
        """Ask again and again until there is an answer; the last question is past the time."""
        over_s = time.monotonic() + self.wanted.patience_s
        while True:
            is_over = time.monotonic() > over_s
            answer = await ask()
            if answer is not None:
                return answer
            if why := self.broken():
                raise StepFailedError(why)
            if is_over:
                raise StepFailedError(f"{text}, after {self.wanted.patience_s:g} s")
            await asyncio.sleep(every_s)

    async def listed(self, order: LiveOrder) -> ExecutionReport | None:
        """Return an order as the venue lists it; None: it is not among the open ones."""
        for each in await self.broker.get_open_orders():
            if each.client_order_id == order.client_order_id:
                return each
        return None

    async def venue_holds(self) -> Decimal:
        """Ask the venue what is held of the symbol."""
        held = [
            each.quantity_dec
            for each in await self.broker.get_positions()
            if each.symbol == self.wanted.symbol
        ]
        return sum(held, Decimal(0))

    def held_in_all(self) -> Decimal:
        """Return what we believe is held of the symbol."""
        return held_of(self.engine.portfolio).get(self.wanted.symbol, Decimal(0))

    def held(self) -> Decimal:
        """Return what is held more than before: what was bought here."""
        return self.held_in_all() - self.before

    def order(self, order_id: int) -> LiveOrder:
        """Return an order as it stands."""
        order = self.engine.order_manager.get_order(order_id)
        if order is None:
            raise StepFailedError(f"order {order_id} is not at hand")
        return order

    def open_orders(self) -> list[LiveOrder]:
        """Return the orders of this try that may still trade."""
        return [each for each in map(self.order, self._orders) if each.is_open]

    def known(self) -> Instrument:
        """Return the instrument, once it is known."""
        if self.instrument is None:
            raise StepFailedError("the instrument is not known")
        return self.instrument

    def quote(self) -> QuoteSummary | None:
        """Return the best prices, once both sides are there."""
        for each in self.engine.get_dashboard_snapshot().quotes:
            if each.symbol == self.wanted.symbol and each.bid_px and each.ask_px:
                return each
        return None


def least_quantity(instrument: Instrument, price: Decimal, *, is_sold_again: bool) -> Decimal:
    """Return the smallest quantity that may be ordered at a price: of shares a whole one.

    What is to be sold again is a lot more: a fee may have been taken from it.
    """
    least = max(instrument.min_qty, instrument.lot_size)
    if instrument.asset_class == "equity":
        least = max(least, WHOLE)
    notional = abs(price) * instrument.multiplier
    if notional:
        is_unsaid = instrument.asset_class == "crypto" and not instrument.min_notional
        worth = _UNSAID if is_unsaid else instrument.min_notional
        least = max(least, worth * _ROOM / notional)
        least += instrument.lot_size if is_sold_again and instrument.asset_class == "crypto" else 0
    return instrument.round_qty(least, "up")


def became(order: LiveOrder) -> str:
    """Say what became of an order."""
    why = f": {order.error.text}" if order.error is not None else ""
    doubt = ", in doubt" if order.in_doubt else ""
    filled = f"{plain(order.cum_qty)} of {plain(order.quantity)} filled"
    return f"the order is {order.status.name}{doubt}, {filled}{why}"


def line_of(order: LiveOrder) -> str:
    """Return an order on one line."""
    price = "" if order.limit_price is None else f" at {plain(order.limit_price)}"
    what = f"{order.side.name} {plain(order.quantity)} {order.symbol}{price}"
    return f"{what} ({order.client_order_id})"


def shown(value: Decimal | None) -> str:
    """Return a number as text."""
    return "none" if value is None else plain(value)
