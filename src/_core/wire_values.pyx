"""Messages of the journal alone, by the tables of the schema: tuples of Python values to bytes and back."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int8_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from regimeflow._core.fields cimport int_field
from regimeflow._core.layout cimport rf_header
from regimeflow._core.symbols cimport all_names, intern_origin, intern_symbol
from regimeflow._core.wire cimport *

from regimeflow._core.faults import CodecError

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* length) except NULL
    unsigned long long PyLong_AsUnsignedLongLong(object number) except? 0xFFFFFFFFFFFFFFFFULL

cdef enum:
    MOST_BLOCK = 256
    MOST_TEXT = 0xFFFF
    MOST_BLOB = 1 << 29

# Least and highest value of the types narrower than 64 bits.
cdef dict RANGES = {RFW_u32: (0, 0xFFFFFFFE), RFW_u16: (0, 0xFFFE), RFW_u8: (0, 0xFE), RFW_i8: (-127, 127)}


cdef dict _frames = None  # template to class; loaded when the first is met


cdef dict frames():
    global _frames
    if _frames is None:
        from regimeflow._core.frames import FRAMES

        _frames = FRAMES
    return _frames


cdef str _name(const rfw_message* message, const char* field):
    return f"{(<bytes>message.name).decode()}.{(<bytes>field).decode()}"


cdef const rfw_message* message_of(int template) except NULL:
    cdef const rfw_message* found = NULL
    if <int>RFW_SEGMENT_END < template < 0xFFFF:  # the end of a segment is the writer's own
        found = rfw_message_of(<uint16_t>template)
    if found == NULL:
        raise ValueError(f"template is {template}; expected one of {sorted(frames())[1:]}")
    return found


cdef uint64_t _nothing(uint8_t type) noexcept:
    if type == RFW_i64:
        return 1ULL << 63
    if type == RFW_i8:
        return 0x80
    return ~(<uint64_t>0)


# An integer in the low bytes of the answer.
cdef uint64_t _number(const rfw_message* message, const rfw_field* field, object value) except? 0:
    if value is None and field.presence == RFW_OPT:
        return _nothing(field.type)
    if field.type == RFW_u64 and isinstance(value, int) and not isinstance(value, bool):
        try:
            return PyLong_AsUnsignedLongLong(value)
        except OverflowError:
            raise ValueError(f"{_name(message, field.name)} is {value}; expected 0 to {2**64 - 1}") from None
    cdef int64_t number = int_field(value, (<bytes>field.name).decode())
    if field.type != RFW_i64:
        least, most = RANGES[field.type] if field.type in RANGES else (0, 2**64 - 1)
        if not least <= number <= most:
            raise ValueError(f"{_name(message, field.name)} is {number}; expected {least} to {most}")
    return <uint64_t>number


cdef const char* _bytes_of(const rfw_message* message, int index, object value, Py_ssize_t* length) except NULL:
    cdef const rfw_variable* field = &message.vars[index]
    cdef const char* start
    if field.type == RFW_TEXT and isinstance(value, str):
        start = PyUnicode_AsUTF8AndSize(value, length)
    elif field.type == RFW_BLOB and isinstance(value, bytes):
        start, length[0] = PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value)
    else:
        expected = "str" if field.type == RFW_TEXT else "bytes"
        raise TypeError(f"{_name(message, field.name)} is of type {type(value).__name__}; expected {expected}")
    if length[0] > (MOST_TEXT if field.type == RFW_TEXT else MOST_BLOB):
        raise ValueError(f"{_name(message, field.name)} has {length[0]} bytes; that is too long")
    return start


cdef Py_ssize_t size_of(const rfw_message* message, tuple values) except -1:
    cdef Py_ssize_t size = RFW_HEAD_BYTES + message.block_length
    cdef Py_ssize_t length = 0
    cdef int index
    if len(values) != message.n_fields + message.n_vars:
        raise ValueError(
            f"{(<bytes>message.name).decode()} takes {message.n_fields + message.n_vars} values; {len(values)} are given"
        )
    for index in range(message.n_vars):
        _bytes_of(message, index, values[message.n_fields + index], &length)
        size += message.vars[index].type + length
    return size


cdef int put_values(const rfw_message* message, tuple values, char* out) except -1:
    cdef char* at = rfw_put_head(out, message.id, message.block_length)
    cdef const rfw_field* field
    cdef const char* start
    cdef Py_ssize_t length = 0
    cdef uint64_t number
    cdef int index
    for index in range(message.n_fields):
        field = &message.fields[index]
        number = _number(message, field, values[index])
        memcpy(at, &number, RFW_WIDTHS[field.type])  # little-endian: the low bytes come first
        at += RFW_WIDTHS[field.type]
    for index in range(message.n_vars):
        start = _bytes_of(message, index, values[message.n_fields + index], &length)
        memcpy(at, &length, message.vars[index].type)
        at += message.vars[index].type
        memcpy(at, start, <size_t>length)
        at += length
    return 0


cdef object _value(const rfw_field* field, const char* at):
    cdef uint64_t number = 0
    memcpy(&number, at, RFW_WIDTHS[field.type])
    if field.presence == RFW_OPT and number == _nothing(field.type):
        return None
    if field.type == RFW_i64:
        return <int64_t>number
    if field.type == RFW_i8:
        return <int8_t>number
    return number


cdef int _refuse(rfw_reader* reader) except -1:
    raise CodecError((<bytes>reader.reason).decode(), offset=reader.offset)


cdef object frame_from(rfw_reader* reader):
    cdef const rfw_message* message = reader.message
    cdef char block[MOST_BLOCK]
    cdef const char* start = NULL
    cdef uint32_t length = 0
    cdef int index, at = 0
    cdef list values = []
    if rfw_block(reader, block, message.block_length) != RFW_OK:
        _refuse(reader)
    for index in range(message.n_fields):
        values.append(_value(&message.fields[index], block + at))
        at += RFW_WIDTHS[message.fields[index].type]
    for index in range(message.n_vars):
        if rfw_take(reader, message.vars[index].type, &start, &length) != RFW_OK:
            _refuse(reader)
        if message.vars[index].type == RFW_TEXT:
            values.append(PyUnicode_DecodeUTF8(start, length, b"replace"))
        else:
            values.append(start[:length])
    if rfw_close(reader) != RFW_OK:
        _refuse(reader)
    return frames()[message.id]._make(values)


cdef int _learn(rfw_reader* reader, int answer) except -1:
    try:
        text = PyUnicode_DecodeUTF8(reader.name, reader.name_length, NULL)
        if answer == RFW_NEW_SYMBOL:
            intern_symbol(text)
        else:
            intern_origin(text)
    except ValueError as error:  # UnicodeDecodeError is one as well
        what = "symbol" if answer == RFW_NEW_SYMBOL else "origin"
        raise CodecError(f"with a name that is no {what}: {str(error)[:80]}", offset=reader.offset) from None
    return 0


cdef int record_into(rfw_reader* reader, rf_header* room) except -1:
    cdef int answer = rfw_decode(reader, all_names(), room)
    while answer != RFW_OK:
        if answer == RFW_BAD:
            _refuse(reader)
        _learn(reader, answer)
        answer = rfw_decode(reader, all_names(), room)
    return 0


cdef int open_message(rfw_reader* reader, const char* start, Py_ssize_t length) except -1:
    if rfw_open(reader, start, <size_t>length) != RFW_OK:
        _refuse(reader)
    return 0


def schema() -> dict:
    """Return what the core knows of the schema: id to (name, block length, fields, texts), to compare with the file.

    A field is (name, type, offset, presence), a text (name, bytes of its length).
    """
    types = {RFW_i64: "int64", RFW_u64: "uint64", RFW_u32: "uint32", RFW_u16: "uint16", RFW_u8: "uint8", RFW_i8: "int8"}
    presences = {RFW_NEED: "required", RFW_OPT: "optional", RFW_ZERO: "zero"}
    cdef const rfw_message* message
    cdef int number, index, at
    found = {}
    for number in range(<int>RFW_TABLE_SIZE):
        message, at, fields = &RFW_TABLE[number], 0, []
        for index in range(message.n_fields):
            field = &message.fields[index]
            fields.append(((<bytes>field.name).decode(), types[field.type], at, presences[field.presence]))
            at += RFW_WIDTHS[field.type]
        texts = [((<bytes>message.vars[index].name).decode(), message.vars[index].type) for index in range(message.n_vars)]
        found[message.id] = ((<bytes>message.name).decode(), message.block_length, tuple(fields), tuple(texts))
    return found
