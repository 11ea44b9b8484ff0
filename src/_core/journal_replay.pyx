"""A journal straight through the order table, without an object for each message."""

from libc.stdint cimport int64_t

from regimeflow._core.journal_reader cimport JournalReader
from regimeflow._core.layout cimport RF_REPORT, rf_header, rf_report
from regimeflow._core.order_table cimport OrderTable


def apply_reports(JournalReader reader not None, OrderTable table not None, *, int64_t limit=2**62) -> tuple[int, int]:
    """Read up to `limit` frames, and apply each execution report of ours among them to the table.

    Returns:
        How many frames were read, and how many of them were reports; fewer frames than the limit: there are no more.
    """
    cdef const rf_header* record
    cdef int64_t frames = 0
    cdef int64_t reports = 0
    while frames < limit and reader.advance():
        frames += 1
        record = reader.record()
        if record != NULL and record.kind == RF_REPORT and record.origin == 0:
            table.apply_record(<const rf_report*>record)
            reports += 1
    return frames, reports
