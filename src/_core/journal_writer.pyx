"""The journal's writer: each message of the stream, and what the engine decided, in mapped memory before it takes effect."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.errno cimport errno as os_error
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset
from posix.unistd cimport close

from regimeflow._core.journal cimport *
from regimeflow._core.layout cimport RF_NULL, rf_header
from regimeflow._core.messages cimport record_of
from regimeflow._core.order_rows cimport OrderRow, row_texts
from regimeflow._core.symbols cimport all_names
from regimeflow._core.wire cimport (
    RFW_COMMAND, RFW_HEAD_BYTES, RFW_MOST_VARS, rfw_command, rfw_date, rfw_message, rfw_put_head, rfw_put_span, rfw_span,
)
from regimeflow._core.wire_values cimport message_of, put_values, size_of

cimport cython

import errno
import os

from regimeflow._core.faults import InvalidState

cdef extern from "<sys/file.h>" nogil:
    enum:
        LOCK_EX
        LOCK_NB
    int flock(int descriptor, int operation)

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* length) except NULL

cdef enum:
    STACK_BYTES = 2048
    MOST_TEXT = 0xFFFF
    SUBMIT = 0  # the kind of a command that says all of an order

cdef dict _templates = None  # of the frames' classes; loaded when the first is met


cdef dict templates():
    global _templates
    if _templates is None:
        from regimeflow._core.frames import TEMPLATES

        _templates = TEMPLATES
    return _templates


@cython.final
cdef class Recovery:
    """What a writer found in a folder that was a journal already, and did about it.

    ``segment``: the last one that had begun; ``offset``: the end of its last sound frame; ``torn_bytes``: what was behind
    that, half written when a process or a machine died, and is cleared now; ``seq``: of the journal's last message, 0: none.
    """

    cdef readonly uint64_t segment, offset, torn_bytes
    cdef readonly int64_t seq

    def __repr__(self):
        return (
            f"Recovery(segment={self.segment}, offset={self.offset}, torn_bytes={self.torn_bytes}, seq={self.seq})"
        )


def segments_of(folder) -> list[int]:
    """Return the numbers of the segments in a folder, in order, those prepared but not begun included."""
    found = []
    for name in os.listdir(folder):
        digits = name[8:-4]
        if name.startswith("journal-") and name.endswith(".rfj") and len(digits) == 16 and digits.isdecimal():
            found.append(int(digits))
    return sorted(found)


def crc32c(const unsigned char[::1] data not None, *, bint portable=False) -> int:
    """Return the CRC32C of bytes, by the processor's instruction where it has one, or by tables."""
    cdef const unsigned char* start = NULL
    if data.shape[0]:
        start = &data[0]
    if portable:
        return ~rf_crc32c_soft(~(<uint32_t>0), start, <size_t>data.shape[0]) & 0xFFFFFFFF
    return rf_crc32c(start, <size_t>data.shape[0])


