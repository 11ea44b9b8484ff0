"""The names of market streams."""

from __future__ import annotations

import re
from typing import Final

from regimeflow._core.tuples import NamedTuple

STREAM: Final = re.compile(
    r"(?P<symbol>[^@]+)@"
    r"(?P<channel>trade|aggTrade|bookTicker|depth|ticker|miniTicker|avgPrice|kline)"
    r"(?P<detail>(?:5|10|20)?|_[0-9a-zA-Z]+)(?P<speed>@100ms|@1000ms)?"
)


class Stream(NamedTuple):
    """What a name says."""

    symbol: str
    channel: str
    detail: str


def parse(name: str) -> Stream | None:
    """Return what a name says, None if it is no stream of this venue."""
    match = STREAM.fullmatch(name)
    if match is None:
        return None
    return Stream(match["symbol"].upper(), match["channel"], match["detail"].lstrip("_"))


def canonical(name: str) -> str:
    """Return the name under which a stream is told: a thousand milliseconds are the default."""
    return name.removesuffix("@1000ms")
