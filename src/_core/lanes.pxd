"""The inbound lanes of lanes.h and lanes_reader.h, as Cython sees them. For the bus; others cimport bus.pxd."""

from libc.stdint cimport int64_t, uint8_t

from regimeflow._core.lanes_type cimport rf_lanes, rf_ring
from regimeflow._core.layout cimport rf_header

cdef extern from "Python.h" nogil:
    unsigned long PyThread_get_thread_ident()

cdef extern from "lanes_reader.h" nogil:
    enum:
        RF_CLAIMED
        RF_FULL
        RF_CLOSED
        RF_TOKEN
        RF_LANE_COUNT
        RF_LOOK_MS
    rf_lanes* rf_lanes_new(int64_t limit, int conflate)
    void rf_lanes_free(rf_lanes* lanes)
    int rf_lane_of(uint8_t kind)
    int rf_lanes_offer(rf_lanes* lanes, const rf_header* record)
    int rf_lanes_keep(rf_lanes* lanes, const rf_header* record)
    int rf_lanes_wait(rf_lanes* lanes, const rf_header* record, int64_t ms)
    int rf_lanes_publish(rf_lanes* lanes, const rf_header* record)
    int64_t rf_lanes_publish_rows(rf_lanes* lanes, const char* rows, int64_t width, int64_t count, int64_t ms)
    bint rf_lanes_is_closed(rf_lanes* lanes)
    void rf_lanes_pause(rf_lanes* lanes, int64_t ms)
    void rf_lanes_make_room(rf_lanes* lanes, bint patiently)
    int64_t rf_ring_depth(rf_ring* ring, int reader)
    rf_header* rf_lanes_next(rf_lanes* lanes, rf_ring** ring)
    void rf_lanes_done(rf_lanes* lanes, rf_ring* ring, int64_t cells)
    void rf_stamp(rf_header* record, int64_t seq)
    int64_t rf_lanes_run(rf_lanes* lanes, rf_ring* ring, uint8_t kind, int64_t width, int64_t most, char** end,
                         int64_t* seq, int64_t* now_ns)
    rf_header* rf_lanes_redeem(rf_lanes* lanes, const rf_header* token)
    bint rf_lanes_empty(rf_lanes* lanes)
    void rf_lanes_close(rf_lanes* lanes)
    void rf_lanes_reopen(rf_lanes* lanes)
    bint rf_lanes_park(rf_lanes* lanes)
    void rf_lanes_rewake(rf_lanes* lanes)
    void rf_lanes_wake(rf_lanes* lanes)
    void rf_lanes_sleep_until_woken(rf_lanes* lanes)
    int rf_lanes_fd(rf_lanes* lanes)
    void rf_lanes_count_wait(rf_lanes* lanes)
    int64_t rf_lanes_waits(rf_lanes* lanes)
    int64_t rf_lanes_conflated(rf_lanes* lanes)
    int64_t rf_lanes_depth(rf_lanes* lanes, int lane)
    int64_t rf_lanes_kept(rf_lanes* lanes, int lane)
    void sched_yield()
