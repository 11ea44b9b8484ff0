"""A symbol's order book, kept from a snapshot and diffs by Binance's U/u rule.

Source: Binance, "How to manage a local order book correctly" (as corrected 2025-11-12): diffs are kept until there is a
snapshot; one older than the first of them is refused; diffs up to the snapshot are dropped; then each must begin no later than
one past the book, else updates were missed. Quantity 0 removes a level, an absent one harmlessly.

One deviation, on the safe side: a snapshot that ends exactly where the first kept diff begins (``lastUpdateId == U - 1``) is
joined, where Binance's text asks for another; nothing can be missing between the two.
"""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer

from regimeflow._core.books cimport OrderBook, book_from
from regimeflow._core.decimals cimport decimal_from, rf_decimal
from regimeflow._core.depth cimport DepthDiff, diff_from, frame_error, prepare
from regimeflow._core.frames cimport RFV_BOOK, RFV_BROKEN, rfv_binance_patient, rfv_free, rfv_reader
from regimeflow._core.layout cimport rf_book
from regimeflow._core.symbols cimport intern_symbol, symbol_text

from regimeflow._core.depth import FrameError

cdef enum:
    MOST_KEPT = 6000  # ten minutes at one per 100 ms


class BookChange:
    """What an event did to a book.

    ``KEPT``: there is no snapshot yet. ``IGNORED``: nothing in it is news. ``REFUSED``: a snapshot that cannot be joined; fetch
    another. ``GAP``: updates were missed. ``CROSSED``: the best bid was not below the best ask. After these two the book is
    empty until the next snapshot. ``THIN``: applied, but fewer levels are certain than a message shows, because the venue gave
    no more; fetch a snapshot again.
    """

    APPLIED = BOOK_APPLIED
    KEPT = BOOK_KEPT
    IGNORED = BOOK_IGNORED
    REFUSED = BOOK_REFUSED
    GAP = BOOK_GAP
    CROSSED = BOOK_CROSSED
    THIN = BOOK_THIN


cdef list _best(const rfl_side* side, const rfl_book* book, Py_ssize_t count):
    cdef Py_ssize_t at
    cdef Py_ssize_t least = max(<Py_ssize_t>side.count - count, 0)
    return [
        (decimal_from(side.levels[at].px, book.px_exp), decimal_from(side.levels[at].qty, book.qty_exp))
        for at in range(<Py_ssize_t>side.count - 1, least - 1, -1)
    ]


