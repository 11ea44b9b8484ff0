"""What a host asks of its gateway and sends to it, and which orders are its own."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Any, Final, NoReturn, TypeVar

from regimeflow._core.messages import AccountInfo, Bar, ExecutionReport, Position
from regimeflow.adapters.brokers.queue.link import Link
from regimeflow.adapters.gateway.values import (
    instrument_of,
    messages_of,
    order_state,
)
from regimeflow.domain.orders.client_order_ids import host_mark, mark_of
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.domain.orders.values import modification_state
from regimeflow.types.errors import NotFound
from regimeflow.types.instrument import Instrument

_Kind = TypeVar("_Kind", AccountInfo, Bar, ExecutionReport, Position)


class OwnOrders:
    """Which orders are this host's: by the mark in their ids, and by what was sent and told.

    Args:
        host: Its name.
    """

    def __init__(self, host: str) -> None:
        self._mark: Final = host_mark(host)
        self._known: Final[set[str]] = set()  # client order ids

    def learn(self, names: Iterable[str]) -> None:
        """Take orders for ours."""
        self._known.update(names)

    def has(self, report: ExecutionReport) -> bool:
        """Whether a report is about an order of ours."""
        name = report.client_order_id
        return name in self._known or (bool(name) and mark_of(name) == self._mark)


class HostOrders:
    """Sends orders, cancels and changes to the gateway; its answers are the venue's."""

    def __init__(self, link: Link, own: OwnOrders) -> None:
        self._link: Final = link
        self._own: Final = own

    def submit(self, order: LiveOrder) -> Awaitable[str | None]:
        """Send a new order."""
        self._own.learn([order.client_order_id])
        return self._link.ask("submit", _text, {"order": order_state(order)})

    def cancel(self, broker_order_id: str) -> Awaitable[None]:
        """Ask for a cancel."""
        return self._link.ask("cancel", _nothing, {"broker_order_id": broker_order_id})

    def modify(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        """Ask for a change."""
        args = {"broker_order_id": broker_order_id, "change": modification_state(mod)}
        return self._link.ask("modify", _text, args)


class HostQuestions:
    """Asks the gateway; a question that fails raises."""

    def __init__(self, link: Link, own: OwnOrders) -> None:
        self._link: Final = link
        self._own: Final = own

    async def account(self) -> AccountInfo:
        """The whole account, as the gateway's venue sees it now."""
        (account,) = await self._messages("account", AccountInfo)
        return account

    async def positions(self) -> list[Position]:
        """What the orders of this host have bought and sold, as the gateway has counted it."""
        return await self._messages("positions", Position)

    async def open_orders(self) -> list[ExecutionReport]:
        """Every open order of this host."""
        return self._owned(await self._messages("open_orders", ExecutionReport))

    async def find(self, client_order_id: str) -> ExecutionReport | None:
        """An order as the venue knows it; an error while the gateway itself is in doubt."""
        found = await self._messages("find", ExecutionReport, client_order_id=client_order_id)
        return next(iter(found), None)

    async def executions(self, since_ns: int) -> list[ExecutionReport]:
        """Every execution of this host's orders since a time."""
        return self._owned(await self._messages("executions", ExecutionReport, since_ns=since_ns))

    async def bars(self, symbol: str, since_ns: int, interval: str) -> list[Bar]:
        """Closed bars since a time."""
        args = {"symbol": symbol, "since_ns": since_ns, "interval": interval}
        return await self._messages("bars", Bar, **args)

    async def instrument(self, symbol: str) -> Instrument:
        """What may be ordered; NotFound for what the gateway does not trade."""
        return await self._link.ask("instrument", instrument_of, {"symbol": symbol})

    def rules(self, symbol: str) -> NoReturn:
        """Nothing of a symbol is known here: the gateway has it."""
        raise NotFound(f"{symbol} is known to the gateway alone")

    def _owned(self, reports: list[ExecutionReport]) -> list[ExecutionReport]:
        self._own.learn(each.client_order_id for each in reports)
        return reports

    async def _messages(self, question: str, kind: type[_Kind], **args: object) -> list[_Kind]:
        found = await self._link.ask(question, messages_of, args)
        return [each for each in found if isinstance(each, kind)]


def _text(value: Any) -> str | None:  # noqa: ANN401 - what JSON has
    return None if value is None else str(value)


def _nothing(_: object) -> None:
    """The answer says no more than that it is one."""
