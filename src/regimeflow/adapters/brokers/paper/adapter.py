"""PaperAdapter: a whole venue in memory, behind the same face as a real one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from regimeflow._core.messages import AccountInfo, Bar, ExecutionReport, Position
from regimeflow.adapters.brokers.paper.build import (
    NS_PER_S,
    account_of,
    bar_interval_ns_of,
    feed_of,
    specs_of,
)
from regimeflow.adapters.brokers.paper.capabilities import (
    MAX_MESSAGES_PER_SECOND,
    MAX_ORDERS_PER_SECOND,
    capabilities_of,
)
from regimeflow.adapters.brokers.paper.desk import BackOffice
from regimeflow.adapters.brokers.paper.link import Link
from regimeflow.adapters.brokers.paper.pump import Pump
from regimeflow.adapters.brokers.paper.tape import Tape
from regimeflow.adapters.brokers.paper.venue import Venue
from regimeflow.adapters.clock import ReplayClock
from regimeflow.adapters.feeds.feed import (
    MAX_SYMBOL,
    Feed,
)
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.ports.broker import (
    Capabilities,
    OnExecutionReport,
    OnMarketData,
    OnPositionUpdate,
)
from regimeflow.types.config.brokers import PaperSettings
from regimeflow.types.errors import BrokerError, InvalidState, NetworkError, NotFound, Outcome
from regimeflow.types.instrument import Instrument
from regimeflow.types.intervals import interval_ns_of

if TYPE_CHECKING:
    import asyncio

VENUE: Final = "paper"
MAX_CLIENT_ORDER_ID_BYTES: Final = 36
_NS_PER_MS: Final = 1_000_000


class PaperAdapter:
    """A venue in memory: it plays a recorded or synthetic market and trades against it.

    ``matching.py`` has the rules of its fills. Everything it does is a function of feed, settings
    and commands: its time is the feed's (``clock``), its chance is seeded. It has no network, so a
    command can only fail by not being connected; the venue's answers come as execution reports,
    after the latency.

    Args:
        settings: As ``[broker]`` has them.
        symbols: What is traded; every one must be in the feed.
        clock: To share a clock; else it makes its own. It is moved to the feed's beginning.
        feed: To play something else than the settings name.

    Raises:
        ConfigError: the settings and the feed do not fit.

    Threading: as ``BrokerAdapter``: the engine's loop.
    """

    def __init__(
        self,
        settings: PaperSettings | None = None,
        *,
        symbols: Sequence[str],
        clock: ReplayClock | None = None,
        feed: Feed | None = None,
    ) -> None:
        chosen = settings or PaperSettings()
        self._settings: Final = chosen
        self._feed: Final = feed or feed_of(chosen, symbols)
        self._specs: Final = specs_of(self._feed, symbols)
        start_ns = self._feed.start_ns
        self._clock: Final = clock or ReplayClock(start_ns)
        self._clock.advance_to(start_ns)
        self._up: Final = self._link("up")
        self._office: Final = BackOffice(self._clock, self._link("down"))
        self._venue: Final = Venue(
            self._specs, account_of(chosen, self._specs), self._clock, self._office
        )
        self._office.open(self._venue)
        self._tape: Final = Tape(
            self._feed,
            self._specs,
            self._venue,
            self._clock,
            bar_interval_ns=bar_interval_ns_of(chosen),
        )
        end_ns = None if chosen.duration_s is None else start_ns + int(chosen.duration_s * NS_PER_S)
        self._pump: Final = Pump(self._clock, self._feed.events, self._tape.play, end_ns=end_ns)
        self._answered: asyncio.Future[None] | None = None
        self._is_connected = False
        self._has_ended = False

    @property
    def clock(self) -> ReplayClock:
        """The feed's time; it moves only while the feed runs."""
        return self._clock

    @property
    def speed(self) -> float | None:
        """How fast the settings want the feed played; None as fast as it can be read."""
        return None if self._settings.speed == "max" else self._settings.speed

    @property
    def seed(self) -> int:
        """The settings' seed."""
        return self._settings.seed

    async def connect(self) -> None:
        """Open the session; nothing can go wrong."""
        import asyncio

        self._answered = asyncio.get_running_loop().create_future()
        self._answered.set_result(None)
        self._is_connected = True
        self._office.is_open = self._tape.is_open = True

    async def disconnect(self) -> None:
        """Close the session; harmless when it is closed.

        While the feed stands, what is under way arrives first; what the venue would say later is
        not heard, but can be read after the next ``connect``.
        """
        if self._has_ended:
            self._settle()
        self._is_connected = False
        self._office.is_open = self._tape.is_open = False
        self._pump.stop()

    def is_connected(self) -> bool:
        """Whether commands would leave now."""
        return self._is_connected

    async def run_feed(self, *, speed: float | None) -> None:
        """Play the feed until it ends or ``disconnect``; played again, it goes on where it was.

        Args:
            speed: 1.0 is real time, N is N times as fast, None as fast as it can be read.
        """
        if speed is not None and not speed > 0:
            raise InvalidState(f"speed is {speed}; expected a number above 0, or None")
        if not self._is_connected or self._has_ended:
            return
        if await self._pump.run(speed=speed):
            self._has_ended = True
            self._settle()
            self._tape.tell_end()

    def feed_progress(self) -> float | None:
        """How much of the feed has been played, 0 to 1; None when it has no end."""
        if self._has_ended:
            return 1.0
        if self._settings.duration_s is None:
            return self._feed.progress()
        played_ns = self._clock.now_ns() - self._feed.start_ns
        return max(
            self._feed.progress() or 0.0,
            min(1.0, played_ns / (self._settings.duration_s * NS_PER_S)),
        )

    def feed_counts(self) -> Mapping[str, int]:
        """Counts since the start, of all symbols of the feed."""
        return self._tape.counts()

    def feed_faults(self) -> Sequence[str]:
        """What was wrong with the feed so far: the first bad lines, and where a file is torn."""
        return self._tape.faults()

    async def subscribe_market_data(self, symbols: Sequence[str]) -> None:
        """Ask for the data of ``symbols``; asking twice is harmless.

        Raises:
            NotFound: one of them is not in the feed; nothing was changed.
        """
        self._require_connection()
        for symbol in symbols:
            self._spec_known(symbol)
        self._tape.subscribe(symbols)

    async def unsubscribe_market_data(self, symbols: Sequence[str]) -> None:
        """Stop the data of ``symbols``; orders go on."""
        self._require_connection()
        self._tape.unsubscribe(symbols)

    def submit_order(self, order: LiveOrder) -> Awaitable[str | None]:
        """Send a new order; the answer is a NEW or REJECTED report.

        Raises:
            NetworkError: not connected; nothing was sent.
            BrokerError: REFUSED, the id or the symbol is longer than messages carry.
        """
        for name, text, most in (
            ("client_order_id", order.client_order_id, MAX_CLIENT_ORDER_ID_BYTES),
            ("symbol", order.symbol, MAX_SYMBOL),
        ):
            if len(text.encode()) > most:
                raise BrokerError(f"{name} {text!r} is longer than {most} bytes", venue=VENUE)
        return self._send(lambda: self._venue.new_order(order))

    def cancel_order(self, broker_order_id: str) -> Awaitable[None]:
        """Ask to cancel; the answer is a CANCELED or CANCEL_REJECTED report."""
        return self._send(lambda: self._venue.cancel(broker_order_id))

    def modify_order(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        """Ask to change an order; answered by a REPLACED or REPLACE_REJECTED report."""
        return self._send(lambda: self._venue.modify(broker_order_id, mod))

    async def get_account_info(self) -> AccountInfo:
        """The account now, open positions at the mid price."""
        self._require_connection()
        return self._office.account_info()

    async def get_positions(self) -> Sequence[Position]:
        """Every position that is not flat."""
        self._require_connection()
        return self._office.positions()

    async def get_open_orders(self) -> Sequence[ExecutionReport]:
        """Every order that is open, oldest first."""
        self._require_connection()
        return self._office.open_orders()

    async def find_order(self, client_order_id: str) -> ExecutionReport | None:
        """The order under a client order id; None when it never came, or is forgotten."""
        self._require_connection()
        return self._office.find(client_order_id)

    async def get_executions(self, since_ns: int) -> Sequence[ExecutionReport]:
        """Every fill since ``since_ns``, oldest first.

        Raises:
            BrokerError: fills since then have been forgotten already.
        """
        self._require_connection()
        return self._office.executions_since(since_ns)

    async def get_bars(self, symbol: str, since_ns: int, interval: str) -> Sequence[Bar]:
        """Closed bars of the trades that were played; a stretch without trades has none."""
        self._require_connection()
        self._spec_known(symbol)
        return self._tape.bars[symbol].closed(
            since_ns, interval_ns_of(interval), self._clock.now_ns()
        )

    async def get_instrument(self, symbol: str) -> Instrument:
        """What may be ordered; NotFound when it is not in the feed."""
        self._require_connection()
        self._spec_known(symbol)
        return self._specs[symbol].instrument

    def on_market_data(self, cb: OnMarketData) -> None:
        """Say where market data, gaps and the end of the feed go."""
        self._tape.on_market_data = cb

    def on_execution_report(self, cb: OnExecutionReport) -> None:
        """Say where execution reports go."""
        self._office.on_execution_report = cb

    def on_position_update(self, cb: OnPositionUpdate) -> None:
        """Say where positions and account updates go."""
        self._office.on_position_update = cb

    def max_orders_per_second(self) -> float:
        """A usual venue's."""
        return MAX_ORDERS_PER_SECOND

    def max_messages_per_second(self) -> float:
        """A usual venue's."""
        return MAX_MESSAGES_PER_SECOND

    def poll(self) -> None:
        """Do nothing: this venue pushes everything."""

    def capabilities(self) -> Capabilities:
        """As configured."""
        return capabilities_of(
            allow_short=self._settings.allow_short,
            has_sessions=any(
                not spec.instrument.session.never_closes for spec in self._specs.values()
            ),
        )

    def _send(self, arrive: Callable[[], None]) -> asyncio.Future[None]:
        self._require_connection()
        self._up.send(arrive)
        if self._answered is None:
            raise InvalidState("there is no session")
        if self._has_ended:
            self._answered.get_loop().call_soon(self._settle)
        return self._answered

    def _settle(self) -> None:
        """Let all that is under way arrive; on a feed that stands nothing else moves the clock."""
        while (self._up.in_flight or self._office.in_flight) and not self._clock.is_advancing:
            next_ns = self._clock.next_timer_ns()
            if next_ns is None:
                return
            self._clock.advance_to(next_ns)

    def _link(self, direction: str) -> Link:
        settings = self._settings
        return Link(
            self._clock,
            latency_ns=round(settings.latency_ms * _NS_PER_MS),
            jitter_ns=round(settings.latency_jitter_ms * _NS_PER_MS),
            seed=f"{direction} {settings.seed}",
        )

    def _spec_known(self, symbol: str) -> None:
        if symbol not in self._specs:
            raise NotFound(f"{symbol!r} is not in the feed; it has {', '.join(self._specs)}")

    def _require_connection(self) -> None:
        if not self._is_connected:
            raise NetworkError(
                "not connected; nothing was sent", venue=VENUE, outcome=Outcome.NOT_SENT
            )
