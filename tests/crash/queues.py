"""Kills what is around a message queue with -9, at moments that are drawn; counts what came of it.

usage: python -m tests.crash.queues --queue redis|kafka --moments 50 [--seed N] [--outage 60]

A publisher and a consumer run in processes of their own, and die of kill -9 ``--moments`` times
each; so does the server (redis: Valkey, every write on disk; kafka: all brokers of librdkafka's
mock at once, which keeps what it acknowledged). Each starts again where it was. A message has its
effect in a file of the consumer's: a number that is there twice was repeated in effect, one that is
not there was lost, one that is behind a greater one of its key is out of order.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from regimeflow.adapters.queues.registry import create_message_queue_adapter
from regimeflow.live import NetworkError
from regimeflow.testing.queues.desk import Host, system_outgoing
from regimeflow.types.config.queue import MessageQueueConfig
from tests.support.kafka_cluster import Cluster
from tests.support.servers import redis_server

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "desk-a~0000000a"
KEYS = 7
AHEAD = 200
PATIENCE_S = 120.0


def config_of(kind: str, address: str, folder: str, **more: object) -> MessageQueueConfig:
    waits = {"reconnect_initial_ms": 10, "reconnect_max_ms": 200, "state_folder": folder}
    place: dict[str, object] = {"url": f"redis://{address}/0"}
    if kind == "kafka":
        place = {"servers": address.split(",")}
    return MessageQueueConfig(type=kind, **{**waits, **place, **more})


def connected(host: Host) -> Host:
    """Connect, with more patience than the longest outage takes."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        try:
            host.queue.connect()
        except NetworkError:
            host.queue.poll(0.05)
        else:
            return host
    raise AssertionError(f"no connection: {host.queue.last_error}")


def publish(kind: str, address: str, folder: str, last: int) -> None:
    """Publish numbers up to one, on from the cursor in a file; it is behind, never ahead."""
    place = Path(folder, "cursor")
    config = config_of(kind, address, folder, origin="desk-a")
    queue = connected(Host(create_message_queue_adapter(config))).queue
    at = int(place.read_text()) if place.exists() else 0
    done = at
    effects = Path(folder, "effects")
    while done < last:
        # A little ahead of the consumer, so that there is a publisher to be killed to the end.
        seen = effects.stat().st_size // 8 if effects.exists() else 0
        batch = [
            system_outgoing(ORIGIN, number, symbol=f"S{number % KEYS}")
            for number in range(at + 1, min(at + 50, last, seen + AHEAD) + 1)
        ]
        at += queue.publish_batch(batch)
        queue.poll(0.002)
        now = max(done, queue.acknowledged())
        if now != done:
            done = now
            fresh = place.with_suffix(".new")
            fresh.write_text(str(done))
            fresh.replace(place)
    queue.disconnect()


def consume(kind: str, address: str, folder: str, last: int) -> None:
    """Write each number that comes to a file, by one write, until the last one is there."""
    path = Path(folder, "effects")
    seen = len(path.read_bytes()) // 8 if path.exists() else 0
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    config = config_of(kind, address, folder, origin="desk-b", consume=["system"])
    host = Host(create_message_queue_adapter(config))

    def take(message) -> None:
        nonlocal seen
        value = message.payload.value
        # An effect of one's own tells whether the message in doubt had it, as a journal would.
        if host.queue.poss_dup and value in _effects(folder)[-KEYS * 50 :]:
            return
        os.write(file, value.to_bytes(8, "little"))
        seen += 1

    host.queue.on_message(take)
    connected(host)
    while seen < last:
        host.queue.poll(0.05)
    host.queue.disconnect()


def _effects(folder: str) -> list[int]:
    path = Path(folder, "effects")
    data = path.read_bytes() if path.exists() else b""
    return [int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data), 8)]


