"""The event bus: one ordered stream from many threads to the callbacks of one.

Three inbound lanes (executions | market data | the rest) have one reader, the dispatch thread: the one that drained last, or
the bus's own after start(), or at first the one that made it. A message is numbered when it is handed out, so all see one
order: within a topic that of publishing; an execution may overtake market data and notices.
"""

from libc.stdint cimport int64_t, uint8_t

from cpython.exc cimport PyErr_CheckSignals, PyErr_SetFromErrno
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.object cimport PyObject

from regimeflow._core.board cimport QuoteBoard
from regimeflow._core.bus_errors cimport Errors
from regimeflow._core.bus_stats cimport stats_of
from regimeflow._core.journal_writer cimport JournalWriter
from regimeflow._core.handlers cimport Handlers, Registry, Spares, bit_of, bits_of, message_of, payload_of
from regimeflow._core.lanes cimport *
from regimeflow._core.layout cimport RF_KIND_COUNT, RF_MARKET_DATA, rf_header
from regimeflow._core.messages cimport live_message_from, record_of
from regimeflow._core.rows cimport Collector, publish_rows
from regimeflow._core.subscription cimport AS_MESSAGE, AS_PAYLOAD, AS_ROWS, Subscription, rf_call, rf_taker

cimport cython

cdef enum:
    BATCH = 256            # messages before the own thread lets others run
    AIRING = 64            # messages before waiting threads learn that there is room
    MOST_CELLS = 1 << 20


