"""Follows the journal in a folder, whoever is writing it."""

from __future__ import annotations

from typing import Final

from regimeflow._core.journal_reader import JournalFrame, JournalReader
from regimeflow._core.messages import LiveMessage
from regimeflow.adapters.queues._shared.inbox import Inbox
from regimeflow.adapters.queues._shared.marks import Mark
from regimeflow.adapters.queues._shared.origins import OWN_MARK
from regimeflow.ports.message_queue import Delivery
from regimeflow.types.enums import LiveTopic

TEMPLATES: Final = {
    LiveTopic.MARKET_DATA: (1, 2, 3, 4),
    LiveTopic.EXECUTION_REPORT: (5,),
    LiveTopic.POSITION_UPDATE: (6,),
    LiveTopic.ACCOUNT_UPDATE: (7,),
    LiveTopic.SYSTEM: (8,),
}


class Follower:
    """Reads one journal into an inbox, from where it was left.

    Args:
        folder: Of the journal.
        lane: Its name among those that are followed.
        origin: Whose it is.
        inbox: Where messages go.
        since_ns: Begin with what was written at or after this; None: where it was left.

    Threading: one thread.
    """

    def __init__(
        self, folder: str, lane: str, origin: str, inbox: Inbox, *, since_ns: int | None = None
    ) -> None:
        self._inbox: Final = inbox
        self._lane: Final = lane
        self._origin: Final = origin
        self._since_ns = since_ns
        # By what stays when a host is given another name.
        stays = origin.partition(OWN_MARK)[2]
        self._mark: Final[Mark] = inbox.marks.mark(f"journal {stays} {lane}")
        begin = inbox.marks.cursor(self._mark) if since_ns is None else 0
        self._without: Final = tuple(
            template
            for topic, templates in TEMPLATES.items()
            if topic not in inbox.topics
            for template in templates
        )
        self._folder: Final = folder
        self._reader = self._from(begin)
        self._refused: JournalFrame | None = None
        self._damages = 0
        self.missed = 0
        self.read = 0

    def _from(self, position: int) -> JournalReader:
        return JournalReader(self._folder, position=position, without=self._without)

    def take(self, most: int) -> tuple[int, bool]:
        """Read up to so many frames into the inbox; how many, and whether it takes any more."""
        for count in range(most):
            frame, self._refused = self._refused or self._reader.read(), None
            if frame is None:
                self._look_at_damages()
                return count, True
            if not self._give(frame):
                self._refused = frame
                return count, False
        self._look_at_damages()
        return most, True

    def _give(self, frame: JournalFrame) -> bool:
        message = frame.message
        if not isinstance(message, LiveMessage):
            return True
        if self._since_ns is not None and message.ts_recv_ns < self._since_ns:
            return True
        origin = message.origin or self._origin
        if message.origin and OWN_MARK not in message.origin:
            return True  # it came to that host from another one, whose own journal has it
        return self._inbox.take(
            Delivery(self._lane, origin, message.seq, b"", message.ts_recv_ns, message=message)
        )

    def _look_at_damages(self) -> None:
        reader = self._reader
        if reader.damage_count == self._damages:
            return
        for damage in reader.damages[self._damages :]:
            where = f"{self._folder}: segment {damage.segment} byte {damage.offset}"
            if damage.reason.endswith("missing"):
                self.missed += 1
                self._inbox.last_error = f"{where}: {damage.reason}: they were deleted unread"
            else:
                self._inbox.refuse(f"{where}: {damage.reason}")
        self._damages = reader.damage_count

    def keep(self) -> None:
        """Keep where it is: everything before has its effect."""
        position = self._reader.position if self._refused is None else self._refused.position
        if position:
            self._inbox.marks.keep_cursor(self._mark, position)

    def rewind(self) -> None:
        """Go back to what was kept: what came since has no effect."""
        self._refused = None
        self._reader = self._from(self._inbox.marks.cursor(self._mark))
