"""Execution reports inside of frames and notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.frames import Adopted
from regimeflow._core.messages import ExecutionReport
from regimeflow.types.errors import CodecError

_CODEC: Final = LiveMessageCodec()


def adopted_report(adopted: Adopted) -> ExecutionReport:
    """Return what an order was adopted from.

    Raises:
        CodecError: it is no execution report.
    """
    return _decoded(adopted.report, "an order was adopted from what is no execution report")


def adopted_notional(adopted: Adopted) -> int:
    """Return the notional that an adopted order begins with."""
    notional = adopted.base_notional_high << 64 | adopted.base_notional_low
    return notional - (1 << 128) if notional >> 127 else notional


def noted_report(body: Mapping[str, Any]) -> ExecutionReport:
    """Return the report that a note is about.

    Raises:
        CodecError: it has none.
    """
    report = bytes.fromhex(body["report"])
    return _decoded(report, "a note about an order without an execution report")


def _decoded(data: bytes, fault: str) -> ExecutionReport:
    report = _CODEC.decode(data).payload
    if not isinstance(report, ExecutionReport):
        raise CodecError(fault)
    return report
