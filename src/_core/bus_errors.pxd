"""The barrier between callbacks, and what becomes of their errors."""

from libc.stdint cimport int64_t


cdef class Errors:
    cdef:
        object handler   # called with (error, LiveMessage or None); None: the log
        object leaving   # a KeyboardInterrupt or the like that must leave the drain
        object failing   # the callback that the handler is being told of
        int64_t count    # of callbacks that raised

    # A callback raised, and the error is set; message: what it was called with, or None.
    cdef int callback_failed(self, object callback, object message) except -1
    # The dispatch thread published more than a lane and its reserve hold.
    cdef int lane_is_full(self, int lane, object message, object bus) except -1
    cdef int report(self, object error, object message, object source) except -1
    cdef int keep(self, object error) except -1
    # Raise what must leave, if anything must.
    cdef int leave(self) except -1
