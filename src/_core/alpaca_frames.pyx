"""Alpaca's frames to messages: market data and trade_updates, JSON or MessagePack, one message or fifty in a frame.

A frame is read as a whole into lists (alpaca_frames.cpp) before anything of it is handed on, so that a broken one leaves
nothing behind. What it is, is told by what is in it: paper accounts send JSON in binary frames.
"""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memset

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Realloc

from regimeflow._core.alpaca_messages cimport control_from, status_from, update_from
from regimeflow._core.alpaca_reader cimport *
from regimeflow._core.bars cimport bar_from
from regimeflow._core.depth cimport frame_error, prepare
from regimeflow._core.frames cimport rfv_json_free, rfv_text
from regimeflow._core.intake cimport Intake
from regimeflow._core.market cimport quote_from, tick_from
from regimeflow._core.symbols cimport all_names, intern_symbol, rf_name_table

from regimeflow._core.alpaca_messages import Control, TradeUpdate, TradingStatus
from regimeflow._core.depth import FrameError

cdef extern from "names.h" nogil:
    int32_t rf_name_find(const rf_name_table* table, const char* text, size_t length)

cdef enum:
    KINDS = 4  # quote, tick, bar, and none

cdef tuple _NAMES = ("others", "quotes", "trades", "bars", "updated_bars", "statuses", "updates", "controls", "broken")


