"""Who wants which kind of message, in the form that the bus runs through for each one."""

from libc.stdint cimport int64_t
from libc.string cimport memcpy

from cpython.object cimport PyObject

from regimeflow._core.layout cimport RF_CELL_BYTES, RF_QUOTE, RF_TICK, rf_header
from regimeflow._core.market cimport Quote, Tick
from regimeflow._core.messages cimport LiveMessage, live_message_from, message_from
from regimeflow._core.rows cimport Rows
from regimeflow._core.subscription cimport rf_taker

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject* thing)

# Who wants a kind. Never changed, only replaced as a whole: a dispatch under way keeps the one that it began with.
cdef class Handlers:
    cdef:
        tuple calls         # Subscription, in the order of subscribing
        rf_taker** takers   # theirs
        Py_ssize_t size
        bint wants_any, wants_payload, wants_message
        Rows rows           # None: nobody takes rows


# The last objects that were handed out. One that nobody kept is filled again: as good as fresh, and half the cost.
cdef class Spares:
    cdef:
        Quote quote
        Tick tick
        LiveMessage message


# All subscriptions of a bus. Changing them is safe at any time, also inside callbacks.
cdef class Registry:
    cdef:
        dict subscriptions  # id: Subscription, in the order of subscribing
        list handlers       # by kind: Handlers; then once more, for messages of other hosts
        int64_t last_id

    cdef int64_t add(self, object callback, int kinds, int mode) except -1
    cdef int remove(self, object subscription) except -1
    cdef int rebuild(self, int kinds) except -1


# The bits of kinds: of one, of all in a topic. ValueError for what does not exist.
cdef int bit_of(int kind) except -1
cdef int bits_of(int topic) except -1


cdef inline object payload_of(Spares spares, const rf_header* record):
    if record.kind == RF_QUOTE:
        if Py_REFCNT(<PyObject*>spares.quote) == 1:
            memcpy(&spares.quote.cell, record, RF_CELL_BYTES)
        else:
            spares.quote = message_from(record)
        return spares.quote
    if record.kind == RF_TICK:
        if Py_REFCNT(<PyObject*>spares.tick) == 1:
            memcpy(&spares.tick.cell, record, RF_CELL_BYTES)
        else:
            spares.tick = message_from(record)
        return spares.tick
    return message_from(record)


cdef inline LiveMessage message_of(Spares spares, const rf_header* record):
    if record.n_cells == 1 and Py_REFCNT(<PyObject*>spares.message) == 1:
        memcpy(&spares.message.cell, record, RF_CELL_BYTES)
        spares.message.content = None
    else:
        spares.message = live_message_from(record)
    return spares.message
