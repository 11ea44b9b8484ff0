"""Binance's frames to messages: market streams and user data, raw or wrapped, in any order of their keys.

The commonest ones are read letter by letter as Binance writes them (binance_fast.h); whatever differs goes through simdjson
(binance_json.cpp), with the same result. Numbers go from text to mantissa and exponent; no float comes between.

An execution is named ``SYMBOL-TRADE`` after the number of its trade, which the stream (t) and myTrades (id) both tell; the
stream's execution id (I) is not in myTrades. Reports that are no trade have no exec id.
"""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Realloc

from regimeflow._core.bars cimport bar_from
from regimeflow._core.books cimport book_from
from regimeflow._core.decimals cimport rf_align, rf_decimal
from regimeflow._core.depth cimport balances_from, diff_from, frame_error, prepare
from regimeflow._core.frames cimport *
from regimeflow._core.intake cimport Intake
from regimeflow._core.layout cimport RF_BOOK, RF_BOOK_LEVELS, RF_CELL_BYTES, rf_book, rf_header
from regimeflow._core.local_book cimport BOOK_APPLIED, BOOK_THIN, LocalBook
from regimeflow._core.market cimport quote_from, tick_from
from regimeflow._core.reports cimport report_from
from regimeflow._core.symbols cimport all_names, intern_symbol, rf_name_table

from regimeflow._core.depth import BalanceChanges, DepthDiff, FrameError
from regimeflow._core.local_book import BookChange

cdef extern from "names.h" nogil:
    int32_t rf_name_find(const rf_name_table* table, const char* text, size_t length)

cdef enum:
    KINDS = 5  # quote, tick, bar, book, and none

cdef tuple _NAMES = (
    "others", "quotes", "trades", "bars", "books", "execution_reports", "open_bars", "diffs", "balances", "broken",
)


