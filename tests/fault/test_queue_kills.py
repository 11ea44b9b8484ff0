"""Whoever is killed, each message has its effect once (50 moments: tests.crash.queue_kills)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.crash.queue_kills import QueueKills


def test_killing_engine_publisher_or_consumer_loses_nothing_and_doubles_nothing() -> None:
    moments = int(os.environ.get("QUEUE_KILLS", "4"))
    with tempfile.TemporaryDirectory(prefix="queue-kills-") as folder:
        kills = QueueKills(Path(folder), seed=3)
        kills.run(moments)

    assert [] == kills.found
    assert moments == sum(kills.kills.values())
    assert kills.messages > 100
