"""The event bus for other compiled modules: publish a record, with the GIL or without it."""

from libc.stdint cimport int64_t

from regimeflow._core.handlers cimport Registry, Spares, Subscription
from regimeflow._core.layout cimport rf_header
from regimeflow._core.lanes_type cimport rf_lanes, rf_ring


cdef class EventBus:
    cdef:
        rf_lanes* lanes
        Registry registry
        list handlers        # by kind: Handlers; the registry's own list
        Spares spares
        int64_t seq          # of the last message handed out
        int64_t errors
        list rows_waiting    # Rows that hold rows
        bint draining
        bint closing
        bint is_halted
        int refused          # bit per lane: the halt of this lane was reported since the last drain
        unsigned long dispatcher     # the thread that drained last; 0: none yet since start()
        unsigned long own_thread     # the bus's own, while it runs
        object thread
        object done          # threading.Event: the own thread has ended
        object error_handler
        object exit_error    # a BaseException that is to leave drain()

    # Publish a sound record; false once stopped or halted. As publish(): the dispatch thread never waits, others do.
    cdef bint put(self, const rf_header* record) except -1
    # The same for a thread of C without the GIL, which must not be the dispatch thread; waits on a full lane.
    cdef bint put_nogil(self, const rf_header* record) noexcept nogil
    # Deliver up to limit messages; when the bus is closing, all of them. The caller checked that nobody else drains.
    cdef int64_t deliver(self, int64_t limit) except -1
    cdef int hand_out(self, rf_header* record, rf_ring* ring) except -1
    cdef int flush(self) except -1
    cdef int call_failed(self, Subscription one, object message) except -1
    cdef int report(self, object error, object message, object source) except -1
    cdef bint put_slowly(self, const rf_header* record, int claim) except -1
    cdef int halt(self, const rf_header* record) except -1
    cdef int keep_exit(self, object error) except -1
    cdef int raise_exit(self) except -1
    cdef int wait_for_lanes(self) except -1
