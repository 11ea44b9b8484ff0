"""AlpacaAdapter: US shares, crypto pairs and options at Alpaca, behind the engine's port."""

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
from regimeflow.adapters.brokers.alpaca.capabilities import (
    MAX_MESSAGES_PER_SECOND,
    capabilities_of,
)
from regimeflow.adapters.brokers.alpaca.commands import Commands
from regimeflow.adapters.brokers.alpaca.errors import VENUE, is_session_refused
from regimeflow.adapters.brokers.alpaca.formatting import Asked
from regimeflow.adapters.brokers.alpaca.hours import Hours
from regimeflow.adapters.brokers.alpaca.known import Known
from regimeflow.adapters.brokers.alpaca.market import Market
from regimeflow.adapters.brokers.alpaca.orders import KnownOrders
from regimeflow.adapters.brokers.alpaca.reads import Reads
from regimeflow.adapters.brokers.alpaca.rest import AlpacaRest, Keys
from regimeflow.adapters.brokers.alpaca.rules import AssetRules
from regimeflow.adapters.brokers.alpaca.talk import Dial
from regimeflow.adapters.brokers.alpaca.updates import AccountEvents, UpdateConnection
from regimeflow.ports.broker import Capabilities, MarketDataUpdate
from regimeflow.types.config.alpaca import AlpacaSettings
from regimeflow.types.errors import BrokerError

_WATCH_S: Final = 0.25
_CLOCK_EVERY_S: Final = 300.0
_CLOCK_AGAIN_S: Final = 5.0
_LOG: Final = logging.getLogger("regimeflow.alpaca")


