from libc.stdint cimport int64_t, uint32_t

from regimeflow._core.decimals cimport rf_decimal
from regimeflow._core.frames cimport rfv_reader


cdef class DepthDiff:
    cdef:
        uint32_t symbol_id
        int64_t first_id, last_id, event_ns, recv_ns
        rf_decimal* numbers  # price, quantity, price, ...: bids, then asks
        size_t bid_count, ask_count


cdef class BalanceChanges:
    cdef:
        readonly tuple balances
        readonly int64_t ts_event_ns
        readonly int64_t ts_recv_ns


# A fresh object with a copy of what the reader found.
cdef DepthDiff diff_from(const rfv_reader* found, uint32_t symbol, int64_t recv_ns)
cdef BalanceChanges balances_from(const rfv_reader* found, int64_t recv_ns)
# The error that says what is wrong with the reader's frame.
cdef object frame_error(const rfv_reader* found)
# Bytes of a frame into a reader that has none: its JSON parser is made on the way.
cdef int prepare(rfv_reader* reader) except -1
