"""Who wants which kind of message, in the form that the bus runs through for each one."""

from libc.stdint cimport int64_t

from cpython.object cimport PyObject

from regimeflow._core.layout cimport rf_header

cdef extern from "Python.h":
    PyObject* PyObject_Vectorcall(PyObject* callback, PyObject** arguments, size_t count, PyObject* names) noexcept
    size_t PY_VECTORCALL_ARGUMENTS_OFFSET
    void Py_XDECREF(PyObject* thing)

cdef enum:
    AS_PAYLOAD = 0
    AS_MESSAGE = 1
    AS_ROWS = 2


cdef class Subscription:
    cdef:
        object callback
        PyObject* function  # borrowed from callback
        PyObject* owner     # of a bound method, so that the call needs no method object; else NULL
        int mode
        int kinds           # bit per kind
        bint active         # cleared by unsubscribe(), also for the dispatch that is under way
        object dtype        # of rows


# Rows of one kind that a drain has seen and not handed out yet.
cdef class Rows:
    cdef:
        tuple takers        # Subscription
        object dtype
        object frombuffer   # numpy's
        Py_ssize_t width    # bytes of a row
        object text         # bytes under construction; None: no rows
        Py_ssize_t count, room


# Who wants a kind. Never changed, only replaced as a whole: a dispatch under way keeps the one that it began with.
cdef class Handlers:
    cdef:
        tuple calls         # Subscription, in the order of subscribing
        Py_ssize_t size
        bint wants_any, wants_payload, wants_message
        Rows rows           # None: nobody takes rows


# All subscriptions of a bus. Changing them is safe at any time, also inside callbacks.
cdef class Registry:
    cdef:
        dict subscriptions  # id: Subscription, in the order of subscribing
        list handlers       # by kind: Handlers
        int64_t last_id

    cdef int64_t add(self, object callback, int kinds, int mode) except -1
    cdef int remove(self, object subscription) except -1
    cdef int rebuild(self, int kinds) except -1


# The bits of kinds: of one, of all in a topic. ValueError for what does not exist.
cdef int bit_of(int kind) except -1
cdef int bits_of(int topic) except -1
# Copy a record behind the rows; true when these are the first. The caller saw to it that there is room.
cdef bint keep_row(Rows rows, const rf_header* record, Py_ssize_t expected) except -1
# The rows as a structured array that is nobody else's; rows is empty after it.
cdef object take_rows(Rows rows)
# The error that a failed call() left behind.
cdef object pending_error()
# Tell the handler of errors (None: the log). Returns an error that must not be swallowed, or None.
cdef object tell(object handler, object error, object message, object source)


# Call back; false: it raised, and the error is set.
cdef inline bint call(Subscription taker, PyObject* argument) noexcept:
    cdef PyObject* arguments[3]
    cdef PyObject* answer
    arguments[0] = NULL  # the callee may use it: PY_VECTORCALL_ARGUMENTS_OFFSET
    if taker.owner == NULL:
        arguments[1] = argument
        answer = PyObject_Vectorcall(taker.function, arguments + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL)
    else:
        arguments[1] = taker.owner
        arguments[2] = argument
        answer = PyObject_Vectorcall(taker.function, arguments + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL)
    Py_XDECREF(answer)
    return answer != NULL
