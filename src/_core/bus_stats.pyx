"""What a bus says about itself: its counters."""

from libc.stdint cimport int64_t

from regimeflow._core.lanes cimport RF_LANE_COUNT, rf_lanes_conflated, rf_lanes_depth, rf_lanes_kept, rf_lanes_waits

cimport cython


@cython.final
cdef class BusStats:
    """What a bus has done so far; a snapshot.

    ``published`` messages were accepted, of which ``conflated`` were overwritten by a later one of their symbol;
    ``delivered`` were handed out (also those that nobody had subscribed to). ``waits``: how often a foreign thread
    waited on a full lane. ``depth``: messages waiting in each lane (executions, market data, system), its reserve
    included. ``reserve_used``: messages in all reserves. ``callback_errors``: exceptions out of callbacks.
    """

    def __repr__(self):
        return (
            f"BusStats(published={self.published}, delivered={self.delivered}, conflated={self.conflated}, "
            f"waits={self.waits}, depth={self.depth}, reserve_used={self.reserve_used}, halted={self.halted}, "
            f"callback_errors={self.callback_errors})"
        )


cdef BusStats stats_of(rf_lanes* lanes, int64_t delivered, int64_t callback_errors, bint halted):
    cdef BusStats stats = BusStats.__new__(BusStats)
    cdef int lane
    kept = [rf_lanes_kept(lanes, lane) for lane in range(<int>RF_LANE_COUNT)]
    stats.depth = tuple([rf_lanes_depth(lanes, lane) + kept[lane] for lane in range(<int>RF_LANE_COUNT)])
    stats.reserve_used = sum(kept)
    stats.delivered, stats.callback_errors, stats.halted = delivered, callback_errors, halted
    stats.conflated, stats.waits = rf_lanes_conflated(lanes), rf_lanes_waits(lanes)
    stats.published = delivered + stats.conflated + sum(stats.depth)
    return stats
