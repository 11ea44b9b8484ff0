"""What a client says on a market stream, and what it is answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, Protocol

Form = dict[str, object]
METHODS: Final = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
LONGEST_ID: Final = 36


class Subscriber(Protocol):
    """A connection as its client sees it."""

    names: list[str]
    is_combined: bool

    def subscribe(self, names: Sequence[str]) -> bool:
        """Begin to hear streams; False when they would be too many."""
        ...

    def unsubscribe(self, names: Sequence[str]) -> None:
        """Hear streams no more."""
        ...


class Mistake(Exception):
    """A message that cannot be followed."""

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(msg)
        self.code = code
        self.msg = msg


def control(connection: Subscriber, text: str) -> Form:
    """Follow a message and return its answer."""
    identity: object = None
    try:
        message = _message(text)
        identity = _identity(message)
        return {"result": _act(connection, message), "id": identity}
    except Mistake as mistake:
        error: Form = {"code": mistake.code, "msg": mistake.msg}
        return error if identity is None else {**error, "id": identity}


def _message(text: str) -> dict[str, object]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Mistake(3, "Invalid JSON: expected value at line 1 column 1") from error
    if not isinstance(message, dict):
        raise Mistake(3, "Invalid JSON: expected value at line 1 column 1")
    return message


def _identity(message: dict[str, object]) -> object:
    identity = message.get("id")
    if identity is None or (isinstance(identity, int) and not isinstance(identity, bool)):
        return identity
    if isinstance(identity, str) and len(identity) <= LONGEST_ID:
        return identity
    raise Mistake(2, "Invalid request: request ID must be an unsigned integer")


def _act(connection: Subscriber, message: dict[str, object]) -> object:
    method = message.get("method")
    if method is None:
        raise Mistake(2, "Invalid request: missing field `method` at line 1 column 73")
    if method not in METHODS:
        raise Mistake(
            2,
            f"Invalid request: unknown variant {method}, expected one of "
            "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` "
            "at line 1 column 28",
        )
    params = message.get("params", [])
    if not isinstance(params, list):
        raise Mistake(2, "Invalid request: params must be an array")
    if method == "LIST_SUBSCRIPTIONS":
        return list(connection.names)
    if method in {"SET_PROPERTY", "GET_PROPERTY"}:
        return _property(connection, params, sets=method == "SET_PROPERTY")
    if not all(isinstance(name, str) for name in params):
        raise Mistake(2, "Invalid request: stream name must be a string")
    if method == "UNSUBSCRIBE":
        connection.unsubscribe(params)
    elif not connection.subscribe(params):
        raise Mistake(2, "Invalid request: too many streams")
    return None


def _property(connection: Subscriber, params: list[object], *, sets: bool) -> object:
    name = params[0] if params else None
    if not isinstance(name, str):
        raise Mistake(2, "Invalid request: property name must be a string")
    if name != "combined":
        raise Mistake(0, "Unknown property")
    if not sets:
        return connection.is_combined
    value, *rest = params[1:] or [None]
    if rest:
        raise Mistake(2, "Invalid request: too many parameters")
    if not isinstance(value, bool):
        raise Mistake(1, "Invalid value type: expected Boolean")
    connection.is_combined = value
    return None
