from libc.stdint cimport int64_t, uint64_t

cdef enum:
    SUB_BUCKETS = 32
    BUCKETS = 32 * 60


cdef class LatencyHistogram:
    cdef:
        uint64_t _counts[BUCKETS]
        uint64_t _total
        int64_t _largest

    # Precondition: none; a negative duration counts as zero.
    cdef void add(self, int64_t duration_ns) noexcept nogil
