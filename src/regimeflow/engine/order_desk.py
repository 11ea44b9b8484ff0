"""The order table with its consequences: trades, pictures, the gate's view, anomalies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, Protocol, TypeVar

from regimeflow._core import order_table as flags
from regimeflow._core.decimals import to_decimal
from regimeflow._core.order_rows import OrderRow
from regimeflow._core.order_table import OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.anomalies import SHOWN, OrderAnomaly, anomalies
from regimeflow.domain.orders.order import LiveOrder, Order, OrderError, OrderModification
from regimeflow.domain.orders.order_validation import ExactOrder, exact_order
from regimeflow.domain.orders.pictures import live_order, trade_of
from regimeflow.engine.order_instruments import OrderInstruments
from regimeflow.ports.broker import Capabilities
from regimeflow.types.account import Trade
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide, OrderType, OrdRejReason
from regimeflow.types.errors import Fault, InvalidArgument, NotFound, Outcome

T = TypeVar("T")

# Reports that carry a failure, and what the venue knows of the request then.
_FAILURES: Final[Mapping[int, tuple[str, Outcome]]] = {
    ExecType.REJECTED: ("BrokerError", Outcome.REFUSED),
    ExecType.CANCEL_REJECTED: ("BrokerError", Outcome.REFUSED),
    ExecType.REPLACE_REJECTED: ("BrokerError", Outcome.REFUSED),
    ExecType.UNKNOWN_OUTCOME: ("NetworkError", Outcome.UNKNOWN),
}
FILLS: Final = frozenset({ExecType.TRADE, ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL})
_SHOWN_CHANGES: Final = (
    flags.MOVED | flags.FILL | flags.ADJUSTED | flags.DOUBT_CHANGED | flags.TERMS_CHANGED
)


class OrderGate(Protocol):
    """The pre-trade gate, as the order manager asks and tells it."""

    def check_raw(  # noqa: PLR0917  # by position: it is on the way of every order
        self,
        symbol: str,
        side: OrderSide,
        ord_type: OrderType,
        qty: int,
        limit_px: int = ...,
        stop_px: int = ...,
        strategy: str = "",
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


def tell(callbacks: list[Callable[[T], object]], value: T) -> None:
    """Call each callback, also when one before it raises; the error then goes up."""
    if len(callbacks) == 1:
        callbacks[0](value)
    elif callbacks:
        _tell(tuple(callbacks), 0, value)


def _tell(callbacks: tuple[Callable[[T], object], ...], at: int, value: T) -> None:
    try:
        callbacks[at](value)
    finally:
        if at + 1 < len(callbacks):
            _tell(callbacks, at + 1, value)


class OrderDesk:
    """Applies reports to the table and tells who must know: first the gate, then the callbacks."""

    def __init__(
        self,
        table: OrderTable,
        gate: OrderGate | None,
        instruments: OrderInstruments,
    ) -> None:
        self.table: Final = table
        self.gate: Final = gate
        self.instruments: Final = instruments
        self.errors: Final[dict[int, OrderError]] = {}
        self.on_report: Final[list[Callable[[ExecutionReport], object]]] = []
        self.on_update: Final[list[Callable[[LiveOrder], object]]] = []
        self.on_trade: Final[list[Callable[[Trade], object]]] = []
        self.on_anomaly: Final[list[Callable[[OrderAnomaly], object]]] = []

    def exact(self, order: Order, abilities: Capabilities, now_ns: int) -> ExactOrder:
        """Return an order's numbers as mantissas.

        Raises:
            InvalidArgument: lists everything that is wrong.
        """
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

    def picture(self, order_id: int) -> LiveOrder | None:
        """Return the order as it stands, or None."""
        row = self.table.get(order_id)
        return None if row is None else live_order(row, self.errors.get(order_id))

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

    def tell_update(self, order_id: int) -> None:
        """Tell the gate and the callbacks how an order stands."""
        row = self.table.get(order_id)
        if row is None:
            return
        self.tell_gate(row)
        if self.on_update:
            tell(self.on_update, live_order(row, self.errors.get(order_id)))

    def note_failure(self, result: int, order_id: int, report: ExecutionReport) -> None:
        """Keep what a report says went wrong, unless a fuller account of it is there.

        What was unknown is forgotten once it is known.
        """
        failure = _FAILURES.get(report.exec_type)
        if failure is None:
            if result & (flags.DOUBT_CHANGED | flags.REVIVED):
                self._forget_doubt(order_id)
            return
        kind, outcome = failure
        text = report.text or OrdRejReason(report.ord_rej_reason).name.lower().replace("_", " ")
        known = self.errors.get(order_id)
        if known is None or known.text != text:
            self.errors[order_id] = OrderError(kind, outcome, text)

    def _forget_doubt(self, order_id: int) -> None:
        error = self.errors.get(order_id)
        if error is not None and error.outcome is Outcome.UNKNOWN:
            del self.errors[order_id]

    def consequences(self, result: int, order_id: int, report: ExecutionReport) -> None:
        """Tell of an applied report: trades, the report itself, the order's picture, anomalies."""
        row = self.table.get(order_id) if order_id else None
        trades = self._trades(result, row, report) if row is not None else ()
        picture: LiveOrder | None = None
        if row is not None:
            if self.gate is not None:
                for trade in trades:
                    self.gate.on_trade(trade)
                self.tell_gate(row)
            if self.on_update and result & _SHOWN_CHANGES:
                picture = live_order(row, self.errors.get(order_id))
        try:
            for trade in trades:
                tell(self.on_trade, trade)
        finally:
            try:
                tell(self.on_report, report)
            finally:
                try:
                    if picture is not None:
                        tell(self.on_update, picture)
                finally:
                    if result & SHOWN:
                        for anomaly in anomalies(result, order_id, report):
                            tell(self.on_anomaly, anomaly)

    def _trades(self, result: int, row: OrderRow, report: ExecutionReport) -> tuple[Trade, ...]:
        if not result & (flags.FILL | flags.ADJUSTED):
            return ()
        made = []
        for (qty, px), undoes in ((self.table.last_undone, True), (self.table.last_booked, False)):
            if qty:
                quantity, price = self._exact(row, qty, px)
                made.append(trade_of(row, report, quantity, price, undoes=undoes))
        return tuple(made)

    @staticmethod
    def _exact(row: OrderRow, qty: int, px: int) -> tuple[Decimal, Decimal]:
        return to_decimal(qty, row.qty_exp), to_decimal(px, row.px_exp)
