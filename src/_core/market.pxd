from regimeflow._core.layout cimport rf_cell, rf_header


cdef class Quote:
    cdef rf_cell cell


cdef class Tick:
    cdef rf_cell cell


# A fresh object with a copy of the record, which is of that kind and sound.
cdef Quote quote_from(const rf_header* record)
cdef Tick tick_from(const rf_header* record)
