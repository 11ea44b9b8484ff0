"""Whether a session is alive, and whether it is ready: for those who watch processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from regimeflow.apps.server.source import Sample

# A loop that has not answered for so long is not coming back by itself.
SILENT_S: Final = 15.0


class Health:
    """Reads the newest sample; never asks the engine, so that it answers when that hangs.

    Threading: any thread.
    """

    def __init__(
        self, sample: Callable[[], Sample], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._sample: Final = sample
        self._monotonic: Final = monotonic

    def faults(self) -> list[str]:
        """Return what is so wrong that a restart is called for; nothing while all is well."""
        sample = self._sample()
        found = []
        if sample.state == "silent" and self._monotonic() - sample.silent_since_s > SILENT_S:
            found.append("the engine's loop does not answer")
        if sample.snapshot is not None and sample.snapshot.health.halted:
            found.append("the engine's bus has halted")
        return found

    def obstacles(self) -> list[str]:
        """Return why the session cannot trade now, as far as it is the session's fault."""
        sample = self._sample()
        found = self.faults()
        if sample.state != "running":
            found.append(f"the session is {sample.state}")
        if sample.snapshot is not None and not sample.snapshot.status.connected:
            found.append("the broker is not connected")
        return found
