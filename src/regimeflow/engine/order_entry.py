"""What we do to the order table: new orders, requests, conclusions; each written down first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from regimeflow._core.order_rows import OrderRow
from regimeflow._core.order_table import OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.order import LiveOrder, Order, OrderModification, OrderTerms
from regimeflow.domain.orders.order_validation import ExactOrder, exact_order
from regimeflow.domain.orders.pictures import live_order, own_report
from regimeflow.domain.orders.transitions import OrderEvent
from regimeflow.domain.risk.gate import OrderJudge
from regimeflow.engine.order_instruments import OrderInstruments
from regimeflow.engine.order_log import OrderLog
from regimeflow.ports.broker import BrokerAdapter, Capabilities
from regimeflow.types.account import Trade
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide, OrderType
from regimeflow.types.errors import (
    AlreadyExists,
    Fault,
    InvalidArgument,
    InvalidState,
    NotFound,
    RiskDenied,
)

NO_PX: Final = -(2**63)  # "no price" as a mantissa


_MODIFIABLE: Final = frozenset(
    {
        LiveOrderStatus.PENDING_NEW,
        LiveOrderStatus.NEW,
        LiveOrderStatus.PARTIALLY_FILLED,
        LiveOrderStatus.INACTIVE,
    }
)


class OrderGate(Protocol):
    """The pre-trade gate, as the order manager asks and tells it."""

    wider: OrderJudge | None  # asked first

    def check_raw(  # noqa: PLR0917  # by position: it is on the way of every order
        self,
        symbol: str,
        side: OrderSide,
        ord_type: OrderType,
        qty: int,
        limit_px: int = ...,
        stop_px: int = ...,
        strategy: str = "",
        *,
        terms: OrderTerms | None = ...,
    ) -> None:
        """Let an order pass, or raise RiskDenied or AlreadyExists."""
        ...

    def check_modification(self, order: LiveOrder, mod: OrderModification) -> None:
        """Let a change pass and reserve what it may fill, or raise RiskDenied."""
        ...

    def on_order_update(self, order: LiveOrder) -> None:
        """Take an order as it stands."""
        ...

    def track_raw(  # noqa: PLR0917  # the same
        self,
        order_id: int,
        symbol: str,
        side: OrderSide,
        leaves: int,
        cum: int,
        strategy: str = "",
        *,
        is_changing: bool = False,
    ) -> None:
        """Take an order as it stands, by mantissas; ``leaves`` is 0 when it is over."""
        ...

    def on_trade(self, trade: Trade) -> None:
        """Take a fill, once."""
        ...


class OrderEntry:
    """Changes the order table by our own decisions; what others say comes as reports."""

    def __init__(
        self, table: OrderTable, gate: OrderGate | None, instruments: OrderInstruments
    ) -> None:
        self.table: Final = table
        self.gate: Final = gate
        self.instruments: Final = instruments
        self.log: OrderLog | None = None
        self.pace: Callable[[int], None] = lambda _: None  # raises RiskDenied beyond the rate
        self._abilities: Capabilities | None = None

    def enter(self, order: Order, exact: ExactOrder, strategy: str, now_ns: int) -> int:
        """Let an order pass the gate, enter it, write its intent; returns its internal id.

        Raises:
            AlreadyExists: its client order id was used before, or the same order came just now.
            InvalidState: no room, in the table or in the journal.
            RiskDenied: the gate says no.
        """
        gate = self.gate
        self._demand_room(order.client_order_id)
        try:
            self.pace(now_ns)
            if gate is not None:
                _ask(gate, order, exact, strategy)
        except RiskDenied as error:
            self._note_denied(order.symbol, strategy, error, now_ns)
            raise
        return self._record(order, exact, strategy, now_ns)

    def enter_exit(self, order: Order, exact: ExactOrder, strategy: str, now_ns: int) -> int:
        """Enter an exit that leaves with an order which has passed the gate, in one request.

        It trades only what that order has filled, or what its other exit does not: the gate is
        told of it, and not asked. Raises as ``enter``, but for RiskDenied.
        """
        self._demand_room(order.client_order_id)
        return self._record(order, exact, strategy, now_ns)

    def _demand_room(self, client_order_id: str | None) -> None:
        table = self.table
        if client_order_id is not None and table.was_used(client_order_id):
            raise AlreadyExists(f"client order id {client_order_id} was used before")
        if len(table) >= table.max_orders:
            raise InvalidState(
                f"the order table is full with {len(table)} orders; nothing was sent"
            )
        if self.log is not None and self.log.is_full:
            raise InvalidState("the journal has no room for another order; nothing was sent")

    def _record(self, order: Order, exact: ExactOrder, strategy: str, now_ns: int) -> int:
        order_id = self._submit(order, exact, strategy, now_ns)
        if self.gate is not None or self.log is not None:
            row = self.table.get(order_id)
            if row is not None:
                self._write(row, now_ns)
                self.tell_gate(row)
        return order_id

    def check_change(self, order: LiveOrder, mod: OrderModification, now_ns: int) -> None:
        """Let a change pass and reserve what it may fill, or raise RiskDenied."""
        if self.gate is None:
            return
        try:
            if self.gate.wider is not None:
                self.gate.wider.judge_change(order, mod)
            self.gate.check_modification(order, mod)
        except RiskDenied as error:
            self._note_denied(order.symbol, order.strategy, error, now_ns)
            raise

    def _note_denied(self, symbol: str, strategy: str, error: RiskDenied, now_ns: int) -> None:
        if self.log is not None:
            self.log.denied(symbol, strategy, error, now_ns)

    def _submit(self, order: Order, exact: ExactOrder, strategy: str, now_ns: int) -> int:
        order_id = self.table.submit(
            order.symbol,
            order.side,
            order.type,
            order.time_in_force,
            exact.qty,
            exact.qty_exp,
            exact.limit_px,
            exact.stop_px,
            exact.px_exp,
            strategy=strategy,
            client_order_id=order.client_order_id,
            expire_time_ns=order.expire_time_ns or 0,
            now_ns=now_ns,
            terms=exact.terms,
        )
        if order_id < 0:
            raise InvalidState("the order table has no memory for another order; nothing was sent")
        return order_id

    def _write(self, row: OrderRow, now_ns: int) -> None:
        if self.log is None:
            return
        written = False
        try:
            self.log.submitted(row, now_ns)
            written = True
        finally:
            if not written:  # it goes up, and the order never leaves
                text = "its intent could not be written"
                self.table.apply(own_report(row, ExecType.REJECTED, now_ns=now_ns, text=text))

    def open_row(self, order_id: int, wish: str) -> OrderRow:
        """Return the row of an order that has not ended.

        Raises:
            NotFound: no such order.
            InvalidState: it has ended.
        """
        row = self.table.get(order_id)
        if row is None:
            raise NotFound(f"there is no order {order_id}")
        status = LiveOrderStatus(row.status)
        if status.is_terminal:
            raise InvalidState(f"order {order_id} is {status.name}; it cannot be {wish}")
        return row

    def modifiable_row(self, order_id: int) -> OrderRow:
        """Return the row of an order that may be changed now; raises as ``open_row``."""
        row = self.open_row(order_id, "modified")
        if row.status not in _MODIFIABLE:
            status = LiveOrderStatus(row.status).name
            raise InvalidState(
                f"order {order_id} is {status}; it cannot be modified until that ends"
            )
        return row

    def exact(self, order: Order, broker: BrokerAdapter, now_ns: int) -> ExactOrder:
        """Return an order's numbers as mantissas; the broker's venue must be able to take it.

        Raises:
            InvalidArgument: lists everything that is wrong.
        """
        abilities = self._abilities
        if abilities is None:
            abilities = self._abilities = broker.capabilities()
        try:
            instrument = self.instruments.get(order.symbol)
        except NotFound as unknown:
            faults = [Fault("symbol", str(unknown))]
        else:
            return exact_order(order, instrument, abilities, now_ns=now_ns)
        try:
            exact_order(order, None, abilities, now_ns=now_ns)
        except InvalidArgument as others:
            faults.extend(others.faults)
        raise InvalidArgument(faults)

    def request(
        self, row: OrderRow, event: OrderEvent, now_ns: int, mod: OrderModification | None = None
    ) -> None:
        """Note that a cancel or a change is about to be sent."""
        if self.log is not None:
            self.log.asked(row, event, now_ns, mod)
        self.table.request(row.order_id, event, now_ns)

    def conclude(self, order_id: int, event: OrderEvent, now_ns: int) -> None:
        """Note what evidence has shown of an order."""
        if self.log is not None:
            self.log.concluded(order_id, event, now_ns)
        self.table.request(order_id, event, now_ns)

    def adopt(
        self,
        report: ExecutionReport,
        strategy: str,
        *,
        base_qty: int,
        base_notional: int,
        now_ns: int,
    ) -> int:
        """Take in an order that somebody else placed; returns its internal id, or an error."""
        if self.log is not None:
            self.log.adopted(report, strategy, base_qty, base_notional, now_ns)
        return self.table.adopt(
            report,
            strategy=strategy,
            base_qty=base_qty,
            base_notional=base_notional,
            now_ns=now_ns,
        )

    def tell_gate(self, row: OrderRow) -> None:
        """Let the gate know how an order stands."""
        gate = self.gate
        if gate is None:
            return
        instrument = self.instruments.known(row.symbol)
        if instrument is None or instrument.qty_exp != row.qty_exp:
            gate.on_order_update(live_order(row))
            return
        gate.track_raw(
            row.order_id,
            row.symbol,
            OrderSide(row.side),
            row.leaves_qty_raw,
            row.cum_qty_raw,
            row.strategy,
            is_changing=row.status == LiveOrderStatus.PENDING_REPLACE,
        )


def _ask(gate: OrderGate, order: Order, exact: ExactOrder, strategy: str) -> None:
    limit_px = NO_PX if exact.limit_px is None else exact.limit_px
    stop_px = NO_PX if exact.stop_px is None else exact.stop_px
    symbol, side, kind = order.symbol, order.side, order.type
    if gate.wider is not None:
        gate.wider.judge(order, exact.qty, strategy)
    if exact.terms is None:
        gate.check_raw(symbol, side, kind, exact.qty, limit_px, stop_px, strategy)
    else:
        gate.check_raw(
            symbol, side, kind, exact.qty, limit_px, stop_px, strategy, terms=exact.terms
        )
