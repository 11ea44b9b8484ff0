"""The schema file is the truth: what the compiled core writes and reads is what it says."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from importlib.resources import files

import pytest

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.frames import FRAMES
from regimeflow._core.wire_values import schema
from regimeflow.types import enums
from tests.support.messages import a_report

# S314: our own file
ROOT = ET.fromstring(  # noqa: S314
    files("regimeflow").joinpath("wire", "regimeflow-live.xml").read_bytes()
)
WIDTHS = {"int64": 8, "uint64": 8, "uint32": 4, "uint16": 2, "uint8": 1, "int8": 1, "double": 8}
TYPES = {item.get("name"): item for item in ROOT.find("types").findall("type")}
ENUMS = {enum.get("name"): enum for enum in ROOT.find("types").iter("enum")}
DATA = {"text": 2, "blob": 4}
MESSAGES = {
    int(message.get("id")): message
    for message in ROOT
    if message.tag == "{http://fixprotocol.io/2016/sbe}message"
}


def primitive(field: ET.Element) -> str:
    name = field.get("type")
    if name in ENUMS:
        return ENUMS[name].get("encodingType")
    return TYPES[name].get("primitiveType")


def presence(field: ET.Element) -> str:
    if field.get("presence") != "optional":
        return "required"
    name = field.get("type")
    is_zero = name in ENUMS or TYPES[name].get("nullValue") == "0"
    return "zero" if is_zero else "optional"


def laid_out(message: ET.Element) -> tuple[tuple[str, str, int, str], ...]:
    found, at = [], 0
    for field in message.findall("field"):
        found.append((field.get("name"), primitive(field), at, presence(field)))
        at += WIDTHS[primitive(field)]
    return tuple(found)


def test_the_core_and_the_schema_have_the_same_messages() -> None:
    assert {number: message.get("name") for number, message in MESSAGES.items()} == {
        number: found[0] for number, found in schema().items()
    }


@pytest.mark.parametrize("number", MESSAGES, ids=lambda n: MESSAGES[n].get("name"))
def test_every_field_has_the_offset_type_and_presence_of_the_schema(number: int) -> None:
    message = MESSAGES[number]
    _, block_length, fields, texts = schema()[number]

    assert laid_out(message) == fields
    assert sum(WIDTHS[kind] for _, kind, _, _ in laid_out(message)) == block_length
    assert (
        tuple((data.get("name"), DATA[data.get("type")]) for data in message.findall("data"))
        == texts
    )


@pytest.mark.parametrize("number", FRAMES)
def test_a_class_of_the_journal_has_the_fields_of_its_message(number: int) -> None:
    message = MESSAGES[number]
    names = [item.get("name") for item in message if item.tag in {"field", "data"}]
    snake = [re.sub(r"([A-Z])", lambda m: "_" + m.group(1).lower(), name) for name in names]

    assert FRAMES[number].__name__ == message.get("name")
    assert tuple(snake) == FRAMES[number]._fields


def test_what_may_be_missing_is_so_by_its_type_too() -> None:
    for message in MESSAGES.values():
        for field in message.iter("field"):
            if (kind := TYPES.get(field.get("type"))) is not None:
                assert kind.get("presence") == field.get("presence"), field.get("name")


def test_ids_within_a_message_are_its_own() -> None:
    for message in MESSAGES.values():
        numbers = [item.get("id") for item in message.iter() if item is not message]
        assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("Side", enums.OrderSide),
        ("OrdType", enums.OrderType),
        ("TimeInForce", enums.TimeInForce),
        ("OrdStatus", enums.LiveOrderStatus),
        ("ExecType", enums.ExecType),
        ("Liquidity", enums.Liquidity),
        ("OrdRejReason", enums.OrdRejReason),
        ("RegimeType", enums.RegimeType),
    ],
)
def test_the_enumerations_of_the_schema_are_ours(name: str, members: type) -> None:
    written = {value.get("name"): int(value.text) for value in ENUMS[name]}

    assert written == {member.name: member.value for member in members}


def test_the_header_says_which_schema_this_is() -> None:
    assert ("21062", "3", "littleEndian") == tuple(
        ROOT.get(name) for name in ("id", "version", "byteOrder")
    )


@pytest.mark.parametrize(
    ("kind", "version"),
    [(enums.OrderType.TRAILING_STOP, 1), (enums.OrderType.MARKET_IF_TOUCHED, 2)],
)
def test_a_message_says_the_version_that_it_needs(kind: enums.OrderType, version: int) -> None:
    message = LiveMessageCodec().encode(a_report(ord_type=kind))

    assert version == int.from_bytes(message[6:8], "little")
    assert kind == LiveMessageCodec().decode(message).payload.ord_type
    since = {value.get("name"): value.get("sinceVersion") for value in ENUMS["OrdType"]}
    assert version == int(since[kind.name] or 1)
