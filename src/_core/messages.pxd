"""What other compiled modules may ask of messages: an object's record, and a fresh object from a record."""

from regimeflow._core.layout cimport rf_header


# The record inside a message object (Quote ... SystemMessage, or the LiveMessage around one). Borrowed: valid while the
# object lives and nothing else writes it. TypeError for anything else.
cdef const rf_header* record_of(object message) except NULL

# A fresh, final message object with a copy of the record: Quote, Tick, Bar, OrderBook, ExecutionReport, ...
cdef object message_from(const rf_header* record)

# A fresh LiveMessage over a copy of the record; its payload object is made when first asked for.
cdef object live_message_from(const rf_header* record)
