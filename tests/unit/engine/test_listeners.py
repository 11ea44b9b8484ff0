"""What the host's callbacks are told, and what happens where there are none."""

from __future__ import annotations

import logging

from regimeflow.engine.listeners import Listeners
from regimeflow.types.errors import BrokerError


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


def test_without_a_listener_a_refusal_is_one_line_of_the_log(caplog) -> None:
    Listeners().tell_error(raised(BrokerError("no money", venue="paper")))

    [record] = caplog.records
    assert (logging.ERROR, "regimeflow.engine") == (record.levelno, record.name)
    assert "BrokerError: paper: no money" == record.getMessage()
    assert record.exc_info is None


def test_without_a_listener_what_nobody_foresaw_is_logged_with_its_traceback(caplog) -> None:
    Listeners().tell_error(raised(ZeroDivisionError("division by zero")))

    [record] = caplog.records
    assert "ZeroDivisionError: division by zero" == record.getMessage()
    assert record.exc_info is not None


def test_a_listener_that_raises_keeps_nothing_from_the_others(caplog) -> None:
    heard: list[BaseException] = []
    listeners = Listeners()
    listeners.error += [lambda error: heard.append(error) or 1 / 0, heard.append]
    refusal = BrokerError("no money")

    listeners.tell_error(refusal)

    assert [refusal, refusal] == heard
    assert "an on_error callback raised" in caplog.text


def test_a_callback_that_raises_is_told_to_who_listens_for_errors() -> None:
    heard: list[BaseException] = []
    listeners = Listeners()
    listeners.error.append(heard.append)
    listeners.event.append(lambda _: 1 / 0)

    listeners.tell_event("log", 1, "hello", {})

    assert [ZeroDivisionError] == [type(error) for error in heard]
