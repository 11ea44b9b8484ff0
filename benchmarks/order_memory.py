"""The order table's memory over a long run: orders come, fill, end and are retired.

Run: ``python -m benchmarks.order_memory [ORDERS]`` (1,000,000; three reports each). Prints what the
process holds as it goes. After the first tenth, in which table and guard reach their size, it
should hold still; a repeat inside the guard's time is refused, the orders at a time are ``LIVE``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from regimeflow._core.order_table import DUPLICATE, RETIRED, UNKNOWN, OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.transitions import as_lookup, status_events
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import LiveOrderStatus as S

LIVE = 1000  # orders at a time
KEEP = 20_000  # "time" that ids are guarded for: orders
REPORTS = 3  # to each order


def resident_kib() -> int:
    """Return what the process holds now [KiB]."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def a_report(kind: X, order_id: int, number: int, **fields: object) -> ExecutionReport:
    """Return what a venue says of an order."""
    return ExecutionReport(
        symbol="BTCUSDT",
        exec_type=kind,
        ord_status=S.NEW,
        order_id=order_id,
        broker_order_id=f"broker-{number:012d}",
        ts_recv_ns=number + 1,
        **fields,
    )


def run(orders: int, table: OrderTable) -> Iterator[tuple[int, ExecutionReport]]:
    """Send so many orders through a table; yield how many, with their last report, now and then."""
    for number in range(orders):
        order_id = table.submit("BTCUSDT", 1, 2, 2, 2, 0, 100, None, 0, now_ns=number + 1)
        table.apply(a_report(X.NEW, order_id, number))
        for part in range(REPORTS - 1):
            about = {"exec_id": f"E-{number}-{part}", "last_qty": 1, "last_px": 100}
            last = a_report(X.TRADE, order_id, number, **about)
            table.apply(last)
        if number % LIVE == LIVE - 1:
            table.retire(number + 2, number + 2, KEEP, limit=LIVE)
            yield number + 1, last


def is_refused(table: OrderTable, again: ExecutionReport) -> bool:
    """Whether a repeat of a retired order's execution is known for what it is."""
    return table.apply(again) == DUPLICATE | RETIRED | UNKNOWN


def a_table() -> OrderTable:
    """Return an empty table."""
    return OrderTable(as_lookup(), status_events(), id_prefix="memory-")


def main() -> None:
    """Print the run."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    table, started = a_table(), time.perf_counter()
    marks, warm = [], 0
    for done, last in run(orders, table):
        assert is_refused(table, last)
        if done % (orders // 10) < LIVE:
            marks.append(resident_kib())
            warm = warm or marks[0]
            print(f"{done:>10,} orders {done * REPORTS:>10,} reports  {marks[-1]:>9,} KiB")
    seconds = time.perf_counter() - started
    print(f"{max(marks) - warm:,} KiB more than after the first tenth; {seconds:.1f} s")


if __name__ == "__main__":
    main()
