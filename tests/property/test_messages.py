"""Any message, on every way that it takes."""

from __future__ import annotations

import pickle
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow._core.messages import LiveMessage, Quote, from_array, to_array
from regimeflow._core.ring import Ring
from tests.support.messages import NAMES, TOPICS, numbers, payloads, quotes

QUICK = settings(deadline=None, max_examples=60, derandomize=True)


@QUICK
@given(payloads)
def test_repr_pickle_array_and_ring_give_the_same_message(message) -> None:
    ring = Ring(64)
    ring.try_publish(message)

    ways = [
        eval(repr(message), NAMES),  # noqa: S307  our own text
        pickle.loads(pickle.dumps(message)),  # noqa: S301  our own
        *from_array(to_array([message])),
        *ring.reader(0).poll(),
    ]

    for found in ways:
        assert message == found
        assert hash(message) == hash(found)
        assert repr(message) == repr(found)


@QUICK
@given(payloads, st.sampled_from(["", "host-1"]))
def test_a_live_message_keeps_payload_and_origin(message, origin) -> None:
    live = LiveMessage(TOPICS[type(message)], message, origin)

    found = pickle.loads(pickle.dumps(live))  # noqa: S301  our own

    assert (message, origin) == (found.payload, found.origin)
    assert live == found
    assert hash(live) == hash(found)


@QUICK
@given(payloads, payloads)
def test_two_messages_are_equal_exactly_when_their_arguments_are(left, right) -> None:
    same = left.__reduce__() == right.__reduce__()

    assert not same or (left == right and hash(left) == hash(right))
    assert left == right or left != right
    assert (left == right) == (right == left)
    assert same or repr(left) != repr(right)


@QUICK
@given(numbers, numbers, numbers, numbers)
def test_numbers_read_as_they_were_given(bid_px, bid_qty, ask_px, ask_qty) -> None:
    quote = Quote("BTCUSDT", bid_px, bid_qty, ask_px, ask_qty)

    assert [bid_px, bid_qty, ask_px, ask_qty] == [
        quote.bid_px_dec,
        quote.bid_qty_dec,
        quote.ask_px_dec,
        quote.ask_qty_dec,
    ]
    assert [float(bid_px), float(ask_qty)] == [quote.bid_px, quote.ask_qty]
    assert bid_px == Decimal(quote.bid_px_raw).scaleb(quote.px_exp)


@QUICK
@given(st.lists(quotes, min_size=1, max_size=20))
def test_many_messages_share_one_array(messages) -> None:
    array = to_array(messages)

    assert messages == from_array(array)
    assert [quote.bid_qty_raw for quote in messages] == array["bid_qty_raw"].tolist()
