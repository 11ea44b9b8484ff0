"""One subscription: what to call, with what, and how."""

from cpython.object cimport PyObject

cimport cython


@cython.final
cdef class Subscription:
    pass


cdef Subscription subscription_of(object callback, int mode, int kinds):
    cdef Subscription made = Subscription.__new__(Subscription)
    if not callable(callback):
        raise TypeError(f"callback is {callback!r}; expected something callable")
    made.callback, made.kinds = callback, kinds
    rf_taker_init(&made.taker, <PyObject*>callback, mode)
    return made
