from regimeflow._core.layout cimport rf_header, rf_report


cdef class ExecutionReport:
    cdef rf_report rec
    cdef rf_header* whole  # the record with the text behind it; NULL when there is none


# A fresh object with a copy of the record, which is of that kind and sound.
cdef ExecutionReport report_from(const rf_header* record)
# The record with all that follows the fixed part; borrowed.
cdef const rf_header* report_record(ExecutionReport report)
