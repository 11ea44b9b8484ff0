"""SBE by a schema file and nothing else: what the codec of another version would write and read.

Values are integers, floats, bytes of texts, and lists of such dicts for groups; None is the null of
an optional field, and what an older message does not have.
"""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

Values = dict[str, object]
MESSAGE = "{http://fixprotocol.io/2016/sbe}message"
FORMATS = {
    "int64": "q",
    "uint64": "Q",
    "uint32": "I",
    "uint16": "H",
    "uint8": "B",
    "int8": "b",
    "double": "d",
}
NULLS = {"int64": -(2**63), "uint32": 2**32 - 1, "uint8": 255, "int8": -128}
LENGTHS = {"text": "H", "blob": "I"}


class Schema:
    """One version of a schema, as any SBE tool would use it."""

    def __init__(self, path: Path) -> None:
        root = ET.parse(path).getroot()  # noqa: S314 - our own file
        types = root.find("types")
        assert types is not None
        self.id, self.version = int(root.get("id", "")), int(root.get("version", ""))
        self._named = {item.get("name"): item for item in types}
        self.messages = {int(each.get("id", "")): each for each in root if each.tag == MESSAGE}
        self.names = {each.get("name"): number for number, each in self.messages.items()}

    def block(self, item: ET.Element) -> list[tuple[str, str, int | None]]:
        """Return the fields of a message or a group: name, primitive type, null."""
        return [self._field(field) for field in item.findall("field")]

    def block_length(self, item: ET.Element) -> int:
        return sum(struct.calcsize(FORMATS[kind]) for _, kind, _ in self.block(item))

    def encode(self, name: str, values: Mapping[str, object]) -> bytes:
        """Return a message; a field that is not given is null, a text that is not is empty."""
        number = self.names[name]
        message = self.messages[number]
        head = struct.pack("<HHHH", self.block_length(message), number, self.id, self.version)
        return head + self._written(message, values)

    def decode(self, raw: bytes) -> tuple[str, Values] | None:
        """Return the name and the values of a message; None: this version does not know it."""
        block_length, number, schema, _ = struct.unpack_from("<HHHH", raw)
        assert self.id == schema
        if number not in self.messages:
            return None
        values, _ = self._read(self.messages[number], raw, 8, block_length)
        return self.messages[number].get("name", ""), values

    def _field(self, field: ET.Element) -> tuple[str, str, int | None]:
        named = self._named[field.get("type")]
        kind = named.get("encodingType") or named.get("primitiveType", "")
        null: int | None = None
        if field.get("presence") == "optional":
            given = named.get("nullValue")
            null = int(given) if given is not None else NULLS[kind]
            if named.tag == "enum":
                null = 0  # NONE, in each of ours
        return field.get("name", ""), kind, null

    def _written(self, item: ET.Element, values: Mapping[str, object]) -> bytes:
        parts = []
        for name, kind, null in self.block(item):
            value = values.get(name)
            parts.append(struct.pack(f"<{FORMATS[kind]}", null if value is None else value))
        for group in item.findall("group"):
            entries = values.get(group.get("name", ""), [])
            assert isinstance(entries, list)
            parts.append(struct.pack("<HH", self.block_length(group), len(entries)))
            parts += [self._written(group, entry) for entry in entries]
        for data in item.findall("data"):
            text = values.get(data.get("name", ""), b"")
            assert isinstance(text, bytes)
            parts += [struct.pack(f"<{LENGTHS[data.get('type', '')]}", len(text)), text]
        return b"".join(parts)

    def _read(self, item: ET.Element, raw: bytes, at: int, length: int) -> tuple[Values, int]:
        values: Values = {}
        place, end = at, at + length
        for name, kind, null in self.block(item):
            form = f"<{FORMATS[kind]}"
            if place + struct.calcsize(form) <= end:
                (value,) = struct.unpack_from(form, raw, place)
                values[name] = None if value == null else value
            else:
                values[name] = None
            place += struct.calcsize(form)
        at = end
        for group in item.findall("group"):
            entries = []
            if at < len(raw):
                entry_length, count = struct.unpack_from("<HH", raw, at)
                at += 4
                for _ in range(count):
                    entry, at = self._read(group, raw, at, entry_length)
                    entries.append(entry)
            values[group.get("name", "")] = entries
        for data in item.findall("data"):
            values[data.get("name", "")] = b""
            if at < len(raw):
                form = f"<{LENGTHS[data.get('type', '')]}"
                (size,) = struct.unpack_from(form, raw, at)
                at += struct.calcsize(form)
                values[data.get("name", "")] = raw[at : at + size]
                at += size
        return values, at
