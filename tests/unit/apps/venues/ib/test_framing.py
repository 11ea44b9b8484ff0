"""Bytes to messages: whatever segments they arrive in."""

from __future__ import annotations

import pytest

from regimeflow.apps.venues.ib.framing import (
    BadFraming,
    Unframer,
    frame,
    split_fields,
    versions_offered,
)

HELLO = b"API\0" + frame(["71", "2"])


def test_a_message_is_its_length_and_fields_that_end_in_nul():
    assert b"\0\0\0\x05" + b"9\x001\x00\0" == frame(["9", "1", ""])


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_messages_come_whole_out_of_any_segments(step):
    stream = HELLO + frame(["49", "1"]) + frame(["x" * 300])
    unframer = Unframer()

    found = [
        split_fields(body)
        for start in range(0, len(stream), step)
        for body in unframer.feed(stream[start : start + step])
    ]

    assert [["71", "2"], ["49", "1"], ["x" * 300]] == found


def test_who_does_not_greet_is_refused_at_the_first_byte():
    with pytest.raises(BadFraming, match="greeting"):
        list(Unframer().feed(b"G"))


@pytest.mark.parametrize("length", [b"\0\0\0\0", b"\x01\0\0\0"])
def test_a_length_that_no_message_has_is_refused(length):
    with pytest.raises(BadFraming, match="bytes"):
        list(Unframer().feed(b"API\0" + length))


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        (b"v157..178", (157, 178)),
        (b"v100..157 +PACEAPI", (100, 157)),
        (b"v176\0", (176, 176)),
    ],
)
def test_a_client_offers_its_versions(text, versions):
    assert versions == versions_offered(text)


@pytest.mark.parametrize("text", [b"157..178", b"vx..y", b"", b"v"])
def test_anything_but_versions_is_refused(text):
    with pytest.raises(BadFraming, match=r"vLOW\.\.HIGH"):
        versions_offered(text)
