"""The board: what changed since a reader last asked, and never more than a page can hold."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from regimeflow.apps.server.board import Board, Seen


def told(board: Board, seen: Seen) -> tuple[dict, Seen]:
    data, now = board.since(seen)
    return json.loads(data or b"{}"), now


def test_a_reader_is_told_what_changed_and_nothing_twice():
    board = Board()
    board.put("a", 1)
    board.put("b", 2)
    first, seen = told(board, Seen())
    board.put("b", 2)
    board.put("a", 3)

    second, seen = told(board, seen)

    assert {"a": 1, "b": 2} == {name: first[name] for name in "ab"}
    assert {"a": 3} == second
    assert None is board.since(seen)[0]


def test_nothing_grows_with_the_session():
    board = Board()
    for number in range(20_000):
        board.draw(number, "1.5", None, "bull")
        board.tell("warning", number, "again")

    found, _ = told(board, Seen())

    assert 200 == len(found["events"])
    assert 1_000 <= len(found["curve"]["points"]) < 2_000
    assert 19_999 - 32 <= found["curve"]["points"][-1][0]


@given(st.lists(st.sampled_from(["draw", "tell", "read", "read late"]), max_size=300))
def test_readers_however_slow_come_to_the_same(steps):
    board = Board()
    quick, slow, seen, seen_late = [], [], Seen(), Seen()
    quick_events, slow_events = [], []

    def read(points, events, since):
        found, now = told(board, since)
        curve = found.get("curve", {"whole": False, "points": []})
        if curve["whole"]:
            points.clear()
        points += curve["points"]
        events += found.get("events", [])
        return now

    for number, step in enumerate([*steps, "read", "read late"], 1):
        if step == "draw":
            board.draw(number, str(number))
        elif step == "tell":
            board.tell("log", number, "x")
        elif step == "read":
            seen = read(quick, quick_events, seen)
        else:
            seen_late = read(slow, slow_events, seen_late)

    assert quick == slow
    assert quick_events[-200:] == slow_events[-200:]