@cython.final
cdef class EventBus:
    """One ordered stream of messages from any thread to the callbacks of one thread.

    Either ``start()`` gives the bus a thread of its own, or the owner of a loop calls ``drain()`` (and sleeps on
    ``fileno()`` after ``park()``). ``publish`` works at once.

    Args:
        capacity: Cells of 128 bytes that each of the three lanes holds before it is full. A quote, tick or bar takes
            one, a book or an execution report three.
        conflate: Overwrite a quote or book of the same symbol that was not delivered yet, instead of queueing both.
            It is delivered in the place of the first; ``stats().conflated`` counts.

    Threading:
        Every method may be called from any thread and from inside a callback.
    """

    def __cinit__(self, int64_t capacity=4096, *, bint conflate=False):
        if not 1 <= capacity <= MOST_CELLS:
            raise ValueError(f"capacity is {capacity}; expected 1 to {MOST_CELLS} cells")
        self.lanes = rf_lanes_new(capacity, conflate)
        if self.lanes == NULL:
            raise MemoryError(f"no memory for lanes of {capacity} cells")
        self.registry = Registry.__new__(Registry)
        self.handlers = self.registry.handlers
        self.spares = Spares.__new__(Spares)
        self.errors = Errors.__new__(Errors)
        self.collector = Collector.__new__(Collector)
        self.collector.waiting, self.collector.errors = [], self.errors
        self.dispatcher = PyThread_get_thread_ident()

    def __dealloc__(self):
        rf_lanes_free(self.lanes)

    def publish(self, message) -> bool:
        """Put a message into its lane.

        On a full lane the dispatch thread falls back on a reserve as large as the lane and never waits; any other
        thread waits until there is room or the bus stops (the GIL is released, ``stats().waits`` counts).

        Args:
            message: A ``LiveMessage`` or a payload (``Quote``, ``ExecutionReport``, ...).

        Returns:
            False once the bus is stopped, or when the reserve is full as well: the message was then refused,
            ``on_error`` got a ``BusHalted``, and ``halted`` is true.

        Raises:
            TypeError: no message.
        """
        return self.put(record_of(message))

    cdef bint put(self, const rf_header* record) except -1:
        cdef int claim = rf_lanes_offer(self.lanes, record)
        if claim != RF_CLAIMED:
            return self.put_slowly(record, claim)
        if not self.draining:  # else the drain under way looks again before it ends: both happen under the GIL
            rf_lanes_wake(self.lanes)
        return True

    cdef bint put_nogil(self, const rf_header* record) noexcept nogil:
        return rf_lanes_publish(self.lanes, record) == RF_CLAIMED

    cdef bint put_slowly(self, const rf_header* record, int claim) except -1:
        if claim == RF_FULL and self.dispatcher == PyThread_get_thread_ident():
            claim = rf_lanes_keep(self.lanes, record)
            if claim == RF_FULL:
                self.halt(record)
        elif claim == RF_FULL:
            rf_lanes_count_wait(self.lanes)
            while claim == RF_FULL:
                PyErr_CheckSignals()
                with nogil:
                    claim = rf_lanes_wait(self.lanes, record, RF_LOOK_MS)
        if claim == RF_CLAIMED and not self.draining:
            rf_lanes_wake(self.lanes)
        return claim == RF_CLAIMED

    cdef int halt(self, const rf_header* record) except -1:
        cdef int lane = rf_lane_of(record.kind)
        self.halted = True
        if not self.refused & (1 << lane):
            self.refused |= 1 << lane
            self.errors.lane_is_full(lane, live_message_from(record), self)
        return 0 if self.draining else self.errors.leave()

    def publish_rows(self, rows) -> int:
        """Publish a structured array (``to_array``, ``subscribe_batch``) without the GIL; symbols are this process's ids.

        Returns how many rows were taken: fewer once the bus is stopped; ValueError: a row is no sound record, none was.
        """
        if self.thread is None and self.dispatcher == PyThread_get_thread_ident():
            from regimeflow._core.messages import from_array

            return sum([self.put(record_of(message)) for message in from_array(rows)])
        return publish_rows(self.lanes, rows)

    def dispatch(self, message) -> bool:
        """Publish a message and deliver what is waiting, at once and on this thread: for the owner of a loop.

        Inside a callback, on a foreign thread, and when the bus has its own, it is ``publish`` and no more.
        """
        return self.put_now(record_of(message))

    cdef bint put_now(self, const rf_header* record) except -1:
        if self.draining or self.thread is not None or self.dispatcher != PyThread_get_thread_ident():
            return self.put(record)
        cdef int claim = rf_lanes_offer(self.lanes, record)
        if claim == RF_FULL:
            self.deliver(BATCH)
            claim = rf_lanes_keep(self.lanes, record)
            if claim == RF_FULL:
                self.halt(record)
        if claim == RF_CLAIMED:
            self.deliver(BATCH)
        return claim == RF_CLAIMED

    def drain(self, int64_t limit=256) -> int:
        """Hand out what is waiting, on this thread, executions before anything else.

        Callbacks of a message run in the order of subscribing. One that raises is reported to ``on_error``; the others
        are still called. A ``KeyboardInterrupt``, ``SystemExit`` or the like is reported, the other callbacks of its
        message are called, and then it leaves this method; what was not handed out stays for the next drain.

        Args:
            limit: Hand out at most so many messages, those published meanwhile included; a bus being stopped has none.

        Returns:
            How many were handed out. 0 inside a callback, and while another thread drains.
        """
        if self.draining or self.thread is not None:
            return 0
        return self.deliver(limit)

    cdef int64_t deliver(self, int64_t limit) except -1:
        cdef int64_t count = 0, aired = 0
        cdef rf_ring* ring = NULL
        cdef rf_header* record = NULL
        self.draining = True
        self.dispatcher = PyThread_get_thread_ident()
        self.refused = 0
        try:
            while (count < limit or self.closing) and (self.errors.leaving is None or self.closing):
                record = rf_lanes_next(self.lanes, &ring)
                if record != NULL:
                    count += self.hand_out(record, ring, BATCH if self.closing else limit - count)
                    if count - aired >= AIRING:
                        aired = count
                        rf_lanes_make_room(self.lanes, True)
                elif PyList_GET_SIZE(self.collector.waiting):
                    self.collector.flush()
                elif self.closing and not rf_lanes_empty(self.lanes):
                    with nogil:  # a thread of C is still writing what it claimed
                        sched_yield()
                else:
                    break
            self.collector.flush()
        finally:
            self.draining = False
            rf_lanes_make_room(self.lanes, count >= AIRING)
            rf_lanes_rewake(self.lanes)
        self.errors.leave()
        return count

    cdef int64_t hand_out(self, rf_header* record, rf_ring* ring, int64_t left) except -1:
        cdef Handlers handlers
        cdef Subscription one
        cdef rf_taker* taker
        cdef Py_ssize_t index
        cdef int64_t cells = record.n_cells
        cdef uint8_t kind
        cdef bint foreign
        cdef object payload = None, message = None
        if record.kind == RF_TOKEN:
            record = rf_lanes_redeem(self.lanes, record)
        kind = record.kind
        if self.journalled >> kind & 1:  # before anybody sees it
            rf_stamp(record, self.seq + 1)
            self.journal_lost += self.journal.write(record) != 0
        foreign = record.origin != 0  # another host's: never taken for the broker's, and its clock is not ours
        if self.board is not None and not foreign:
            self.board.take(record)
        self.stream_ns = max(self.stream_ns, 0 if foreign else record.ts_recv_ns)
        handlers = <Handlers><object>PyList_GET_ITEM(self.handlers, kind + foreign * <int>RF_KIND_COUNT)
        if not handlers.wants_any:
            self.seq += 1
            rf_lanes_done(self.lanes, ring, cells)
            return 1
        rf_stamp(record, self.seq + 1)
        if handlers.wants_payload:
            payload = payload_of(self.spares, record)
        if handlers.wants_message:
            message = message_of(self.spares, record)
        if handlers.rows is not None:
            self.collector.add(handlers.rows, record, min(rf_ring_depth(ring, 0), left))
        # All copied: the cells go back before the callbacks run, so that what they publish finds room.
        self.seq += 1
        rf_lanes_done(self.lanes, ring, cells)
        for index in range(handlers.size):
            taker = handlers.takers[index]
            if taker.active and not rf_call(taker, <PyObject*>(payload if taker.mode == AS_PAYLOAD else message)):
                one = handlers.calls[index]
                self.errors.callback_failed(one.callback, message if message is not None else payload)
        if handlers.rows is None:
            return 1
        if handlers.size or self.board is not None or self.journalled >> kind & 1:
            left = 1  # each of them is more than a row
        return 1 + self.collector.extend(handlers.rows, self.lanes, ring, kind, left - 1, &self.seq, &self.stream_ns)

    def subscribe(self, int topic, cb) -> int:
        """Have a callback called with each ``LiveMessage`` of a topic (``LiveTopic``) that is handed out from now on.

        Callbacks run on the dispatch thread; all subscribers of a topic share one object per message, and get those of other
        hosts (``origin``) too. Returns a number for ``unsubscribe``; ValueError, TypeError: no such topic; not callable.
        """
        return self.registry.add(cb, bits_of(topic), AS_MESSAGE)

    def subscribe_payload(self, int kind, cb) -> int:
        """As ``subscribe``, for one kind, not of other hosts: the callback gets the (shared) ``Quote`` ... itself."""
        return self.registry.add(cb, bit_of(kind), AS_PAYLOAD)

    def subscribe_batch(self, int kind, cb) -> int:
        """As ``subscribe_payload``, but the messages of a drain come together, as a structured NumPy array.

        The rows are all messages of the kind in order, at most 4,096 in an array; they come when the drain has nothing
        more to hand out or reached its limit. The array is read-only, shared by the kind's subscribers, and safe to keep.
        """
        return self.registry.add(cb, bit_of(kind), AS_ROWS)

    def subscribe_board(self, QuoteBoard board) -> None:
        """Have a quote board take each record of market data, in C, before any callback is called; None: no more."""
        self.board = board

    def set_journal(self, JournalWriter writer, *, bint market_data=True) -> None:
        """Have each message appended to a journal with its number, before anyone sees it; None: no more.

        Without ``market_data`` quotes, ticks, bars and books are left out. A message that the journal has no room for is
        handed out all the same; ``journal_lost`` counts it.
        """
        self.journal = writer
        self.journalled = 0 if writer is None else (1 << RF_KIND_COUNT) - 1
        if not market_data:
            self.journalled &= ~bits_of(RF_MARKET_DATA)

    def unsubscribe(self, subscription) -> None:
        """Never call this subscription again, also not for the message being handed out. An unknown number is ignored."""
        self.registry.remove(subscription)

    def continue_from(self, int64_t seq) -> None:
        """Number the next message ``seq + 1``: messages of a journal that goes on are numbered on."""
        self.seq = seq

    def on_error(self, cb) -> None:
        """Have a callback called with (exception, LiveMessage or None) when a subscriber raises or the bus halts.

        It replaces the one before; None: ``regimeflow.bus`` is logged to. What it raises goes to ``sys.unraisablehook``.
        """
        if cb is not None and not callable(cb):
            raise TypeError(f"callback is {cb!r}; expected something callable, or None")
        self.errors.handler = cb

    @property
    def failed_callback(self) -> object:
        """The callback that raised, or the bus when it halts; None but inside ``on_error``."""
        return self.errors.failing

    def fileno(self) -> int:
        """The descriptor that becomes readable when something was published after ``park()`` said true."""
        cdef int descriptor = rf_lanes_fd(self.lanes)
        if descriptor < 0:
            PyErr_SetFromErrno(OSError)
        return descriptor

    def park(self) -> bool:
        """Say that this loop is going to sleep on ``fileno()``; false: something is waiting already, drain again."""
        self.fileno()
        return rf_lanes_park(self.lanes)

    def start(self) -> None:
        """Give the bus a thread of its own. On a bus that runs already nothing happens.

        A stopped bus starts again, with its subscriptions, once its stop is complete, but not in one of its callbacks. A
        callback that raises ``SystemExit`` or the like ends the thread: the bus stops.
        """
        import threading

        cdef unsigned long me = PyThread_get_thread_ident()
        done = threading.Event()
        thread = threading.Thread(target=self._run, args=(done,), name="regimeflow-bus", daemon=True)
        self.fileno()
        while self.closing and (self.thread is not None or self.draining):
            if me == self.own_thread or (self.draining and me == self.dispatcher):
                return
            self.wait_for_lanes()
        if self.thread is not None:
            return
        if self.closing:
            rf_lanes_reopen(self.lanes)
            self.closing = self.halted = False
        if not self.draining:  # else this very call may come from a callback, which must not wait for room
            self.dispatcher = 0
        self.thread, self.done = thread, done
        try:
            thread.start()
        except RuntimeError:  # no more threads to be had: as if never asked
            self.thread = None
            done.set()
            raise

    def _run(self, done):
        self.own_thread = PyThread_get_thread_ident()
        try:
            while self.draining:
                self.wait_for_lanes()
            while True:
                if self.deliver(BATCH):
                    with nogil:  # let the others have the GIL
                        pass
                elif self.closing:
                    break
                elif self.park() and not self.closing:
                    with nogil:
                        rf_lanes_sleep_until_woken(self.lanes)
        except SystemExit:  # a callback's, reported: it ends this thread, and with it the bus
            pass
        finally:
            self.closing = True
            rf_lanes_close(self.lanes)
            try:
                self.deliver(BATCH)
            finally:
                self.own_thread = 0
                self.thread = None
                done.set()

    def stop(self) -> None:
        """Refuse what is published from now on and deliver everything that was published before.

        From inside a callback it returns at once and the drain under way delivers the rest; otherwise it returns when all
        is delivered, by whichever thread drains. Twice, or from several threads at once, is harmless.
        """
        cdef unsigned long me = PyThread_get_thread_ident()
        self.closing = True
        rf_lanes_close(self.lanes)
        rf_lanes_wake(self.lanes)
        if me == self.own_thread or (self.draining and me == self.dispatcher):
            return
        if self.thread is not None:
            self.done.wait()
            return
        while self.draining:
            self.wait_for_lanes()
        self.deliver(BATCH)

    cdef int wait_for_lanes(self) except -1:
        with nogil:
            rf_lanes_pause(self.lanes, 5)
        PyErr_CheckSignals()
        return 0

    @property
    def running(self):
        """Whether the bus has a thread of its own."""
        return self.thread is not None

    def stats(self):
        """Return what the bus has done so far."""
        return stats_of(self.lanes, self.seq, self.errors.count, self.halted)
