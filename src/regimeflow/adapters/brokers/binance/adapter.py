"""BinanceAdapter: Binance Spot behind the engine's port."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from regimeflow.adapters.brokers._shared.budget import WeightBudget
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers._shared.closing import close_session
from regimeflow.adapters.brokers._shared.conflation import Conflation
from regimeflow.adapters.brokers._shared.link import Link
from regimeflow.adapters.brokers._shared.rest import RestClient
from regimeflow.adapters.brokers._shared.tls import tls_context
from regimeflow.adapters.brokers._shared.transports import opener
from regimeflow.adapters.brokers._shared.websocket import Opener
from regimeflow.adapters.brokers._shared.wire_adapter import WireAdapter
from regimeflow.adapters.brokers.binance.account import AccountEvents
from regimeflow.adapters.brokers.binance.api import ApiConnection, ApiSettings
from regimeflow.adapters.brokers.binance.capabilities import (
    MAX_MESSAGES_PER_SECOND,
    capabilities_of,
)
from regimeflow.adapters.brokers.binance.commands import Commands
from regimeflow.adapters.brokers.binance.errors import VENUE
from regimeflow.adapters.brokers.binance.link import Repeats, is_refused
from regimeflow.adapters.brokers.binance.market import Market
from regimeflow.adapters.brokers.binance.orders import KnownOrders
from regimeflow.adapters.brokers.binance.reads import Reads
from regimeflow.adapters.brokers.binance.rest import BinanceRest
from regimeflow.adapters.brokers.binance.rules import SymbolRules
from regimeflow.adapters.brokers.binance.signing import Signer, signer_of
from regimeflow.ports.broker import (
    Capabilities,
    MarketDataUpdate,
)
from regimeflow.types.config.binance import BinanceSettings
from regimeflow.types.errors import BrokerError

_WATCH_S: Final = 0.25
# A transport that is told to close its socket does so a turn or two of the loop later.
_CLOCK_EVERY_S: Final = 600.0
_LOG: Final = logging.getLogger("regimeflow.binance")


class BinanceAdapter(WireAdapter):
    """One session with one Binance Spot account.

    Market data comes over stream connections, orders and their news over one WebSocket API
    connection, questions go over REST. Connections that end by plan are replaced without a gap;
    one that is lost comes back by itself, and what was missed is asked for. Only when it does not
    come back within ``reconnect_grace_s`` is the session lost to the engine.

    Args:
        settings: As ``[broker]`` has them.
        symbols: What is traded.
        open_socket: The WebSocket transport; None: the best that is installed.

    Raises:
        ConfigError: a secret cannot be had, or the CA bundle is none.

    Threading: as ``BrokerAdapter``: the engine's loop.
    """

    def __init__(
        self,
        settings: BinanceSettings,
        *,
        symbols: Sequence[str],
        open_socket: Opener | None = None,
    ) -> None:
        super().__init__(VENUE)
        self._settings: Final = settings
        self._symbols: Final = tuple(symbols)
        self._signer: Final[Signer] = signer_of(settings)
        self._tls: Final = tls_context(settings.ca_bundle)
        self._open_socket: Final = open_socket or opener()
        self._clock: Final = ClockOffset()
        self._budget: Final = WeightBudget(VENUE, settings.max_weight_per_minute, self._clock.now_s)
        window = settings.recv_window_ms
        self._window: Final = int(window) if window == int(window) else round(window, 3)
        self._rules: Final[dict[str, SymbolRules]] = {}
        self._known: Final = KnownOrders()
        self._rest: Final = self._make_rest()
        self._reads: Final = Reads(
            self._rest, self._clock, self._known, self._rules, currency=settings.currency
        )
        self._events: Final = AccountEvents(
            self._known,
            self._reads,
            on_report=self.tell_report,
            on_position=self.tell_position,
            on_end=self._replace_link,
            tell=self._log,
        )
        self._repeats: Final = Repeats()
        self._link: Final = Link(
            "the order connection",
            self._make_connection,
            recover=self._events.recover,
            is_refused=is_refused,
            tell=self._log,
            on_lost=lambda _: self._log("orders go over REST meanwhile"),
            life_s=settings.connection_life_s,
        )
        self._commands: Final = Commands(
            self._rest,
            lambda: self._link.connection,
            self._clock,
            self._known,
            self._rules,
            report=self.tell_report,
        )
        self._market: Market | None = None
        self._conflation: Conflation | None = None
        self._watch: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"BinanceAdapter({self._settings.environment}, {', '.join(self._symbols)})"

    # ---- the session

    async def connect(self) -> None:
        """Measure the clock, learn the symbols, open the order connection.

        Raises:
            NetworkError: the venue cannot be reached; nothing stays open.
            BrokerError: the venue refused the key, or does not know a symbol.
        """
        await self.disconnect()
        try:
            await self._rest.measure_clock(is_forced=True)
            await self._reads.load_rules(self._symbols)
            rate = self._settings.max_orders_per_second
            self._commands.room.set_limits(self._reads.order_limits, per_second=rate)
            await self._link.open()
        except BaseException:  # cancelled too: nothing stays open
            await self._rest.close()
            raise
        self._market = self._make_market()
        self._is_connected = True
        self._watch = asyncio.ensure_future(self._keep())

    async def disconnect(self) -> None:
        """Close every connection; harmless when there is none."""
        self._is_connected = False
        watch, conflation, market = self._watch, self._conflation, self._market
        self._watch = self._conflation = self._market = None
        if conflation is not None:
            conflation.close()
        await close_session((watch,), (market, self._link, self._rest))

    def is_connected(self) -> bool:
        """Whether commands would leave now, and their news would be heard soon."""
        return self._is_connected and self._link.down_s() <= self._settings.reconnect_grace_s

    # ---- what it is

    def max_orders_per_second(self) -> float:
        """As configured."""
        return self._settings.max_orders_per_second

    def max_messages_per_second(self) -> float:
        """Far below what the venue takes."""
        return MAX_MESSAGES_PER_SECOND

    def capabilities(self) -> Capabilities:
        """What Binance Spot can do."""
        return capabilities_of(self._settings.venue)

    def counts(self) -> Mapping[str, float]:
        """What happened to the connections so far, the weight used, the clock's offset [ms]."""
        market = {} if self._market is None else self._market.counts()
        return {
            **market,
            "order_gaps": self._link.gaps,
            "order_cut_overs": self._link.cut_overs,
            "conflated": 0 if self._conflation is None else self._conflation.dropped,
            "weight_used": self._budget.used,
            "clock_offset_ms": round(self._clock.offset_ms, 3),
        }

    # ---- the parts

    def _orders(self) -> Commands:
        return self._commands

    def _questions(self) -> Reads:
        return self._reads

    def _streams(self) -> Market | None:
        return self._market

    def _make_rest(self) -> BinanceRest:
        settings = self._settings
        client = RestClient(
            VENUE,
            settings.hosts.base_url,
            tls=self._tls,
            connect_timeout_s=settings.connect_timeout_s,
            request_timeout_s=settings.request_timeout_s,
        )
        return BinanceRest(
            client, self._signer, self._clock, self._budget, recv_window=self._window
        )

    def _make_connection(self, on_closed: Callable[[ApiConnection, str], object]) -> ApiConnection:
        settings = self._settings
        there = ApiSettings(
            url=settings.hosts.ws_api_url,
            tls=self._tls,
            connect_timeout_s=settings.connect_timeout_s,
            request_timeout_s=settings.request_timeout_s,
            recv_window=self._window,
        )
        return ApiConnection(
            there,
            self._signer,
            self._clock,
            self._budget,
            open_socket=self._open_socket,
            on_event=self._heard,
            on_closed=on_closed,
        )

    def _heard(self, frame: bytes) -> None:
        if self._repeats.is_new(frame):
            self._events.take(frame)

    def _make_market(self) -> Market:
        settings = self._settings
        sink: Callable[[MarketDataUpdate], object] = self.market_sink()
        if settings.conflate_ms is not None:
            sink = self._conflation = Conflation(sink, settings.conflate_ms / 1_000)
        return Market(
            settings,
            open_socket=self._open_socket,
            tls=self._tls,
            depth=self._reads.depth,
            sink=sink,
            tell=self.tell_market,
            log=self._log,
        )

    async def _keep(self) -> None:
        """Look after the connections and the clock while the session is up."""
        loop = asyncio.get_running_loop()
        measured_s = loop.time()
        while True:
            await asyncio.sleep(_WATCH_S)
            self._link.check()
            if self._market is not None:
                self._market.check()
            if loop.time() - measured_s >= _CLOCK_EVERY_S:
                measured_s = loop.time()
                try:
                    await self._rest.measure_clock()
                except BrokerError as error:
                    self._log(f"the venue's time could not be read: {error}")

    def _replace_link(self, why: str) -> None:
        self._link.replace(why)

    def _log(self, text: str) -> None:
        _LOG.warning("%s", text)