@cython.final
cdef class BinanceFrames:
    """Frames of one connection to messages.

    Args:
        on_market_data: Gets each Quote, Tick, Bar and OrderBook. Where it is the engine's ``Intake``, records go straight into
            the bus and no object is made.
        on_report: Gets each ExecutionReport.
        on_depth: Gets each DepthDiff of a symbol that has no book attached.
        on_balances: Gets each BalanceChanges.
        symbol: Whose partial books come on a connection that does not wrap its frames; they name none.

    What has no callback is read and passed over.

    Threading:
        One thread.
    """

    cdef:
        rfv_reader reader
        object on_market_data
        object on_report
        object on_depth
        object on_balances
        Intake intake          # on_market_data, where it is one
        dict books             # by symbol id
        bytes symbol
        bytes book_symbol      # what reader.symbol points at for a book
        int64_t* seen          # when a symbol's last quote, tick, bar, book came: KINDS for each symbol id
        uint32_t seen_symbols
        uint64_t tally[10]
        dict unheard
        bint patient           # never the short way: for tests
        readonly bint was_mine

    def __cinit__(self, *, on_market_data=None, on_report=None, on_depth=None, on_balances=None, str symbol not None="",
                  bint patient=False):
        prepare(&self.reader)
        memset(self.tally, 0, sizeof(self.tally))
        self.on_market_data, self.on_report = on_market_data, on_report
        self.on_depth, self.on_balances = on_depth, on_balances
        if type(on_market_data) is Intake:
            self.intake = on_market_data
        self.books = {}
        self.unheard = {}
        self.symbol = symbol.encode()
        self.patient = patient

    def __dealloc__(self):
        if self.reader.json != NULL:
            rfv_json_free(self.reader.json)
        rfv_free(&self.reader)
        PyMem_Free(self.seen)

    def take(self, frame, int64_t recv_ns, /) -> bool:
        """Read a frame and hand on what it says.

        Args:
            frame: One text frame, bytes or any buffer.
            recv_ns: Our clock, UTC [ns].

        Returns:
            False: it is not of these kinds (an answer, a list's status, a notice): read it in another way.

        Raises:
            FrameError: broken; nothing was handed on.
        """
        cdef int kind = self.read(frame, recv_ns)
        cdef rf_header* record = &self.reader.record.head
        if kind == RFV_DIFF:
            self.take_diff(recv_ns)
        elif kind == RFV_REPORT:
            if self.on_report is not None:
                self.on_report(report_from(record))
        elif kind == RFV_BALANCES:
            if self.on_balances is not None:
                self.on_balances(balances_from(&self.reader, recv_ns))
        elif kind == RFV_OTHER:
            return False
        elif kind == RFV_OPEN_BAR:
            return True
        elif self.intake is not None:
            self.intake.take(record)
        elif self.on_market_data is not None:
            self.on_market_data(self.message(kind))
        return True

    def parse(self, frame, int64_t recv_ns, /):
        """Return what a frame says; None where it is not of these kinds, or a bar that has not closed (``was_mine`` tells).

        Raises:
            FrameError: broken.
        """
        cdef int kind = self.read(frame, recv_ns)
        if kind == RFV_DIFF:
            return diff_from(&self.reader, self.reader.record.head.symbol, recv_ns)
        if kind == RFV_BALANCES:
            return balances_from(&self.reader, recv_ns)
        if kind == RFV_OTHER or kind == RFV_OPEN_BAR:
            return None
        return self.message(kind)

    cdef object message(self, int kind):
        cdef rf_header* record = &self.reader.record.head
        if kind == RFV_QUOTE:
            return quote_from(record)
        if kind == RFV_TICK:
            return tick_from(record)
        if kind == RFV_BAR:
            return bar_from(record)
        if kind == RFV_BOOK:
            return book_from(record)
        return report_from(record)

    # Read a frame into the reader's record, which is then whole; returns the kind.
    cdef int read(self, object frame, int64_t recv_ns) except -1:
        cdef Py_buffer buffer
        cdef int kind
        if PyBytes_CheckExact(frame):
            kind = self.scan(PyBytes_AS_STRING(frame), <size_t>PyBytes_GET_SIZE(frame))
        else:
            PyObject_GetBuffer(frame, &buffer, PyBUF_SIMPLE)
            kind = self.scan(<const char*>buffer.buf, <size_t>buffer.len)
            PyBuffer_Release(&buffer)
        self.was_mine = kind != RFV_OTHER
        if kind == RFV_BROKEN:
            self.tally[RFV_BROKEN] += 1
            raise frame_error(&self.reader)
        if kind == RFV_BOOK:
            self.name_book()
        if kind != RFV_OTHER and kind != RFV_BALANCES:
            self.settle(kind, recv_ns)
        self.tally[kind] += 1
        return kind

    cdef int scan(self, const char* frame, size_t length) noexcept:
        if self.patient:
            return rfv_binance_patient(&self.reader, frame, length)
        return rfv_binance(&self.reader, frame, length)

    # Symbol and time of arrival.
    cdef int settle(self, int kind, int64_t recv_ns) except -1:
        cdef rfv_text* text = &self.reader.symbol
        cdef int32_t symbol = rf_name_find(&all_names().symbols, text.at, text.length)
        if symbol <= 0:
            symbol = self.intern(text)
        self.reader.record.head.symbol = <uint32_t>symbol
        self.reader.record.head.ts_recv_ns = recv_ns
        if self.reader.unknown:
            self.remember_words()
        if kind == RFV_DIFF:
            kind = RFV_BOOK
        elif kind == RFV_OPEN_BAR:
            kind = RFV_BAR
        if kind < KINDS:
            if <uint32_t>symbol >= self.seen_symbols:
                self.see_more(<uint32_t>symbol)
            self.seen[symbol * KINDS + kind] = recv_ns
        return 0

    cdef int refuse(self, str reason) except -1:
        self.tally[RFV_BROKEN] += 1
        raise FrameError(reason) from None

    cdef int32_t intern(self, rfv_text* text) except -1:
        cdef uint32_t symbol = 0
        try:
            symbol = intern_symbol(text.at[:text.length].decode())
        except ValueError as error:
            self.refuse(f"field 's' is no symbol: {error}")
        if symbol == 0:
            self.refuse("field 's' is empty")
        return <int32_t>symbol

    cdef int see_more(self, uint32_t symbol) except -1:
        cdef uint32_t room = symbol + 64
        cdef int64_t* seen = <int64_t*>PyMem_Realloc(self.seen, room * KINDS * sizeof(int64_t))
        if seen == NULL:
            raise MemoryError
        memset(seen + self.seen_symbols * KINDS, 0, (room - self.seen_symbols) * KINDS * sizeof(int64_t))
        self.seen, self.seen_symbols = seen, room
        return 0

    cdef int remember_words(self) except -1:
        cdef int at
        for at in range(self.reader.unknown):
            word = (<const char*>self.reader.words[at]).decode("utf-8", "replace")
            self.unheard[word] = self.unheard.get(word, 0) + 1
        return 0

    # A partial book: its symbol is in the stream's name, "btcusdt@depth20@100ms"; its record is made here.
    cdef int name_book(self) except -1:
        cdef rfv_text* text = &self.reader.symbol
        cdef bytes stream = self.reader.stream.at[:self.reader.stream.length]
        cdef bytes name = stream.partition(b"@")[0].upper() if stream else self.symbol
        if not name:
            self.refuse("a book, and nothing says of which symbol")
        self.book_symbol = name
        text.at, text.length = name, <size_t>len(name)
        self.fill_book()
        return 0

    cdef int fill_book(self) except -1:
        cdef rf_book* book = &self.reader.record.book
        cdef rf_decimal px[20]
        cdef rf_decimal qty[20]
        cdef int bids = <int>min(self.reader.bids.count, <size_t>RF_BOOK_LEVELS)
        cdef int asks = <int>min(self.reader.asks.count, <size_t>RF_BOOK_LEVELS)
        cdef int at
        memset(book, 0, sizeof(rf_book))
        for at in range(bids):
            px[at], qty[at] = self.reader.bids.numbers[2 * at], self.reader.bids.numbers[2 * at + 1]
        for at in range(asks):
            px[bids + at], qty[bids + at] = self.reader.asks.numbers[2 * at], self.reader.asks.numbers[2 * at + 1]
        if not (rf_align(px, bids + asks, &book.head.px_exp) and rf_align(qty, bids + asks, &book.head.qty_exp)):
            self.refuse("the levels do not fit in 64 bits with as many places as the finest of them")
        for at in range(bids):
            book.bid_px[at], book.bid_qty[at] = px[at].mantissa, qty[at].mantissa
        for at in range(asks):
            book.ask_px[at], book.ask_qty[at] = px[bids + at].mantissa, qty[bids + at].mantissa
        book.head.kind = RF_BOOK
        book.head.n_cells = sizeof(rf_book) // RF_CELL_BYTES
        book.head.extra = <uint32_t>(bids | asks << 8)
        book.head.flags = 1  # the venue sent it as a whole
        book.update_id = self.reader.last_id
        return 0

    cdef int take_diff(self, int64_t recv_ns) except -1:
        cdef uint32_t symbol = self.reader.record.head.symbol
        cdef LocalBook book = self.books.get(symbol)
        cdef int change
        if book is None:
            if self.on_depth is not None:
                self.on_depth(diff_from(&self.reader, symbol, recv_ns))
            return 0
        change = book.take(&self.reader, recv_ns)
        if (change == BOOK_APPLIED or change == BOOK_THIN) and book.is_synced:
            book.show(&self.reader.record.book)
            if self.intake is not None:
                self.intake.take(&self.reader.record.head)
            elif self.on_market_data is not None:
                self.on_market_data(book_from(&self.reader.record.head))
        return 0

    def attach(self, LocalBook book not None) -> None:
        """Have the diffs of a book's symbol go into it, and what it then shows to ``on_market_data``.

        Raises:
            ValueError: the symbol has another book here.
        """
        if self.books.setdefault(book.symbol_id, book) is not book:
            raise ValueError(f"{book.symbol} has another book here; detach it first")

    def detach(self, LocalBook book not None) -> None:
        """Undo ``attach``; harmless when there is nothing to undo."""
        if self.books.get(book.symbol_id) is book:
            del self.books[book.symbol_id]

    def last_recv_ns(self, str symbol not None, int kind, /) -> int:
        """Return when the last message came: of kind 1 quote, 2 tick, 3 bar (open ones too), 4 book or diff; 0: none yet."""
        cdef uint32_t known = intern_symbol(symbol)
        if not 0 < kind < KINDS:
            raise ValueError(f"kind is {kind}; expected 1 to {KINDS - 1}")
        return self.seen[known * KINDS + kind] if known < self.seen_symbols else 0

    def counts(self) -> dict:
        """Return how many frames of each kind came; ``others`` are not of these, ``broken`` are none."""
        return {name: self.tally[kind] for kind, name in enumerate(_NAMES) if self.tally[kind]}

    def unknown(self) -> dict:
        """Return the words of reports that nobody here knows, ``"x=FOO"``, and how often each came."""
        return dict(self.unheard)
