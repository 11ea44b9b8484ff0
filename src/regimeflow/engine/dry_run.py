"""Orders that are checked, shown and never sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Sequence
from decimal import Decimal

from regimeflow._core.messages import ExecutionReport
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.ports.answered import Answered
from regimeflow.ports.broker import BrokerAdapter, OnExecutionReport
from regimeflow.ports.clock import Clock
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderType, TimeInForce
from regimeflow.types.records import replace

_TEXT = "dry run: not sent"
_ENDS_AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


class DryRunBroker:
    """Stands between the order manager and the broker: reads go through, commands stop here.

    An order that would rest is answered NEW and rests here, never filled, until it is cancelled;
    one that could only trade at once
    expires. So a strategy runs its whole course on the real market while the venue hears nothing of
    it.

    Threading: as ``BrokerAdapter``.
    """

    def __init__(self, broker: BrokerAdapter, clock: Clock) -> None:
        self._broker = broker
        self._clock = clock
        self._orders: dict[str, LiveOrder] = {}
        self._tell: OnExecutionReport | None = None
        self._count = 0
        self._due: deque[ExecutionReport] = deque()
        self.connect = broker.connect
        self.disconnect = broker.disconnect
        self.is_connected = broker.is_connected
        self.subscribe_market_data = broker.subscribe_market_data
        self.unsubscribe_market_data = broker.unsubscribe_market_data
        self.get_account_info = broker.get_account_info
        self.get_positions = broker.get_positions
        self.get_bars = broker.get_bars
        self.get_instrument = broker.get_instrument
        self.on_market_data = broker.on_market_data
        self.on_position_update = broker.on_position_update
        self.max_orders_per_second = broker.max_orders_per_second
        self.max_messages_per_second = broker.max_messages_per_second
        self.poll = broker.poll
        self.capabilities = broker.capabilities

    def on_execution_report(self, cb: OnExecutionReport) -> None:
        """Say where the answers go."""
        self._tell = cb

    def submit_order(self, order: LiveOrder) -> Awaitable[str | None]:
        """Answer as a venue would that never trades."""
        self._count += 1
        known = replace(order, broker_order_id=f"DRY-{self._count}")
        if order.type is OrderType.MARKET or order.time_in_force in _ENDS_AT_ONCE:
            self._later(known, ExecType.EXPIRED, LiveOrderStatus.EXPIRED)
        else:
            self._orders[known.broker_order_id] = known
            self._later(known, ExecType.NEW, LiveOrderStatus.NEW)
        return Answered(None)

    def cancel_order(self, broker_order_id: str) -> Awaitable[None]:
        """Take the order off the pile."""
        order = self._orders.pop(broker_order_id, None)
        if order is not None:
            self._later(order, ExecType.CANCELED, LiveOrderStatus.CANCELLED)
        return Answered(None)

    def modify_order(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        """Change the order on the pile."""
        order = self._orders.get(broker_order_id)
        if order is not None:
            changed = replace(
                order,
                quantity=order.quantity if mod.quantity is None else Decimal(str(mod.quantity)),
                limit_price=_changed(order.limit_price, mod.limit_price),
                stop_price=_changed(order.stop_price, mod.stop_price),
            )
            self._orders[broker_order_id] = changed
            self._later(changed, ExecType.REPLACED, LiveOrderStatus.NEW)
        return Answered(None)

    async def get_open_orders(self) -> Sequence[ExecutionReport]:
        """The orders on the pile; those at the venue are not ours to touch in a dry run."""
        return [
            self._report(order, ExecType.ORDER_STATUS, LiveOrderStatus.NEW)
            for order in self._orders.values()
        ]

    async def get_executions(self, since_ns: int) -> Sequence[ExecutionReport]:
        """Nothing was ever sent, so nothing has traded since any moment."""
        del since_ns
        return ()

    async def find_order(self, client_order_id: str) -> ExecutionReport | None:
        """The order on the pile, None when it has ended."""
        for order in self._orders.values():
            if order.client_order_id == client_order_id:
                return self._report(order, ExecType.ORDER_STATUS, LiveOrderStatus.NEW)
        return None

    def _later(self, order: LiveOrder, exec_type: ExecType, status: LiveOrderStatus) -> None:
        # An answer never overtakes the return of the call that it answers.
        self._due.append(self._report(order, exec_type, status))
        self._clock.call_at(self._clock.now_ns(), self.flush)

    def flush(self) -> None:
        """Give the answers that are due: at the end of a feed no clock moves any more."""
        while self._due and self._tell is not None:
            self._tell(self._due.popleft())

    def _report(
        self, order: LiveOrder, exec_type: ExecType, status: LiveOrderStatus
    ) -> ExecutionReport:
        now_ns = self._clock.now_ns()
        return ExecutionReport(
            symbol=order.symbol,
            exec_type=exec_type,
            ord_status=status,
            side=order.side,
            ord_type=order.type,
            time_in_force=order.time_in_force,
            order_id=order.order_id,
            client_order_id=order.client_order_id,
            broker_order_id=order.broker_order_id,
            order_qty=order.quantity,
            cum_qty=0,
            leaves_qty=0 if status.is_terminal else order.quantity,
            limit_px=order.limit_price,
            stop_px=order.stop_price,
            text=_TEXT,
            ts_event_ns=now_ns,
            ts_recv_ns=now_ns,
        )


def _changed(before: Decimal | None, after: object | None) -> Decimal | None:
    return before if after is None else Decimal(str(after))
