"""What is true of a whole record of any kind: equality and hash by value, and whether it is sound at all."""

from libc.stdint cimport int64_t

from regimeflow._core.layout cimport rf_header

cdef extern from "records.h" nogil:
    long rf_used_bytes(const rf_header *record)
    int rf_bid_count(const rf_header *book)
    int rf_ask_count(const rf_header *book)
    bint rf_same(const rf_header *a, const rf_header *b)
    int64_t rf_hash_record(const rf_header *record)
    const char *rf_fault_of(const rf_header *record, long bytes)
