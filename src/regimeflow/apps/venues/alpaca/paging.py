"""Pages of market data: a page may end in the middle of a symbol, the token says where."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import TypeVar

from regimeflow.apps.venues.alpaca.refusals import bad_input
from regimeflow.apps.venues.alpaca.times import SECOND_NS, parse_instant, rfc3339

T = TypeVar("T")


def page(
    points: Mapping[str, Sequence[tuple[int, T]]], *, limit: int, token: str, kind: str
) -> tuple[dict[str, list[T]], str | None]:
    """Cut one page out of all that was asked for.

    Args:
        points: By symbol, with their times, each in the order of the answer.
        limit: How many points, over all symbols.
        token: What the page before gave, empty at first.
        kind: Of the points; it stands in the token.

    Returns:
        The page by symbol, and the token of the next one, None at the end.

    Raises:
        Refusal: the token is none of ours.
    """
    flat = [
        (symbol, index, point)
        for symbol in sorted(points)
        for index, point in enumerate(points[symbol])
    ]
    begin = _after(flat, points, token) if token else 0
    chosen = flat[begin : begin + limit]
    found: dict[str, list[T]] = {}
    for symbol, _, (_, what) in chosen:
        found.setdefault(symbol, []).append(what)
    if begin + limit >= len(flat) or not chosen:
        return found, None
    symbol, index, (time_ns, _) = chosen[-1]
    same = sum(1 for earlier in points[symbol][:index] if earlier[0] == time_ns)
    return found, _token(symbol, kind, time_ns, same)


def _token(symbol: str, kind: str, time_ns: int, same: int) -> str:
    instant = f"{rfc3339(time_ns - time_ns % SECOND_NS)[:-1]}.{time_ns % SECOND_NS:09}Z"
    plain = f"{symbol}|{kind}|{instant}" + (f"|{same:020}" if same else "")
    return base64.b64encode(plain.encode()).decode()


def _after(
    flat: Sequence[tuple[str, int, tuple[int, T]]],
    points: Mapping[str, Sequence[tuple[int, T]]],
    token: str,
) -> int:
    try:
        symbol, _, instant, *rest = base64.b64decode(token, validate=True).decode().split("|")
        time_ns, same = parse_instant(instant), int(rest[0]) if rest else 0
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise bad_input("invalid page_token") from error
    for number, (name, index, (when, _)) in enumerate(flat):
        if name != symbol or when != time_ns:
            continue
        if same == sum(1 for earlier in points[name][:index] if earlier[0] == when):
            return number + 1
    raise bad_input("invalid page_token")
