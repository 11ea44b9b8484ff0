"""``GET /v2/account/activities``: filters and page tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from regimeflow.apps.venues.alpaca.fields import Json, whole
from regimeflow.apps.venues.alpaca.ledger import Activity
from regimeflow.apps.venues.alpaca.refusals import bad_input
from regimeflow.apps.venues.alpaca.times import new_york, parse_instant

_MOST: Final = 100


def listed(activities: Sequence[Activity], kinds: str, query: Mapping[str, str]) -> list[Json]:
    """The page that a query asks for; newest first unless it says ``asc``.

    Args:
        activities: Oldest first.
        kinds: Of the path, empty when the query names them.
        query: ``after``, ``until``, ``date``, ``direction``, ``page_size``, ``page_token`` (the id
            of the last one seen), ``order_id``, ``activity_types``.

    Raises:
        Refusal: a filter that is none.
    """
    wanted = {kind for kind in (kinds or query.get("activity_types") or "").split(",") if kind}
    after, until, day = _bounds(query)
    found = [
        one
        for one in activities
        if (not wanted or one.kind in wanted)
        and (after is None or one.time_ns > after)
        and (until is None or one.time_ns < until)
        and (day is None or new_york(one.time_ns).date() == day)
        and (not query.get("order_id") or one.order_id == query["order_id"])
    ]
    direction = query.get("direction") or "desc"
    if direction not in {"asc", "desc"}:
        raise bad_input("invalid direction")
    if direction == "desc":
        found.reverse()
    if query.get("page_token"):
        ids = [one.id for one in found]
        if query["page_token"] in ids:
            found = found[ids.index(query["page_token"]) + 1 :]
        else:
            found = [one for one in found if _is_beyond(one.id, query["page_token"], direction)]
    return [one.form for one in found[: whole(query, "page_size", _MOST, most=_MOST)]]


def _is_beyond(found: str, token: str, direction: str) -> bool:
    return found > token if direction == "asc" else found < token


def _bounds(query: Mapping[str, str]) -> tuple[int | None, int | None, date | None]:
    try:
        after, until = (
            parse_instant(query[name]) if query.get(name) else None for name in ("after", "until")
        )
        day = date.fromisoformat(query["date"]) if query.get("date") else None
    except ValueError as error:
        raise bad_input(f"invalid filter: {error}") from error
    if day is not None and (after is not None or until is not None):
        raise bad_input("date cannot be combined with after or until")
    return after, until, day
