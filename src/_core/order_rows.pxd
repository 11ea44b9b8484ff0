"""Pictures of orders, taken from the table's records."""

from libc.stdint cimport uint64_t

from regimeflow._core.order_records cimport ot_cold, ot_hot
from regimeflow._core.wire cimport rfw_span


cdef class OrderRow:
    cdef uint64_t id
    cdef ot_hot hot
    cdef ot_cold cold
    cdef bytes client  # None: inline
    cdef bytes broker
    cdef str strategy_name
    cdef object more  # the terms that it was submitted with, or None


# A fresh row with copies of the records; borrowed texts are copied too.
cdef OrderRow row_from(uint64_t order_id, const ot_hot* hot, const ot_cold* cold, str strategy, object terms)
# Where a row's symbol, client order id, broker order id and strategy are, for as long as the row is held.
cdef int row_texts(OrderRow row, rfw_span* texts) except -1
