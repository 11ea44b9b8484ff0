"""Where audit events go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from regimeflow.types.audit import AuditEvent


class AuditSink(Protocol):
    """Keeps audit events, in their order, so that nobody can change them unseen.

    Threading: one thread at a time.
    """

    @property
    def newest(self) -> AuditEvent | None:
        """The newest event that is kept and has a position in the journal; None: there is none.

        Its ``data`` may be left out.
        """
        ...

    def write(self, events: Sequence[AuditEvent]) -> None:
        """Keep events: once this returns they survive the end of the process.

        Raises:
            OSError: none of them is kept; the same ones may be given again.
        """
        ...

    def close(self) -> None:
        """Seal what was written and let go of it; again does nothing."""
        ...
