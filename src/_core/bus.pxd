"""The event bus for other compiled modules: publish a record, with the GIL or without it."""

from libc.stdint cimport int64_t

from regimeflow._core.board cimport QuoteBoard
from regimeflow._core.bus_errors cimport Errors
from regimeflow._core.handlers cimport Registry, Spares
from regimeflow._core.journal_writer cimport JournalWriter
from regimeflow._core.layout cimport rf_header
from regimeflow._core.lanes_type cimport rf_lanes, rf_ring
from regimeflow._core.rows cimport Collector


cdef class EventBus:
    cdef:
        rf_lanes* lanes
        Registry registry
        list handlers        # by kind: Handlers; the registry's own list
        Spares spares
        int64_t seq          # of the last message handed out
        Collector collector
        readonly int64_t stream_ns   # the latest time of arrival among them, UTC: the stream's own time
        readonly bint draining       # whether a callback is running, or could be
        bint closing
        readonly bint halted  # a message of the dispatch thread had to be refused since the bus was started
        int refused          # bit per lane: the halt of this lane was reported since the last drain
        unsigned long dispatcher     # the thread that drained last; 0: none yet since start()
        unsigned long own_thread     # the bus's own, while it runs
        object thread
        object done          # threading.Event: the own thread has ended
        Errors errors
        QuoteBoard board     # None, or taking market data before anyone else
        JournalWriter journal
        int journalled       # bit per kind that is appended to the journal
        readonly int64_t journal_lost  # messages that it had no room for

    # Publish a sound record; false once stopped or halted. As publish(): the dispatch thread never waits, others do.
    cdef bint put(self, const rf_header* record) except -1
    # As dispatch(): put, and deliver at once when this is the thread for it.
    cdef bint put_now(self, const rf_header* record) except -1
    # put() for a thread of C without the GIL, which must not be the dispatch thread; waits on a full lane.
    cdef bint put_nogil(self, const rf_header* record) noexcept nogil
    # Deliver up to limit messages; when the bus is closing, all of them. The caller checked that nobody else drains.
    cdef int64_t deliver(self, int64_t limit) except -1
    # Give a record to its subscribers, and to those who only collect rows what follows it; left: how many there may be.
    # Returns how many there were.
    cdef int64_t hand_out(self, rf_header* record, rf_ring* ring, int64_t left) except -1
    cdef bint put_slowly(self, const rf_header* record, int claim) except -1
    cdef int halt(self, const rf_header* record) except -1
    cdef int wait_for_lanes(self) except -1
