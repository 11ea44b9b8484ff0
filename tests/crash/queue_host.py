"""One of three processes that are killed: usage: ROLE FOLDER, where ROLE is

engine      numbers messages and writes them into a journal, as an engine's bus does
publisher   sends that journal to a queue (another journal) with a cursor
consumer    follows the queue; its effect is a line in a file
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from regimeflow._core.bus import EventBus
from regimeflow._core.journal_writer import JournalWriter
from regimeflow._core.messages import LiveMessage, SystemMessage
from regimeflow.adapters.queues.journal.identity import claim_origin
from regimeflow.adapters.queues.registry import create_message_queue_adapter
from regimeflow.engine.queue.cursor import Cursor
from regimeflow.engine.queue.publisher import Publisher
from regimeflow.types.config.queue import MessageQueueConfig

KEYS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
_is_stopping: list[bool] = []
signal.signal(signal.SIGTERM, lambda *_: _is_stopping.append(True))


def engine(folder: Path) -> None:
    with JournalWriter(str(folder / "journal"), segment_bytes=1 << 18) as writer:
        claim_origin(str(folder / "journal"), "desk-a")
        bus = EventBus()
        bus.continue_from(writer.seq)
        bus.set_journal(writer)
        while not _is_stopping:
            for _ in range(20):
                number = writer.seq + 1
                payload = SystemMessage(
                    "x" * (number % 300), value=number, symbol=KEYS[number % 3], ts_recv_ns=number
                )
                bus.dispatch(payload)
            writer.prepare_next()
            time.sleep(0.001)


def publisher(folder: Path) -> None:
    journal = str(folder / "journal")
    while not (folder / "journal" / "queue-origin").exists():
        time.sleep(0.005)
    config = MessageQueueConfig(
        url=str(folder / "queue"), origin="desk-a", publish=["system"], batch_messages=50
    )
    queue = create_message_queue_adapter(config)
    origin = claim_origin(journal, "desk-a")
    cursor = Cursor(str(folder / "state" / "publisher.cursor"), origin)
    sender = Publisher(queue, journal, origin, cursor, config)
    queue.connect()
    while not _is_stopping:
        if not sender.step(50):
            time.sleep(0.001)
        queue.poll()
        cursor.write()
    while sender.step(1 << 20) or not sender.is_done:
        queue.poll()
    cursor.write()
    queue.disconnect()


def consumer(folder: Path) -> None:
    config = MessageQueueConfig(
        url=str(folder / "queue"),
        origin="desk-b",
        consume=["system"],
        state_folder=str(folder / "state"),
    )
    queue = create_message_queue_adapter(config)
    effects = os.open(folder / "effects", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def take(message: LiveMessage) -> None:
        line = b"%s %d %s\n" % (
            message.origin.encode(), message.payload.value, message.symbol.encode()
        )  # fmt: skip
        # The one message that a kill may have left in doubt: is its effect there?
        if queue.poss_dup and (folder / "effects").read_bytes().endswith(b"\n" + line):
            return
        os.write(effects, line)

    queue.on_message(take)
    queue.connect()
    while not _is_stopping:
        queue.poll(0.01)
    queue.disconnect()


if __name__ == "__main__":
    {"engine": engine, "publisher": publisher, "consumer": consumer}[sys.argv[1]](Path(sys.argv[2]))
