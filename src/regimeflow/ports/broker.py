"""What the engine needs from a broker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from regimeflow._core.messages import (
    AccountInfo,
    Bar,
    ExecutionReport,
    OrderBook,
    Position,
    Quote,
    SystemMessage,
    Tick,
)
from regimeflow.domain.orders.native_groups import NativeGroups
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.types.enums import OrderType, TimeInForce
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record

MarketDataUpdate = Quote | Tick | Bar | OrderBook

OnMarketData = Callable[[MarketDataUpdate | SystemMessage], object]
OnExecutionReport = Callable[[ExecutionReport], object]
OnPositionUpdate = Callable[[Position | AccountInfo], object]


class Capabilities(Record, kw_only=True):
    """What a venue can do; the engine refuses the rest before it is sent.

    ``has_sessions``: the venue closes, so silence outside its hours is normal. ``terms``: the names
    of the fields of ``OrderTerms`` that it takes. ``sets_exits_aside``: the venue sets aside what
    an open order would sell, so that a second exit of the same holding is refused, and it takes no
    exit while its entry is open. ``native_groups``: which linked orders it takes as one request:
    ``submit_order`` then gets an order with its ``exits``.
    """

    venue: str
    order_types: frozenset[OrderType]
    times_in_force: frozenset[TimeInForce]
    modifies_in_place: bool = True
    allows_short: bool = True
    has_sessions: bool = False
    max_client_order_id_len: int = 36
    terms: frozenset[str] = frozenset()
    sets_exits_aside: bool = False
    native_groups: NativeGroups | None = None


class BrokerAdapter(Protocol):
    """One session with one account at one venue.

    An adapter turns bytes into messages and commands into bytes, and decides nothing.

    A command (``submit_order``, ``cancel_order``, ``modify_order``) hands its bytes to the
    transport before the call returns and gives an awaitable for the venue's answer; ``async def``
    is allowed too, then the bytes leave at the loop's next turn. What the venue then says about the
    order arrives as execution reports; a refusal that comes as the answer is raised from the
    awaitable.

    A read that fails raises; it never returns zeros or an empty list.

    What the engine relies on, of reports from the stream and from reads alike:

    - Every order has a client order id, also one that another client placed without any: the
      adapter gives it the venue's own id as text, the same one each time.
    - One execution has one ``exec_id``, the same on the stream and in ``get_executions``, whatever
      the venue calls it in either place: it is counted once because of it.
    - A correction or a bust has an ``exec_id`` of its own, ``exec_ref_id`` names the execution that
      it replaces, and its ``commission`` is the change: negative where some is given back.
    - A commission that the venue tells apart from its execution is a correction of nothing: its
      ``last_qty`` is 0, its ``exec_id`` its own, and ``exec_ref_id`` names no execution.
    - What moves a position or cash without an order (a split, a dividend, a deposit) is told by
      ``get_executions``, and by the stream where it tells it, as ``report_of_move`` makes it: a
      RESTATED report of no order. Its ``exec_id`` is its own; it is counted once because of it.
    - ``ts_event_ns`` is the venue's time: of a report when it happened, of what a read returns as
      of when the venue says it was so, never ours.

    Threading: every method is called from the engine's loop, and every callback is made on that
    loop.
    """

    async def connect(self) -> None:
        """Open the session. Reports may arrive before this returns.

        Raises:
            NetworkError: the venue cannot be reached; nothing stays open.
            BrokerError: the venue refused the credentials or the session.
        """
        ...

    async def disconnect(self) -> None:
        """Close the session; harmless when it is closed."""
        ...

    def is_connected(self) -> bool:
        """Whether commands would leave now."""
        ...

    async def subscribe_market_data(self, symbols: Sequence[str]) -> None:
        """Ask for the data of ``symbols``; asking twice is harmless."""
        ...

    async def unsubscribe_market_data(self, symbols: Sequence[str]) -> None:
        """Stop the data of ``symbols``."""
        ...

    def submit_order(self, order: LiveOrder) -> Awaitable[str | None]:
        """Send a new order under ``order.client_order_id``.

        Its ``exits`` leave with it, as one request; what the answer says of them, their broker ids
        above all, is told as execution reports under their own client order ids.

        Returns:
            The venue's id where its answer carries one, else None.

        Raises:
            NetworkError: ``NOT_SENT`` when nothing left, ``UNKNOWN`` when no answer came in time.
            BrokerError: the venue said no.
        """
        ...

    def cancel_order(self, broker_order_id: str) -> Awaitable[None]:
        """Ask the venue to cancel; errors as ``submit_order``."""
        ...

    def modify_order(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        """Ask the venue to change an order; returns the new id where the venue gives one."""
        ...

    async def get_account_info(self) -> AccountInfo:
        """The account as the venue sees it now."""
        ...

    async def get_positions(self) -> Sequence[Position]:
        """Every position that is not flat."""
        ...

    async def get_open_orders(self) -> Sequence[ExecutionReport]:
        """Every order that the venue works, as ORDER_STATUS reports, whoever placed it."""
        ...

    async def find_order(self, client_order_id: str) -> ExecutionReport | None:
        """The order as the venue knows it, open or not; None when the venue says it has none."""
        ...

    async def get_executions(self, since_ns: int) -> Sequence[ExecutionReport]:
        """Every execution since ``since_ns`` (UTC), oldest first, as TRADE reports."""
        ...

    async def get_bars(self, symbol: str, since_ns: int, interval: str) -> Sequence[Bar]:
        """Read bars closed since ``since_ns``, oldest first; ``interval``: ``"1s"``, ``"1m"``."""
        ...

    async def get_instrument(self, symbol: str) -> Instrument:
        """What may be ordered; NotFound for an unknown symbol."""
        ...

    def on_market_data(self, cb: OnMarketData) -> None:
        """Say where market data goes; system messages about the feed (gap, end) go there too."""
        ...

    def on_execution_report(self, cb: OnExecutionReport) -> None:
        """Say where execution reports go."""
        ...

    def on_position_update(self, cb: OnPositionUpdate) -> None:
        """Say where positions and account updates go."""
        ...

    def max_orders_per_second(self) -> float:
        """What the venue allows."""
        ...

    def max_messages_per_second(self) -> float:
        """What the venue allows."""
        ...

    def poll(self) -> None:
        """Ask the venue for what it does not push; called on a timer; most do nothing."""
        ...

    def capabilities(self) -> Capabilities:
        """What the venue can do."""
        ...
