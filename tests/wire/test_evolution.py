"""Another version's schema, older and newer, and ours: each reads what the other wrote."""

from __future__ import annotations

import struct
from importlib.resources import files
from pathlib import Path

import pytest

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.frames import RegimeChange
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.messages import Quote, Tick, from_array
from regimeflow.types.errors import CodecError
from tests.support.frames import FRAMES
from tests.support.journal import HEADER, a_writer, planted, segment_file
from tests.support.messages import one_of_each
from tests.support.sbe import Schema, Values

SCHEMAS = Path(__file__).parent / "schemas"
OLDER, NEWER = Schema(SCHEMAS / "older.xml"), Schema(SCHEMAS / "newer.xml")
OURS = Schema(Path(str(files("regimeflow").joinpath("wire", "regimeflow-live.xml"))))
CODEC = LiveMessageCodec()
THINGS = [*one_of_each(), *FRAMES]
EACH = pytest.mark.parametrize("thing", THINGS, ids=lambda thing: type(thing).__name__)
ADDED = {"addedCount": 7, "addedPx": -5, "addedText": b"more"}


def known(values: Values, schema: Schema, name: str) -> Values:
    """Return what a version has of a message's values."""
    message = schema.messages[schema.names[name]]
    return {each.get("name"): values[each.get("name")] for each in message}


def with_more(values: Values) -> Values:
    """Return values with all that the newer version adds, in the entries of groups too."""
    return ADDED | {
        name: [entry | {"addedQty": 9} for entry in value] if isinstance(value, list) else value
        for name, value in values.items()
    }


def without_more(values: Values) -> Values:
    """Return values without what the newer version has in entries of groups, which is null."""
    plain: Values = {}
    for name, value in values.items():
        entries = value if isinstance(value, list) else []
        assert all(entry["addedQty"] is None for entry in entries)
        plain[name] = value
        if isinstance(value, list):
            plain[name] = [
                {key: each for key, each in entry.items() if key != "addedQty"} for entry in value
            ]
    return plain


@EACH
def test_bytes_of_ours_are_what_our_schema_says(thing: object) -> None:
    raw = CODEC.encode(thing)
    found = OURS.decode(raw)

    assert found is not None
    assert raw[8:] == OURS.encode(*found)[8:]


@EACH
def test_an_older_version_reads_what_it_knows_of_ours(thing: object) -> None:
    name, values = OURS.decode(CODEC.encode(thing)) or ("", {})

    found = OLDER.decode(CODEC.encode(thing))

    if isinstance(thing, RegimeChange):
        assert found is None
    else:
        assert (name, known(values, OLDER, name)) == found


@EACH
def test_ours_reads_an_older_message_with_what_it_lacks_as_not_given(thing: object) -> None:
    if isinstance(thing, RegimeChange):
        return
    name, values = OURS.decode(CODEC.encode(thing)) or ("", {})
    older = known(values, OLDER, name)

    found = OURS.decode(CODEC.encode(CODEC.decode_any(OLDER.encode(name, older))))

    assert found is not None
    lacking = {
        key: type(value)() if isinstance(value, bytes) else None for key, value in values.items()
    }
    assert lacking | older == found[1]


@EACH
def test_a_newer_version_reads_all_of_ours(thing: object) -> None:
    name, values = OURS.decode(CODEC.encode(thing)) or ("", {})

    found = NEWER.decode(CODEC.encode(thing))

    assert found is not None
    assert (name, values) == (found[0], without_more(known(found[1], OURS, name)))
    assert [None, None, b""] == [found[1][key] for key in ADDED]


@EACH
def test_ours_reads_a_newer_message_without_what_it_adds(thing: object) -> None:
    name, values = OURS.decode(CODEC.encode(thing)) or ("", {})
    raw = NEWER.encode(name, with_more(values))

    found = CODEC.decode_any(raw)

    assert len(raw) > len(CODEC.encode(thing))
    assert CODEC.encode(thing)[8:] == CODEC.encode(found)[8:]


@EACH
def test_every_prefix_of_another_versions_message_is_a_message_or_a_codec_error(
    thing: object,
) -> None:
    name, values = OURS.decode(CODEC.encode(thing)) or ("", {})

    for raw in (NEWER.encode(name, with_more(values))[:400], CODEC.encode(thing)[:400]):
        for length in range(len(raw)):
            try:
                CODEC.decode_any(raw[:length])
            except CodecError as error:
                assert 0 <= error.offset <= length  # noqa: PT017


def test_messages_that_a_newer_version_adds_are_told_and_passed_over() -> None:
    codec = LiveMessageCodec()
    tick = Tick("BTCUSDT", 1, 1)
    added = [NEWER.encode(name, {"seq": 5, "symbol": b"A"}) for name in ("Auction", "Halt", "Halt")]
    batch = b"".join(struct.pack("<I", len(raw)) + raw for raw in (*added, codec.encode(tick)))

    assert [tick] == [live.payload for live in codec.decode_batch(batch)]
    assert {9: 1, 111: 2} == codec.unknown
    assert [tick] == from_array(codec.decode_array(batch, Tick))


def test_a_member_that_a_newer_version_adds_is_refused_and_not_taken_for_another() -> None:
    report = next(each for each in one_of_each() if type(each).__name__ == "ExecutionReport")
    _, values = OURS.decode(CODEC.encode(report)) or ("", {})

    with pytest.raises(CodecError, match="with a member that its enumerations do not have"):
        CODEC.decode(NEWER.encode("ExecutionReport", with_more(values) | {"ordType": 13}))


def test_a_journal_with_frames_of_other_versions_is_read(tmp_path: Path) -> None:
    with a_writer(tmp_path):
        pass
    quote = Quote("BTCUSDT", 1, 2, 3, 4, update_id=7)
    _, values = OURS.decode(CODEC.encode(quote)) or ("", {})
    at = HEADER
    for raw in (
        OLDER.encode("Quote", known(values, OLDER, "Quote")),
        NEWER.encode("Halt", {"seq": 1, "symbol": b"A"}),
        NEWER.encode("Quote", with_more(values)),
    ):
        planted(segment_file(tmp_path), at, raw)
        at += (8 + len(raw) + 7) // 8 * 8

    reader = JournalReader(tmp_path)
    found = [frame.message.payload for frame in reader if frame.message is not None]

    assert [Quote("BTCUSDT", 1, 2, 3, 4), quote] == found
    assert {111: 1} == reader.unknown
    assert [] == list(reader.damages)


def test_the_other_schemas_are_of_the_present_one() -> None:
    """So that what is added here is added there: older.xml lacks, newer.xml has more."""
    for number, message in OURS.messages.items():
        newer = [each.get("name") for each in NEWER.messages[number]]
        assert [each.get("name") for each in message] == [
            name for name in newer if not name.startswith("added")
        ]
        if number in OLDER.messages:
            older = OLDER.block(OLDER.messages[number])
            assert OURS.block(message)[: len(older)] == older