@cython.final
cdef class LocalBook:
    """The book of one symbol; never stale or crossed: what cannot be right is given up and told.

    ``is_synced`` is false before the first snapshot and after trouble; then both sides are empty.

    Args:
        symbol: 1 to 31 bytes, no blanks.
        on_trouble: Called with the book and ``BookChange.GAP``, ``CROSSED`` or ``THIN``: fetch a snapshot.

    Threading:
        One thread.
    """

    def __cinit__(self, str symbol not None, *, on_trouble=None):
        rfl_clear(&self.book)
        prepare(&self.reader)
        self.waiting = []
        self.on_trouble = on_trouble
        self.symbol_id = intern_symbol(symbol)
        if self.symbol_id == 0:
            raise ValueError("symbol is ''; expected 1 to 31 bytes")

    def __dealloc__(self):
        rfl_free(&self.book)
        rfv_free(&self.reader)

    @property
    def symbol(self):
        return symbol_text(self.symbol_id)

    @property
    def kept(self):
        return len(self.waiting)

    @property
    def first_kept_id(self):
        return (<DepthDiff>self.waiting[0]).first_id if self.waiting else 0

    def apply_diff(self, DepthDiff diff not None, /) -> int:
        """Take one diff; returns a ``BookChange``.

        Raises:
            ValueError: it is of another symbol.
            FrameError: a number does not fit in 64 bits with the others; the book is given up.
        """
        cdef int change
        if diff.symbol_id != self.symbol_id:
            raise ValueError(f"the diff is of {diff.symbol}; expected {self.symbol}")
        change = self.join(diff.numbers, diff.bid_count, diff.numbers + 2 * diff.bid_count, diff.ask_count,
                           diff.first_id, diff.last_id, diff.event_ns, diff.recv_ns)
        if change != BOOK_APPLIED and change != BOOK_IGNORED:
            self.in_trouble(change, diff)
        return change

    cdef int take(self, const rfv_reader* found, int64_t recv_ns) except -1:
        cdef int change = self.join(found.bids.numbers, found.bids.count, found.asks.numbers, found.asks.count,
                                    found.first_id, found.last_id, found.event_ns, recv_ns)
        if change != BOOK_APPLIED and change != BOOK_IGNORED:
            self.in_trouble(change, diff_from(found, self.symbol_id, recv_ns))
        return change

    # By the U/u rule; nothing is kept or told yet.
    cdef int join(self, const rf_decimal* bids, size_t bid_count, const rf_decimal* asks, size_t ask_count, int64_t first_id,
                  int64_t last_id, int64_t event_ns, int64_t recv_ns) except -1:
        cdef int outcome
        if not self.is_synced:
            return BOOK_KEPT
        if last_id <= self.last_update_id:
            return BOOK_IGNORED
        if first_id > self.last_update_id + 1:
            return BOOK_GAP
        outcome = rfl_apply(&self.book, &self.book.bids, bids, bid_count)
        if outcome == RFL_DONE:
            outcome = rfl_apply(&self.book, &self.book.asks, asks, ask_count)
        if outcome != RFL_DONE:
            self._give_up()
            raise MemoryError if outcome == RFL_NO_MEMORY else FrameError("a level does not fit in 64 bits with the others")
        self.last_update_id = last_id
        self.ts_event_ns = event_ns
        self.ts_recv_ns = recv_ns
        if rfl_is_crossed(&self.book):
            return BOOK_CROSSED
        return BOOK_THIN if rfl_is_thin(&self.book) else BOOK_APPLIED

    cdef int in_trouble(self, int change, DepthDiff diff) except -1:
        cdef bint is_known = change == BOOK_KEPT or (change == BOOK_THIN and self.is_thin)
        if change == BOOK_THIN:
            self.is_thin = True
        elif change != BOOK_KEPT:
            self.gap_count += change == BOOK_GAP
            self.crossed_count += change == BOOK_CROSSED
            self._give_up()
        self.keep(diff)
        if not is_known and self.on_trouble is not None:
            self.on_trouble(self, change)
        return 0

    cdef int keep(self, DepthDiff diff) except -1:
        cdef DepthDiff last
        if self.waiting:
            last = self.waiting[len(self.waiting) - 1]
            if diff.last_id <= last.last_id:
                return 0
            # A hole between kept diffs can never be filled: only what follows it can be joined by a later snapshot.
            if diff.first_id > last.last_id + 1:
                self.waiting.clear()
        self.waiting.append(diff)
        if len(self.waiting) > MOST_KEPT:
            del self.waiting[0]  # a snapshot that is older than the first kept one is refused
        return 0

    def apply_snapshot(self, body, int64_t recv_ns, /, *, size_t limit=5000) -> int:
        """Take the body of ``GET /api/v3/depth`` and the kept diffs that follow it; returns a ``BookChange``.

        Args:
            body: Bytes.
            recv_ns: Our clock, UTC [ns].
            limit: How many levels a side were asked for: a snapshot with as many may not be all.

        Raises:
            FrameError: it is no snapshot.
        """
        cdef Py_buffer buffer
        PyObject_GetBuffer(body, &buffer, PyBUF_SIMPLE)
        cdef int kind = rfv_binance_patient(&self.reader, <const char*>buffer.buf, <size_t>buffer.len)
        PyBuffer_Release(&buffer)
        if kind == RFV_BROKEN:
            raise frame_error(&self.reader)
        if kind != RFV_BOOK:
            raise FrameError("is no snapshot of a book")
        cdef int64_t last_id = self.reader.last_id
        if self.is_synced and not self.is_thin and last_id <= self.last_update_id:
            return BOOK_IGNORED
        if self.waiting and last_id + 1 < (<DepthDiff>self.waiting[0]).first_id:
            return BOOK_REFUSED
        return self._load(last_id, recv_ns, limit)

    def _load(self, int64_t last_id, int64_t recv_ns, size_t limit):
        cdef int outcome
        cdef int change = BOOK_APPLIED
        cdef int made
        self._give_up()
        outcome = rfl_load(&self.book, &self.book.bids, self.reader.bids.numbers, self.reader.bids.count, limit)
        if outcome == RFL_DONE:
            outcome = rfl_load(&self.book, &self.book.asks, self.reader.asks.numbers, self.reader.asks.count, limit)
        if outcome != RFL_DONE:
            rfl_clear(&self.book)
            raise MemoryError if outcome == RFL_NO_MEMORY else FrameError("a level does not fit in 64 bits with the others")
        self.last_update_id, self.ts_event_ns, self.ts_recv_ns = last_id, 0, recv_ns
        self.is_synced = True
        waiting, self.waiting = self.waiting, []
        if rfl_is_crossed(&self.book):
            self.crossed_count += 1
            self._give_up()
            return BOOK_CROSSED
        for diff in waiting:  # they follow one another, so none can be a gap
            made = self.apply_diff(diff)
            if made == BOOK_CROSSED or made == BOOK_THIN:
                change = made
        return change

    def _give_up(self):
        rfl_clear(&self.book)
        self.is_synced = self.is_thin = False

    def reset(self) -> None:
        """Forget everything, kept diffs too: for a new connection."""
        self._give_up()
        self.waiting.clear()
        self.last_update_id = self.ts_event_ns = self.ts_recv_ns = 0

    cdef int show(self, rf_book* out) except -1:
        rfl_show(&self.book, out)
        out.head.symbol = self.symbol_id
        out.head.ts_event_ns = self.ts_event_ns
        out.head.ts_recv_ns = self.ts_recv_ns
        out.update_id = self.last_update_id
        return 0

    def message(self) -> OrderBook | None:
        """Return the 10 best levels; None while the book is not synced."""
        cdef rf_book out
        if not self.is_synced:
            return None
        self.show(&out)
        return book_from(&out.head)

    def bids(self, Py_ssize_t count, /) -> list:
        """Return the best levels as pairs of exact price and quantity, best first."""
        return _best(&self.book.bids, &self.book, count)

    def asks(self, Py_ssize_t count, /) -> list:
        """Return the best levels as pairs of exact price and quantity, best first."""
        return _best(&self.book.asks, &self.book, count)
