from libc.stdint cimport int64_t

from regimeflow._core.lanes_type cimport rf_lanes


cdef class BusStats:
    cdef readonly int64_t published, delivered, conflated, waits, callback_errors, reserve_used
    cdef readonly tuple depth
    cdef readonly bint halted


# The caller holds the GIL, so the lanes are not being drained meanwhile.
cdef BusStats stats_of(rf_lanes* lanes, int64_t delivered, int64_t callback_errors, bint halted)
