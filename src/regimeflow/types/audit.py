"""One line of the audit log."""

from __future__ import annotations

from collections.abc import Mapping

from regimeflow.types.records import Record, made


class AuditEvent(Record, kw_only=True):
    """Something that happened and that somebody may have to prove.

    Args:
        kind: What it is: ``session_started``, ``session_ended``, ``order_sent``, ``cancel_asked``,
            ``change_asked``, ``order``, ``fill``, ``rejected``, ``denied``, ``order_event``,
            ``adopted``, ``account``, ``system``, ``hold``, ``release``, ``books_differ``,
            ``operator``, ``written_off``, ``lost``, and others; a caller's own are words too.
        ts_ns: When, UTC.
        text: One line for a person; may be empty where ``data`` says it all.
        data: The same as named values: text, whole numbers, true, false, nothing, lists and tables
            of them. Exact numbers are text.
        position: Where it stands in the journal; None: it is in none.
    """

    kind: str
    ts_ns: int
    text: str = ""
    data: Mapping[str, object] = made(dict)
    position: int | None = None
