"""How long it takes to come back from a journal: with a snapshot, and from its first frame.

Writes a day's mix into a folder of its own: eight hours of market data, and an order in twenty
messages with its intent, its acknowledgement and two fills. Orders that ended an hour before the
snapshot are retired, as in a session. Prints one line a measurement; what takes long, reading from
the first frame, is left out beyond two million messages.
Usage: recovery.py [MESSAGES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from regimeflow._core.bus import EventBus
from regimeflow._core.frames import Command, Note, SessionStart
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.journal_replay import apply_reports
from regimeflow._core.journal_writer import JournalWriter
from regimeflow.engine.journal import snapshots
from regimeflow.engine.journal.answers import dump
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.journal.recovery import read_books
from regimeflow.live import (
    ExecType,
    ExecutionReport,
    LiveOrderStatus,
    OrderSide,
    OrderType,
    Quote,
    TimeInForce,
)

DAY_NS = 8 * 3_600_000_000_000
HOUR_NS = 3_600_000_000_000
LONG = 2_000_000
EVERY = 20  # messages of the market for one order
TAIL = 100_000  # messages since the last snapshot: [journal] snapshot_every


def report(
    number: int, exec_type: ExecType, status: LiveOrderStatus, cum: int, now_ns: int
) -> ExecutionReport:
    """Return one report of an order of two lots."""
    is_fill = exec_type is ExecType.TRADE
    return ExecutionReport(
        symbol="BTCUSDT",
        exec_type=exec_type,
        ord_status=status,
        side=OrderSide.BUY,
        ord_type=OrderType.LIMIT,
        client_order_id=f"bench-{number}",
        broker_order_id=f"V{number}",
        exec_id=f"E{number}-{cum}" if is_fill else "",
        order_qty=2,
        cum_qty=cum,
        leaves_qty=2 - cum,
        last_qty=1 if is_fill else None,
        last_px="60000.00" if is_fill else None,
        ts_recv_ns=now_ns,
    )


def write(folder: str, messages: int) -> None:
    """Write a journal, and a snapshot of it where its last ``TAIL`` messages begin."""
    bus, books = EventBus(), Books(id_prefix="bench-")
    with JournalWriter(folder) as writer:
        bus.set_journal(writer)
        opened = {"currency": "USDT", "equity": "0", "cash": "0", "buying_power": "0"}
        writer.append(SessionStart(0, 0, "bench", dump({"venue": "bench"})))
        body = dump({**opened, "positions": [], "strategy": ""})
        writer.append(Note(0, NoteCode.OPENED, body))
        count = number = 0
        is_kept = False
        while count < messages:
            for _ in range(EVERY - 3):
                now_ns = DAY_NS * count // messages
                bus.dispatch(Quote("BTCUSDT", "60000.10", "1.5", "60000.20", 2, ts_recv_ns=now_ns))
                count += 1
            number += 1
            writer.append(intent(number, books, now_ns))
            bus.dispatch(report(number, ExecType.NEW, LiveOrderStatus.NEW, 0, now_ns))
            partial = LiveOrderStatus.PARTIALLY_FILLED
            bus.dispatch(report(number, ExecType.TRADE, partial, 1, now_ns))
            bus.dispatch(report(number, ExecType.TRADE, LiveOrderStatus.FILLED, 2, now_ns))
            count += 3
            if number % 1_000 == 0:
                writer.prepare_next()
            if not is_kept and count >= messages - TAIL:
                is_kept = True
                kept = read_books(folder, id_prefix="bench-")
                while kept.books.table.retire(now_ns - HOUR_NS, now_ns, 24 * HOUR_NS):
                    pass
                snapshots.write(folder, writer.position, kept.books)


def intent(number: int, books: Books, now_ns: int) -> Command:
    """Return the intent of order ``number``, under the id that a table gives it."""
    order_id = books.table.submit(
        "BTCUSDT", OrderSide.BUY, OrderType.LIMIT, TimeInForce.GTC, 2, 0, 6_000_000, None, -2,
        client_order_id=f"bench-{number}", now_ns=now_ns,
    )  # fmt: skip
    return Command(
        now_ns, 0, order_id, OrderSide.BUY, OrderType.LIMIT, 0, 2, 0, 6_000_000, None, -2, 0,
        "BTCUSDT", f"bench-{number}", "", "", "",
    )  # fmt: skip


def timed(what: str, folder: str) -> None:
    """Print how long recovery takes."""
    began_s = time.perf_counter()
    recovered = read_books(folder, id_prefix="again-")
    took_s = time.perf_counter() - began_s
    orders = len(recovered.books.table)
    print(f"{what}: {took_s:.2f} s, {recovered.frames:,} frames, {orders:,} orders at hand")
    assert not recovered.damages, recovered.damages[:1]


def main() -> None:
    """Measure."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        write(folder, messages)
        timed("with a snapshot", folder)
        (position,) = snapshots.positions(folder)
        size = Path(folder, snapshots.name_of(position)).stat().st_size
        print(f"snapshot: {size:,} bytes")
        list(snapshots.prune(folder, 0))
        if messages <= LONG:
            timed("from the first frame", folder)
        books = Books(id_prefix="table-")
        began_s = time.perf_counter()
        frames, reports = apply_reports(JournalReader(folder), books.table)
        took_s = time.perf_counter() - began_s
        print(f"through the table: {frames / took_s / 1e6:.2f} M frames/s, {reports:,} reports")


if __name__ == "__main__":
    main()
