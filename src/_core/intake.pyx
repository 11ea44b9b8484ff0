"""Where messages enter an engine: published, dispatched, counted and timed in one call."""

cimport cython
from libc.stdint cimport int64_t
from libc.string cimport memset

from regimeflow._core.bus cimport EventBus
from regimeflow._core.latency cimport LatencyHistogram
from regimeflow._core.layout cimport RF_KIND_COUNT, rf_header
from regimeflow._core.messages cimport record_of

cdef extern from "timestamps.h" nogil:
    int64_t rf_monotonic_ns()


@cython.final
cdef class Intake:
    """Publishes a message and dispatches what waits, on the loop's thread; from any other thread it only publishes.

    The time from the call to the return of the last handler goes into the histogram.

    Args:
        bus: The engine's.
        latency: Written by the loop's thread only.

    Threading:
        Any thread.
    """

    def __cinit__(self, EventBus bus not None, LatencyHistogram latency not None):
        self._bus = bus
        self._latency = latency
        memset(self._counts, 0, sizeof(self._counts))

    def __call__(self, message: object, /) -> bool:
        """Take one message; false when the bus does not take it any more."""
        return self.take(record_of(message))

    cdef bint take(self, const rf_header* record) except -1:
        cdef int64_t started_ns
        cdef bint taken
        self._counts[record.kind] += 1
        if self._bus.draining:  # a callback's own message: handed out, and timed, by the drain under way
            return self._bus.put(record)
        started_ns = rf_monotonic_ns()
        taken = self._bus.put_now(record)
        self._latency.add(rf_monotonic_ns() - started_ns)
        return taken

    def counts(self) -> dict:
        """Return how many messages of each kind came in."""
        names = ("quotes", "trades", "bars", "books", "execution_reports", "positions", "accounts", "system")
        return {name: self._counts[kind + 1] for kind, name in enumerate(names) if self._counts[kind + 1]}
