"""Runs one session at the wire venue, and kills itself at the moment that it was told.

usage: python -m tests.crash.host PLAN, a JSON object of ``Plan``. All hooks are put in from here:
the engine knows nothing of them. What happens is said on standard output, a line each.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import struct
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from regimeflow.engine.journal import keeper, snapshots
from regimeflow.engine.journal.writing import SessionLog
from regimeflow.live import LiveConfig, LiveOrderStatus, LiveTradingEngine
from tests.support.wire_broker import WireBroker
from tests.support.wire_venue import SYMBOLS

PENDING = (
    LiveOrderStatus.PENDING_NEW,
    LiveOrderStatus.PENDING_CANCEL,
    LiveOrderStatus.PENDING_REPLACE,
)
LONGEST_S = 30.0


@dataclass
class Plan:
    """One session: where, and when it dies. ``point`` "" is one that settles and ends."""

    socket: str
    folder: str
    durability: str
    seed: int
    point: str = ""
    count: int = 0

    def text(self) -> str:
        return json.dumps(asdict(self))


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


class Killer:
    """Counts how often a moment came, and kills the process at the right one."""

    def __init__(self, plan: Plan) -> None:
        self.point = plan.point
        self._left = plan.count

    def is_now(self, point: str) -> bool:
        """Whether this is the moment; said at once, because nothing is said afterwards."""
        if point != self.point:
            return False
        self._left -= 1
        return self._left == 0

    def reach(self, point: str) -> None:
        if self.is_now(point):
            self.kill()

    def kill(self) -> None:
        say(f"killed {self.point}")
        os.kill(os.getpid(), signal.SIGKILL)


def hook_log(killer: Killer) -> None:
    """Die right behind the append of an intent, or in the middle of any write."""
    submitted, asked, write = SessionLog.submitted, SessionLog.asked, SessionLog._write

    def dying_submitted(self: SessionLog, *args: Any) -> None:
        submitted(self, *args)
        killer.reach("intent appended")

    def dying_asked(self: SessionLog, *args: Any) -> None:
        asked(self, *args)
        killer.reach("change appended")

    def dying_write(self: SessionLog, frame: Any) -> None:
        writer: Any = self._writer
        before = writer.position
        write(self, frame)
        if killer.is_now("half written"):
            tear(writer, before)
            killer.kill()

    SessionLog.submitted = dying_submitted  # type: ignore[method-assign]
    SessionLog.asked = dying_asked  # type: ignore[method-assign]
    SessionLog._write = dying_write  # type: ignore[method-assign]


def tear(writer: Any, before: int) -> None:
    """Leave of the last frame what a writer leaves that is killed while it copies.

    Its first eight bytes, length and sum, are stored last; the rest ends anywhere.
    """
    after = writer.position
    begin = before & 0xFFFFFFFF if before >> 32 == after >> 32 else 4096
    end = after & 0xFFFFFFFF
    path = Path(writer.folder, f"journal-{after >> 32:016d}.rfj")
    kept = random.randint(begin + 8, end)
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(bytes(8))
        file.seek(kept)
        file.write(bytes(end - kept))


def hook_snapshots(killer: Killer) -> None:
    """Die before a snapshot has its name, or behind it."""
    write = snapshots.write

    def dying_write(folder: str, position: int, books: Any) -> str:
        if killer.is_now("in a snapshot"):
            Path(folder, snapshots.name_of(position) + ".new").write_bytes(b"RFS1 half of it")
            killer.kill()
        name = write(folder, position, books)
        killer.reach("behind a snapshot")
        return name

    snapshots.write = dying_write


def hook_sync(killer: Killer, folder: str) -> None:
    """Say outside the process how far the journal is on disk, before anything leaves for it."""
    started, settle, write = keeper.Journal.start, keeper._settle, snapshots.write
    writers: list[Any] = []
    said = os.open(f"{folder}.synced", os.O_RDWR | os.O_CREAT)

    def start(self: keeper.Journal) -> None:
        writers.append(self.writer)
        started(self)

    def tell() -> None:
        os.pwrite(said, struct.pack("<Q", writers[-1].synced_position), 0)

    def telling_settle(future: Any, fault: OSError | None) -> None:
        tell()
        killer.reach("synced")
        settle(future, fault)

    def telling_write(folder: str, position: int, books: Any) -> str:
        tell()
        return write(folder, position, books)

    snapshots.write = telling_write

    keeper.Journal.start = start  # type: ignore[method-assign]
    keeper._settle = telling_settle


def config_of(plan: Plan) -> LiveConfig:
    trades = plan.point != ""
    return LiveConfig.from_dict(
        {
            "broker_type": "paper",
            "symbols": list(SYMBOLS),
            "strategy": [{"name": "tests.crash.trader:CrashTrader", "id": "crash"}]
            if trades
            else [],
            "orders": {
                "on_stop": "leave",
                "lookup_interval_s": 0.05,
                "lookup_patience_s": 0.5,
                "request_timeout_s": 1.0,
            },
            "reconcile": {"interval_s": 1.0},
            "journal": {
                "enabled": "yes",
                "folder": plan.folder,
                "segment_mb": 1,
                "snapshot_every": 400,
                "durability": plan.durability,
            },
        }
    )


async def settle(engine: LiveTradingEngine) -> None:
    """Wait until no outcome is unknown, agree once more, and stop."""
    manager = engine.order_manager

    def unknown() -> list[int]:
        open_orders = manager.get_open_orders()
        return [each.order_id for each in open_orders if each.in_doubt or each.status in PENDING]

    async with asyncio.timeout(LONGEST_S):
        while unknown():  # noqa: ASYNC110 - what ends a doubt has no event of its own
            await asyncio.sleep(0.02)
    await manager.reconcile_with_broker()
    status = engine.get_status()
    say(f"state {status.trading_state.name} {status.trading_cause}")
    engine.stop()


async def main(plan: Plan) -> None:
    killer = Killer(plan)
    hook_log(killer)
    hook_snapshots(killer)
    hook_sync(killer, plan.folder)
    broker = WireBroker(plan.socket, killer.reach)
    engine = LiveTradingEngine(config_of(plan), broker)
    engine.on_event(lambda event: event.kind in ("error", "warning") and say(f"event {event.text}"))
    engine.on_error(lambda error: say(f"error {error}"))
    running = asyncio.ensure_future(engine.run())
    while not engine.is_running() and not running.done():  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.005)
    if not running.done():
        say("ready")
        if not plan.point:
            await settle(engine)
    await running


if __name__ == "__main__":
    asyncio.run(main(Plan(**json.loads(sys.argv[1]))))
