from __future__ import annotations

import asyncio
import io
import logging
import os
import signal

import pytest

from regimeflow.apps.cli import conduct
from regimeflow.apps.cli.conduct import Conductor
from regimeflow.apps.cli.exits import Exit
from regimeflow.apps.cli.render import Output, PlainScreen
from regimeflow.types.errors import NetworkError, RegimeFlowError
from regimeflow.types.events import EngineEvent, ExitCause
from tests.support.sessions import NOON_NS, FakeSession, a_summary


def run(session: FakeSession, *, debug: bool = False) -> tuple[int, str]:
    stream = io.StringIO()
    conductor = Conductor(session, stop_timeout_s=0.0, debug=debug)
    screen = PlainScreen(Output(stream, conductor.output_gone))
    return asyncio.run(conductor.run(screen)), stream.getvalue()


def an_event(kind: str, text: str = "news") -> EngineEvent:
    return EngineEvent(kind, NOON_NS, text)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


def test_a_feed_that_ends_is_success_and_the_summary_closes_the_output() -> None:
    code, text = run(FakeSession([an_event("connected"), an_event("feed_end")]))

    assert Exit.OK == code
    lines = text.splitlines()
    assert ["connect", "feed"] == [line.split()[1] for line in lines[:2]]
    assert "summary" == lines[2]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_stops_the_engine_and_the_summary_is_printed(number, code, capfd) -> None:
    session = FakeSession(waits=True)
    session.while_running = lambda: send(number)

    found, text = run(session)

    assert code == found
    assert 1 == session.stops
    assert "summary" in text
    assert "log        stopping; a second signal leaves at once" in text
    assert "" == capfd.readouterr().err


def test_the_signals_are_given_back(capfd) -> None:
    before = signal.getsignal(signal.SIGINT)
    session = FakeSession(waits=True)
    session.while_running = lambda: send(signal.SIGINT)

    run(session)

    assert before is signal.getsignal(signal.SIGINT)


def test_under_nohup_a_terminal_that_closes_ends_nothing(capfd) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    session = FakeSession()
    session.while_running = lambda: send(signal.SIGHUP)
    try:
        code, _ = run(session)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert Exit.OK == code
    assert 0 == session.stops


def test_a_second_signal_leaves_at_once(monkeypatch, capfd) -> None:
    class Left(BaseException):
        pass

    def leave(code: int) -> None:
        raise Left(code)

    monkeypatch.setattr(conduct.os, "_exit", leave)
    session = FakeSession(waits=True)

    def twice() -> None:
        send(signal.SIGINT)
        send(signal.SIGINT)

    session.while_running = twice

    with pytest.raises(Left) as caught:
        run(session)

    assert (130,) == caught.value.args
    assert "left at once" in capfd.readouterr().err


def test_a_session_that_does_not_hear_the_stop_is_cut_short(monkeypatch, capfd) -> None:
    monkeypatch.setattr(conduct, "_PATIENCE_S", 0.0)
    session = FakeSession(waits=True)
    session.hears_stop = False
    session.while_running = lambda: send(signal.SIGTERM)

    code, text = run(session)

    assert 143 == code
    assert "summary" in text
    assert "did not confirm the stop in time" in capfd.readouterr().err


def test_a_broker_that_cannot_be_reached_is_one_line(capfd) -> None:
    code, _ = run(FakeSession(error=NetworkError("no route\nto host", venue="paper")))

    assert Exit.FAILED == code
    assert ["regimeflow-live: NetworkError: paper: no route to host"] == (
        capfd.readouterr().err.splitlines()
    )


def test_debug_lets_the_error_through() -> None:
    with pytest.raises(NetworkError):
        run(FakeSession(error=NetworkError("no route")), debug=True)


def test_a_session_that_failed_later_has_the_code_of_a_failure() -> None:
    code, _ = run(FakeSession(summary=a_summary(exit_cause=ExitCause.FAILED)))

    assert Exit.FAILED == code


def test_a_strategy_that_raised_has_a_code_of_its_own() -> None:
    code, _ = run(FakeSession([an_event("strategy_error", "maker raised")]))

    assert Exit.STRATEGY == code


def test_output_that_goes_away_stops_the_session() -> None:
    class ClosedPipe(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    session = FakeSession([an_event("connected")], waits=True)
    conductor = Conductor(session)
    screen = PlainScreen(Output(ClosedPipe(), conductor.output_gone))

    code = asyncio.run(conductor.run(screen))

    assert Exit.OUTPUT_GONE == code
    assert 1 == session.stops


def test_an_error_that_no_event_told_of_is_a_line() -> None:
    session = FakeSession()
    session.while_running = lambda: session.tell_error(RegimeFlowError("cancel refused"))

    _, text = run(session)

    assert "error      RegimeFlowError: cancel refused" in text


def test_an_error_that_an_event_told_of_is_not_told_twice() -> None:
    session = FakeSession([an_event("strategy_error", "maker raised ValueError: boom")])
    session.while_running = lambda: session.tell_error(ValueError("boom"))

    _, text = run(session)

    assert 1 == text.count("boom")


def test_what_a_strategy_logs_is_a_line_of_the_session() -> None:
    session = FakeSession()

    def log() -> None:
        logging.getLogger("regimeflow.strategy.maker").info("quoting %d levels", 3)
        logging.getLogger("regimeflow.strategy.maker").warning("spread is wide")

    session.while_running = log

    _, text = run(session)

    lines = [line.split(maxsplit=2)[1:] for line in text.splitlines()[:2]]
    assert [["log", "maker: quoting 3 levels"], ["warning", "maker: spread is wide"]] == lines
