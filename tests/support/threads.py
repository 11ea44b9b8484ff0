"""Threads that a test waits for, and never longer than its patience."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import Quote

PATIENCE_S = 30.0


@contextmanager
def threads(*targets: Callable[[], object]) -> Iterator[None]:
    """Run the targets in threads beside the block; wait for them behind it."""
    running = [threading.Thread(target=target, daemon=True) for target in targets]
    for thread in running:
        thread.start()
    yield
    for thread in running:
        thread.join(PATIENCE_S)
    assert not any(thread.is_alive() for thread in running), "a thread hangs"


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(10_000_000):
        if condition():
            return
        os.sched_yield()
    pytest.fail("it never came true")


def publisher(bus: EventBus, messages: list[Quote], accepted: list[int]) -> Callable[[], None]:
    """Publish until the bus refuses; keep how many it took."""

    def run() -> None:
        count = 0
        for message in messages:
            if not bus.publish(message):
                break
            count += 1
        accepted.append(count)

    return run
