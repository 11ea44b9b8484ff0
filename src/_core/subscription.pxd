"""One subscription: what to call, with what, and how."""

from cpython.object cimport PyObject

cdef extern from "taker.h":
    ctypedef struct rf_taker:
        int mode
        int active
    void rf_taker_init(rf_taker* taker, PyObject* callback, int mode)
    bint rf_call(const rf_taker* taker, PyObject* argument) noexcept

cdef enum:
    AS_PAYLOAD = 0
    AS_MESSAGE = 1
    AS_ROWS = 2


cdef class Subscription:
    cdef:
        object callback
        rf_taker taker
        int kinds           # bit per kind


cdef Subscription subscription_of(object callback, int mode, int kinds)
