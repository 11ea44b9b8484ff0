from libc.stdint cimport uint64_t

from regimeflow._core.bus cimport EventBus
from regimeflow._core.latency cimport LatencyHistogram
from regimeflow._core.layout cimport rf_header


cdef class Intake:
    cdef:
        EventBus _bus
        LatencyHistogram _latency
        uint64_t _counts[9]

    # As a call with the message of that record, which is sound; nothing keeps it.
    cdef bint take(self, const rf_header* record) except -1
