"""A decoder that we did not write reads what we wrote, from our schema file alone.

It is ``sbe`` 0.4.3 from PyPI. What it is known to be wrong about is not asked of it: texts (it
takes a text for its length and one byte) and groups whose entries have texts. So it gets the schema
without its ``data`` elements and decodes header, block and groups; the texts behind them are read
here, in the order that the schema file has.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import sbe
from lxml import etree

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.frames import FRAMES as CLASSES
from regimeflow._core.messages import AccountInfo, Balance, LiveMessage, to_array
from regimeflow._core.wire_values import schema as compiled
from tests.support.frames import FRAMES
from tests.support.messages import TOPICS, one_of_each

XML = files("regimeflow").joinpath("wire", "regimeflow-live.xml").read_bytes()
ROOT = etree.fromstring(XML)
MESSAGES = {int(each.get("id")): each for each in ROOT if str(each.tag).endswith("}message")}
ENUMS = {each.get("name"): each for each in ROOT.find("types").findall("enum")}
LENGTHS = {"text": "<H", "blob": "<I"}
# Where the record's own field, as NumPy has it, has another name than the wire's.
OWN = {
    ("Position", "qty"): "quantity_raw",
    ("Bar", "volumeQty"): "volume_raw",
    ("SystemMessage", "level"): "side",
}
CODEC = LiveMessageCodec()
ACCOUNT = AccountInfo(
    equity="10.50",
    cash="-7",
    buying_power=2**40,
    currency="ÜSD",
    balances=[Balance("USDT", "0.5", "1")],
)
THINGS: list[Any] = [
    LiveMessage(TOPICS[type(payload)], payload, "hôst-1")
    for payload in (*one_of_each(), ACCOUNT)
    if not isinstance(payload, AccountInfo) or len(payload.balances) < 2
] + FRAMES


def the_tool() -> sbe.Schema:
    """Return the tool over our schema, without what it is wrong about."""
    root = etree.fromstring(XML, etree.XMLParser(remove_comments=True))
    for data in list(root.iter("data")):
        data.getparent().remove(data)
    return sbe.Schema.parse(io.BytesIO(etree.tostring(root)))


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match.group(1).lower(), name)


def number_of(field: etree._Element, value: Any) -> Any:
    """Return the number of what the tool said: of a member's name, too."""
    if field.get("type") not in ENUMS:
        return value
    members = {each.get("name"): int(each.text) for each in ENUMS[field.get("type")]}
    return members[value]


def written(thing: Any, message: etree._Element, name: str) -> Any:
    """Return a field as we have it: of a frame, or of the record behind a message."""
    if not isinstance(thing, LiveMessage):
        return getattr(thing, snake(name))
    row, kind = to_array([thing])[0], message.get("name")
    for own in (OWN.get((kind, name)), snake(name), f"{snake(name)}_raw"):
        if own in row.dtype.names:
            return row[own].item()
    raise AssertionError(f"{kind} has no {name}")


def group_of(thing: LiveMessage, name: str) -> list[tuple[int, ...]]:
    if name == "balances":
        row = to_array([thing])[0]
        rows = row["balances"][: row["balance_count"]] if row["balance_count"] else []
        return [(each["free_raw"], each["locked_raw"], each["exp"]) for each in rows]
    row, side = to_array([thing])[0], name[:-1]
    count = row[f"{side}_count"]
    return list(zip(row[f"{side}_px_raw"][:count], row[f"{side}_qty_raw"][:count], strict=True))


def texts_behind(raw: bytes, message: etree._Element, found: Any) -> dict[str, bytes]:
    """Read the texts behind block and groups, those of the entries of groups as well."""
    at, texts = 8 + found.header["blockLength"], {}

    def take(data: etree._Element) -> None:
        nonlocal at
        form = LENGTHS[data.get("type")]
        (length,) = struct.unpack_from(form, raw, at)
        at += struct.calcsize(form)
        texts[data.get("name")] = raw[at : at + length]
        at += length

    for group in message.findall("group"):
        entry_length, count = struct.unpack_from("<HH", raw, at)
        assert count == len(found.value[group.get("name")])
        at += 4
        for _ in range(count):
            at += entry_length
            for data in group.findall("data"):
                take(data)
    for data in message.findall("data"):
        take(data)
    assert len(raw) == at
    return texts


def as_bytes(thing: Any, name: str) -> bytes:
    source = thing.payload if isinstance(thing, LiveMessage) and name != "origin" else thing
    if name == "asset":
        return thing.payload.balances[0].asset.encode()
    value = getattr(source, snake(name), "")  # an account has no symbol
    return value if isinstance(value, bytes) else value.encode()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every kind of message there is, each behind the u32 of its length."""
    path = tmp_path_factory.mktemp("sbe") / "messages.bin"
    with path.open("wb") as out:
        for thing in THINGS:
            raw = CODEC.encode(thing)
            out.write(struct.pack("<I", len(raw)) + raw)
    return path


def messages_in(path: Path) -> Iterator[bytes]:
    raw, at = path.read_bytes(), 0
    while at < len(raw):
        (length,) = struct.unpack_from("<I", raw, at)
        yield raw[at + 4 : at + 4 + length]
        at += 4 + length


def test_the_file_has_every_kind_of_message(file: Path) -> None:
    tool = the_tool()

    templates = {tool.decode_header(raw)["templateId"] for raw in messages_in(file)}

    assert set(compiled()) - {100} == templates  # the end of a segment is the writer's own
    assert set(CLASSES) <= templates | {100}


@pytest.mark.parametrize(
    "index", range(len(THINGS)), ids=lambda n: f"{n} {type(THINGS[n]).__name__}"
)
def test_a_decoder_that_we_did_not_write_gives_equal_values(file: Path, index: int) -> None:
    thing, raw = THINGS[index], list(messages_in(file))[index]

    found = the_tool().decode(raw)

    message = MESSAGES[found.header["templateId"]]
    assert message.get("name") == found.message_name
    for field in message.findall("field"):
        name, ours = field.get("name"), written(thing, message, field.get("name"))
        theirs = number_of(field, found.value[name])
        if theirs is None:  # the null that the schema names
            assert ours in (None, -(2**63)) or (ours == 0 and field.get("presence") == "optional")
        else:
            assert ours == theirs, name
    for group in message.findall("group"):
        name = group.get("name")
        assert group_of(thing, name) == [tuple(each.values()) for each in found.value[name]]
    for name, text in texts_behind(raw, message, found).items():
        assert as_bytes(thing, name) == text, name
