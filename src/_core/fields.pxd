"""Constructor arguments to record fields and back: what all message classes share."""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint32_t

from regimeflow._core.layout cimport rf_header

# An int in the field's range; TypeError or ValueError that names the field. A bool is no int.
cdef int64_t int_field(object value, str field) except? -1
cdef int64_t small_field(object value, str field, int64_t limit) except -1
# A number at an exponent; INT64_MIN is none, because it stands for "not given".
cdef int64_t mantissa_field(object value, str field) except? -1
# An exponent, -18 to 0.
cdef int8_t exp_field(object value, str field) except 1
# The id of a symbol, interned on first sight; "" gives 0 where optional is true.
cdef uint32_t symbol_field(object value, bint optional) except? 0
# UTF-8 into a field of so many bytes; returns the length.
cdef int text_field(object value, str field, char* out, int bound) except -1
# UTF-8 of a text of free length, checked against RF_MAX_TEXT.
cdef bytes long_text(object value, str field)
# The text of a field; what is not UTF-8 is replaced, because venues' bytes may be anything.
cdef str text_from(const char* start, Py_ssize_t length)
# Fill a header: kind, one cell, symbol, times.
cdef int head_fields(rf_header* head, uint8_t kind, object symbol, bint optional, object ts_event_ns,
                     object ts_recv_ns) except -1
# The same, after a check that the object is fresh: constructors run once, messages never change.
cdef int begin(rf_header* own, rf_header* head, uint8_t kind, object symbol, bint optional, object ts_event_ns,
               object ts_recv_ns) except -1
# What a repr shows: positional arguments, and the keywords that differ from their default.
cdef str show(str name, tuple positional, dict keywords)
# "OrderSide.BUY" for an argument that takes members of an enumeration; the number when it is none.
cdef str enum_text(str keyword, int64_t value)
# The answer of __reduce__: the class and its constructor's arguments.
cdef tuple reduced(object cls, tuple positional, dict keywords)
# Zeroed room on the heap for the cells of a record of so many bytes; PyMem_Free it.
cdef rf_header* room_for(long used) except NULL
