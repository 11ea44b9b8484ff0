"""QueueAdapter: the broker of a strategy host is a gateway behind a message queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from regimeflow._core.messages import (
    AccountInfo,
    Bar,
    ExecutionReport,
    LiveMessage,
    OrderBook,
    Quote,
    SystemMessage,
    Tick,
)
from regimeflow.adapters.brokers._shared.wire_adapter import WireAdapter
from regimeflow.adapters.brokers.queue.capabilities import (
    MESSAGES_PER_SECOND,
    ORDERS_PER_SECOND,
    capabilities_of,
)
from regimeflow.adapters.brokers.queue.link import Content, Link
from regimeflow.adapters.brokers.queue.questions import HostOrders, HostQuestions, OwnOrders
from regimeflow.ports.broker import Capabilities
from regimeflow.types.config.gateway import QueueBrokerSettings
from regimeflow.types.enums import SystemCode
from regimeflow.types.errors import BrokerError, NetworkError
from regimeflow.types.instrument import Instrument

_MARKET: Final = (Quote, Tick, Bar, OrderBook)


class QueueAdapter(WireAdapter):
    """``BrokerAdapter`` of a strategy host: what it is asked, it asks its gateway.

    Its orders, executions and positions are those of this host alone, its account is the whole
    one. Everything else is as the gateway's venue has it.

    Args:
        settings: Which queue, which gateway, which host.
        symbols: What is traded; all of it must be the gateway's too.

    Threading: the engine's loop only.
    """

    def __init__(self, settings: QueueBrokerSettings, *, symbols: Sequence[str]) -> None:
        super().__init__(settings.venue)
        del symbols  # the session asks for each
        self._settings: Final = settings
        self._link: Final = Link(settings, self._hear)
        self._own: Final = OwnOrders(settings.queue.origin or "")
        self._sent: Final = HostOrders(self._link, self._own)
        self._reads: Final = HostQuestions(self._link, self._own)
        self._subscribed: Final[set[str]] = set()
        self._since_ns = 0  # what the market was before that is not told

    async def connect(self) -> None:
        """Reach the gateway."""
        hello = await self._link.open()
        try:
            self._check(hello)
        except BrokerError:
            await self._link.close()
            raise
        self._since_ns = int(hello["now_ns"])
        self._own.learn(hello["orders"])

    def _check(self, hello: Content) -> None:
        for name in ("has_sessions", "sets_exits_aside"):
            if hello[name] != getattr(self._settings, name):
                wanted = str(bool(hello[name])).lower()
                text = f"its venue, {hello['venue']}, is another kind; set broker.{name} = {wanted}"
                raise BrokerError(text, venue=self._settings.venue)

    async def disconnect(self) -> None:
        """Say goodbye; open orders stay as they are."""
        await self._link.close()

    def is_connected(self) -> bool:
        """Whether the gateway is there, and has a session with its venue."""
        return self._link.is_up

    async def subscribe_market_data(self, symbols: Sequence[str]) -> None:
        """Pass on the data of ``symbols``; asking twice is harmless."""
        self._require_connection()
        self._subscribed.update(symbols)

    async def unsubscribe_market_data(self, symbols: Sequence[str]) -> None:
        """Stop the data of ``symbols``."""
        self._require_connection()
        self._subscribed.difference_update(symbols)

    async def get_instrument(self, symbol: str) -> Instrument:
        """What may be ordered; NotFound for what the gateway does not trade."""
        self._require_connection()
        return await self._reads.instrument(symbol)

    def max_orders_per_second(self) -> float:
        """Beyond what a gateway takes; it paces by itself."""
        return ORDERS_PER_SECOND

    def max_messages_per_second(self) -> float:
        """Likewise."""
        return MESSAGES_PER_SECOND

    def capabilities(self) -> Capabilities:
        """What passes here; the gateway refuses what its venue cannot do."""
        return capabilities_of(self._settings)

    def _orders(self) -> HostOrders:
        return self._sent

    def _questions(self) -> HostQuestions:
        return self._reads

    def _streams(self) -> None:
        """There is one stream, and it comes by itself."""

    def _require_connection(self) -> None:
        if not self._link.is_up:
            text = "there is no session with the gateway; nothing was sent"
            raise NetworkError(text, venue=self._settings.venue)

    def _hear(self, message: LiveMessage) -> None:
        # Without its origin: to the engine it is what its broker says, and no other host's message.
        payload = LiveMessage(message.topic, message.payload).payload
        if isinstance(payload, ExecutionReport):
            if self._own.has(payload):
                self.tell_report(payload)
        elif isinstance(payload, AccountInfo):
            self.tell_position(payload)
        elif isinstance(payload, _MARKET):
            if payload.symbol in self._subscribed and payload.ts_recv_ns >= self._since_ns:
                self.market_sink()(payload)
        elif isinstance(payload, SystemMessage) and payload.code == SystemCode.BOOK_GAP:
            self.tell_market(payload)
