"""Any message through the codec, and any bytes into it."""

from __future__ import annotations

import contextlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.messages import LiveMessage
from regimeflow.types.errors import CodecError
from regimeflow.types.message_json import decode_json, encode_json
from tests.support.journal import HEADER, a_writer, segment_file, some_quotes
from tests.support.messages import TOPICS, one_of_each, payloads

QUICK = settings(deadline=None, max_examples=200, derandomize=True)
CODEC = LiveMessageCodec()
RAW = [CODEC.encode(message) for message in one_of_each()]


@QUICK
@given(payloads, st.sampled_from(["", "host-1", "Ünïcode"]))
def test_any_message_comes_back_as_it_was(message, origin) -> None:
    live = LiveMessage(TOPICS[type(message)], message, origin)

    found = CODEC.decode(CODEC.encode(live))

    assert repr(live) == repr(found)
    assert (live, origin) == (found, found.origin)


@QUICK
@given(st.lists(payloads, max_size=20))
def test_a_batch_is_its_messages(messages) -> None:
    raw = CODEC.encode_batch(messages)

    assert messages == [live.payload for live in CODEC.decode_batch(raw)]
    assert sum(4 + len(CODEC.encode(message)) for message in messages) == len(raw)


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_a_codec_error(raw) -> None:
    with contextlib.suppress(CodecError):
        CODEC.decode(raw)
    with contextlib.suppress(CodecError):
        CODEC.decode_batch(raw)


@QUICK
@given(st.sampled_from(RAW), st.data())
def test_a_changed_message_is_a_message_or_a_codec_error(raw, data) -> None:
    changed = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)))

    for given_bytes in (bytes(changed), bytes(changed[:cut]), bytes(changed[cut:])):
        with contextlib.suppress(CodecError):
            found = CODEC.decode(given_bytes)
            assert found == CODEC.decode(CODEC.encode(found))
            repr(found)


@QUICK
@given(payloads, st.sampled_from(["", "host-1", "Ünïcode"]))
def test_any_message_comes_back_from_json_with_the_same_bytes(message, origin) -> None:
    live = LiveMessage(TOPICS[type(message)], message, origin)

    found = decode_json(encode_json(live))

    assert repr(live) == repr(found)
    assert CODEC.encode(CODEC.decode(CODEC.encode(live))) == CODEC.encode(found)


@QUICK
@given(st.sampled_from(RAW), st.data())
def test_a_changed_message_is_the_same_in_json(raw, data) -> None:
    changed = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))

    with contextlib.suppress(CodecError):
        found = CODEC.decode(changed)
        assert found == decode_json(encode_json(found)) or b"\xef\xbf\xbd" in encode_json(found)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@QUICK
@given(st.sampled_from([encode_json(message) for message in one_of_each()]), json_values, st.data())
def test_any_value_under_any_key_is_a_message_or_a_codec_error(line, value, data) -> None:
    values = json.loads(line)
    key = data.draw(st.sampled_from([*values, "other"]))
    if isinstance(values.get(key), list) and values[key] and data.draw(st.booleans()):
        values[key][0] = value
    else:
        values[key] = value

    for given_text in (json.dumps(values), line[: data.draw(st.integers(0, len(line)))]):
        with contextlib.suppress(CodecError):
            found = decode_json(given_text)
            assert found == decode_json(encode_json(found))


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.data())
def test_a_reader_of_any_bytes_gives_only_what_was_written(tmp_path_factory, data) -> None:
    folder = tmp_path_factory.mktemp("journal")
    with a_writer(folder) as writer:
        for quote in some_quotes(40):
            writer.append(quote)
    raw = bytearray(segment_file(folder).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, HEADER + 5000))
        garbage = data.draw(st.binary(min_size=1, max_size=64))
        raw[at : at + len(garbage)] = garbage
    segment_file(folder).write_bytes(raw)
    reader = JournalReader(folder)
    first = [frame.message.payload for frame in reader]

    written = {quote.update_id: quote for quote in some_quotes(40)}
    assert all(quote == written[quote.update_id] for quote in first)
    with a_writer(folder) as writer:
        writer.append(some_quotes(1, first=41)[0])
    found = [frame.message.payload.update_id for frame in JournalReader(folder)]
    assert sorted(set(found)) == found
    assert 41 == found[-1]
    assert {quote.update_id for quote in first} <= set(found)
