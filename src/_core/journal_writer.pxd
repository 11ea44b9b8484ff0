"""The journal's writer, for compiled callers: append a record where the stream gets its order."""

from regimeflow._core.journal cimport rfj_recovery, rfj_writer
from regimeflow._core.layout cimport rf_header


cdef class JournalWriter:
    cdef:
        rfj_writer writer
        bint made
        readonly object folder       # its path, str
        readonly object recovery     # Recovery, or None for a new journal

    cdef void _let_go(self) noexcept
    cdef int _check(self, int answer) except -1
    cdef object _append_tuple(self, int template, tuple values)

    # Append a sound record that has its number: enum rfj_answer of journal.pxd, 0 is well. Without the GIL; threads that
    # append at the same time wait for each other. Waits for the file system only when nobody called prepare_next().
    cdef int write(self, const rf_header* record) noexcept nogil
