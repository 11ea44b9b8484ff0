from libc.stdint cimport int64_t, int8_t, uint32_t

from regimeflow._core.decimals cimport rf_decimal
from regimeflow._core.depth cimport DepthDiff
from regimeflow._core.frames cimport rfv_reader
from regimeflow._core.layout cimport rf_book, rf_header

cdef extern from "local_book.h" nogil:
    ctypedef struct rfl_level:
        int64_t px, qty

    ctypedef struct rfl_side:
        rfl_level* levels
        size_t count

    ctypedef struct rfl_book:
        rfl_side bids, asks
        int8_t px_exp, qty_exp

    enum:
        RFL_DONE
        RFL_UNFIT
        RFL_NO_MEMORY

    void rfl_clear(rfl_book* book)
    int rfl_apply(rfl_book* book, rfl_side* side, const rf_decimal* numbers, size_t count)
    int rfl_load(rfl_book* book, rfl_side* side, const rf_decimal* numbers, size_t count, size_t asked)
    bint rfl_is_crossed(const rfl_book* book)
    bint rfl_is_thin(const rfl_book* book)
    void rfl_show(const rfl_book* book, rf_book* out)
    void rfl_free(rfl_book* book)

# What an event did to a book; BookChange has them for Python.
cdef enum:
    BOOK_APPLIED = 0
    BOOK_KEPT = 1
    BOOK_IGNORED = 2
    BOOK_REFUSED = 3
    BOOK_GAP = 4
    BOOK_CROSSED = 5
    BOOK_THIN = 6


cdef class LocalBook:
    cdef:
        rfl_book book
        rfv_reader reader
        list waiting       # DepthDiffs that a snapshot is to be joined with
        object on_trouble
        readonly uint32_t symbol_id
        readonly bint is_synced
        bint is_thin
        readonly int64_t last_update_id
        readonly int64_t ts_event_ns
        readonly int64_t ts_recv_ns
        readonly int64_t gap_count
        readonly int64_t crossed_count

    # Take what a parser found: a diff of this symbol. One of BOOK_*; trouble has been told.
    cdef int take(self, const rfv_reader* found, int64_t recv_ns) except -1
    cdef int join(self, const rf_decimal* bids, size_t bid_count, const rf_decimal* asks, size_t ask_count, int64_t first_id,
                  int64_t last_id, int64_t event_ns, int64_t recv_ns) except -1
    cdef int in_trouble(self, int change, DepthDiff diff) except -1
    cdef int keep(self, DepthDiff diff) except -1
    # The best levels; the book is synced.
    cdef int show(self, rf_book* out) except -1