class AlpacaAdapter(WireAdapter):
    """One session with one Alpaca account.

    Orders and questions go over REST, their news comes over one stream, market data over one
    connection for each kind of asset. A connection that is lost comes back by itself, and
    what was missed is asked for: Alpaca tells nothing twice. Only when the stream of the account
    does not come back within ``reconnect_grace_s`` is the session lost to the engine.

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
        settings: AlpacaSettings,
        *,
        symbols: Sequence[str],
        open_socket: Opener | None = None,
    ) -> None:
        super().__init__(VENUE)
        self._settings: Final = settings
        self._symbols: Final = tuple(symbols)
        self._dial: Final = _dial_of(settings, open_socket or opener())
        self._clock: Final = ClockOffset()
        self._rules: Final[dict[str, AssetRules]] = {}
        self._hours: Final = Hours(refuses=settings.when_closed == "refuse")
        self._known: Final = KnownOrders(on_doubt=self._doubt, on_excess=self._excess)
        hosts = settings.hosts
        self._trading: Final = self._make_rest(hosts.base_url)
        self._data: Final = self._make_rest(hosts.data_url)
        self._reads: Final = Reads(
            self._trading,
            self._data,
            self._clock,
            self._known,
            rules=self._rules,
            hours=self._hours,
            feed=settings.feed,
        )
        self._events: Final = AccountEvents(
            self._known,
            self._reads,
            on_report=self.tell_report,
            on_position=self.tell_position,
            on_doubt=self._doubt,
        )
        self._link: Final = Link(
            "the connection of order events",
            self._make_connection,
            recover=self._events.recover,
            is_refused=is_session_refused,
            tell=self._log,
        )
        self._commands: Final = Commands(
            self._trading,
            self._reads,
            self._clock,
            self._known,
            rules=self._rules,
            hours=self._hours,
            report=self.tell_report,
            tell=self._log,
        )
        self._market: Market | None = None
        self._conflation: Conflation | None = None
        self._watch: asyncio.Task[None] | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._is_doubtful = False

    def __repr__(self) -> str:
        return f"AlpacaAdapter({self._settings.environment}, {', '.join(self._symbols)})"

    # ---- the session

    async def connect(self) -> None:
        """Measure the clock, learn the symbols, listen to the account's orders.

        Raises:
            NetworkError: the venue cannot be reached; nothing stays open.
            BrokerError: the venue refused the key, or does not know a symbol.
        """
        await self.disconnect()
        try:
            await self._reads.ask_clock(is_forced=True)
            await self._reads.load_rules(self._symbols)
            await self._link.open()
        except BaseException:  # cancelled too: nothing stays open
            await self._close_rest()
            raise
        self._market = self._make_market()
        self._is_connected = True
        self._watch = asyncio.ensure_future(self._keep())

    async def disconnect(self) -> None:
        """Close every connection; harmless when there is none."""
        self._is_connected = False
        works = self._watch, self._catching_up
        conflation, market = self._conflation, self._market
        self._watch = self._catching_up = self._conflation = self._market = None
        self._commands.close()
        if conflation is not None:
            conflation.close()
        await close_session(works, (market, self._link, self._trading, self._data))

    def is_connected(self) -> bool:
        """Whether commands would leave now, and their news would be heard soon."""
        return self._is_connected and self._link.down_s() <= self._settings.reconnect_grace_s

    # ---- what it is

    def max_orders_per_second(self) -> float:
        """As configured."""
        return self._settings.max_orders_per_second

    def max_messages_per_second(self) -> float:
        """Requests of all kinds are counted by the minute."""
        return MAX_MESSAGES_PER_SECOND

    def capabilities(self) -> Capabilities:
        """What Alpaca can do."""
        return capabilities_of(self._settings.venue)

    def counts(self) -> Mapping[str, float]:
        """What happened to the connections so far, and the clock's offset [ms]."""
        market = {} if self._market is None else self._market.counts()
        return {
            **market,
            "order_gaps": self._link.gaps,
            "conflated": 0 if self._conflation is None else self._conflation.dropped,
            "clock_offset_ms": round(self._clock.offset_ms, 3),
        }

    # ---- the parts

    def _orders(self) -> Commands:
        return self._commands

    def _questions(self) -> Reads:
        return self._reads

    def _streams(self) -> Market | None:
        return self._market

    def _make_rest(self, base_url: str) -> AlpacaRest:
        settings = self._settings
        client = RestClient(
            VENUE,
            base_url,
            tls=self._dial.tls,
            connect_timeout_s=settings.connect_timeout_s,
            request_timeout_s=settings.request_timeout_s,
        )
        budget = WeightBudget(VENUE, settings.max_requests_per_minute, self._clock.now_s)
        return AlpacaRest(client, self._dial.keys, budget)

    async def _close_rest(self) -> None:
        await self._trading.close()
        await self._data.close()

    def _make_connection(
        self, on_closed: Callable[[UpdateConnection, str], object]
    ) -> UpdateConnection:
        return UpdateConnection(
            self._settings.hosts.updates_url,
            self._dial,
            on_update=self._events.take,
            on_broken=lambda why: self._doubt(f"an event could not be read ({why})"),
            on_closed=on_closed,
        )

    def _make_market(self) -> Market:
        settings = self._settings
        sink: Callable[[MarketDataUpdate], object] = self.market_sink()
        if settings.conflate_ms is not None:
            sink = self._conflation = Conflation(sink, settings.conflate_ms / 1_000)
        return Market(
            settings,
            self._dial,
            self._hours,
            now_ns=self._clock.now_ns,
            sink=sink,
            tell=self.tell_market,
            log=self._log,
        )

    async def _keep(self) -> None:
        """Look after the connections and the clock while the session is up."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + _CLOCK_EVERY_S
        while True:
            await asyncio.sleep(_WATCH_S)
            if self._market is not None:
                self._market.check()
            now_s, is_stale = loop.time(), self._hours.is_stale(self._clock.now_ns())
            if now_s >= due_s or (is_stale and now_s >= due_s - _CLOCK_EVERY_S + _CLOCK_AGAIN_S):
                due_s = now_s + _CLOCK_EVERY_S
                try:
                    await self._reads.ask_clock()
                except BrokerError as error:
                    self._log(f"the venue's time could not be read: {error}")

    def _doubt(self, why: str) -> None:
        """Something about an order could not be understood: the account is asked."""
        self._log(f"{why}; the account is asked")
        self._is_doubtful = True  # while it is being asked too: that answer may be of before
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.ensure_future(self._catch_up())

    async def _catch_up(self) -> None:
        while self._is_doubtful:
            self._is_doubtful = False
            try:
                await self._events.recover()
            except BrokerError as error:
                self._log(f"the account could not be asked: {error}")

    def _excess(self, known: Known, asked: Asked) -> None:
        self._commands.restore(known, asked)

    def _log(self, text: str) -> None:
        _LOG.warning("%s", text)


def _dial_of(settings: AlpacaSettings, open_socket: Opener) -> Dial:
    return Dial(
        keys=_keys_of(settings),
        tls=tls_context(settings.ca_bundle),
        timeout_s=settings.connect_timeout_s,
        open_socket=open_socket,
    )


def _keys_of(settings: AlpacaSettings) -> Keys:
    """The key of a configuration; its secrets are fetched now.

    Raises:
        ConfigError: a secret cannot be had.
    """
    key, secret = settings.api_key, settings.secret_key
    return Keys(
        "local-key" if key is None else key.reveal(),
        "local-secret" if secret is None else secret.reveal(),
    )
