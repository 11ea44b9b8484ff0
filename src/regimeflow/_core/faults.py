"""The errors that the compiled floor raises itself; types/errors.py has their place in the tree."""

from __future__ import annotations

from typing import Final


class RegimeFlowError(Exception):
    """Above every error of this package."""


class InvalidState(RegimeFlowError):
    """The call makes no sense in this state; nothing was changed."""


class CodecError(RegimeFlowError, ValueError):
    """Bytes that are not a message: ``reason`` at ``offset``. Never carries the payload.

    Of JSON that says no message, ``path`` is the key that is wrong.
    """

    def __init__(self, reason: str, *, offset: int = 0, path: str = "") -> None:
        super().__init__(f"{path}: {reason}" if path else f"byte {offset}: {reason}")
        self.reason: Final = reason
        self.offset: Final = offset
        self.path: Final = path


for _cls in (RegimeFlowError, InvalidState, CodecError):
    _cls.__module__ = "regimeflow.types.errors"  # where everybody finds them
