"""The errors that the compiled floor raises itself; types/errors.py has their place in the tree."""

from __future__ import annotations

from typing import Final


class RegimeFlowError(Exception):
    """Above every error of this package."""


class InvalidState(RegimeFlowError):
    """The call makes no sense in this state; nothing was changed."""


class CodecError(RegimeFlowError, ValueError):
    """Bytes that are not a message: ``reason`` at ``offset``. Never carries the payload."""

    def __init__(self, reason: str, *, offset: int = 0) -> None:
        super().__init__(f"byte {offset}: {reason}")
        self.reason: Final = reason
        self.offset: Final = offset


for _cls in (RegimeFlowError, InvalidState, CodecError):
    _cls.__module__ = "regimeflow.types.errors"  # where everybody finds them
