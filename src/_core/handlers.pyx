"""Who wants which kind of message, in the form that the bus runs through for each one."""

from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from regimeflow._core.layout cimport RF_KIND_COUNT, RF_PAD, RF_TOPIC_COUNT, rf_topic_of
from regimeflow._core.rows cimport rows_of
from regimeflow._core.subscription cimport AS_MESSAGE, AS_PAYLOAD, AS_ROWS, Subscription, rf_taker, subscription_of

cimport cython


@cython.final
cdef class Handlers:
    def __dealloc__(self):
        free(self.takers)


cdef Handlers handlers_of(int kind, object subscriptions, bint foreign):
    cdef Handlers handlers = Handlers.__new__(Handlers)
    cdef Subscription one
    calls, takers = [], []
    for one in subscriptions:
        if not one.kinds & (1 << kind) or (foreign and one.taker.mode != AS_MESSAGE):
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
    handlers.rows = rows_of(kind, takers)
    return handlers


@cython.final
cdef class Spares:
    pass


@cython.final
cdef class Registry:
    def __cinit__(self):
        self.subscriptions = {}
        self.handlers = [None] * (2 * RF_KIND_COUNT)
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
                self.handlers[kind] = handlers_of(kind, self.subscriptions.values(), False)
                self.handlers[RF_KIND_COUNT + kind] = handlers_of(kind, self.subscriptions.values(), True)
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
