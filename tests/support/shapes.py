"""Compare the shape of two JSON values: keys, their order, types, and how numbers are written."""

from __future__ import annotations

import re
from collections.abc import Iterator

NUMBER = re.compile(r"-?[0-9]+(?:\.([0-9]+))?")


def kind_of(value: object) -> str:
    """What a value is, and for a number in a text, its decimals."""
    if value is None:
        return "null"
    if isinstance(value, str):
        match = NUMBER.fullmatch(value)
        return f"text of {len(match[1] or '')} decimals" if match else "text"
    names = {bool: "truth", int: "integer", float: "float", dict: "object", list: "list"}
    return names[type(value)]


def differences(recorded: object, ours: object, path: str = "") -> Iterator[str]:
    """Yield what differs; of lists the first items are compared."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        yield from _of_objects(recorded, ours, path)
    elif isinstance(recorded, list) and isinstance(ours, list):
        if recorded and ours and isinstance(recorded[0], list | dict):
            yield from differences(recorded[0], ours[0], f"{path}[]")
        elif recorded and ours:
            yield from _of_rows(recorded, ours, path)
    elif kind_of(recorded) != kind_of(ours):
        yield f"{path}: {kind_of(recorded)} became {kind_of(ours)}"


def _of_rows(recorded: list[object], ours: list[object], path: str) -> Iterator[str]:
    if all(isinstance(each, str) and kind_of(each) == "text" for each in recorded):
        return  # names, of which there may be more
    if len(recorded) != len(ours):
        yield f"{path}: {len(recorded)} items became {len(ours)}"
    for index, (one, other) in enumerate(zip(recorded, ours, strict=False)):
        yield from differences(one, other, f"{path}[{index}]")


def _of_objects(recorded: dict[str, object], ours: dict[str, object], path: str) -> Iterator[str]:
    here = f"{path}." if path else ""
    for key in recorded:
        if key not in ours:
            yield f"{here}{key}: missing"
    for key in ours:
        if key not in recorded:
            yield f"{here}{key}: more"
    common = [key for key in recorded if key in ours]
    if common != [key for key in ours if key in recorded]:
        yield f"{path or '.'}: keys in another order"
    for key in common:
        yield from differences(recorded[key], ours[key], f"{here}{key}")
