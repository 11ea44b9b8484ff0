"""What the venue writes down: fills, ends of orders, and the reports of both."""

from __future__ import annotations

from typing import Final, Protocol

from regimeflow.adapters.brokers.paper.account import Account, Holding
from regimeflow.adapters.brokers.paper.matching import Fill
from regimeflow.adapters.brokers.paper.orders import OrderStore, PaperOrder
from regimeflow.adapters.brokers.paper.translate import News
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrdRejReason


class Desk(Protocol):
    """Who carries the venue's news to the account's owner."""

    def report(self, order: PaperOrder, news: News) -> None:
        """Say what happened to an order, as it stands now."""
        ...

    def refuse_unknown(self, broker_order_id: str, news: News) -> None:
        """Refuse a request for an order that is not known."""
        ...

    def refuse_symbol(self, order: LiveOrder, broker_order_id: str, news: News) -> None:
        """Refuse an order for a symbol that is not known."""
        ...

    def booked(self, holding: Holding) -> None:
        """Say that a fill changed a position and the cash."""
        ...


class Ledger:
    """The account, every order, and the numbering of executions."""

    def __init__(self, account: Account, desk: Desk) -> None:
        self.account: Final = account
        self.orders: Final = OrderStore()
        self.desk: Final = desk
        self._exec_count = 0

    def news(
        self,
        exec_type: ExecType,
        reason: OrdRejReason = OrdRejReason.NONE,
        text: str = "",
    ) -> News:
        """Number a piece of news."""
        return News(exec_type, self._next_exec_id(), reason, text)

    def accept(self, order: PaperOrder) -> None:
        """Write down that an order was taken."""
        order.status = LiveOrderStatus.NEW
        self.orders.add(order)
        self.desk.report(order, self.news(ExecType.NEW))

    def reject(self, order: PaperOrder, reason: OrdRejReason, text: str) -> None:
        """Write down that an order was refused."""
        order.status = LiveOrderStatus.REJECTED
        self.orders.add(order)
        self.orders.finish(order)
        self.desk.report(order, self.news(ExecType.REJECTED, reason, text))

    def book(self, order: PaperOrder, fill: Fill) -> None:
        """Write down a fill."""
        account = self.account
        if order.hold is not None:
            account.release(order.hold, fill.qty)
        fee = account.fill(order.spec, order.side, fill.px, fill.qty, fill.liquidity)
        order.cum_qty += fill.qty
        order.cum_notional += fill.px * fill.qty
        order.status = LiveOrderStatus.PARTIALLY_FILLED
        if order.cum_qty == order.order_qty:
            order.status = LiveOrderStatus.FILLED
            self._close(order)
        news = News(
            ExecType.TRADE,
            self._next_exec_id(),
            text=fill.cause,
            last_qty=fill.qty,
            last_px=fill.px,
            fee=fee,
            liquidity=fill.liquidity,
        )
        self.desk.report(order, news)
        self.desk.booked(account.holding(order.spec))

    def end(self, order: PaperOrder, status: LiveOrderStatus, news: News) -> None:
        """Write down that an order has ended without being filled."""
        order.status = status
        self._close(order)
        self.desk.report(order, news)

    def _close(self, order: PaperOrder) -> None:
        """Give back what an ended order held, and wake nobody for it."""
        if order.timer is not None:
            order.timer.cancel()
            order.timer = None
        if order.hold is not None:
            if order.hold.qty:
                self.account.release(order.hold, order.hold.qty)
            order.hold = None
        self.orders.finish(order)

    def _next_exec_id(self) -> str:
        self._exec_count += 1
        return f"X-{self._exec_count}"
