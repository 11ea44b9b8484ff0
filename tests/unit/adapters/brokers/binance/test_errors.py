"""Every error code means one of: not done, perhaps done, wait, our clock, our key."""

from __future__ import annotations

import json

import pytest

from regimeflow.adapters.brokers.binance.errors import (
    Meaning,
    Refusal,
    banned_until_ms,
    failure_of,
    meaning_of,
    stop_s,
)
from regimeflow.live import BrokerError, NetworkError, Outcome
from regimeflow.types.enums import OrdRejReason
from tests.support.binance import PAYLOADS, needs_payloads


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (500, 0, "Internal Server Error"),
        (503, 0, "Service Unavailable"),
        (504, -1007, "Timeout waiting for response from backend server."),
        (400, -1000, "An unknown error occurred while processing the request."),
        (400, -1001, "Internal error; unable to process your request."),
        (400, -1006, "An unexpected response was received from the message bus."),
        (400, -1007, "Send status unknown; execution status unknown."),
        (400, -2010, "Duplicate order sent."),
    ],
)
def test_an_answer_that_does_not_say_whether_it_was_done_leaves_the_outcome_unknown(
    status, code, text
):
    error = failure_of(status, code, text)

    assert isinstance(error, NetworkError)
    assert Outcome.UNKNOWN is error.outcome


@pytest.mark.parametrize(
    ("status", "code", "text", "reason"),
    [
        (400, -1013, "Filter failure: LOT_SIZE", OrdRejReason.BAD_LOT),
        (400, -1013, "Filter failure: PRICE_FILTER", OrdRejReason.BAD_TICK),
        (400, -1013, "Filter failure: NOTIONAL", OrdRejReason.EXCEEDS_LIMIT),
        (400, -1121, "Invalid symbol.", OrdRejReason.UNKNOWN_SYMBOL),
        (400, -2010, "Account has insufficient balance for requested action.",
         OrdRejReason.INSUFFICIENT_FUNDS),
        (400, -2010, "Market is closed.", OrdRejReason.EXCHANGE_CLOSED),
        (400, -2011, "Unknown order sent.", OrdRejReason.UNKNOWN_ORDER),
        (400, -1008, "Server is currently overloaded.", OrdRejReason.OTHER),
        (403, 0, "an answer that is no JSON", OrdRejReason.OTHER),
        (400, -9999, "a code of tomorrow", OrdRejReason.OTHER),
    ],
)  # fmt: skip
def test_a_definite_no_is_refused_with_its_reason(status, code, text, reason):
    error = failure_of(status, code, text)

    assert isinstance(error, Refusal)
    assert Outcome.REFUSED is error.outcome
    assert reason is error.reason
    assert code == error.code


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (400, -1021, Meaning.CLOCK),
        (400, -1022, Meaning.SESSION),
        (401, -2015, Meaning.SESSION),
        (429, -1003, Meaning.STOP),
        (418, -1003, Meaning.STOP),
        (429, -1015, Meaning.STOP),
    ],
)
def test_what_is_no_fault_of_the_order_has_a_meaning_of_its_own(status, code, meaning):
    assert meaning is meaning_of(status, code, "")


def test_a_stop_lasts_as_long_as_the_venue_says_and_a_ban_without_an_end_two_minutes():
    assert 7.0 == stop_s(429, -1003, "", told_s=7.0)
    assert 120.0 == stop_s(418, -1003, "", told_s=None)
    assert 1.0 == stop_s(429, -1003, "", told_s=None)
    assert stop_s(400, -1013, "", told_s=None) is None
    assert stop_s(429, -1015, "Too many new orders", told_s=None) is None


@needs_payloads
def test_the_recorded_ban_tells_until_when():
    said = json.loads((PAYLOADS / "errors/wsapi_418_ban.json").read_text())

    assert 1659146400000 == banned_until_ms(said["error"]["msg"])


def test_a_refusal_keeps_what_came_with_it_and_shows_no_more_than_a_line():
    error = failure_of(409, -2021, "Order cancel-replace\n partially failed.", data={"a": 1})

    assert isinstance(error, BrokerError)
    assert {"a": 1} == error.data
    assert "\n" not in str(error)
