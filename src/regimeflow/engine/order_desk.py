"""The order table with its consequences: trades, pictures, the gate's view, anomalies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from regimeflow._core import order_table as flags
from regimeflow._core.order_table import OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.anomalies import SHOWN, OrderAnomaly, anomalies, late_execution
from regimeflow.domain.orders.order import LiveOrder, OrderError
from regimeflow.domain.orders.pictures import commission_of, live_order, trades_of
from regimeflow.engine.order_entry import OrderEntry, OrderGate
from regimeflow.engine.order_instruments import OrderInstruments
from regimeflow.types.account import Trade
from regimeflow.types.enums import ExecType, OrdRejReason
from regimeflow.types.errors import Outcome

T = TypeVar("T")

# Reports that carry a failure, and what the venue knows of the request then.
_FAILURES: Final[Mapping[int, tuple[str, Outcome]]] = {
    ExecType.REJECTED: ("BrokerError", Outcome.REFUSED),
    ExecType.CANCEL_REJECTED: ("BrokerError", Outcome.REFUSED),
    ExecType.REPLACE_REJECTED: ("BrokerError", Outcome.REFUSED),
    ExecType.UNKNOWN_OUTCOME: ("NetworkError", Outcome.UNKNOWN),
}
_SHOWN_CHANGES: Final = (
    flags.MOVED | flags.FILL | flags.ADJUSTED | flags.DOUBT_CHANGED | flags.TERMS_CHANGED
)


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
        self.entry: Final = OrderEntry(table, gate, instruments)
        self.table: Final = table
        self.gate: Final = gate
        self.instruments: Final = instruments
        self.errors: Final[dict[int, OrderError]] = {}
        self.on_report: Final[list[Callable[[ExecutionReport], object]]] = []
        self.on_update: Final[list[Callable[[LiveOrder], object]]] = []
        self.on_trade: Final[list[Callable[[Trade], object]]] = []
        self.on_anomaly: Final[list[Callable[[OrderAnomaly], object]]] = []

    def picture(self, order_id: int) -> LiveOrder | None:
        """Return the order as it stands, or None."""
        row = self.table.get(order_id)
        return None if row is None else live_order(row, self.errors.get(order_id))

    def tell_update(self, order_id: int) -> None:
        """Tell the gate and the callbacks how an order stands."""
        row = self.table.get(order_id)
        if row is None:
            return
        self.entry.tell_gate(row)
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
        trades = trades_of(self.table, result, row, report) if row is not None else ()
        picture: LiveOrder | None = None
        if row is not None:
            if self.gate is not None:
                for trade in trades:
                    if trade.quantity:
                        self.gate.on_trade(trade)
                self.entry.tell_gate(row)
            shown = result & _SHOWN_CHANGES
            is_charge = shown == flags.ADJUSTED and not any(trade.quantity for trade in trades)
            if self.on_update and shown and not is_charge:
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

    def count(self, trade: Trade) -> None:
        """Tell of a trade of an order that is not at hand."""
        if self.gate is not None:
            self.gate.on_trade(trade)
        tell(self.on_trade, trade)

    def of_retired(self, trades: list[Trade] | None, report: ExecutionReport) -> None:
        """Tell of what a report about a retired order moved; None: nobody can say what."""
        for trade in trades or ():
            self.count(trade)
        tell(self.on_report, report)
        tell(self.on_anomaly, late_execution(report, is_counted=trades is not None))

    def charge(self, order_id: int, report: ExecutionReport) -> None:
        """Tell of the commission of a fill that was corrected or busted before it came."""
        row = self.table.get(order_id)
        trade = commission_of(row, report) if row is not None else None
        if trade is not None:
            tell(self.on_trade, trade)
