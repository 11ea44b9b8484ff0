"""The single owner of order state, for compiled callers: apply a report's record without making an object."""

from libc.stdint cimport int64_t, uint32_t

from regimeflow._core.layout cimport rf_report
from regimeflow._core.order_records cimport order_table, ot_apply


cdef class OrderTable:
    cdef order_table* table
    cdef list strategies
    cdef dict strategy_ids
    cdef readonly dict terms  # by internal id

    cdef int _strategy_id(self, str name) except -1
    cdef int64_t _made(self, int64_t order_id, str strategy) except? -1
    cdef object _id_at(self, uint32_t slot)

    # Apply one report: enum ot_result. Precondition: the GIL is held or nobody else uses the table.
    cdef inline uint32_t apply_record(self, const rf_report* record) noexcept nogil:
        return ot_apply(self.table, record)
