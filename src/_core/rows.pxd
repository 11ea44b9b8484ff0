"""Messages of one kind as rows: collected for batch callbacks, and published from an array."""

from libc.stdint cimport int64_t, uint8_t

from regimeflow._core.bus_errors cimport Errors
from regimeflow._core.lanes_type cimport rf_lanes, rf_ring
from regimeflow._core.layout cimport rf_header


# Rows of one kind that a drain has seen and not handed out yet.
cdef class Rows:
    cdef:
        tuple takers        # Subscription
        object dtype
        object frombuffer   # numpy's
        Py_ssize_t width    # bytes of a row
        object text         # bytes under construction; None: no rows
        char* end           # where the next row goes
        Py_ssize_t count, room


# All rows that a bus has not handed out yet.
cdef class Collector:
    cdef:
        list waiting        # Rows that hold rows
        Errors errors

    # Take a record; expected: how many of its kind may come.
    cdef int add(self, Rows rows, const rf_header* record, int64_t expected) except -1
    # Take what follows it in the ring, of its kind, and hand all out when there is no more room; returns how many followed.
    cdef int64_t extend(self, Rows rows, rf_lanes* lanes, rf_ring* ring, uint8_t kind, int64_t most, int64_t* seq,
                        int64_t* now_ns) except -1
    # Hand all rows out.
    cdef int flush(self) except -1


# The bytes of an array whose every row is a sound record of so many bytes; ValueError.
cdef object sound_bytes(object rows, Py_ssize_t width)
# The number of the kind whose payloads are of a class; TypeError.
cdef uint8_t kind_of_class(object kind) except 0
# None when nobody takes rows.
cdef Rows rows_of(int kind, list takers)
# Publish the rows of an array from a thread that may wait; returns how many were taken.
cdef int64_t publish_rows(rf_lanes* lanes, object rows) except -1