@cython.final
cdef class AlpacaFrames:
    """Frames of one connection to messages.

    Args:
        on_market_data: Gets each Quote, Tick and Bar. Where it is the engine's ``Intake``, records go straight into the bus and
            no object is made. A side of a quote without a price or a size is none: NaN, and a quantity of 0. A bar that
            corrects one that was sent is marked as revised.
        on_update: Gets each TradeUpdate.
        on_status: Gets each TradingStatus.
        on_control: Gets each Control.

    What has no callback is read and passed over, as are daily bars, limits up and down, imbalances, corrections, books, news.

    Threading:
        One thread.
    """

    cdef:
        rfa_reader reader
        object on_market_data
        object on_update
        object on_status
        object on_control
        Intake intake          # on_market_data, where it is one
        int64_t* seen          # when a symbol's last quote, tick, bar came: KINDS for each symbol id
        uint32_t seen_symbols
        uint64_t tally[9]
        dict unheard
        bint is_busy
        bint patient           # never the short way: for tests

    def __cinit__(self, *, on_market_data=None, on_update=None, on_status=None, on_control=None,
                  bint patient=False):
        memset(&self.reader, 0, sizeof(self.reader))
        prepare(&self.reader.base)
        memset(self.tally, 0, sizeof(self.tally))
        self.on_market_data, self.on_update = on_market_data, on_update
        self.on_status, self.on_control = on_status, on_control
        if type(on_market_data) is Intake:
            self.intake = on_market_data
        self.unheard = {}
        self.patient = patient

    def __dealloc__(self):
        if self.reader.base.json != NULL:
            rfv_json_free(self.reader.base.json)
        rfa_free(&self.reader)
        PyMem_Free(self.seen)

    def take(self, frame, int64_t recv_ns, /) -> int:
        """Read a frame and hand on what it says, in its order.

        A callback that fails does not keep the rest of the frame from the others: its exception is raised when all is done.

        Args:
            frame: One frame, text or binary, bytes or any buffer.
            recv_ns: Our clock, UTC [ns].

        Returns:
            How many messages it held.

        Raises:
            FrameError: broken; nothing was handed on.
            RuntimeError: called by a callback of its own.
        """
        cdef uint32_t count = self.read(frame, recv_ns), at
        cdef rfa_message* message
        failure = None
        self.is_busy = True
        try:
            for at in range(count):
                message = rfa_message_at(&self.reader, at)
                try:
                    self.hand_on(message, recv_ns)
                except Exception as error:  # the others get theirs first
                    failure = failure or error
        finally:
            self.is_busy = False
        if failure is not None:
            raise failure
        return count

    def parse(self, frame, int64_t recv_ns, /) -> list:
        """Return what a frame says, but for what is of no use to anybody.

        Raises:
            FrameError: broken.
        """
        cdef uint32_t count = self.read(frame, recv_ns), at
        cdef rfa_message* message
        found = []
        for at in range(count):
            message = rfa_message_at(&self.reader, at)
            if message.kind != RFA_OTHER:
                found.append(self.made(message, recv_ns))
        return found

    cdef int hand_on(self, rfa_message* message, int64_t recv_ns) except -1:
        cdef int kind = message.kind
        if kind == RFA_OTHER:
            return 0
        if self.intake is not None and kind <= RFA_UPDATED_BAR:
            self.intake.take(&message.cell.head)
            return 0
        if kind <= RFA_UPDATED_BAR:
            callback = self.on_market_data
        elif kind == RFA_UPDATE:
            callback = self.on_update
        else:
            callback = self.on_status if kind == RFA_STATUS else self.on_control
        if callback is not None:
            callback(self.made(message, recv_ns))
        return 0

    cdef object made(self, rfa_message* message, int64_t recv_ns):
        cdef int kind = message.kind
        if kind == RFA_QUOTE:
            return quote_from(&message.cell.head)
        if kind == RFA_TICK:
            return tick_from(&message.cell.head)
        if kind == RFA_BAR or kind == RFA_UPDATED_BAR:
            return bar_from(&message.cell.head)
        if kind == RFA_STATUS:
            return status_from(rfa_status_at(&self.reader, message.at), message.cell.head.symbol, recv_ns)
        if kind == RFA_UPDATE:
            return update_from(&self.reader, rfa_update_at(&self.reader, message.at))
        return control_from(&self.reader, rfa_control_at(&self.reader, message.at))

    # Read a frame into the reader's lists, whose records are then whole; how many messages there are.
    cdef uint32_t read(self, object frame, int64_t recv_ns) except? 0xFFFFFFFF:
        cdef Py_buffer buffer
        cdef bint is_sound
        cdef uint32_t at
        if self.is_busy:
            raise RuntimeError("a frame is taken while the one before it is handed on")
        if PyBytes_CheckExact(frame):
            is_sound = rfa_take(&self.reader, PyBytes_AS_STRING(frame), <size_t>PyBytes_GET_SIZE(frame), self.patient)
        else:
            PyObject_GetBuffer(frame, &buffer, PyBUF_SIMPLE)
            is_sound = rfa_take(&self.reader, <const char*>buffer.buf, <size_t>buffer.len, self.patient)
            PyBuffer_Release(&buffer)
        if not is_sound:
            self.tally[RFA_BROKEN] += 1
            raise frame_error(&self.reader.base)
        self.settle(recv_ns)
        for at in range(self.reader.messages.count):
            self.tally[rfa_message_at(&self.reader, at).kind] += 1
        if self.reader.base.unknown:
            self.remember_words()
        return self.reader.messages.count

    # Symbols and times of arrival, of all or of none.
    cdef int settle(self, int64_t recv_ns) except -1:
        cdef rfa_message* message
        cdef rfa_report* report
        cdef uint32_t at, symbol
        for at in range(self.reader.reports.count):
            report = rfa_report_at(&self.reader, at)
            report.head.symbol = self.symbol_of(&report.symbol)
            report.head.ts_recv_ns = recv_ns
        for at in range(self.reader.messages.count):
            message = rfa_message_at(&self.reader, at)
            if RFA_QUOTE <= message.kind <= RFA_STATUS:
                message.cell.head.symbol = self.symbol_of(&message.symbol)
                message.cell.head.ts_recv_ns = recv_ns
                if message.kind == RFA_UPDATED_BAR:
                    message.cell.head.flags |= 1
        for at in range(self.reader.messages.count):
            message = rfa_message_at(&self.reader, at)
            if RFA_QUOTE <= message.kind <= RFA_UPDATED_BAR:
                symbol = message.cell.head.symbol
                if symbol >= self.seen_symbols:
                    self.see_more(symbol)
                self.seen[symbol * KINDS + min(message.kind, <int>RFA_BAR)] = recv_ns
        return 0

    cdef uint32_t symbol_of(self, const rfv_text* text) except? 0xFFFFFFFF:
        cdef int32_t symbol = rf_name_find(&all_names().symbols, text.at, text.length)
        if symbol > 0 or text.length == 0:
            return <uint32_t>symbol if symbol > 0 else 0
        try:
            return intern_symbol(text.at[:text.length].decode())
        except ValueError as error:
            self.tally[RFA_BROKEN] += 1
            raise FrameError(f"a symbol is none: {error}", self.offset_of(text)) from None

    cdef size_t offset_of(self, const rfv_text* text) noexcept:
        cdef const char* start = self.reader.base.scratch
        return <size_t>(text.at - start) if start <= text.at <= start + self.reader.base.length else 0

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
        for at in range(self.reader.base.unknown):
            word = (<const char*>self.reader.base.words[at]).decode("utf-8", "replace")
            self.unheard[word] = self.unheard.get(word, 0) + 1
        return 0

    def last_recv_ns(self, str symbol not None, int kind, /) -> int:
        """Return when the last message came: of kind 1 quote, 2 tick, 3 bar; 0: none yet."""
        cdef uint32_t known = intern_symbol(symbol)
        if not 0 < kind < KINDS:
            raise ValueError(f"kind is {kind}; expected 1 to {KINDS - 1}")
        return self.seen[known * KINDS + kind] if known < self.seen_symbols else 0

    def counts(self) -> dict:
        """Return how many messages of each kind came; ``broken`` are frames."""
        return {name: self.tally[kind] for kind, name in enumerate(_NAMES) if self.tally[kind]}

    def unknown(self) -> dict:
        """Return the words that nobody here knows, ``"event=foo"``, and how often each came; at most four of a frame."""
        return dict(self.unheard)
