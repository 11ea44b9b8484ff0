"""The engine's decisions: what happens to each message, and the session's life."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from regimeflow._core.messages import AccountInfo, ExecutionReport, LiveMessage, SystemMessage
from regimeflow.domain.orders.anomalies import LOST, OrderAnomaly
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.engine.account_moves import is_move_taken
from regimeflow.engine.awaiting import Reply
from regimeflow.engine.books_keeper import BooksKeeper
from regimeflow.engine.charges import tell_gate_of_charge
from regimeflow.engine.flatten import Flattener
from regimeflow.engine.health import HealthProbe
from regimeflow.engine.history import History
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.kill_switch import Hold
from regimeflow.engine.order_externals import has_own_open
from regimeflow.engine.parts import Parts
from regimeflow.engine.queue.watch import QueueWatch
from regimeflow.engine.reconciler import Reconciler
from regimeflow.engine.regime_watch import RegimeWatch
from regimeflow.engine.risk.desk import RiskDesk
from regimeflow.engine.scripts import Script
from regimeflow.engine.session import Session
from regimeflow.engine.strategy_host import StrategyHost
from regimeflow.engine.tally import Tally
from regimeflow.engine.view import dashboard_of
from regimeflow.engine.watch import DataWatch, JournalWatch, Repeating
from regimeflow.types.account import Trade
from regimeflow.types.enums import SystemCode, TradingState
from regimeflow.types.errors import BrokerError, RegimeFlowError
from regimeflow.types.events import ExitCause, SessionSummary
from regimeflow.types.snapshots import DashboardSnapshot

# Record kinds of src/_core/layout.h.
_REPORT, _ACCOUNT, _SYSTEM = 5, 7, 8
_WATCH_INTERVAL_S = 1.0


class Runtime:
    """What the engine does with each message, and one session from connect to stop.

    It knows no event loop: whoever runs it (``engine.life``, a simulation, a replay) moves time,
    hands out the bus and waits. The order is ``begin``, then ``wind_down`` once a stop is asked
    for, then ``end``.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts, hosts: Sequence[StrategyHost]) -> None:
        self.parts = parts
        self.hosts = tuple(hosts)
        self._host_by_id = {host.id: host for host in hosts}
        self.reconciler = Reconciler(parts)
        self.regime_watch = RegimeWatch(parts, self.hosts)
        bars = History(parts, [*(host.strategy for host in hosts), self.regime_watch])
        parts.history = bars.last
        fail = partial(self.request_stop, ExitCause.FAILED)
        self.session = Session(
            parts, self.reconciler, bars.fill, on_up=self._came_up, on_given_up=fail
        )
        self.keeper = BooksKeeper(parts, self.hosts, self.regime_watch)
        self.data_watch = DataWatch(parts, self.session)
        self.journal_watch = JournalWatch(parts)
        self.queue_watch = QueueWatch(parts)
        parts.on_journal_room = self.journal_watch.tell_room
        self.is_winding_down = False
        self.flattener = Flattener(parts)
        self.risk = RiskDesk(parts, self.reconciler, self.reconcile, self.flattener)
        self.tally = Tally(parts)
        self.health = HealthProbe(parts, self.session)
        self.exit_cause = ExitCause.STOPPED
        self.exit_text = ""
        self.is_ready = False
        self.is_stop_asked = False
        # Whoever runs it is told when a stop was asked for, when no order is open any more, and
        # when the session has come up (again).
        self.on_stop_asked: Callable[[], None] = _nobody
        self.on_all_ended: Callable[[], None] = _nobody
        self.on_up: Callable[[], None] = _nobody
        self._watches: list[Repeating] = []
        self._opening: Script[None] | None = None
        self._reconciling: set[Script[None]] = set()
        self._bind()

    def begin(self, on_open: Callable[[Reply[None]], None]) -> None:
        """Connect, agree on the books, start the strategies.

        Args:
            on_open: Told when the session is up, or why it is not (BrokerError): nothing stays
                open then.
        """
        self.parts.turns.call("begin", partial(self._begin, on_open))

    def _begin(self, on_open: Callable[[Reply[None]], None]) -> None:
        self.risk.begin()
        self.parts.switch.hold(
            self._hold("starting", "the session is starting", "agreeing on the books")
        )
        self._opening = self.parts.turns.start(self._open(), on_open)

    def request_stop(self, cause: ExitCause = ExitCause.STOPPED, text: str = "") -> None:
        """Wind the session down and have it ended; harmless when it is ending."""
        if self.is_stop_asked:
            return
        turns = self.parts.turns
        if not turns.is_inside:
            act = partial(self.request_stop, cause, text)
            turns.call("request_stop", act, lambda: {"cause": cause.name, "text": text})
            return
        self.is_stop_asked = True
        self.exit_cause, self.exit_text = cause, text
        self.wind_down()
        self.on_stop_asked()

    def wind_down(self) -> None:
        """Stop the strategies, hold trading, cancel what is open if so configured."""
        if self.is_winding_down:
            return
        self.is_winding_down = True
        parts = self.parts
        for host in self.hosts:
            host.stop()  # what it sends here may still leave
        self.regime_watch.stop()
        parts.switch.hold(self._hold("stopping", "the session is ending", "the next start"))
        if parts.config.orders.on_stop == "cancel":
            parts.manager.cancel_all_orders()

    def end(self, on_end: Callable[[Reply[None]], None]) -> None:
        """Disconnect and let everything go; ``on_end`` is told when that is done."""
        self.parts.turns.call("end", partial(self._begin_end, on_end))

    def _begin_end(self, on_end: Callable[[Reply[None]], None]) -> None:
        self.is_stop_asked = True
        self.wind_down()
        self.parts.turns.start(self._end(), on_end)

    def reconcile(self) -> None:
        """Agree with the broker on the books, now."""
        script: Script[None] | None = None

        def end(reply: Reply[None]) -> None:
            if script is not None:
                self._reconciling.discard(script)
            try:
                reply.result()
            except Exception as error:  # noqa: BLE001 - nobody else is told
                self.parts.listeners.tell_error(error)

        script = self.parts.turns.start(self.reconciler.run_quietly(), end, name="reconcile")
        if not script.is_over:
            self._reconciling.add(script)

    def dashboard(self) -> DashboardSnapshot:
        """Return everything that a dashboard shows."""
        names = [host.id for host in self.hosts]
        return dashboard_of(self.parts, names, self.health.read(), self.tally.recent_trades)

    def summary(self) -> SessionSummary:
        """Return what the session has done so far."""
        return self.tally.summary(self.exit_cause, self.exit_text, self.session.reconnect_count)

    # -- the session's life

    async def _open(self) -> None:
        parts = self.parts
        await self.session.open()
        self.regime_watch.start()  # before the strategies: they are told of a change first
        for host in self.hosts:
            if self.is_winding_down:
                return
            host.start()
        self._watches = [Repeating(parts, _WATCH_INTERVAL_S, self._watch)]
        self._watches.append(Repeating(parts, parts.config.reconcile.interval_s, self.reconcile))
        parts.switch.release("starting")
        self.is_ready = True

    async def _end(self) -> None:
        parts = self.parts
        try:
            if self._opening is not None:
                await parts.turns.stopped(self._opening)
            for watch in self._watches:
                watch.stop()
            for script in tuple(self._reconciling):
                script.stop()
            if parts.dry_run is not None:
                parts.dry_run.flush()
            await self.session.close()
        finally:  # a fault in the adapter leaves nothing open here
            parts.manager.close()
            parts.bus.stop()
            if parts.journal is not None:
                self.journal_watch.finish()
                self.keeper.close()
            self.is_ready = False

    def _came_up(self) -> None:
        self.regime_watch.catch_up()
        self.on_up()

    def _hold(self, cause: str, text: str, ends_with: str) -> Hold:
        return Hold(cause, TradingState.HALTED, text, ends_with, self.parts.clock.now_ns())

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
        manager.on_anomaly(self._on_anomaly)
        manager.groups.on_error = parts.listeners.tell_error
        manager.groups.write = self._note_group
        self.risk.bind()

    def _on_report(self, report: ExecutionReport) -> None:
        if is_move_taken(self.parts, self.hosts, report):
            self.risk.traded(report.symbol)
        else:
            self.parts.manager.handle_execution_report(report)

    def _on_account(self, account: AccountInfo) -> None:
        self.parts.take_account(account)
        self.risk.look()

    def _on_trade(self, trade: Trade) -> None:
        parts = self.parts
        parts.portfolio.apply(trade)
        tell_gate_of_charge(parts, trade)
        if not trade.quantity:
            return  # a commission alone
        parts.books.trades.append(trade)
        self.tally.count_trade(trade)
        self.risk.traded(trade.symbol)
        host = self._host_by_id.get(trade.strategy)
        if host is not None:
            host.filled(trade)
        parts.listeners.tell_trade(trade)

    def _on_order_update(self, order: LiveOrder) -> None:
        parts = self.parts
        self.tally.count_order(order)
        if order.error is not None and self.tally.has_new_error(order):
            parts.listeners.tell_error(RegimeFlowError(order.error.text))
        self.risk.order_updated(order)
        host = self._host_by_id.get(order.strategy)
        if host is not None:
            host.order_updated(order)
        if self.is_stop_asked and not has_own_open(parts.books.table):
            self.on_all_ended()

    def _note_group(self, note: Mapping[str, object]) -> None:
        if self.parts.log is not None:
            self.parts.log.note(self.parts.clock.now_ns(), NoteCode.GROUP, note)

    def _on_anomaly(self, anomaly: OrderAnomaly) -> None:
        text = f"{anomaly.kind}: {anomaly.text}"
        self.parts.say("warning", text, anomaly=anomaly.kind, order_id=anomaly.order_id)
        self.parts.listeners.tell_error(BrokerError(text, venue=self.session.venue))
        if anomaly.kind == LOST:
            self.reconcile()  # which holds trading unless something explains it

    def _on_system(self, message: SystemMessage) -> None:
        if message.code == SystemCode.TIMER:
            strategy_id, _, name = message.text.partition("/")
            host = self._host_by_id.get(strategy_id)
            if host is not None:
                host.timer_rang(name)
            return
        for each in self.hosts:
            each.system_told(message)
        self.data_watch.hear(message)
        if message.code == SystemCode.FEED_END:
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
        self.risk.check()
        self.journal_watch.check(self.keeper.snapshot)
        self.queue_watch.check()
        self.parts.manager.housekeep()
        self.keeper.snapshot_if_due()
        if self.session.is_up:
            try:
                self.parts.broker.poll()
            except (BrokerError, OSError) as error:
                self.parts.listeners.tell_error(error)
        if self.parts.listeners.dashboard:
            self.parts.listeners.tell_dashboard(self.dashboard())


def _nobody() -> None:
    """Who is told when nobody asked."""
