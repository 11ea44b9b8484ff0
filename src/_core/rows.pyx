"""Messages of one kind as rows: collected for batch callbacks, and published from an array."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_CheckSignals
from cpython.object cimport PyObject

from regimeflow._core.lanes cimport RF_LOOK_MS, rf_lanes_is_closed, rf_lanes_publish_rows, rf_lanes_run
from regimeflow._core.layout cimport (
    RF_ACCOUNT, RF_BAR, RF_BOOK, RF_CELL_BYTES, RF_POSITION, RF_QUOTE, RF_REPORT, RF_SYSTEM, RF_TICK, rf_header,
)
from regimeflow._core.records cimport rf_fault_of
from regimeflow._core.subscription cimport Subscription, rf_call

cimport cython

cdef extern from "Python.h":
    int _PyBytes_Resize(PyObject** text, Py_ssize_t size) except -1
    void Py_INCREF(PyObject* thing)
    void Py_XDECREF(PyObject* thing)

cdef enum:
    FEWEST_ROWS = 16       # that there is room for at first
    MOST_ROWS = 4096       # of one array

cdef dict CLASS_NAMES = {
    RF_QUOTE: "Quote", RF_TICK: "Tick", RF_BAR: "Bar", RF_BOOK: "OrderBook", RF_REPORT: "ExecutionReport",
    RF_POSITION: "Position", RF_ACCOUNT: "AccountInfo", RF_SYSTEM: "SystemMessage",
}


cdef uint8_t kind_of_class(object kind) except 0:
    from regimeflow._core import messages

    for number, name in CLASS_NAMES.items():
        if kind is getattr(messages, name):
            return <uint8_t>number
    raise TypeError(f"kind is {kind!r}; expected one of {', '.join(CLASS_NAMES.values())}")


@cython.final
cdef class Rows:
    pass


cdef Rows rows_of(int kind, list takers):
    if not takers:
        return None

    import numpy

    from regimeflow._core import messages

    cdef Rows rows = Rows.__new__(Rows)
    rows.takers = tuple(takers)
    rows.dtype = getattr(messages, CLASS_NAMES[kind]).dtype()
    rows.width = rows.dtype.itemsize
    rows.frombuffer = numpy.frombuffer
    return rows


# Make room for so many rows in all.
cdef int resize(Rows rows, Py_ssize_t room) except -1:
    cdef PyObject* text = <PyObject*>rows.text
    Py_INCREF(text)
    rows.text = None  # only an object that nobody else holds can be resized
    _PyBytes_Resize(&text, room * rows.width)
    rows.text = <object>text
    Py_XDECREF(text)
    rows.room = room
    rows.end = PyBytes_AS_STRING(rows.text) + rows.count * rows.width
    return 0


@cython.final
cdef class Collector:
    cdef int add(self, Rows rows, const rf_header* record, int64_t expected) except -1:
        if rows.text is None:
            rows.room = max(FEWEST_ROWS, min(expected, MOST_ROWS))
            rows.text = PyBytes_FromStringAndSize(NULL, rows.room * rows.width)
            rows.end = PyBytes_AS_STRING(rows.text)
            rows.count = 0
            self.waiting.append(rows)
        memcpy(rows.end, record, rows.width)
        rows.end += rows.width
        rows.count += 1
        return 0

    cdef int64_t extend(self, Rows rows, rf_lanes* lanes, rf_ring* ring, uint8_t kind, int64_t most, int64_t* seq,
                        int64_t* now_ns) except -1:
        cdef int64_t count = rf_lanes_run(lanes, ring, kind, rows.width, min(most, rows.room - rows.count), &rows.end, seq,
                                           now_ns)
        rows.count += count
        if rows.count == MOST_ROWS:
            self.flush()
        elif rows.count == rows.room:
            resize(rows, min(2 * rows.room, MOST_ROWS))
        return count

    cdef int flush(self) except -1:
        cdef Rows rows
        cdef Subscription one
        if not self.waiting:
            return 0
        waiting, self.waiting = self.waiting, []
        for rows in waiting:
            resize(rows, rows.count)
            array, rows.text = rows.frombuffer(rows.text, rows.dtype), None
            for one in rows.takers:
                if one.taker.active and not rf_call(&one.taker, <PyObject*>array):
                    self.errors.callback_failed(one.callback, None)
        return 0


# The bytes of an array whose every row is a sound record.
cdef object sound_bytes(object rows, Py_ssize_t width):
    import numpy

    cdef Py_buffer buffer
    cdef const char* fault
    cdef int64_t at
    if width == 0 or width % RF_CELL_BYTES:
        raise ValueError(f"array has elements of {width} bytes; expected a multiple of {RF_CELL_BYTES}")
    text = numpy.ascontiguousarray(rows).reshape(-1).view("u1")
    PyObject_GetBuffer(text, &buffer, PyBUF_SIMPLE)
    try:
        for at in range(buffer.len // width):
            fault = rf_fault_of(<const rf_header*>(<const char*>buffer.buf + at * width), width)
            if fault != NULL:
                raise ValueError(f"element {at} is {fault.decode()}; expected a record of this version")
    finally:
        PyBuffer_Release(&buffer)
    return text


cdef int64_t publish_rows(rf_lanes* lanes, object rows) except -1:
    cdef Py_buffer buffer
    cdef int64_t width = rows.dtype.itemsize
    cdef int64_t done = 0
    cdef int64_t count
    PyObject_GetBuffer(sound_bytes(rows, width), &buffer, PyBUF_SIMPLE)
    count = buffer.len // width
    try:
        while done < count and not rf_lanes_is_closed(lanes):
            PyErr_CheckSignals()
            with nogil:
                done += rf_lanes_publish_rows(
                    lanes, <const char*>buffer.buf + done * width, width, count - done, RF_LOOK_MS
                )
    finally:
        PyBuffer_Release(&buffer)
    return done
