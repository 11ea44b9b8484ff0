"""Follow the journal of a session from another process, each message once, across restarts.

Usage: python examples/follow_journal.py FOLDER   (of a session that has a [queue] table)
"""

from __future__ import annotations

import sys

from regimeflow.live import LiveMessage, MessageQueueConfig, create_message_queue_adapter


def show(message: LiveMessage) -> None:
    """Print what came in."""
    sys.stdout.write(f"{message.origin} {message.seq} {message.payload}\n")


def main(folder: str) -> int:
    """Print everything that is there and was not printed before."""
    queue = create_message_queue_adapter(
        MessageQueueConfig(
            url=folder,
            origin="follower",
            consume=["execution_report", "position_update", "account_update"],
            state_folder=f"{folder}.followers",
        )
    )
    queue.on_message(show)
    queue.connect()
    while queue.poll():
        pass
    sys.stdout.write(f"{queue.counters()}\n")
    queue.disconnect()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
