"""One session from connect to stop, on one loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Sequence

from regimeflow._core.messages import AccountInfo, ExecutionReport, LiveMessage, SystemMessage
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.engine.flatten import Flattener
from regimeflow.engine.health import HealthProbe
from regimeflow.engine.kill_switch import Hold
from regimeflow.engine.parts import Parts
from regimeflow.engine.reconciler import Reconciler
from regimeflow.engine.session import Session
from regimeflow.engine.strategy_host import StrategyHost
from regimeflow.engine.tally import Tally
from regimeflow.engine.view import dashboard_of
from regimeflow.engine.watch import DataWatch, LossWatch, Repeating
from regimeflow.ports.feed import FeedDriven
from regimeflow.types.account import Trade
from regimeflow.types.enums import SystemCode, TradingState
from regimeflow.types.errors import BrokerError, InvalidState, RegimeFlowError
from regimeflow.types.events import ExitCause, SessionSummary
from regimeflow.types.snapshots import DashboardSnapshot

# Record kinds of src/_core/layout.h.
_REPORT, _ACCOUNT, _SYSTEM = 5, 7, 8
_WATCH_INTERVAL_S = 1.0


class Runtime:
    """The engine's loop side: what happens to each message, and the session's life.

    Threading: the loop only, but ``request_stop`` after ``run`` has begun, through the loop's
        ``call_soon_threadsafe``.
    """

    def __init__(self, parts: Parts, hosts: Sequence[StrategyHost]) -> None:
        self.parts = parts
        self.hosts = tuple(hosts)
        self._host_by_id = {host.id: host for host in hosts}
        self.reconciler = Reconciler(parts)
        self.session = Session(parts, self.reconciler, on_given_up=self._give_up)
        self.data_watch = DataWatch(parts, self.session)
        self.loss_watch = LossWatch(parts)
        self._is_winding_down = False
        self.flattener = Flattener(parts)
        self.tally = Tally(parts)
        self.health = HealthProbe(parts, self.session)
        self.exit_cause = ExitCause.STOPPED
        self.exit_text = ""
        self.is_ready = False
        self.ready = asyncio.Event()
        self._all_ended: asyncio.Event | None = None  # set once a stop waits for the last cancel
        self._stopping = asyncio.Event()
        self._watches: list[Repeating] = []
        self._feed: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._bind()

    async def run(self) -> None:
        """Run one session until it is told to stop or its feed ends.

        Raises:
            BrokerError: the first connect failed; nothing stays open.
        """
        parts = self.parts
        parts.switch.hold(
            self._hold("starting", "the session is starting", "agreeing on the books")
        )
        try:
            if await self._is_opened():
                self.ready.set()
                await self._serve()
        finally:
            await self._close()

    def request_stop(self, cause: ExitCause = ExitCause.STOPPED, text: str = "") -> None:
        """End the session; harmless when it is ending."""
        if self._stopping.is_set():
            return
        self.exit_cause, self.exit_text = cause, text
        self._wind_down()
        self._stopping.set()

    def reconcile(self) -> None:
        """Agree with the broker on the books, now."""
        self._start(self.reconciler.run_quietly())

    def dashboard(self) -> DashboardSnapshot:
        """Return everything that a dashboard shows."""
        names = [host.id for host in self.hosts]
        return dashboard_of(self.parts, names, self.health.read(), self.tally.recent_trades)

    def summary(self) -> SessionSummary:
        """Return what the session has done so far."""
        return self.tally.summary(self.exit_cause, self.exit_text, self.session.reconnect_count)

    # -- the session's life

    async def _is_opened(self) -> bool:
        # A stop does not wait for a broker that takes its time to answer.
        opening = asyncio.ensure_future(self._open())
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((opening, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not opening.done():
                opening.cancel()
                await asyncio.wait({opening})
        if opening.cancelled():
            return False
        opening.result()  # what failed says so here
        return not self._is_winding_down

    async def _open(self) -> None:
        parts = self.parts
        parts.loop, parts.loop_thread = asyncio.get_running_loop(), threading.get_ident()
        parts.manager.bind_loop(parts.loop, parts.loop_thread)
        parts.bus.drain()  # from here on this is the thread that dispatches
        parts.loop.add_reader(parts.bus.fileno(), self._deliver)
        self._deliver()
        await self.session.open()
        for host in self.hosts:
            if self._is_winding_down:
                return
            host.start()
        config = parts.config
        self._watches = [Repeating(parts, _WATCH_INTERVAL_S, self._watch)]
        self._watches.append(Repeating(parts, config.reconcile.interval_s, self.reconcile))
        self.health.start()
        parts.switch.release("starting")
        self.is_ready = True

    async def _serve(self) -> None:
        broker = self.parts.broker
        stopping = asyncio.ensure_future(self._stopping.wait())
        if isinstance(broker, FeedDriven):
            self._feed = asyncio.ensure_future(self._play(broker))
        try:
            waiting = (stopping,) if self._feed is None else (stopping, self._feed)
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if self._feed is not None and self._feed.done():
                self._feed.result()  # a feed that failed says so here
            elif self.parts.manager.get_open_orders():
                await self._await_last_cancels()
        finally:
            stopping.cancel()

    async def _play(self, broker: FeedDriven) -> None:
        while not self._stopping.is_set():
            await broker.run_feed(speed=broker.speed)
            # It stood still because its session was lost, or it has ended; its clock cannot tell.
            self.session.check()
            await self.session.is_up.wait()

    def _give_up(self, text: str) -> None:
        self.request_stop(ExitCause.FAILED, text)

    async def _await_last_cancels(self) -> None:
        self._all_ended = asyncio.Event()
        with contextlib.suppress(TimeoutError):  # what is still open then is left to the venue
            async with asyncio.timeout(self.parts.config.orders.stop_timeout_s):
                await self._all_ended.wait()

    async def _close(self) -> None:
        parts = self.parts
        self._wind_down()
        self._stopping.set()
        for watch in self._watches:
            watch.stop()
        if parts.dry_run is not None:
            parts.dry_run.flush()
        self.health.stop()
        await self.session.close()
        if self._feed is not None:
            self._feed.cancel()
            await asyncio.wait({self._feed})
        for task in tuple(self._background):
            task.cancel()
        parts.manager.close()
        if parts.loop is not None:
            parts.loop.remove_reader(parts.bus.fileno())
        parts.bus.stop()
        self.is_ready = False

    def _wind_down(self) -> None:
        if self._is_winding_down:
            return
        self._is_winding_down = True
        parts = self.parts
        for host in self.hosts:
            host.stop()  # what it sends here may still leave
        parts.switch.hold(self._hold("stopping", "the session is ending", "the next start"))
        if parts.config.orders.on_stop == "cancel":
            parts.manager.cancel_all_orders()

    def _hold(self, cause: str, text: str, ends_with: str) -> Hold:
        return Hold(cause, TradingState.HALTED, text, ends_with, self.parts.clock.now_ns())

    def _start(self, work: Coroutine[object, None, None]) -> None:
        # Over a feed the work is done in its place in the stream, or two runs would differ; a venue
        # on a network takes its time.
        if isinstance(self.parts.broker, FeedDriven):
            try:
                # A bare yield only offers others a turn; whoever waits for something has a venue on
                # a network.
                while work.send(None) is None:
                    pass
            except StopIteration:
                return
            work.close()
            message = (
                f"{self.parts.broker.capabilities().venue} suspended where its feed stands still"
            )
            raise InvalidState(message)
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._end_background)

    def _end_background(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.parts.listeners.tell_error(error)

    # -- the stream

    def _bind(self) -> None:
        parts = self.parts
        broker, bus, manager = parts.broker, parts.bus, parts.manager
        broker.on_market_data(parts.intake)
        broker.on_execution_report(parts.intake)
        broker.on_position_update(parts.intake)
        bus.subscribe_board(parts.board)
        bus.subscribe_payload(_REPORT, self._on_report)
        bus.subscribe_payload(_ACCOUNT, self._on_account)
        bus.subscribe_payload(_SYSTEM, self._on_system)
        bus.on_error(self._on_bus_error)
        manager.on_trade(self._on_trade)
        manager.on_execution_report(self.tally.hear)
        manager.on_order_update(self._on_order_update)

    def _deliver(self) -> None:
        # What other threads published: deliver it, in turns, and ask to be woken for the next.
        bus = self.parts.bus
        bus.drain()
        if not bus.park() and self.parts.loop is not None and not self._stopping.is_set():
            self.parts.loop.call_soon(self._deliver)

    def _on_report(self, report: ExecutionReport) -> None:
        self.parts.manager.handle_execution_report(report)

    def _on_account(self, account: AccountInfo) -> None:
        self.parts.account = account

    def _on_trade(self, trade: Trade) -> None:
        parts = self.parts
        parts.portfolio.apply(trade)
        self.tally.count_trade(trade)
        host = self._host_by_id.get(trade.strategy)
        if host is not None:
            host.filled(trade)
        parts.listeners.tell_trade(trade)

    def _on_order_update(self, order: LiveOrder) -> None:
        parts = self.parts
        self.tally.count_order(order)
        if order.error is not None:
            parts.listeners.tell_error(RegimeFlowError(order.error.text))
        if self.flattener.is_active:
            self.flattener.order_ended(order)
            self.flattener.work()
        host = self._host_by_id.get(order.strategy)
        if host is not None:
            host.order_updated(order)
        if self._all_ended is not None and not parts.manager.get_open_orders():
            self._all_ended.set()

    def _on_system(self, message: SystemMessage) -> None:
        if message.code == SystemCode.TIMER:
            strategy_id, _, name = message.text.partition("/")
            host = self._host_by_id.get(strategy_id)
            if host is not None:
                host.timer_rang(name)
        elif message.code == SystemCode.FEED_END:
            self.parts.say("feed_end", message.text or "the feed has ended")
            self.request_stop(ExitCause.FEED_END, message.text)
        elif message.code == SystemCode.BOOK_GAP:
            self.parts.say("warning", f"gap in the book of {message.symbol}: {message.text}")

    def _on_bus_error(self, error: BaseException, _: LiveMessage | None) -> None:
        callback = self.parts.bus.failed_callback
        for host in self.hosts:
            if host.owns(callback):
                host.failed(error)
                return
        if self.parts.bus.halted:
            self.parts.switch.hold(self._hold("bus", str(error), "a new session"))
        self.parts.listeners.tell_error(error)

    def _watch(self) -> None:
        self.session.check()
        self.data_watch.check()
        self.loss_watch.check()
        if self.session.is_up.is_set():
            try:
                self.parts.broker.poll()
            except (BrokerError, OSError) as error:
                self.parts.listeners.tell_error(error)
        if self.parts.listeners.dashboard:
            self.parts.listeners.tell_dashboard(self.dashboard())
