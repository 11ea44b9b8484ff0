"""The lanes by name only, so that C++ modules (which cannot read C11 atomics) may cimport bus.pxd."""

cdef extern from *:
    """
    typedef struct rf_lanes rf_lanes;
    typedef struct rf_ring rf_ring;
    """
    ctypedef struct rf_lanes
    ctypedef struct rf_ring
