"""What an adapter's author supplies, so that the contract tests can run his adapter."""

from __future__ import annotations

from typing import Protocol

from regimeflow.types.config.queue import MessageQueueConfig


class QueueBench(Protocol):
    """A queue of one's own: a real server where there is one."""

    can_be_away: bool
    """Whether there is a server that can be taken down and brought up again."""

    def open(self) -> None:
        """Start it; what is there from an earlier test is never shown to the next."""
        ...

    def close(self) -> None:
        """Stop it, or leave it to the next test."""
        ...

    def config(self) -> MessageQueueConfig:
        """Return the settings of a queue that is empty: the same ones within a test."""
        ...

    def go_away(self) -> None:
        """End the server at once (kill -9); what it has acknowledged outlives it."""
        ...

    def come_back(self) -> None:
        """Start the server again, at the same address, with what it had."""
        ...

    def write_garbage(self, body: bytes) -> None:
        """Write bytes where system messages go, as somebody else with access to the queue would.

        They come from ``stranger~00000001``, under a number that was not used before.
        """
        ...