# The lock of a folder: it goes with the process, however that ends.
cdef int _lock(int folder, str path) except -1:
    cdef int descriptor = os.open("journal.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644, dir_fd=folder)
    if flock(descriptor, LOCK_EX | LOCK_NB) < 0:
        owner = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "another"
        os.close(descriptor)
        raise InvalidState(f"journal {path} is being written by process {owner}; stop that one, or use another folder")
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    except OSError:  # a full disk: the lock holds without a name in it
        pass
    return descriptor


# Look at what is there: from the newest segment back to the last one that has begun.
cdef Recovery _recover(rfj_writer* writer, str path):
    cdef rfj_view view
    cdef rfj_head head
    cdef rfj_recovery found
    cdef int state, error
    cdef Recovery made = None
    numbers = segments_of(path)
    writer.next_number = 1
    for number in reversed(numbers):
        if not rfj_map(writer.folder, number, True, &view):
            if os_error != errno.ENODATA:
                raise OSError(os_error, os.strerror(os_error), path)
            view.base = NULL
            state = RFJ_HEAD_NOT_BEGUN  # cut short when it was being made
        else:
            state = rfj_head_state(&view, &head)
            if state == RFJ_HEAD_NOT_BEGUN and rfj_used_end(&view, RFJ_HEAD_BYTES) > RFJ_HEAD_BYTES:
                state = RFJ_HEAD_LOST  # the first pages did not reach the disk, later ones did
        if state == RFJ_HEAD_NOT_BEGUN:
            rfj_unmap(&view)
            os.unlink(os.path.join(path, f"journal-{number:016d}.rfj"))
            continue
        if state == RFJ_HEAD_FOREIGN:
            rfj_unmap(&view)
            raise InvalidState(
                f"journal {path}: segment {number} says it is segment {head.segment} in format {head.format}; "
                "this version writes format 1"
            )
        with nogil:
            error = rfj_recover(&view, &found)
        rfj_unmap(&view)
        if error:
            raise OSError(error, os.strerror(error), path)
        made = Recovery.__new__(Recovery)
        made.segment, made.offset, made.torn_bytes = found.segment, found.end, found.torn_bytes
        made.seq = found.seq
        if found.seq < 0:
            made.seq = head.first_seq - 1 if state == RFJ_HEAD_GOOD else 0
        writer.next_number = found.segment + 1
        break
    return made


@cython.final
cdef class JournalWriter:
    """Appends to the journal in a folder: messages of the stream with their numbers, and frames of the journal's own.

    When ``append`` returns, the frame is in memory that belongs to the kernel: it survives the death of this process. It
    survives the death of the machine once ``synced_position`` has reached the position that ``append`` gave.

    Args:
        folder: Made when it is not there. One writer at a time; it is locked.
        segment_bytes: Of each file, 64 KiB to 1 GiB; all blocks are had before the first frame.
        reserve_bytes: Room that is left when a full disk must show; a sixteenth of a segment when not given.
        now_ns: The stream's time, UTC [ns], for the header of the first segment.

    Raises:
        InvalidState: another writer has the folder, or a newer version wrote it; nothing was changed.
        ValueError: no such size.
        OSError: the folder cannot be made or read, or there is no room for a segment.

    Threading:
        ``append`` by one thread at a time (others wait), the rest by any thread at any time.
    """

    def __cinit__(self, folder, *, int64_t segment_bytes=64 << 20, reserve_bytes=None, int64_t now_ns=0):
        cdef int64_t reserve = segment_bytes // 16 if reserve_bytes is None else reserve_bytes
        cdef int error
        memset(&self.writer, 0, sizeof(rfj_writer))
        if not RFJ_LEAST_BYTES <= segment_bytes <= RFJ_MOST_BYTES or segment_bytes % 4096:
            raise ValueError(f"segment_bytes is {segment_bytes}; expected a multiple of 4096 from 65536 to {RFJ_MOST_BYTES}")
        if not 4096 <= reserve <= segment_bytes // 2:
            raise ValueError(f"reserve_bytes is {reserve}; expected 4096 to half of segment_bytes")
        self.folder = os.fspath(folder)
        os.makedirs(self.folder, exist_ok=True)
        rfj_writer_init(&self.writer, all_names(), <uint64_t>segment_bytes, <uint64_t>reserve)
        self.made = True
        self.writer.folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.writer.lock = _lock(self.writer.folder, self.folder)
        self.recovery = _recover(&self.writer, self.folder)
        self.writer.seq = self.recovery.seq if self.recovery is not None else 0
        self.writer.time_ns = now_ns
        with nogil:
            error = rfj_start(&self.writer)
        if error:
            raise OSError(error, f"{os.strerror(error)}: no room for a segment of {segment_bytes} bytes", self.folder)

    def __dealloc__(self):
        if self.made:
            rfj_finish(&self.writer)
            self._let_go()

    cdef void _let_go(self) noexcept:
        for descriptor in (self.writer.lock, self.writer.folder):  # the lock goes with its descriptor
            if descriptor >= 0:
                close(descriptor)  # not os.close: at the process's end the module's names may be gone
        self.writer.lock = self.writer.folder = -1

    cdef int write(self, const rf_header* record) noexcept nogil:
        return rfj_append_record(&self.writer, record)

    cdef int _check(self, int answer) except -1:
        if answer == RFJ_CLOSED:
            raise InvalidState(f"journal {self.folder} is closed")
        if answer == RFJ_TOO_LONG:
            raise ValueError("the message is longer than a segment")
        if answer == RFJ_FULL:
            code = self.writer.fault or errno.ENOSPC
            raise OSError(code, f"{os.strerror(code)}: the journal is full", self.folder)
        return 0

    def append(self, thing) -> int:
        """Append a message (``Quote`` ... ``LiveMessage``, with the number that it has) or a frame of ``frames.py``.

        Returns:
            The position behind it.

        Raises:
            OSError: the journal is full; nothing was written.
            InvalidState: it is closed.
            TypeError, ValueError: no message and no frame; a frame's field is out of range; it is longer than a segment.
        """
        if isinstance(thing, tuple):
            template = templates().get(type(thing))
            if template is None:
                raise TypeError(f"{type(thing).__name__} is no frame of the journal")
            return self._append_tuple(template, <tuple>thing)  # a named one is of another type
        self._check(self.write(record_of(thing)))
        return self.writer.position

    def append_values(self, int template, values) -> int:
        """As ``append``, for the values of a template in the schema's order, without an object of a class."""
        return self._append_tuple(template, tuple(values))

    cdef object _append_tuple(self, int template, tuple values):
        cdef char stack[STACK_BYTES]
        cdef rfw_span texts[RFW_MOST_VARS]
        cdef const rfw_message* message = message_of(template)
        cdef Py_ssize_t size = size_of(message, values, texts)
        cdef object heap = None
        cdef char* start = stack
        cdef char* room
        cdef int answer = 0
        if size + 8 > STACK_BYTES:
            heap = PyBytes_FromStringAndSize(NULL, size + 8)
            start = PyBytes_AS_STRING(heap)
        put_values(message, values, texts, start)
        room = rfj_claim(&self.writer, <uint64_t>size, &answer)
        if room == NULL:
            self._check(answer)
        memcpy(room, start, <size_t>size)
        rfj_release(&self.writer, <uint32_t>size)
        return self.writer.position

    def append_command(self, OrderRow row not None, uint8_t kind, int64_t now_ns, str text not None="") -> int:
        """As ``append`` of the ``Command`` that is about this order, straight from its row.

        Args:
            row: The order as it is; its quantity and prices are written for a submit (kind 0) alone.
            kind: What is asked of the broker.
            now_ns: UTC [ns].
            text: What else is asked.
        """
        cdef rfw_span texts[5]
        cdef rfw_command block
        cdef Py_ssize_t size = RFW_HEAD_BYTES + sizeof(rfw_command)
        cdef char* room
        cdef int n, answer = 0
        cdef bint is_new = kind == SUBMIT
        row_texts(row, texts)
        texts[4].bytes = PyUnicode_AsUTF8AndSize(text, &texts[4].length)
        for n in range(5):
            size += 2 + texts[n].length
        if texts[4].length > MOST_TEXT or texts[3].length > MOST_TEXT or kind == 0xFF:
            raise ValueError(f"Command.kind is {kind}, its texts have {size} bytes; that is too much")
        block.nowNs, block.kind, block.orderId = now_ns, kind, <int64_t>row.id
        block.side, block.ordType, block.timeInForce = row.hot.side, row.cold.ord_type, row.cold.time_in_force
        block.qty = row.hot.order_qty if is_new else RF_NULL
        block.limitPx = row.cold.limit_px if is_new else RF_NULL
        block.stopPx = row.cold.stop_px if is_new else RF_NULL
        block.qtyExp, block.pxExp = row.hot.qty_exp, row.hot.px_exp
        block.expireTimeNs = row.cold.expire_time_ns
        room = rfj_claim(&self.writer, <uint64_t>size, &answer)
        if room == NULL:
            self._check(answer)
        room = rfw_put_head(room, RFW_COMMAND, sizeof(rfw_command))
        rfw_date(room - RFW_HEAD_BYTES, row.cold.ord_type)
        memcpy(room, &block, sizeof(rfw_command))
        room += sizeof(rfw_command)
        for n in range(5):
            room = rfw_put_span(room, &texts[n])
        rfj_release(&self.writer, <uint32_t>size)
        return self.writer.position

    def prepare_next(self) -> bool:
        """Have a next segment, have the memory that is written next resident, put the segments before on disk.

        To be called off the hot path, every hundred milliseconds or so; costs microseconds when there is nothing to do.

        Returns:
            Whether there is a next segment: false on a full disk. Then ``is_full`` is true and ``fault`` says why.
        """
        cdef bint made
        if not self.writer.open:
            return False
        with nogil:
            made = rfj_prepare_next(&self.writer)
        return made

    def sync(self) -> int:
        """Wait until all that was appended before this call is on disk; return the position up to which that is so.

        Raises:
            OSError: it could not be written; then each later call raises too, because the kernel forgets what it lost.
            InvalidState: it is closed.
        """
        cdef int error
        self._check(RFJ_OK if self.writer.open else RFJ_CLOSED)
        with nogil:
            error = rfj_sync(&self.writer)
        if error:
            raise OSError(error, os.strerror(error), self.folder)
        return self.writer.synced

    def close(self) -> None:
        """Put everything on disk and let go of the folder. Twice is harmless.

        Raises:
            OSError: something could not be written; the folder is let go of all the same.
        """
        cdef int error
        if self.writer.folder < 0:
            return
        with nogil:
            error = rfj_finish(&self.writer)
        self._let_go()
        if error:
            raise OSError(error, os.strerror(error), self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def position(self):
        """Where the next frame goes; it only grows: segment << 32 | offset."""
        return self.writer.position

    @property
    def synced_position(self):
        """What lies before this position is on disk."""
        return self.writer.synced

    @property
    def segment(self):
        return self.writer.position >> 32

    @property
    def offset(self):
        return self.writer.position & 0xFFFFFFFF

    @property
    def seq(self):
        """Of the last message in the journal; 0: none."""
        return self.writer.seq

    @property
    def frames(self):
        """How many this writer has appended, ends of segments included."""
        return self.writer.frames

    @property
    def stalls(self):
        """How often an append had to make a segment itself, because nobody had called ``prepare_next``."""
        return self.writer.stalls

    @property
    def refused(self):
        """How many appends failed."""
        return self.writer.refused

    @property
    def is_full(self):
        """Whether the next segment could not be made. There is still the reserve: stop trading now."""
        return rfj_is_full(&self.writer)

    @property
    def fault(self):
        """Why the next segment could not be made, in words; ``""``: nothing is wrong."""
        return os.strerror(self.writer.fault) if self.writer.fault else ""

    @property
    def closed(self):
        return not self.writer.open