class Crashes:
    """One run."""

    def __init__(self, kind: str, folder: str, *, moments: int, seed: int, outage_s: float) -> None:
        self.kind = kind
        self.folder = folder
        self.chance = random.Random(seed)
        self.moments = moments
        self.outage_s = outage_s
        self.last = 400 * moments
        self.kills: Counter[str] = Counter()
        if kind == "redis":
            self.server = redis_server(Path(folder, "server"))
            self.address = self.server.address
        else:
            self.cluster = Cluster(3)
            self.address = self.cluster.address
            self.cluster.do("topic", "regimeflow.system", 3)
        self.running = {name: self._start(name) for name in ("publish", "consume")}

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        words = [self.kind, self.address, self.folder, str(self.last)]
        command = [sys.executable, "-m", "tests.crash.queues", f"--{name}", *words]
        return subprocess.Popen(command, cwd=ROOT)

    def _kill(self, name: str) -> None:
        if name == "server":
            self._server_away(0.0)
            return
        process = self.running[name]
        if process.poll() is None:
            process.kill()
            process.wait()
            self.kills[name] += 1
            self.running[name] = self._start(name)

    def _server_away(self, wait_s: float) -> None:
        if self.kind == "redis":
            self.server.crash()
            time.sleep(wait_s)
            self.server.start()
        else:
            for verb in ("down", "up"):
                for broker in (1, 2, 3):
                    self.cluster.do(verb, broker)
                time.sleep(wait_s if verb == "down" else 0.0)
        self.kills["server"] += 1

    def run(self) -> None:
        plan = ["publish", "consume", "server"] * self.moments
        self.chance.shuffle(plan)
        for number, name in enumerate(plan, 1):
            self._let_it_work(self.last * number // (len(plan) + 1))
            time.sleep(self.chance.uniform(0.0, 0.05))
            self._kill(name)
            if number == len(plan) // 2 and self.outage_s:
                self._server_away(self.outage_s)
        self._let_it_work(self.last)
        for process in self.running.values():
            assert process.wait(PATIENCE_S) == 0

    def _let_it_work(self, until: int) -> None:
        """Wait until so many messages had their effect; a start costs more than a message."""
        path = Path(self.folder, "effects")
        end_s = time.monotonic() + PATIENCE_S
        while not path.exists() or path.stat().st_size // 8 < until:
            assert time.monotonic() < end_s, f"only {len(_effects(self.folder))} of {self.last}"
            time.sleep(0.005)

    def stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        if self.kind == "redis":
            self.server.stop()
        else:
            self.cluster.stop()

    def found(self) -> dict[str, int]:
        """What the table says must be 0."""
        effects = _effects(self.folder)
        greatest = [0] * KEYS
        out_of_order = 0
        for number in effects:
            out_of_order += number < greatest[number % KEYS]
            greatest[number % KEYS] = max(greatest[number % KEYS], number)
        return {
            "lost": self.last - len(set(effects)),
            "repeated in effect": len(effects) - len(set(effects)),
            "out of order within a key": out_of_order,
        }

    def table(self) -> str:
        rows = [("messages", self.last)]
        rows += [(f"kills of {name}", count) for name, count in sorted(self.kills.items())]
        rows += list(self.found().items())
        return "\n".join(f"{name:28} {count:8,}" for name, count in rows)


def crash(kind: str, *, moments: int, seed: int, outage_s: float = 0.0) -> Crashes:
    """Run it; the result can still be asked when everything has ended."""
    with tempfile.TemporaryDirectory(prefix="regimeflow-crash-") as folder:
        crashes = Crashes(kind, folder, moments=moments, seed=seed, outage_s=outage_s)
        try:
            crashes.run()
        finally:
            crashes.stop()
            print(crashes.table(), flush=True)
        assert not any(crashes.found().values()), crashes.found()
        return crashes


def main() -> int:
    if sys.argv[1] in {"--publish", "--consume"}:
        kind, address, folder, last = sys.argv[2:]
        (publish if sys.argv[1] == "--publish" else consume)(kind, address, folder, int(last))
        return 0
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queue", choices=("redis", "kafka"), required=True)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--outage", type=float, default=0.0, help="seconds, once, in the middle")
    args = parser.parse_args()
    crash(args.queue, moments=args.moments, seed=args.seed, outage_s=args.outage)
    return 0


if __name__ == "__main__":
    sys.exit(main())
