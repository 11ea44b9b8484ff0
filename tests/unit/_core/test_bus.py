"""The event bus, drained by its owner and by its own thread."""

from __future__ import annotations


from regimeflow._core.bus import EventBus
from regimeflow._core.messages import ExecutionReport, LiveMessage, Quote
from regimeflow.types.enums import ExecType, LiveOrderStatus, LiveTopic


def a_quote(number: int, symbol: str = "BTCUSDT") -> Quote:
    return Quote(symbol, number, 1, number + 1, 1, update_id=number)


def a_report(number: int) -> ExecutionReport:
    return ExecutionReport(
        symbol="BTCUSDT",
        exec_type=ExecType.TRADE,
        ord_status=LiveOrderStatus.NEW,
        order_id=number,
    )


def numbers(messages: list[LiveMessage]) -> list[int]:
    payloads = [message.payload for message in messages]
    return [payload.update_id for payload in payloads if isinstance(payload, Quote)]


def drain_all(bus: EventBus) -> int:
    done = 0
    while now := bus.drain():
        done += now
    return done


def test_messages_arrive_in_the_order_of_publishing() -> None:
    bus, seen = EventBus(), list[LiveMessage]()
    bus.subscribe(LiveTopic.MARKET_DATA, seen.append)

    accepted = [bus.publish(a_quote(number)) for number in range(1, 1001)]
    drained = drain_all(bus)

    assert [True] * 1000 == accepted
    assert 1000 == drained
    assert list(range(1, 1001)) == numbers(seen)
    assert list(range(1, 1001)) == [message.seq for message in seen]
