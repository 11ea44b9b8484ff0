"""The barrier between callbacks, and what becomes of their errors."""

from cpython.exc cimport PyErr_Occurred, PyErr_SetObject, PyErr_SetString, PyErr_WriteUnraisable

from regimeflow._core.messages cimport live_message_from, record_of

cimport cython

cdef tuple LANE_NAMES = ("executions", "market data", "system")


class BusHalted(RuntimeError):
    """The dispatch thread published more than a lane and its reserve hold; the message was refused.

    Given to ``on_error``, never raised out of ``publish``.
    """


# Turns the error indicator into an exception of this module: its caller sees one raised.
cdef int raise_pending() except -1:
    return -1


cdef object pending_error():
    if PyErr_Occurred() == NULL:  # what the interpreter checks behind every call, and rf_call() does not
        PyErr_SetString(SystemError, "the callback failed without saying why")
    try:
        raise_pending()
    except BaseException as error:  # the barrier: whatever one callback raises, the others are called
        return error


cdef int log_error(object error, object message, object source) except -1:
    import logging

    logging.getLogger("regimeflow.bus").error(
        "%r failed on %r", source, message, exc_info=(type(error), error, error.__traceback__)
    )
    return 0


@cython.final
cdef class Errors:
    cdef int callback_failed(self, object callback, object message) except -1:
        self.count += 1
        error = pending_error()
        return self.report(error, None if message is None else live_message_from(record_of(message)), callback)

    cdef int lane_is_full(self, int lane, object message, object bus) except -1:
        text = (
            f"the {LANE_NAMES[lane]} lane and its reserve are full; the dispatch thread must not wait, so the message "
            "was refused (publish less inside callbacks, or make capacity larger)"
        )
        return self.report(BusHalted(text), message, bus)

    cdef int report(self, object error, object message, object source) except -1:
        self.keep(error)
        self.failing = source
        try:
            if self.handler is None:
                log_error(error, message, source)
            else:
                self.handler(error, message)
        except BaseException as second:  # the same barrier: who is told of errors may fail too
            self.keep(second)
            if isinstance(second, Exception):
                PyErr_SetObject(type(second), second)
                PyErr_WriteUnraisable(self.handler)
        self.failing = None
        return 0

    cdef int keep(self, object error) except -1:
        if self.leaving is None and not isinstance(error, Exception):
            self.leaving = error
        return 0

    cdef int leave(self) except -1:
        if self.leaving is not None:
            error, self.leaving = self.leaving, None
            raise error
        return 0
