"""What other compiled modules may ask of messages: an object's record, and a fresh object from a record."""

from regimeflow._core.layout cimport rf_cell, rf_header


cdef class LiveMessage:
    cdef rf_cell cell  # the record where it has one cell; else the header alone
    cdef object content  # the payload; where the record has one cell, None until it is asked for


# The record inside a message object (Quote ... SystemMessage, or the LiveMessage around one). Borrowed: valid while the
# object lives and nothing else writes it; all its n_cells cells may be copied. TypeError for anything else.
cdef const rf_header* record_of(object message) except NULL

# A fresh, final message object with a copy of the record: Quote, Tick, Bar, OrderBook, ExecutionReport, ...
cdef object message_from(const rf_header* record)

# A fresh LiveMessage over a copy of the record; its payload object is made when first asked for.
cdef object live_message_from(const rf_header* record)
