from regimeflow._core.layout cimport rf_cell, rf_header


cdef class Bar:
    cdef rf_cell cell



# A fresh object with a copy of the record, which is of that kind and sound.
cdef Bar bar_from(const rf_header* record)
