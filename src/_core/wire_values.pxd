"""Messages of the journal alone, by the tables of the schema: tuples of Python values to bytes and back."""

from libc.stdint cimport uint32_t

from regimeflow._core.layout cimport rf_header
from regimeflow._core.wire cimport rfw_message, rfw_reader, rfw_span

# The message of a template that is not a record's; ValueError for any other number.
cdef const rfw_message* message_of(int template) except NULL
# The template of a frame's class; TypeError for any other tuple.
cdef int template_of(object frame) except -1
# Bytes that the message of these values has, and where its texts are (RFW_MOST_VARS), for as long as the values are held.
# TypeError or ValueError when they are not what the template takes.
cdef Py_ssize_t size_of(const rfw_message* message, tuple values, rfw_span* texts) except -1
# Write the message; `out` has size_of() bytes and 8 more. The same errors, before or after some of it is written.
cdef int put_values(const rfw_message* message, tuple values, const rfw_span* texts, char* out) except -1
# The frame in an opened message that is no record's; CodecError.
cdef object frame_from(rfw_reader* reader)
# Decode an opened record's message into RFW_ROOM bytes, making its names known; CodecError.
cdef int record_into(rfw_reader* reader, rf_header* room) except -1
# Make the name known that a sound message has and that nobody knew (RFW_NEW_SYMBOL, RFW_NEW_ORIGIN); CodecError: it is none.
cdef int learn(rfw_reader* reader, int answer) except -1
# Raise the CodecError of RFW_BAD.
cdef int refuse(rfw_reader* reader) except -1
# Open a message: its reader knows the template then, or message is NULL; CodecError.
cdef int open_message(rfw_reader* reader, const char* start, Py_ssize_t length) except -1
