"""LiveMessageCodec: messages to bytes that any SBE tool reads by regimeflow-live.xml, and back."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from libc.stdint cimport uint32_t

from regimeflow._core.layout cimport rf_header
from regimeflow._core.messages cimport live_message_from, record_of
from regimeflow._core.symbols cimport all_names
from regimeflow._core.wire cimport *
from regimeflow._core.wire_values cimport open_message, record_into

cimport cython

from regimeflow._core.faults import CodecError

cdef extern from "Python.h":
    int _PyBytes_Resize(PyObject** text, Py_ssize_t size) except -1
    void Py_INCREF(PyObject* thing)
    void Py_XDECREF(PyObject* thing)

cdef enum:
    STACK_BYTES = 2048


cdef object _encoded(const rf_header* record):
    cdef char stack[STACK_BYTES]
    cdef uint32_t bound = rfw_bound(record)
    cdef char* room = stack
    if bound <= STACK_BYTES:
        return PyBytes_FromStringAndSize(stack, rfw_encode(record, all_names(), stack))
    room = <char*>PyMem_Malloc(bound)
    if room == NULL:
        raise MemoryError
    try:
        return PyBytes_FromStringAndSize(room, rfw_encode(record, all_names(), room))
    finally:
        PyMem_Free(room)


@cython.final
@cython.no_gc
cdef class LiveMessageCodec:
    """Messages to bytes and back, by the schema ``regimeflow-live.xml`` that comes with the package (SBE, little-endian).

    Every field is exact. A message of an older version reads with what it lacks as not given; of a newer one, what it adds
    is passed over.

    Threading:
        One codec for one thread at a time.
    """

    cdef char* room

    def __cinit__(self):
        self.room = <char*>PyMem_Malloc(RFW_ROOM)
        if self.room == NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self.room)

    def encode(self, message) -> bytes:
        """Return the bytes of a ``LiveMessage`` or of a payload (``Quote``, ``ExecutionReport``, ...).

        Raises:
            TypeError: no message.
        """
        return _encoded(record_of(message))

    cdef object decoded(self, const char* start, Py_ssize_t length):
        cdef rfw_reader reader
        open_message(&reader, start, length)
        if not rfw_is_record(&reader):
            raise CodecError(f"of template {reader.head.template_id}, which is no message of the stream", offset=2)
        record_into(&reader, <rf_header*>self.room)
        return live_message_from(<rf_header*>self.room)

    def decode(self, buffer):
        """Return the ``LiveMessage`` in bytes, or in anything that has the buffer protocol; all of it is one message.

        Raises:
            CodecError: it is no message of the stream: ``reason`` at ``offset``. Nothing else, whatever the bytes are.
        """
        cdef Py_buffer view
        if PyBytes_CheckExact(buffer):
            return self.decoded(PyBytes_AS_STRING(buffer), PyBytes_GET_SIZE(buffer))
        try:
            PyObject_GetBuffer(buffer, &view, PyBUF_SIMPLE)
        except (TypeError, BufferError):
            raise CodecError(f"a {type(buffer).__name__} holds no bytes in one piece") from None
        try:
            return self.decoded(<const char*>view.buf, view.len)
        finally:
            PyBuffer_Release(&view)

    def encode_batch(self, messages) -> bytes:
        """Return many messages in one piece, each behind the u32 of its length.

        Raises:
            TypeError: one is no message.
        """
        cdef list given = list(messages)
        cdef const rf_header* record
        cdef Py_ssize_t room = 0
        cdef char* at
        cdef uint32_t length
        cdef PyObject* text
        for message in given:
            room += 4 + rfw_bound(record_of(message))
        made = PyBytes_FromStringAndSize(NULL, room)
        at = PyBytes_AS_STRING(made)
        for message in given:
            record = record_of(message)
            length = rfw_encode(record, all_names(), at + 4)
            (<uint32_t*>at)[0] = length
            at += 4 + length
        room = at - PyBytes_AS_STRING(made)
        text = <PyObject*>made
        Py_INCREF(text)
        made = None  # only an object that nobody else holds can be resized
        _PyBytes_Resize(&text, room)
        made = <object>text
        Py_XDECREF(text)
        return made

    def decode_batch(self, const unsigned char[::1] buffer not None):
        """Return the messages of ``encode_batch``.

        Raises:
            CodecError: one of them is no message; the offset is its own, from its first byte on.
        """
        cdef const char* at = <const char*>&buffer[0] if buffer.shape[0] else NULL
        cdef Py_ssize_t left = buffer.shape[0]
        cdef uint32_t length
        cdef list found = []
        while left > 0:
            if left < 4:
                raise CodecError("ends inside a length", offset=buffer.shape[0] - left)
            length = (<uint32_t*>at)[0]
            if length > left - 4:
                raise CodecError("ends inside a message", offset=buffer.shape[0] - left)
            found.append(self.decoded(at + 4, length))
            at += 4 + length
            left -= 4 + length
        return found
