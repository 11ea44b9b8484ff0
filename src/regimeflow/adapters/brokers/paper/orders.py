"""Orders as the paper venue keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regimeflow.adapters.brokers.paper.account import Hold
from regimeflow.adapters.brokers.paper.spec import Spec
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.ports.clock import TimerHandle
from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, TimeInForce

# Finished orders stay findable; a session that never ends must not grow without end.
KEPT_FINISHED: Final = 10_000


class PaperOrder:
    """One order at the venue; quantities and prices are mantissas of its ``spec``.

    ``queue_ahead``: what stood at its price before it and has not traded or left since.
    ``queue_as_of_ns``: the venue's time of the book that this was last read from; a trade not later
    than that is in it already. ``is_armed``: a stop that was not triggered yet, or an order that
    waits for the open or the close.
    """

    __slots__ = (
        "broker_order_id",
        "cum_notional",
        "cum_qty",
        "expire_time_ns",
        "hold",
        "is_armed",
        "is_buy",
        "limit_px",
        "order",
        "order_qty",
        "priority",
        "queue_ahead",
        "queue_as_of_ns",
        "side",
        "spec",
        "status",
        "stop_px",
        "timer",
        "type",
    )

    def __init__(self, order: LiveOrder, spec: Spec, broker_order_id: str) -> None:
        self.order: Final = order
        self.spec: Final = spec
        self.broker_order_id: Final = broker_order_id
        self.side: Final = OrderSide(order.side)
        self.is_buy: Final = self.side is OrderSide.BUY
        self.type: Final = OrderType(order.type)
        self.status = LiveOrderStatus.PENDING_NEW
        self.order_qty = 0
        self.limit_px: int | None = None
        self.stop_px: int | None = None
        self.expire_time_ns = order.expire_time_ns
        self.cum_qty = 0
        self.cum_notional = 0  # sum of price times quantity mantissas
        self.hold: Hold | None = None
        self.is_armed = False
        self.timer: TimerHandle | None = None
        self.priority = 0
        self.queue_ahead = 0
        self.queue_as_of_ns = 0

    @property
    def leaves_qty(self) -> int:
        """What may still trade."""
        return 0 if self.status.is_terminal else self.order_qty - self.cum_qty

    @property
    def time_in_force(self) -> TimeInForce:
        """As ordered."""
        return TimeInForce(self.order.time_in_force)

    @property
    def may_rest(self) -> bool:
        """Whether what does not trade at once stays in the book."""
        return self.limit_px is not None and self.time_in_force not in (
            TimeInForce.IOC,
            TimeInForce.FOK,
        )


class OrderStore:
    """Every order of the session by the venue's id and by the client's.

    Finished ones are forgotten, the oldest first.
    """

    def __init__(self, kept_finished: int = KEPT_FINISHED) -> None:
        self._kept_finished: Final = kept_finished
        self._by_broker_id: Final[dict[str, PaperOrder]] = {}
        self._by_client_id: Final[dict[str, PaperOrder]] = {}
        self._open: Final[dict[str, PaperOrder]] = {}
        self._finished: Final[dict[str, None]] = {}

    def add(self, order: PaperOrder) -> None:
        """Keep a new order."""
        self._by_broker_id[order.broker_order_id] = order
        self._by_client_id.setdefault(order.order.client_order_id, order)
        self._open[order.broker_order_id] = order

    def finish(self, order: PaperOrder) -> None:
        """Say that an order is terminal now."""
        if self._open.pop(order.broker_order_id, None) is None:
            return
        self._finished[order.broker_order_id] = None
        if len(self._finished) > self._kept_finished:
            oldest = next(iter(self._finished))
            del self._finished[oldest]
            gone = self._by_broker_id.pop(oldest)
            if self._by_client_id.get(gone.order.client_order_id) is gone:
                del self._by_client_id[gone.order.client_order_id]

    def by_broker_id(self, broker_order_id: str) -> PaperOrder | None:
        """The order with the venue's id."""
        return self._by_broker_id.get(broker_order_id)

    def by_client_id(self, client_order_id: str) -> PaperOrder | None:
        """The first order that came under the client's id."""
        return self._by_client_id.get(client_order_id)

    def open_orders(self) -> Iterator[PaperOrder]:
        """Oldest first."""
        return iter(tuple(self._open.values()))
