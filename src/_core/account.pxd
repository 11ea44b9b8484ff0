from regimeflow._core.layout cimport rf_balance, rf_cell, rf_header


cdef class Balance:
    cdef rf_balance rec
    cdef bint made


cdef class AccountInfo:
    cdef rf_cell cell
    cdef rf_header* whole  # the record with the balances behind it; NULL when there are none


# A fresh object with a copy of the record, which is of that kind and sound.
cdef AccountInfo account_from(const rf_header* record)
# The record with all that follows the fixed part; borrowed.
cdef const rf_header* account_record(AccountInfo account)
