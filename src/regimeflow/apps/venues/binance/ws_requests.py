"""One message of the WebSocket API, read with its numbers as they were written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.apps.venues.binance import refusals
from regimeflow.apps.venues.binance.refusals import Refusal

LONGEST_ID: Final = 36
INT64: Final = re.compile(r"-?[0-9]{1,19}")


class Number(str):
    """A number of JSON, letter for letter: signatures are made over what was sent."""

    __slots__ = ()


class Message(NamedTuple):
    """What a client asked for; ``lists`` are the parameters that came as lists."""

    identity: object
    method: str
    sent: Mapping[str, str]
    lists: Mapping[str, list[str]]


def plain_id(value: object) -> object:
    """Return a request's id as it is sent back.

    Raises:
        Refusal: -1100, it is no integer, no short text and not null.
    """
    if isinstance(value, Number) and INT64.fullmatch(value):
        return int(value)
    is_text = isinstance(value, str) and not isinstance(value, Number)
    if value is None or (is_text and len(str(value)) <= LONGEST_ID):
        return value
    raise refusals.illegal("id", "^[a-zA-Z0-9-_]{1,36}$")


def text_of(name: str, value: object) -> str:
    """Return a parameter as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    raise refusals.not_valid(name)


def identity_of(text: str) -> object:
    """Return the id of a message, None for one that has none that can be read."""
    try:
        found = json.loads(text, parse_int=Number, parse_float=Number)
        return plain_id(found.get("id")) if isinstance(found, dict) else None
    except (ValueError, RecursionError, Refusal):
        return None


def read(text: str) -> Message:
    """Read a message.

    Raises:
        Refusal: -1135 for what is no JSON object, -1102 without a method.
    """
    try:
        found = json.loads(text, parse_int=Number, parse_float=Number)
    except (ValueError, RecursionError) as error:
        raise Refusal(-1135, "Invalid JSON Request") from error
    if not isinstance(found, dict):
        raise Refusal(-1135, "Invalid JSON Request")
    identity = plain_id(found.get("id"))
    method = found.get("method")
    if not isinstance(method, str):
        raise refusals.missing("method")
    params = found.get("params") or {}
    if not isinstance(params, dict):
        raise refusals.not_valid("params")
    lists = {
        name: [text_of(name, each) for each in value]
        for name, value in params.items()
        if isinstance(value, list)
    }
    sent = {
        name: text_of(name, value)
        for name, value in params.items()
        if name not in lists and value is not None
    }
    return Message(identity, method, sent, lists)
