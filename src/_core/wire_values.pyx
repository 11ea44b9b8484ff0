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
    long long PyLong_AsLongLongAndOverflow(object number, int* overflow)
    unsigned long long PyLong_AsUnsignedLongLong(object number) except? 0xFFFFFFFFFFFFFFFFULL
    bint PyBool_Check(object thing)
    bint PyLong_Check(object thing)

cdef enum:
    MOST_BLOCK = 256
    MOST_TEXT = 0xFFFF
    MOST_BLOB = 1 << 29

# Least and highest value of a type, by enum rfw_type; what lies outside may be an error, or not fit the sign.
cdef int64_t[7] LEAST = [-0x7FFFFFFFFFFFFFFF, 0, 0, 0, 0, -127, 1]  # no integer is plainly a double
cdef int64_t[7] MOST = [0x7FFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFE, 0xFFFE, 0xFE, 127, 0]


cdef dict _frames = None  # template to class; loaded when the first is met


cdef dict frames():
    global _frames
    if _frames is None:
        from regimeflow._core.frames import FRAMES

        _frames = FRAMES
    return _frames


cdef dict _templates():
    from regimeflow._core.frames import TEMPLATES

    return TEMPLATES


cdef str _name(const rfw_message* message, const char* field):
    return f"{(<bytes>message.name).decode()}.{(<bytes>field).decode()}"


cdef const rfw_message* message_of(int template) except NULL:
    cdef const rfw_message* found = NULL
    if <int>RFW_SEGMENT_END < template < 0xFFFF:  # the end of a segment is the writer's own
        found = rfw_message_of(<uint16_t>template)
    if found == NULL:
        raise ValueError(f"template is {template}; expected one of {sorted(frames())[1:]}")
    return found


cdef int template_of(object frame) except -1:
    found = _templates().get(type(frame))
    if found is None:
        raise TypeError(f"{frame!r} of type {type(frame).__name__} is no message; expected LiveMessage, a payload or a Frame")
    return <int>found


cdef uint64_t _nothing(uint8_t type) noexcept:
    if type == RFW_i64:
        return 1ULL << 63
    if type == RFW_i8:
        return 0x80
    return ~(<uint64_t>0)


# An integer in the low bytes of the answer. What is plainly in range makes no object, not even of the field's name.
cdef inline uint64_t _number(const rfw_message* message, const rfw_field* field, object value) except? 0:
    cdef int overflow = 0
    cdef int64_t number
    if PyLong_Check(value) and not PyBool_Check(value):
        number = PyLong_AsLongLongAndOverflow(value, &overflow)
        if not overflow and LEAST[field.type] <= number <= MOST[field.type]:
            return <uint64_t>number
    return _odd_number(message, field, value)


cdef uint64_t _bits(const rfw_message* message, const rfw_field* field, object value) except? 0:
    cdef uint64_t bits
    cdef double number
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{_name(message, field.name)} is of type {type(value).__name__}; expected float")
    number = value
    memcpy(&bits, &number, 8)
    return bits


cdef uint64_t _odd_number(const rfw_message* message, const rfw_field* field, object value) except? 0:
    if value is None and field.presence == RFW_OPT:
        return _nothing(field.type)
    if field.type == RFW_u64 and isinstance(value, int) and not isinstance(value, bool):
        try:
            return PyLong_AsUnsignedLongLong(value)
        except OverflowError:
            raise ValueError(f"{_name(message, field.name)} is {value}; expected 0 to {2**64 - 1}") from None
    if field.type == RFW_f64:
        return _bits(message, field, value)
    cdef int64_t number = int_field(value, (<bytes>field.name).decode())
    if field.type != RFW_i64 and not LEAST[field.type] <= number <= MOST[field.type]:
        most = 2**64 - 1 if field.type == RFW_u64 else MOST[field.type]
        raise ValueError(f"{_name(message, field.name)} is {number}; expected {LEAST[field.type]} to {most}")
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


cdef Py_ssize_t size_of(const rfw_message* message, tuple values, rfw_span* texts) except -1:
    cdef Py_ssize_t size = RFW_HEAD_BYTES + message.block_length
    cdef int index
    if len(values) != message.n_fields + message.n_vars:
        raise ValueError(
            f"{(<bytes>message.name).decode()} takes {message.n_fields + message.n_vars} values; {len(values)} are given"
        )
    for index in range(message.n_vars):
        texts[index].bytes = _bytes_of(message, index, values[message.n_fields + index], &texts[index].length)
        size += message.vars[index].type + texts[index].length
    return size


cdef int put_values(const rfw_message* message, tuple values, const rfw_span* texts, char* out) except -1:
    cdef char* at = rfw_put_head(out, message.id, message.block_length)
    cdef uint64_t number
    cdef uint8_t type
    cdef int index
    for index in range(message.n_fields):
        type = message.fields[index].type
        number = _number(message, &message.fields[index], values[index])
        memcpy(at, &number, 8)  # little-endian: the low bytes come first, and what is behind them is written next
        at += RFW_WIDTHS[type]
    for index in range(message.n_vars):
        memcpy(at, &texts[index].length, message.vars[index].type)
        at += message.vars[index].type
        memcpy(at, texts[index].bytes, <size_t>texts[index].length)
        at += texts[index].length
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
    if field.type == RFW_f64:
        return _double(number)
    return number


cdef double _double(uint64_t bits) noexcept:
    cdef double number
    memcpy(&number, &bits, 8)
    return number


cdef int refuse(rfw_reader* reader) except -1:
    raise CodecError((<bytes>reader.reason).decode(), offset=reader.offset)


cdef object frame_from(rfw_reader* reader):
    cdef const rfw_message* message = reader.message
    cdef char block[MOST_BLOCK]
    cdef const char* start = NULL
    cdef uint32_t length = 0
    cdef int index, at = 0
    cdef list values = []
    if rfw_block(reader, block, message.block_length) != RFW_OK:
        refuse(reader)
    for index in range(message.n_fields):
        values.append(_value(&message.fields[index], block + at))
        at += RFW_WIDTHS[message.fields[index].type]
    for index in range(message.n_vars):
        if rfw_take(reader, message.vars[index].type, &start, &length) != RFW_OK:
            refuse(reader)
        if message.vars[index].type == RFW_TEXT:
            values.append(PyUnicode_DecodeUTF8(start, length, b"replace"))
        else:
            values.append(start[:length])
    if rfw_close(reader) != RFW_OK:
        refuse(reader)
    return frames()[message.id]._make(values)


cdef int learn(rfw_reader* reader, int answer) except -1:
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
            refuse(reader)
        learn(reader, answer)
        answer = rfw_decode(reader, all_names(), room)
    return 0


cdef int open_message(rfw_reader* reader, const char* start, Py_ssize_t length) except -1:
    if rfw_open(reader, start, <size_t>length) != RFW_OK:
        refuse(reader)
    return 0


def schema() -> dict:
    """Return what the core knows of the schema: id to (name, block length, fields, texts), to compare with the file.

    A field is (name, type, offset, presence), a text (name, bytes of its length).
    """
    types = {RFW_i64: "int64", RFW_u64: "uint64", RFW_u32: "uint32", RFW_u16: "uint16", RFW_u8: "uint8", RFW_i8: "int8",
             RFW_f64: "double"}
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
