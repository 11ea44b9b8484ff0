from __future__ import annotations

import pytest

from regimeflow.adapters.brokers.alpaca.errors import (
    Meaning,
    Refusal,
    failure_of,
    is_session_refused,
    meaning_of,
    reason_of,
)
from regimeflow.types.enums import OrdRejReason
from regimeflow.types.errors import NetworkError, Outcome


@pytest.mark.parametrize(
    ("status", "code", "text", "meaning"),
    [
        (422, 40010001, "client_order_id must be unique", Meaning.DUPLICATE),
        (422, 40010001, "us_equity orders not allowed for account", Meaning.REFUSED),
        (403, 40310000, "insufficient buying power", Meaning.REFUSED),
        (403, 0, "forbidden.", Meaning.SESSION),
        (401, 40110000, "request is not authorized", Meaning.SESSION),
        (404, 40410000, "order not found", Meaning.MISSING),
        (429, 42910000, "rate limit exceeded", Meaning.STOP),
        (408, 0, "", Meaning.UNKNOWN),
        *((status, 50010000, "internal", Meaning.UNKNOWN) for status in (500, 502, 503, 504)),
    ],
)
def test_status_code_and_words_together_say_what_an_answer_means(status, code, text, meaning):
    assert meaning is meaning_of(status, code, text)


def test_a_servers_error_leaves_the_outcome_unknown_and_a_refusal_does_not():
    unknown = failure_of(504, None)
    refused = failure_of(422, {"code": 42210000, "message": "a  b"}, retry_after_s=2.0)

    assert isinstance(unknown, NetworkError)
    assert Outcome.UNKNOWN is unknown.outcome
    assert isinstance(refused, Refusal)
    assert (Outcome.REFUSED, 2.0, "a b (42210000)") == (
        refused.outcome, refused.retry_after_s, refused.text,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("insufficient qty available for order", OrdRejReason.INSUFFICIENT_FUNDS),
        ("invalid limit_price 290.123. sub-penny increment", OrdRejReason.BAD_TICK),
        ('asset "XX" not found', OrdRejReason.UNKNOWN_SYMBOL),
        ('order is already in "filled" state', OrdRejReason.TOO_LATE_TO_CANCEL),
        ("opg orders are not accepted between 9:28am and 7:00pm ET", OrdRejReason.EXCHANGE_CLOSED),
        ("potential wash trade detected. use complex orders", OrdRejReason.OTHER),
    ],
)
def test_words_are_read_for_the_reason(text, reason):
    assert reason == reason_of(text)


def test_only_a_key_that_is_no_good_makes_asking_again_of_no_use():
    assert is_session_refused(failure_of(401, {"code": 40110000, "message": "no"}))
    assert not is_session_refused(failure_of(500, None))
