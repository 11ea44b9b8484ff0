"""Who wants which kind of message, in the form that the bus runs through for each one."""

from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.object cimport PyObject

from regimeflow._core.layout cimport (
    RF_ACCOUNT, RF_BAR, RF_BOOK, RF_KIND_COUNT, RF_PAD, RF_POSITION, RF_QUOTE, RF_REPORT, RF_SYSTEM, RF_TICK,
    RF_TOPIC_COUNT, rf_header, rf_topic_of,
)

cimport cython

cdef extern from "Python.h":
    int _PyBytes_Resize(PyObject** text, Py_ssize_t size) except -1
    void Py_INCREF(PyObject* thing)
    void Py_XDECREF(PyObject* thing)

cdef enum:
    MOST_ROWS = 4096  # of one array

cdef dict CLASS_NAMES = {
    RF_QUOTE: "Quote", RF_TICK: "Tick", RF_BAR: "Bar", RF_BOOK: "OrderBook", RF_REPORT: "ExecutionReport",
    RF_POSITION: "Position", RF_ACCOUNT: "AccountInfo", RF_SYSTEM: "SystemMessage",
}


@cython.final
cdef class Subscription:
    pass


@cython.final
cdef class Rows:
    pass


@cython.final
cdef class Handlers:
    def __dealloc__(self):
        free(self.takers)


cdef Subscription subscription_of(object callback, int mode, int kinds):
    cdef Subscription made = Subscription.__new__(Subscription)
    if not callable(callback):
        raise TypeError(f"callback is {callback!r}; expected something callable")
    made.callback, made.kinds = callback, kinds
    rf_taker_init(&made.taker, <PyObject*>callback, mode)
    return made


cdef Rows rows_of(int kind, list takers):
    import numpy

    from regimeflow._core import messages

    cdef Rows rows = Rows.__new__(Rows)
    rows.takers = tuple(takers)
    rows.dtype = getattr(messages, CLASS_NAMES[kind]).dtype()
    rows.width = rows.dtype.itemsize
    rows.frombuffer = numpy.frombuffer
    return rows


cdef Handlers handlers_of(int kind, object subscriptions):
    cdef Handlers handlers = Handlers.__new__(Handlers)
    cdef Subscription one
    calls, takers = [], []
    for one in subscriptions:
        if not one.kinds & (1 << kind):
            continue
        handlers.wants_any = True
        if one.taker.mode == AS_ROWS:
            takers.append(one)
            continue
        calls.append(one)
        handlers.wants_payload |= one.taker.mode == AS_PAYLOAD
        handlers.wants_message |= one.taker.mode == AS_MESSAGE
    handlers.calls = tuple(calls)
    handlers.takers = <rf_taker**>malloc(max(1, len(calls)) * sizeof(rf_taker*))
    if handlers.takers == NULL:
        raise MemoryError
    for one in handlers.calls:
        handlers.takers[handlers.size] = &one.taker
        handlers.size += 1
    handlers.rows = rows_of(kind, takers) if takers else None
    return handlers


cdef int begin_rows(Rows rows, Py_ssize_t expected) except -1:
    rows.room = max(1, min(expected, MOST_ROWS))
    rows.text = PyBytes_FromStringAndSize(NULL, rows.room * rows.width)
    rows.end = PyBytes_AS_STRING(rows.text)
    rows.count = 0
    return 0


cdef object take_rows(Rows rows):
    cdef PyObject* text = <PyObject*>rows.text
    Py_INCREF(text)
    rows.text = None
    _PyBytes_Resize(&text, rows.count * rows.width)
    try:
        return rows.frombuffer(<object>text, rows.dtype)
    finally:
        Py_XDECREF(text)


@cython.final
cdef class Spares:
    pass


@cython.final
cdef class Registry:
    def __cinit__(self):
        self.subscriptions = {}
        self.handlers = [None] * RF_KIND_COUNT
        self.rebuild((1 << RF_KIND_COUNT) - 1)

    cdef int64_t add(self, object callback, int kinds, int mode) except -1:
        made = subscription_of(callback, mode, kinds)
        self.last_id += 1
        self.subscriptions[self.last_id] = made
        try:
            self.rebuild(kinds)
        except BaseException:  # no NumPy for rows, or no memory: as if never asked
            self.remove(self.last_id)
            raise
        return self.last_id

    cdef int remove(self, object subscription) except -1:
        cdef Subscription one = self.subscriptions.pop(subscription, None)
        if one is not None:
            one.taker.active = False
            self.rebuild(one.kinds)
        return 0

    cdef int rebuild(self, int kinds) except -1:
        cdef int kind
        for kind in range(<int>RF_KIND_COUNT):
            if kinds & (1 << kind):
                self.handlers[kind] = handlers_of(kind, self.subscriptions.values())
        return 0


cdef int bit_of(int kind) except -1:
    if not <int>RF_PAD < kind < <int>RF_KIND_COUNT:
        raise ValueError(f"kind is {kind}; expected {RF_PAD + 1} to {RF_KIND_COUNT - 1}")
    return 1 << kind


cdef int bits_of(int topic) except -1:
    cdef int kind, bits = 0
    if not 0 <= topic < <int>RF_TOPIC_COUNT:
        raise ValueError(f"topic is {topic}; expected 0 to {RF_TOPIC_COUNT - 1}")
    for kind in range(RF_PAD + 1, <int>RF_KIND_COUNT):
        if rf_topic_of(kind) == topic:
            bits |= 1 << kind
    return bits
