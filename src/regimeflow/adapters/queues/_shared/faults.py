"""How the pieces of an adapter tell it that their connection is of no use any more."""

from __future__ import annotations


class Lost(Exception):
    """The connection is gone, or what is behind it takes nothing now; said in words."""


class Refused(Lost):
    """It is there, and does not let us in: asking again with the same settings is of no use."""
