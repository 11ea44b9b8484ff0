"""A long run of orders that end and are retired: memory stays, repeats are refused in time."""

from __future__ import annotations

from benchmarks.order_memory import KEEP, LIVE, a_table, is_refused, resident_kib, run

ORDERS = 100_000
WARM = 3 * KEEP  # table and both halves of the guard have their size


def test_memory_is_flat_and_the_guard_keeps_its_time() -> None:
    table = a_table()
    held: list[int] = []
    early = None

    for done, last in run(ORDERS, table):
        early = early or last
        assert is_refused(table, last)
        if done == KEEP - LIVE:
            assert is_refused(table, early)  # not yet forgotten
        if done >= WARM:
            held.append(resident_kib())

    assert early is not None
    assert not is_refused(table, early)  # forgotten since: the guard does not grow for ever
    assert max(held) - held[0] < 4096
    assert (0, 0) == (len(table), table.open_count)
