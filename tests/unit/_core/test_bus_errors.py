"""What becomes of the exceptions that callbacks raise."""

from __future__ import annotations

import logging

import pytest

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import LiveMessage
from regimeflow.types.enums import LiveTopic
from tests.support.stream import SYSTEM, a_notice, drain_all, numbers

Told = list[tuple[BaseException, LiveMessage | None]]


def raises(error: BaseException, at: int = 0) -> object:
    """Return a callback that raises at one message, or at each."""

    def callback(message: LiveMessage) -> None:
        if at in {0, message.seq}:
            raise error

    return callback


def a_bus_with(*callbacks: object) -> tuple[EventBus, list[LiveMessage], Told]:
    """Return a bus with these callbacks and one more behind them, and what it and on_error saw."""
    bus, seen, told = EventBus(), list[LiveMessage](), Told()
    bus.on_error(lambda error, message: told.append((error, message)))
    for callback in callbacks:
        bus.subscribe(LiveTopic.SYSTEM, callback)  # type: ignore[arg-type]
    bus.subscribe(LiveTopic.SYSTEM, seen.append)
    return bus, seen, told


def test_a_raising_callback_is_reported_and_stops_no_other() -> None:
    """Row 55: an exception out of a callback ended the process, with orders open."""
    error = ValueError("mine")
    bus, seen, told = a_bus_with(raises(error))

    bus.publish(a_notice(1))
    bus.publish(a_notice(2))
    drained = bus.drain()

    assert 2 == drained
    assert [1, 2] == numbers(seen)
    assert [error, error] == [told_error for told_error, _ in told]
    assert [1, 2] == numbers(message for _, message in told if message)
    assert 2 == bus.stats().callback_errors


def test_a_reported_error_has_its_traceback() -> None:
    bus, _, told = a_bus_with(raises(ValueError("mine")))

    bus.publish(a_notice(1))
    bus.drain()

    traceback = told[0][0].__traceback__
    names = []
    while traceback:
        names.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    assert "callback" in names


def test_a_raising_payload_subscriber_is_reported_with_a_live_message() -> None:
    bus, told = EventBus(), Told()
    bus.on_error(lambda error, message: told.append((error, message)))
    bus.subscribe_payload(SYSTEM, lambda _: 1 / 0)

    bus.publish(a_notice(7))
    bus.drain()

    ((error, message),) = told
    assert isinstance(error, ZeroDivisionError)
    assert isinstance(message, LiveMessage)
    assert [7] == numbers([message])


def test_errors_go_to_the_log_until_somebody_wants_them(caplog: pytest.LogCaptureFixture) -> None:
    bus, told = EventBus(), Told()
    bus.subscribe(LiveTopic.SYSTEM, lambda _: 1 / 0)

    with caplog.at_level(logging.ERROR, "regimeflow.bus"):
        bus.dispatch(a_notice(1))
        bus.on_error(lambda error, message: told.append((error, message)))
        bus.dispatch(a_notice(2))
        bus.on_error(None)
        bus.dispatch(a_notice(3))

    assert 2 == len(caplog.records)
    assert "ZeroDivisionError" in caplog.text
    assert 1 == len(told)


def test_an_error_handler_that_raises_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lambda hook: unraisable.append(hook.exc_value))
    bus, seen, _ = a_bus_with(raises(ValueError("mine")))
    second = RuntimeError("the handler's")

    def handler(*_: object) -> None:
        raise second

    bus.on_error(handler)
    bus.publish(a_notice(1))
    bus.publish(a_notice(2))
    bus.drain()

    assert [1, 2] == numbers(seen)
    assert [second, second] == unraisable


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), GeneratorExit()])
def test_an_interrupt_leaves_the_drain_after_the_others_were_called(error: BaseException) -> None:
    bus, seen, told = a_bus_with(raises(error, at=2))
    for number in (1, 2, 3):
        bus.publish(a_notice(number))

    with pytest.raises(type(error)) as caught:
        bus.drain()

    assert error is caught.value
    assert [1, 2] == numbers(seen)
    assert [error] == [told_error for told_error, _ in told]
    assert 1 == drain_all(bus)
    assert [1, 2, 3] == numbers(seen)


def test_an_interrupt_out_of_the_error_handler_leaves_the_drain() -> None:
    bus, seen, _ = a_bus_with(raises(ValueError("mine"), at=1))

    def handler(*_: object) -> None:
        raise KeyboardInterrupt

    bus.on_error(handler)
    bus.publish(a_notice(1))
    bus.publish(a_notice(2))

    with pytest.raises(KeyboardInterrupt):
        bus.drain()

    assert [1] == numbers(seen)
    assert 1 == bus.drain()


def test_an_interrupt_during_stop_leaves_it_when_all_is_delivered() -> None:
    bus, seen, _ = a_bus_with(raises(KeyboardInterrupt(), at=1))
    for number in (1, 2, 3):
        bus.publish(a_notice(number))

    with pytest.raises(KeyboardInterrupt):
        bus.stop()

    assert [1, 2, 3] == numbers(seen)
    assert not bus.publish(a_notice(4))


def test_an_error_handler_must_be_callable() -> None:
    with pytest.raises(TypeError, match="callback is 7; expected something callable, or None"):
        EventBus().on_error(7)  # type: ignore[arg-type]


def test_callbacks_of_all_sorts_are_called() -> None:
    seen: list[str] = []

    class Listener:
        def method(self, _: object) -> None:
            seen.append("method")

        @classmethod
        def of_class(cls, _: object) -> None:
            seen.append("classmethod")

        @staticmethod
        def static(_: object) -> None:
            seen.append("static")

        def __call__(self, _: object) -> None:
            seen.append("instance")

    bus = EventBus()
    for callback in (
        Listener().method,
        Listener.of_class,
        Listener.static,
        Listener(),
        lambda _: seen.append("lambda"),
        print.__class__,  # a type: called with one argument it answers something
    ):
        bus.subscribe(LiveTopic.SYSTEM, callback)

    bus.on_error(lambda error, _: seen.append(type(error).__name__))
    bus.dispatch(a_notice(1))

    assert ["method", "classmethod", "static", "instance", "lambda", "TypeError"] == seen
