from regimeflow._core.layout cimport rf_book, rf_header


cdef class OrderBook:
    cdef rf_book rec


# A fresh object with a copy of the record, which is of that kind and sound.
cdef OrderBook book_from(const rf_header* record)
