"""Kills an engine with -9 while it trades, again and again, and compares its books each time.

usage: python -m tests.crash.kill9 --kills 200 [--seed N] [--durability process|power|pages]

A venue (``tests/support/wire_venue.py``: an exchange on a local socket with books of its own, which
shares only names of sides, types and events with the engine) runs in a process of its own and
outlives every engine. An engine starts on the journal that the last one left, trades, and dies: by
its own hand at a moment that was drawn (between the append of an intent and its sending, between
sending and answer, in the middle of a write, while it recovers, ...) or by ours at any moment.
With ``power`` everything behind the last sync is then taken from the journal's files; with
``pages`` only some of its pages are, which leaves holes. Every 20 kills, and at the end, the market
stands still and an engine starts, agrees and stops: its books and the venue's must not differ in
anything. Of 200 kills or more at least 30 must have fallen between append and send, and 30 between
send and answer.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.crash.compare import differences
from tests.crash.host import Plan
from tests.crash.power import lose_unsynced
from tests.support.wire_broker import WireBroker

ROOT = Path(__file__).resolve().parents[2]
LONGEST_S = 6.0
OUTSIDE = "from outside, at any moment"
STARTING = "from outside, while it starts"
# Where it dies, how many of 1,000 times, and at the latest how many such moments later.
POINTS = (
    ("intent appended", 120, 40),
    ("before submit", 90, 40),
    ("after submit", 140, 40),
    ("answer submit", 60, 40),
    ("change appended", 30, 15),
    ("before cancel", 25, 12),
    ("after cancel", 25, 12),
    ("before replace", 20, 6),
    ("after replace", 25, 6),
    ("half written", 100, 200),
    ("before report", 40, 60),
    ("after report", 40, 60),
    ("after executions", 35, 2),
    ("after open_orders", 25, 2),
    ("after find", 40, 3),
    ("in a snapshot", 20, 1),
    ("behind a snapshot", 20, 1),
    (STARTING, 45, 0),
    (OUTSIDE, 100, 0),
)
WITH_POWER = ("synced", 60, 30)
BEFORE_SEND = ("intent appended", "before submit", "synced")
BEFORE_ANSWER = ("after submit", "answer submit")
ENOUGH_KILLS, LEAST_OF_EACH = 200, 30


class Crashes:
    """One run of the script."""

    def __init__(self, folder: Path, *, kills: int, seed: int, durability: str) -> None:
        self.chance = random.Random(seed)
        self.folder = folder
        self.kills = kills
        self.durability = "process" if durability == "process" else "power"
        self.by_pages = durability == "pages"
        self.seed = seed
        self.socket = str(folder / "venue")
        self.journal = str(folder / "journal")
        self.hits: Counter[str] = Counter()
        self.found: list[str] = []
        self.comparisons = 0
        self.lost_bytes = 0
        self.truth: dict[str, Any] = {}

    def points(self) -> list[tuple[str, int]]:
        """Return where each engine dies, and at which such moment: shares, shuffled."""
        table = [*POINTS, WITH_POWER] if self.durability == "power" else list(POINTS)
        whole = sum(share for _, share, _ in table)
        points = [
            (point, self.chance.randint(1, most) if most else 0)
            for point, share, most in table
            for _ in range(-(-share * self.kills // whole))
        ]
        self.chance.shuffle(points)
        return points[: self.kills]

    async def run(self, *, every: int) -> None:
        venue = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.wire_venue", self.socket, str(self.seed),
            stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        assert venue.stdout is not None
        await venue.stdout.readline()
        try:
            for number, (point, count) in enumerate(self.points(), 1):
                await self._kill(number, point, count)
                if number % every == 0 or number == self.kills:
                    await self._compare()
            await self._tell_venue("quit")
            await venue.wait()
        finally:
            if venue.returncode is None:
                venue.kill()
                await venue.wait()

    async def _start(self, plan: Plan) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.crash.host", plan.text(),
            stdout=asyncio.subprocess.PIPE, cwd=ROOT,
            env={"CRASH_SEED": str(plan.seed), "PYTHONHASHSEED": "0"},
        )  # fmt: skip

    async def _kill(self, number: int, point: str, count: int) -> None:
        plan = Plan(self.socket, self.journal, self.durability, self.seed * 1000 + number)
        plan.point, plan.count = point, count
        host = await self._start(plan)
        if point == STARTING:
            await self._kill_later(host, self.chance.uniform(0.05, 0.6))
        else:
            await self._watch(host, plan)
        if host.returncode != -9:
            raise AssertionError(f"kill {number} at {point!r}: it ended with {host.returncode}")
        if self.durability == "power":
            self.lost_bytes += lose_unsynced(self.journal, self.chance, by_pages=self.by_pages)

    async def _watch(self, host: asyncio.subprocess.Process, plan: Plan) -> None:
        """Let it come to its own end, or end it; count what it was."""
        assert host.stdout is not None
        try:
            async with asyncio.timeout(LONGEST_S):
                while line := (await host.stdout.readline()).decode().strip():
                    if line == "ready" and plan.point == OUTSIDE:
                        await self._kill_later(host, self.chance.uniform(0, 1.0))
                        return
                    if line.startswith("killed "):
                        self.hits[line.removeprefix("killed ")] += 1
                await host.wait()
        except TimeoutError:
            host.kill()
            await host.wait()
            self.hits[f"from outside: no {plan.point!r} came"] += 1

    async def _kill_later(self, host: asyncio.subprocess.Process, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s):
                await host.wait()
        except TimeoutError:
            host.kill()
            await host.wait()
            self.hits[OUTSIDE] += 1

    async def _compare(self) -> None:
        await self._tell_venue("freeze")
        host = await self._start(Plan(self.socket, self.journal, self.durability, self.seed))
        said, _ = await host.communicate()
        lines = said.decode().splitlines()
        after = f"after {sum(self.hits.values())} kills"
        if host.returncode or "state ACTIVE " not in [f"{line} "[:13] for line in lines]:
            self.found.append(f"{after}: exit {host.returncode}: {lines}")
        self.truth = await self._tell_venue("truth")
        self.comparisons += 1
        self.found += [f"{after}: {each}" for each in differences(self.journal, self.truth)]
        await self._tell_venue("thaw")
        orders, fills = len(self.truth["orders"]), self.truth["fills"]
        sys.stderr.write(f"{after}: {orders} orders, {fills} fills, {len(self.found)} differ\n")

    async def _tell_venue(self, do: str) -> Any:
        person = WireBroker(self.socket)
        await person.connect_only()
        try:
            return await person.ask(do)
        finally:
            await person.disconnect()

    def sums(self) -> dict[str, int]:
        """How many kills fell between two steps of an order."""
        return {
            "between append and send": sum(self.hits[each] for each in BEFORE_SEND),
            "between send and answer": sum(self.hits[each] for each in BEFORE_ANSWER),
        }

    def missed(self) -> list[str]:
        """Where a long run has killed too rarely to show anything; a short one shows little."""
        if self.kills < ENOUGH_KILLS:
            return []
        return [
            f"only {count} kills {where}; expected {LEAST_OF_EACH} or more"
            for where, count in self.sums().items()
            if count < LEAST_OF_EACH
        ]

    def table(self) -> str:
        """Return what happened, for people."""
        rows = [(name, count) for name, count in sorted(self.hits.items())]
        rows += [("all kills", sum(self.hits.values())), *self.sums().items()]
        if self.truth:
            orders, fills = len(self.truth["orders"]), self.truth["fills"]
            rows += [("orders at the venue", orders), ("fills", fills)]
        if self.durability == "power":
            rows.append(("bytes lost behind the last sync", self.lost_bytes))
        rows += [("comparisons", self.comparisons), ("differences", len(self.found))]
        return "\n".join(f"{name:44} {count:8,}" for name, count in rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--durability", choices=("process", "power", "pages"), default="process")
    parser.add_argument("--keep", type=Path, help="a new folder, left as it is at the end")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kill9-") as temporary:
        folder = args.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        run = Crashes(folder, kills=args.kills, seed=args.seed, durability=args.durability)
        began_s = time.monotonic()
        asyncio.run(run.run(every=args.every))
    print(f"kill -9, durability {args.durability}, seed {args.seed}")
    print(run.table())
    print(f"{'seconds':44} {time.monotonic() - began_s:8.0f}")
    missed = run.missed()
    for each in [*run.found[:40], *missed]:
        print(each)
    return 1 if run.found or missed else 0


if __name__ == "__main__":
    sys.exit(main())
