"""What every adapter over a wire answers in the same way, while it has a session."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Sequence
from typing import Final, Protocol

from regimeflow._core.messages import AccountInfo, Bar, ExecutionReport, Position
from regimeflow.adapters.brokers._shared.listeners import Listeners
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.types.errors import NetworkError, Outcome
from regimeflow.types.instrument import Instrument


class Ordered(Protocol):
    """What may be ordered of a symbol."""

    @property
    def instrument(self) -> Instrument:
        """Its instrument."""
        ...


class Questions(Protocol):
    """Asks the venue; a question that fails raises."""

    async def account(self) -> AccountInfo:
        """The account now."""
        ...

    async def positions(self) -> list[Position]:
        """Every position of the session's symbols."""
        ...

    async def open_orders(self) -> list[ExecutionReport]:
        """Every open order of the session's symbols."""
        ...

    async def find(self, client_order_id: str) -> ExecutionReport | None:
        """An order by its own client id."""
        ...

    async def executions(self, since_ns: int) -> list[ExecutionReport]:
        """Every execution since a time."""
        ...

    async def bars(self, symbol: str, since_ns: int, interval: str) -> list[Bar]:
        """Closed bars since a time."""
        ...

    def rules(self, symbol: str) -> Ordered:
        """What may be ordered of a symbol; NotFound for one of no session of ours."""
        ...


class Orders(Protocol):
    """Sends orders, cancels and changes."""

    def submit(self, order: LiveOrder) -> Awaitable[str | None]:
        """Send a new order."""
        ...

    def cancel(self, broker_order_id: str) -> Awaitable[None]:
        """Ask for a cancel."""
        ...

    def modify(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        """Ask for a change."""
        ...


class Streams(Protocol):
    """The market data of a session."""

    async def subscribe(self, symbols: Sequence[str]) -> None:
        """Ask for the data of ``symbols``."""
        ...

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """Stop the data of ``symbols``."""
        ...


class WireAdapter(Listeners, ABC):
    """Commands and questions of ``BrokerAdapter``: nothing leaves while there is no session.

    Args:
        venue: Its name, for errors.
    """

    def __init__(self, venue: str) -> None:
        super().__init__()
        self._venue_name: Final = venue
        self._is_connected = False

    async def subscribe_market_data(self, symbols: Sequence[str]) -> None:
        """Ask for the data of ``symbols``; asking twice is harmless."""
        questions, streams = self._asked(), self._streams()
        for symbol in symbols:
            questions.rules(symbol)
        if streams is not None:
            await streams.subscribe(symbols)

    async def unsubscribe_market_data(self, symbols: Sequence[str]) -> None:
        """Stop the data of ``symbols``; orders go on."""
        self._require_connection()
        streams = self._streams()
        if streams is not None:
            streams.unsubscribe(symbols)

    def poll(self) -> None:
        """Do nothing: the venue pushes, and the connections keep themselves."""

    def submit_order(self, order: LiveOrder) -> Awaitable[str | None]:
        """Send a new order; what cannot be one at the venue is refused before it leaves."""
        self._require_connection()
        return self._orders().submit(order)

    def cancel_order(self, broker_order_id: str) -> Awaitable[None]:
        """Ask to cancel; what becomes of it is told by reports."""
        self._require_connection()
        return self._orders().cancel(broker_order_id)

    def modify_order(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        """Ask to change an order; what becomes of it is told by reports."""
        self._require_connection()
        return self._orders().modify(broker_order_id, mod)

    async def get_account_info(self) -> AccountInfo:
        """The account as the venue sees it now."""
        return await self._asked().account()

    async def get_positions(self) -> Sequence[Position]:
        """What is held of each symbol."""
        return await self._asked().positions()

    async def get_open_orders(self) -> Sequence[ExecutionReport]:
        """Every open order of the session's symbols, whoever placed it."""
        return await self._asked().open_orders()

    async def find_order(self, client_order_id: str) -> ExecutionReport | None:
        """The order as the venue knows it, open or not; None when the venue says it has none."""
        return await self._asked().find(client_order_id)

    async def get_executions(self, since_ns: int) -> Sequence[ExecutionReport]:
        """Every execution since ``since_ns``, oldest first."""
        return await self._asked().executions(since_ns)

    async def get_bars(self, symbol: str, since_ns: int, interval: str) -> Sequence[Bar]:
        """Closed bars since ``since_ns``, oldest first; since 0: the last thousand."""
        return await self._asked().bars(symbol, since_ns, interval)

    async def get_instrument(self, symbol: str) -> Instrument:
        """What may be ordered; NotFound for an unknown symbol."""
        return self._asked().rules(symbol).instrument

    @abstractmethod
    def _orders(self) -> Orders:
        """What sends."""

    @abstractmethod
    def _questions(self) -> Questions:
        """What asks."""

    @abstractmethod
    def _streams(self) -> Streams | None:
        """What streams; None: nothing does now."""

    def _asked(self) -> Questions:
        self._require_connection()
        return self._questions()

    def _require_connection(self) -> None:
        if not self._is_connected:
            raise NetworkError(
                "not connected; nothing was sent",
                venue=self._venue_name,
                outcome=Outcome.NOT_SENT,
            )
