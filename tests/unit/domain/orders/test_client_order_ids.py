from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regimeflow.domain.orders.client_order_ids import ClientOrderIds, is_of_our_making


@given(st.integers(0, 2**64 - 1), st.from_regex(r"\A[A-Za-z0-9_-]{1,21}\Z"))
def test_an_id_is_legal_everywhere_and_reads_back(order_id: int, nonce: str) -> None:
    ids = ClientOrderIds(nonce)

    text = ids.make(order_id)

    assert re.fullmatch(r"[A-Za-z0-9_-]{1,36}", text)
    assert order_id == ids.order_id_of(text)


@pytest.mark.parametrize(
    "text", ["", "mine", "a-", "a-00000000000000", "a-000000000000!", "b-0000000000001"]
)
def test_any_other_text_is_not_ours(text: str) -> None:
    assert ClientOrderIds("a").order_id_of(text) is None


@pytest.mark.parametrize("nonce", ["", "x" * 22, "a b", "ä"])
def test_a_nonce_that_a_venue_would_refuse_is_refused(nonce: str) -> None:
    with pytest.raises(ValueError, match="boot nonce"):
        ClientOrderIds(nonce)


def test_sessions_that_start_at_different_moments_share_no_id() -> None:
    one, other = ClientOrderIds.booted_at(1), ClientOrderIds.booted_at(2)

    assert one.prefix != other.prefix
    assert other.order_id_of(one.make(5)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ClientOrderIds.booted_at(1_700_000_000_000_000_000).make(5 << 32 | 7), True),
        ("rf1j5xk2w3v4b-00000000000a1", True),
        ("rf-00000000000a1", False),
        ("1j5xk2w3v4b-00000000000a1", False),
        ("rf1j5xk2w3v4b-00000000000a", False),
        ("rf1j5xk2w3v4b-00000000000aU", False),
        ("rf1j5xk2w3v4b00000000000a1", False),
        ("hand-H1", False),
        ("", False),
    ],
)
def test_an_id_that_any_session_of_ours_may_have_made_is_recognised(
    text: str, expected: bool
) -> None:
    assert expected is is_of_our_making(text)
