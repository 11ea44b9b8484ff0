"""Messages by number, and what is needed to look at a stream of them."""

from __future__ import annotations

from collections.abc import Iterable

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import (
    ExecutionReport,
    LiveMessage,
    OrderBook,
    Payload,
    Quote,
    SystemMessage,
)
from regimeflow.types.enums import ExecType, LiveOrderStatus

# The kinds of layout.h.
QUOTE, TICK, BAR, BOOK, REPORT, POSITION, ACCOUNT, SYSTEM = range(1, 9)


def a_quote(number: int, symbol: str = "BTCUSDT") -> Quote:
    return Quote(symbol, number, 1, number + 1, 1, update_id=number)


def a_book(number: int, symbol: str = "BTCUSDT") -> OrderBook:
    """Three cells."""
    return OrderBook(symbol, [(number, 1)], [(number + 1, 1)], update_id=number)


def a_report(number: int) -> ExecutionReport:
    """Three cells."""
    return ExecutionReport(
        symbol="BTCUSDT",
        exec_type=ExecType.NEW,
        ord_status=LiveOrderStatus.NEW,
        order_id=number,
    )


def a_notice(number: int, text: str = "notice") -> SystemMessage:
    return SystemMessage(text, value=number)


def number_of(payload: Payload) -> int:
    if isinstance(payload, Quote | OrderBook):
        return payload.update_id
    if isinstance(payload, ExecutionReport):
        return payload.order_id
    assert isinstance(payload, SystemMessage)
    return payload.value


def numbers(messages: Iterable[LiveMessage | Payload]) -> list[int]:
    """Return the numbers that the messages were made with."""
    return [
        number_of(message.payload if isinstance(message, LiveMessage) else message)
        for message in messages
    ]


def drain_all(bus: EventBus) -> int:
    """Drain until nothing is left; return how many messages that were."""
    count = 0
    while drained := bus.drain():
        count += drained
    return count
