"""LiveOrderManager: every order on its way to the broker, and all that the broker says of it."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from regimeflow._core import order_table as flags
from regimeflow._core.order_rows import OrderRow
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.anomalies import OrderAnomaly
from regimeflow.domain.orders.client_order_ids import ClientOrderIds
from regimeflow.domain.orders.links import LinkedOrders
from regimeflow.domain.orders.order import LiveOrder, Order, OrderModification
from regimeflow.domain.orders.order_validation import exact_modification
from regimeflow.domain.orders.pictures import live_order
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.calls import change_state, order_state
from regimeflow.engine.journal.groups import group_state
from regimeflow.engine.order_clock import BareClock
from regimeflow.engine.order_desk import OrderDesk
from regimeflow.engine.order_entry import OrderGate
from regimeflow.engine.order_externals import own_open, own_unsent
from regimeflow.engine.order_groups import OrderGroups
from regimeflow.engine.order_instruments import OrderInstruments
from regimeflow.engine.order_keeping import OrderKeeper
from regimeflow.engine.order_log import OrderLog
from regimeflow.engine.order_reconcile import OrderReconciler, OrderReconciliation
from regimeflow.engine.order_sender import OrderSender
from regimeflow.engine.order_threads import LoopThread
from regimeflow.engine.order_together import OrdersTogether
from regimeflow.engine.turns import Turns
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.ports.clock import Clock
from regimeflow.types.account import Trade
from regimeflow.types.config.policies import OrderSettings
from regimeflow.types.enums import LiveOrderStatus
from regimeflow.types.errors import InvalidState
from regimeflow.types.instrument import Instrument

if TYPE_CHECKING:
    import asyncio

_HOUSEKEEP_EVERY: Final = 1_024


class LiveOrderManager:
    """Every order on its way to the broker, and everything the broker says about it.

    ``submit_order`` checks and returns the internal id at once; what the broker then says arrives
    as order updates, and a failure is in ``order.error`` (kind, outcome, text). Requests that get
    no definite answer leave their order in doubt: it is looked up at the venue, never sent again.

    Args:
        broker: None: every order call raises InvalidState.
        gate: Checked before an order leaves, told of everything after.
        clock: The session's; None: the machine's.
        publish: Where reports of our own making go, so that all readers see them in order; it must
            have them handled before it returns, unless it is called from inside a dispatch. None:
            they are handled at once, and the broker's reports come straight here.
        instruments: By symbol; None: the broker is asked, as far as it answers on the spot.
        config: Timeouts, patience, pacing.
        loop: The loop to bind to, when this is its thread; see ``bind_loop``.
        client_ids: None: made from the moment of the start.
        max_orders: How many may be held; beyond, new ones are refused.
        books: Where the orders are kept, when others keep them too; then ``client_ids`` and
            ``max_orders`` are theirs.

    Threading:
        The loop's thread. Once bound, calls from other threads are handed over to it and waited
        for, a few seconds at most; one that the loop did not begin by then raises InvalidState and
        is never made. Callbacks run on the loop's thread; one that raises does not keep the others
        from being called.
    """

    def __init__(
        self,
        broker: BrokerAdapter | None,
        *,
        gate: OrderGate | None = None,
        clock: Clock | None = None,
        publish: Callable[[ExecutionReport], object] | None = None,
        instruments: Mapping[str, Instrument] | None = None,
        config: OrderSettings | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        client_ids: ClientOrderIds | None = None,
        max_orders: int = 1_000_000,
        books: Books | None = None,
    ) -> None:
        self._config: Final = config or OrderSettings()
        self._turns: Final = (
            clock
            if isinstance(clock, Turns)
            else Turns(clock or BareClock(), patience_s=self._config.request_timeout_s)
        )
        ids = client_ids or ClientOrderIds.booted_at(self._turns.now_ns())
        self._books: Final = books or Books(id_prefix=ids.prefix, max_orders=max_orders)
        self._table: Final = self._books.table
        self._desk: Final = OrderDesk(self._table, gate, OrderInstruments(instruments, broker))
        self._publish: Final = publish
        self._thread: Final = LoopThread()
        self._broker: Final = broker
        self._submitted = 0
        if loop is not None:
            self._thread.bind(loop, threading.get_ident())
        if broker is None:
            return
        self._sender: Final = OrderSender(
            broker,
            self._desk,
            self._turns,
            self._deliver,
            settings=self._config,
            wishes=self._books.wishes,
        )
        self._reconciler: Final = OrderReconciler(
            broker, self._desk, self._sender, self._deliver, books=self._books
        )
        self._keeper: Final = OrderKeeper(
            self._books,
            self._desk,
            self._sender,
            self._turns,
            self._deliver,
            settings=self._config,
            last_asked_ns=lambda: self._reconciler.last_asked_ns,
        )
        together = OrdersTogether(broker, self._desk, self._sender)
        self.groups: Final = OrderGroups(
            self, self._table.next_order_id, self._books.groups, together=together
        )
        self._desk.on_update.append(self.groups.update)
        if publish is None:
            broker.on_execution_report(self.handle_execution_report)

    def bind_loop(self, loop: asyncio.AbstractEventLoop | None, thread_id: int) -> None:
        """Say which loop the orders live on and which thread runs it; None when it has ended."""
        self._thread.bind(loop, thread_id)

    def write_to(self, log: OrderLog, outbox: Callable[[], Awaitable[None]] | None = None) -> None:
        """Write every decision about an order down before it takes effect.

        Args:
            log: Where to.
            outbox: Awaited before a command leaves: until what was written is on disk.
        """
        self._desk.entry.log = log
        if self._broker is not None:
            self._sender.requests.outbox = outbox

    def resume(self) -> None:
        """Take up orders that were left: what has no answer is in doubt and is asked for."""
        self._reconciler.resume()
        self._keeper.resume()
        self.groups.resume()

    def close(self) -> None:
        """Stop timers and tasks; orders and their state stay readable."""
        if self._broker is not None:
            self._sender.close()

    # What users ask for.

    def submit_order(self, order: Order, *, strategy: str = "") -> int:
        """Check an order, send it, and return its internal id; never waits for the network.

        Raises:
            InvalidState: no broker, or the order table is full.
            InvalidArgument: lists everything that is wrong with the order.
            AlreadyExists: its client order id was used before, or the same order came just now.
            RiskDenied: the gate, or the venue's rate, says no.
            NetworkError: NOT_SENT, there is no session.
        """
        if self._thread.is_foreign:
            return self._thread.call(partial(self.submit_order, order, strategy=strategy))
        if not self._turns.is_inside:
            return self._turns.call(
                "submit_order",
                partial(self.submit_order, order, strategy=strategy),
                partial(order_state, order, strategy),
            )
        self._connected()
        now_ns = self._turns.now_ns()
        exact = self._desk.entry.exact(order, self._some_broker(), now_ns)
        order_id = self._desk.entry.enter(order, exact, strategy, now_ns)
        self._submitted += 1
        if self._submitted % _HOUSEKEEP_EVERY == 0:
            self.housekeep()
        self._sender.submit(order_id)
        return order_id

    def submit_linked_orders(self, group: LinkedOrders, *, strategy: str = "") -> list[int]:
        """Send what a group of linked orders begins with, and keep the group consistent.

        Returns the ids of the orders sent; the others follow by themselves. Raises what its first
        order raises, and nothing of the group is left.
        """
        act = partial(self.submit_linked_orders, group, strategy=strategy)
        if self._thread.is_foreign:
            return self._thread.call(act)
        if not self._turns.is_inside:
            state = partial(group_state, group, strategy)
            return self._turns.call("submit_linked_orders", act, state)
        self._some_broker()
        return self.groups.begin(group, strategy)

    def validate_order(self, order: Order) -> bool:
        """Return True for an order that could be sent; the gate is not asked.

        Raises:
            InvalidArgument: lists everything that is wrong.
        """
        self._desk.entry.exact(order, self._some_broker(), self._turns.now_ns())
        return True

    def cancel_order(self, order_id: int) -> None:
        """Ask for a cancel; it waits for the acknowledgement of an order that has none yet.

        Raises:
            NotFound: no such order.
            InvalidState: the order has ended, or there is no broker.
            NetworkError: NOT_SENT, there is no session.
        """
        if self._thread.is_foreign:
            return self._thread.call(partial(self.cancel_order, order_id))
        if not self._turns.is_inside:
            act = partial(self.cancel_order, order_id)
            return self._turns.call("cancel_order", act, lambda: {"order_id": order_id})
        self._connected()
        self._sender.cancel(self._desk.entry.open_row(order_id, "cancelled"))
        return None

    def cancel_orders(self, symbol: str) -> int:
        """Ask for a cancel of every order of ours open in a symbol; how many were asked."""
        return self._cancel_where(lambda row: row.symbol == symbol, {"symbol": symbol})

    def cancel_all_orders(self) -> int:
        """As ``cancel_orders``, of every symbol. Failures arrive as updates."""
        return self._cancel_where(lambda _row: True, {})

    def modify_order(self, order_id: int, mod: OrderModification) -> None:
        """Ask for a change; of an order that is not yet acknowledged it waits for that.

        Raises:
            NotFound: no such order.
            InvalidState: the order has ended, or another request for it is out.
            InvalidArgument: lists everything that is wrong with the change.
            RiskDenied: the gate says no.
            NetworkError: NOT_SENT, there is no session.
        """
        if self._thread.is_foreign:
            return self._thread.call(partial(self.modify_order, order_id, mod))
        if not self._turns.is_inside:
            act = partial(self.modify_order, order_id, mod)
            state = partial(change_state, order_id, mod)
            return self._turns.call("modify_order", act, state)
        self._connected()
        row = self._desk.entry.modifiable_row(order_id)
        order = live_order(row)
        exact = exact_modification(mod, order, self._desk.instruments.known(row.symbol))
        changed = exact.as_modification(mod)
        self._desk.entry.check_change(order, changed, self._turns.now_ns())
        self._sender.modify(row, changed)
        return None

    def get_order(self, order_id: int) -> LiveOrder | None:
        """The order as it stands, or None. Any thread."""
        self._some_broker()
        return self._desk.picture(order_id)

    def get_open_orders(self, symbol: str | None = None) -> list[LiveOrder]:
        """Every order that may still trade, oldest first. Any thread."""
        self._some_broker()
        found = self._pictures(self._table.open_ids())
        return [order for order in found if symbol is None or order.symbol == symbol]

    @property
    def open_order_count(self) -> int:
        """How many orders may still trade. Any thread."""
        return self._table.open_count

    def get_orders_by_status(self, status: LiveOrderStatus) -> list[LiveOrder]:
        """Every order at hand in one state, oldest first. Any thread."""
        self._some_broker()
        return self._pictures(self._table.ids(status))

    def find_order_id_by_broker_id(self, broker_order_id: str) -> int | None:
        """The internal id of the order that has, or had, this id at the venue; None: none has."""
        self._some_broker()
        return self._table.find_by_broker_id(broker_order_id) or None

    async def reconcile_with_broker(self) -> OrderReconciliation:
        """Ask the broker for its orders and executions, and make ours agree by evidence.

        Raises:
            BrokerError, NetworkError: the broker could not be asked.
            InvalidState: no broker.
        """
        return await self._turns.in_loop(self.agree(), "reconcile_with_broker")

    async def agree(self) -> OrderReconciliation:
        """As ``reconcile_with_broker``, for coroutines of the engine's own."""
        self._some_broker()
        return await self._reconciler.run()

    # What happens.

    def on_order_update(self, cb: Callable[[LiveOrder], object]) -> None:
        """Call back with an order's picture whenever what the broker said has changed it."""
        self._desk.on_update.append(cb)

    def on_execution_report(self, cb: Callable[[ExecutionReport], object]) -> None:
        """Call back with every report, once; repeats are left out."""
        self._desk.on_report.append(cb)

    def on_trade(self, cb: Callable[[Trade], object]) -> None:
        """Call back with every fill that was counted, and with every one taken back."""
        self._desk.on_trade.append(cb)

    def on_anomaly(self, cb: Callable[[OrderAnomaly], object]) -> None:
        """Call back with what does not fit: overfills, unknown orders, impossible reports."""
        self._desk.on_anomaly.append(cb)

    def handle_execution_report(self, report: ExecutionReport) -> None:
        """Take in one report, the venue's or our own; in any order, any number of times."""
        self._some_broker()
        result = self._table.apply(report)
        order_id = self._table.last_order_id
        if result & flags.DUPLICATE:
            if result & flags.FORETOLD:
                self._desk.charge(order_id, report)
            return
        if result & flags.UNKNOWN:
            if self._keeper.take_unknown(result, report):
                self._claim(report)
            return
        self._desk.note_failure(result, order_id, report)
        try:
            self._desk.consequences(result, order_id, report)
        finally:
            is_new_id = bool(result & flags.NEW_BROKER_ID)
            self._sender.after(order_id, report, is_new_id=is_new_id)
            if result & flags.MISSING_FILLS:
                self._reconciler.check_fills_later(order_id)
            if result & flags.OVERFILL:  # or it was raised, and nobody told us
                self._sender.lookups.start(order_id, may_differ=True)
            if is_new_id:
                self._claim(report)

    def housekeep(self) -> int:
        """Retire what ended long ago and make room ahead; how many were retired."""
        return self._keeper.housekeep()

    # Beneath.

    def _some_broker(self) -> BrokerAdapter:
        if self._broker is None:
            raise InvalidState("there is no broker to send orders to")
        return self._broker

    def _connected(self) -> None:
        self._some_broker()
        self._sender.demand_session()

    def _cancel_where(
        self, is_meant: Callable[[OrderRow], bool], args: Mapping[str, object]
    ) -> int:
        act = partial(self._cancel_where, is_meant, args)
        if self._thread.is_foreign:
            return self._thread.call(act)
        if not self._turns.is_inside:
            return self._turns.call("cancel_orders", act, lambda: args)
        self._some_broker()
        for row in filter(is_meant, own_unsent(self._table)):
            self._sender.cancel(row)  # should it appear: it is not asked for now, nor counted
        return sum(is_meant(row) and self._sender.cancel(row) for row in own_open(self._table))

    def _claim(self, report: ExecutionReport) -> None:
        """Take in what came before the order that it is about, or before what it corrects."""
        for orphan in self._books.orphans.claim(report.broker_order_id):
            self.handle_execution_report(orphan)

    def _pictures(self, order_ids: Iterable[int]) -> list[LiveOrder]:
        found = [order for order_id in order_ids if (order := self._desk.picture(order_id))]
        found.sort(key=lambda order: (order.created_at_ns, order.order_id))
        return found

    def _deliver(self, report: ExecutionReport) -> None:
        if self._publish is None or self._publish(report) is False:
            self.handle_execution_report(report)
