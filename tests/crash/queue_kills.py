"""Kills engine, publisher and consumer with -9 at random moments, and compares the effects.

usage: python -m tests.crash.queue_kills --moments 50 [--seed N]

Three processes: one writes a journal, one sends it to a queue over files, one follows the queue and
has an effect for each message. At each moment one of them dies and starts again. At the end every
message of the journal must have had its effect, once, and in order.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from regimeflow._core.journal_reader import JournalReader
from tests.crash.queue_host import KEYS

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("engine", "publisher", "consumer")
PATIENCE_S = 60.0


class QueueKills:
    """One run."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.found: list[str] = []
        self.messages = 0

    def run(self, moments: int) -> None:
        """Kill, start, compare."""
        try:
            for role in ROLES:
                self.start(role)
            for _ in range(moments):
                role = self.chance.choice(ROLES)
                self.wait_for_progress()
                time.sleep(self.chance.random() * 0.05)
                self.running[role].kill()
                self.running[role].wait()
                self.kills[role] += 1
                self.start(role)
            self.finish()
        finally:
            for process in self.running.values():
                process.kill()
                process.wait()

    def start(self, role: str) -> None:
        """Start a process."""
        command = [sys.executable, "-m", "tests.crash.queue_host", role, str(self.folder)]
        self.running[role] = subprocess.Popen(command, cwd=ROOT)

    def wait_for_progress(self) -> None:
        """Wait until all three are at it: something new has its effect."""
        before = self.effects()
        self.until(lambda: self.effects() > before)

    def effects(self) -> int:
        """How many bytes of effects there are."""
        path = self.folder / "effects"
        return path.stat().st_size if path.exists() else 0

    def until(self, is_so) -> None:
        """Wait, but not for ever."""
        until_s = time.monotonic() + PATIENCE_S
        while not is_so():
            if time.monotonic() > until_s:
                raise TimeoutError("nothing goes on")
            time.sleep(0.002)

    def finish(self) -> None:
        """Stop the engine, let the others come to the end of what it wrote, compare."""
        self.wait_for_progress()
        self.stop("engine")
        journal = [
            (frame.message.payload.value, frame.message.symbol)
            for frame in JournalReader(str(self.folder / "journal"))
            if frame.seq is not None
        ]
        self.messages = len(journal)
        last = b"desk-a %d %s\n" % (journal[-1][0], journal[-1][1].encode())
        self.until(lambda: (self.folder / "effects").read_bytes().endswith(last))
        self.stop("publisher")
        self.stop("consumer")
        self.compare(journal)

    def stop(self, role: str) -> None:
        """End a process as a host does."""
        self.running[role].terminate()
        self.running[role].wait(PATIENCE_S)

    def compare(self, journal: list[tuple[int, str]]) -> None:
        """Say what is missing, twice, or out of order."""
        effects = [
            (int(line.split()[1]), line.split()[2].decode())
            for line in (self.folder / "effects").read_bytes().splitlines()
        ]
        counts = Counter(effects)
        self.found += [f"no effect: {each}" for each in journal if each not in counts]
        self.found += [f"{count} effects: {each}" for each, count in counts.items() if count > 1]
        for key in KEYS:
            if [each for each in effects if each[1] == key] != [e for e in journal if e[1] == key]:
                self.found.append(f"{key}: out of order")


def main() -> int:
    """Run as often as asked, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="queue-kills-") as folder:
        kills = QueueKills(Path(folder), seed=given.seed)
        kills.run(given.moments)
    print(f"{sum(kills.kills.values())} kills {dict(kills.kills)}, {kills.messages} messages")
    print("\n".join(kills.found[:20]) or "each had its effect, once, in order")
    return 1 if kills.found else 0


if __name__ == "__main__":
    sys.exit(main())
