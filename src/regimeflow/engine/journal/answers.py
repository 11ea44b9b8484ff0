"""The broker's answers as bytes, and back: exact, and nothing but values of known kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.messages import (
    AccountInfo,
    Bar,
    ExecutionReport,
    OrderBook,
    Position,
    Quote,
    SystemMessage,
    Tick,
)
from regimeflow.engine.awaiting import Failed, Given, Reply
from regimeflow.engine.journal.codes import ValueKind
from regimeflow.types.errors import (
    BrokerError,
    CodecError,
    NetworkError,
    NotFound,
    Outcome,
    RegimeFlowError,
)
from regimeflow.types.instrument import Instrument
from regimeflow.types.settings import Settings, rules_of

_CODEC: Final = LiveMessageCodec()
MESSAGES: Final = (  # every kind that the stream has
    ExecutionReport,
    AccountInfo,
    Position,
    Quote,
    Tick,
    Bar,
    OrderBook,
    SystemMessage,
)
_ERRORS: Final[Mapping[str, type[Exception]]] = {
    "BrokerError": BrokerError,
    "NetworkError": NetworkError,
    "NotFound": NotFound,
    "TimeoutError": TimeoutError,
    "OSError": OSError,
}


def encoded(reply: Reply[object]) -> tuple[ValueKind, bytes]:
    """Return a reply's kind and its bytes."""
    try:
        value = reply.result()
    except Exception as error:  # noqa: BLE001 - it is the reply, and is written as such
        return ValueKind.ERROR, _error_bytes(error)
    if value is None:
        return ValueKind.NOTHING, b""
    if isinstance(value, str):
        return ValueKind.TEXT, value.encode()
    if isinstance(value, MESSAGES):
        return ValueKind.MESSAGE, _CODEC.encode(value)
    if isinstance(value, Instrument):
        return ValueKind.INSTRUMENT, instrument_bytes(value)
    if isinstance(value, Sequence) and all(isinstance(each, MESSAGES) for each in value):
        return ValueKind.MESSAGES, _CODEC.encode_batch(value)
    return ValueKind.OTHER, b""


def decoded(kind: int, payload: bytes) -> Reply[object]:
    """Return the reply of such bytes.

    Raises:
        CodecError: they are none.
    """
    if kind in (ValueKind.NOTHING, ValueKind.OTHER):
        return Given(None)
    if kind == ValueKind.TEXT:
        return Given(payload.decode())
    if kind == ValueKind.MESSAGE:
        return Given(_CODEC.decode(payload).payload)
    if kind == ValueKind.MESSAGES:
        return Given([message.payload for message in _CODEC.decode_batch(payload)])
    if kind == ValueKind.INSTRUMENT:
        return Given(instrument_of(payload))
    if kind == ValueKind.ERROR:
        return Failed(_error_of(payload))
    raise CodecError(f"an answer of kind {kind}; this version knows {len(ValueKind)} kinds")


def instrument_bytes(instrument: Instrument) -> bytes:
    """Return an instrument as JSON; numbers are text."""
    return dump(settings_state(instrument))


def instrument_of(payload: bytes) -> Instrument:
    """Return the instrument of such JSON.

    Raises:
        InvalidArgument: it is none.
    """
    state: dict[str, Any] = load(payload)
    return Instrument(**state)


# Came when there were journals already: left out where it says nothing, so that they read the same.
_NEWER: Final = frozenset({"early_closes"})


def settings_state(settings: Settings) -> dict[str, object]:
    """Return what a table of settings was made from: numbers as text, tables as mappings."""
    state: dict[str, object] = {}
    for name in rules_of(type(settings)):
        value = getattr(settings, name)
        if name in _NEWER and not value:
            continue
        if isinstance(value, Settings):
            state[name] = settings_state(value)
        elif value is None or isinstance(value, bool | str | int):
            state[name] = value
        elif isinstance(value, tuple):
            state[name] = list(value)
        else:
            state[name] = str(value)
    return state


def dump(value: Mapping[str, object]) -> bytes:
    """Return JSON."""
    import orjson

    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def load(payload: bytes) -> dict[str, object]:
    """Return what JSON says.

    Raises:
        CodecError: it is no JSON object.
    """
    import orjson

    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise CodecError(f"no JSON: {error}", offset=error.pos) from None
    if not isinstance(value, dict):
        raise CodecError(f"JSON of a {type(value).__name__}; expected an object")
    return value


def _error_bytes(error: Exception) -> bytes:
    state: dict[str, object] = {"type": type(error).__name__, "text": str(error)}
    if isinstance(error, BrokerError):
        state |= {
            "text": error.text,
            "venue": error.venue,
            "outcome": error.outcome.name,
            "code": error.code,
            "retry_after_s": error.retry_after_s,
        }
    return dump(state)


def _error_of(payload: bytes) -> Exception:
    state = load(payload)
    name, text = str(state["type"]), str(state["text"])
    if "outcome" in state:
        cls = NetworkError if name == "NetworkError" else BrokerError
        code, wait_s = state.get("code"), state.get("retry_after_s")
        return cls(
            text,
            venue=str(state.get("venue", "")),
            outcome=Outcome[str(state["outcome"])],
            code=code if isinstance(code, int) else None,
            retry_after_s=wait_s if isinstance(wait_s, float | int) else None,
        )
    return _ERRORS.get(name, RegimeFlowError)(text)
