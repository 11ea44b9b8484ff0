"""The ring of ring.h for other compiled modules. Waiting is not the ring's business."""

from libc.stdint cimport int64_t

from regimeflow._core.lanes_type cimport rf_ring
from regimeflow._core.layout cimport rf_header


cdef class Ring:
    cdef rf_ring* ring
    cdef readonly int64_t capacity
    cdef readonly int readers

    # Copy a sound record into the ring; false: full. Never waits; any thread.
    cdef bint put(self, const rf_header* record) noexcept nogil
    # The next record for a reader, or NULL; it stays valid until done(). One thread per reader.
    cdef rf_header* peek(self, int reader) noexcept nogil
    # Leave it behind.
    cdef void done(self, int reader, const rf_header* record) noexcept nogil


cdef class RingReader:
    cdef Ring ring
    cdef readonly int index
