"""The journal's reader, for compiled callers: frame by frame, records straight into the reader's room."""

from libc.stdint cimport int64_t, uint64_t

from regimeflow._core.journal cimport rfj_frame, rfj_view
from regimeflow._core.layout cimport rf_header


cdef class JournalReader:
    cdef:
        rfj_view view
        rfj_frame frame          # the present one, after advance() said so
        char* room               # of record()
        int descriptor           # of the folder
        uint64_t number          # of the segment to enter next; 0: whichever is first
        uint64_t stuck_at, stuck_word
        int64_t from_seq
        bint seeking, decode
        uint64_t without         # templates that read() does not give, as bits
        readonly int64_t passed  # how many frames of those there were
        readonly object folder
        readonly list damages    # Damage, the first thousand
        readonly int64_t damage_count
        readonly dict unknown    # how many frames of each template that this version does not know

    # Go to the next frame: 1, .frame is it, whatever its template; 0: nothing new.
    cdef int advance(self) except -1
    # The present frame's record, valid until the next call; NULL: it is none, or could not be decoded (and is reported).
    cdef const rf_header* record(self) except? NULL
    cdef int report(self, uint64_t segment, uint64_t offset, uint64_t length, str reason) except -1
    cdef bint enter(self) except -1
    cdef int leave(self, uint64_t next_number) except -1
    cdef bint is_over(self) except -1
    cdef int pass_over(self, int what) except -1
    cdef bint is_wanted(self)
