"""What a message queue costs, and how much goes through: python benchmarks/queue_speed.py

Latency: a loop that wakes each millisecond and hands a quote to a callback, journalled, with the
queue off, on (all of it sent) and dead; from the instant that was due to the callback's end, so
that waiting for the interpreter counts. Rate: a journal of messages through the publisher, and
through a follower by file, decoded and called back. Each case checks its own answer.
"""

from __future__ import annotations

import sys
import tempfile
import time

from regimeflow._core.bus import EventBus
from regimeflow._core.journal_writer import JournalWriter
from regimeflow._core.messages import Quote, SystemMessage
from regimeflow.adapters.queues.journal.adapter import JournalQueue
from regimeflow.adapters.queues.journal.identity import claim_origin
from regimeflow.adapters.queues.memory import MemoryQueue, memory_broker
from regimeflow.engine.queue.cursor import Cursor
from regimeflow.engine.queue.publisher import Publisher
from regimeflow.engine.queue.station import Station
from regimeflow.types.config.queue import MessageQueueConfig

LOOPS = 3_000
BURST = 5  # quotes at each wake-up
MESSAGES = 100_000
ORIGIN = "bench~00000001"


def a_station(folder: str, name: str) -> Station:
    config = MessageQueueConfig(type="memory", url=name, origin="bench", publish=["market_data"])
    queue = MemoryQueue(config)
    cursor = Cursor(f"{folder}.cursor", ORIGIN)
    publisher = Publisher(queue, folder, ORIGIN, cursor, config)
    return Station(queue, config, publisher=publisher, cursor=cursor, inbound=None)


def latencies(kind: str) -> list[float]:
    with tempfile.TemporaryDirectory() as root, JournalWriter(f"{root}/j") as writer:
        bus, ends = EventBus(), []
        bus.set_journal(writer)
        bus.subscribe_payload(1, lambda _: ends.append(time.perf_counter()))
        station = a_station(f"{root}/j", f"bench-{kind}") if kind != "off" else None
        memory_broker(f"bench-{kind}").is_up = kind == "on"
        if station is not None:
            station.start()
        dues = []
        begin = time.perf_counter() + 0.01
        for turn in range(LOOPS):
            due = begin + turn * 0.001
            time.sleep(max(due - time.perf_counter(), 0))
            for _ in range(BURST):
                bus.dispatch(Quote("BTCUSDT", 1, 1, 2, 1, ts_recv_ns=time.time_ns()))
            dues += [due] * BURST
        if station is not None:
            station.stop()
        sent = len(memory_broker(f"bench-{kind}").log)
        assert sent == (LOOPS * BURST if kind == "on" else 0)
        return sorted(end - due for end, due in zip(ends, dues, strict=True))


def rates() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as root, JournalWriter(f"{root}/j") as writer:
        claim_origin(f"{root}/j", "bench")
        bus = EventBus()
        bus.set_journal(writer)
        for number in range(MESSAGES):
            bus.dispatch(SystemMessage("a message", value=number, ts_recv_ns=number))
        config = MessageQueueConfig(type="memory", url="bench-rate", origin="bench")
        queue = MemoryQueue(config)
        publisher = Publisher(queue, f"{root}/j", ORIGIN, Cursor(f"{root}/cursor", ORIGIN), config)
        queue.connect()
        began_s = time.perf_counter()
        while publisher.step(1_000) or not publisher.is_done:
            pass
        out_s = time.perf_counter() - began_s
        assert MESSAGES == len(memory_broker("bench-rate").log)
        config = MessageQueueConfig(
            url=f"{root}/j", origin="other", consume=["system"], state_folder=f"{root}/state"
        )
        follower, heard = JournalQueue(config), []
        follower.on_message(heard.append)
        follower.connect()
        began_s = time.perf_counter()
        while follower.poll():
            pass
        in_s = time.perf_counter() - began_s
        assert list(range(MESSAGES)) == [each.payload.value for each in heard]
        follower.disconnect()
        return MESSAGES / out_s, MESSAGES / in_s


def main() -> int:
    for kind in ("off", "on", "dead"):
        found = latencies(kind)
        shown = [f"{found[int(len(found) * part)] * 1e6:9.0f}" for part in (0.5, 0.99, 0.999)]
        print(f"queue {kind:5} p50 {shown[0]} p99 {shown[1]} p99.9 {shown[2]} us")
    out, back = rates()
    print(f"publisher {out:9,.0f} messages/s; follower by file {back:9,.0f} messages/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
