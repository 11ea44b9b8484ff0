from regimeflow._core.layout cimport rf_cell, rf_header


cdef class SystemMessage:
    cdef rf_cell cell
    cdef rf_header* whole  # the record where its text does not fit in one cell; NULL where it does


# A fresh object with a copy of the record, which is of that kind and sound.
cdef SystemMessage system_from(const rf_header* record)
# The record with all that follows the fixed part; borrowed.
cdef const rf_header* system_record(SystemMessage message)
