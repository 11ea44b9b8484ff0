"""LiveMessageCodec: messages to bytes that any SBE tool reads by regimeflow-live.xml, and back."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memset

from regimeflow._core.dtypes cimport dtype_of
from regimeflow._core.lanes_type cimport rf_ring
from regimeflow._core.layout cimport RF_BOOK, RF_CELL_BYTES, RF_REPORT, rf_header
from regimeflow._core.messages cimport live_message_from, record_of
from regimeflow._core.ring cimport Ring, RingReader
from regimeflow._core.rows cimport kind_of_class, sound_bytes
from regimeflow._core.symbols cimport all_names, is_symbol, rf_names
from regimeflow._core.wire cimport *
from regimeflow._core.wire_batch cimport *
from regimeflow._core.wire_values cimport (
    frame_from, learn, message_of, open_message, put_values, record_into, refuse, size_of, template_of,
)

cimport cython

from regimeflow._core.faults import CodecError

cdef extern from "Python.h":
    int _PyBytes_Resize(PyObject** text, Py_ssize_t size) except -1
    void Py_INCREF(PyObject* thing)
    void Py_XDECREF(PyObject* thing)

cdef enum:
    STACK_BYTES = 2048
    USUAL_BYTES = 256        # of a message, for room that is made before it is known
    MOST_PIECE = 1 << 20     # of what one call takes out of a ring


cdef object _encoded(const rf_header* record):
    cdef char stack[STACK_BYTES]
    cdef uint32_t bound
    cdef char* room = stack
    cdef object made
    if rfw_is_cell(record.kind):  # straight into the object: to copy what was just written stalls the processor
        made = PyBytes_FromStringAndSize(NULL, rfw_cell_size(record, all_names()))
        rfw_encode_cell(record, all_names(), PyBytes_AS_STRING(made))
        return made
    bound = rfw_bound(record)
    if bound <= STACK_BYTES:
        return PyBytes_FromStringAndSize(stack, rfw_encode(record, all_names(), stack))
    room = <char*>PyMem_Malloc(bound)
    if room == NULL:
        raise MemoryError
    try:
        return PyBytes_FromStringAndSize(room, rfw_encode(record, all_names(), room))
    finally:
        PyMem_Free(room)


cdef object _encoded_frame(object frame):
    cdef const rfw_message* message = message_of(template_of(frame))
    cdef tuple values = tuple(list(frame))  # a plain one
    cdef rfw_span[<int>RFW_MOST_VARS] texts
    cdef Py_ssize_t size = size_of(message, values, texts)
    cdef char* room = <char*>PyMem_Malloc(<size_t>size + 8)
    if room == NULL:
        raise MemoryError
    try:
        put_values(message, values, texts, room)
        return PyBytes_FromStringAndSize(room, size)
    finally:
        PyMem_Free(room)


# Bytes that are being written; finish() gives as many of them as were.
@cython.final
cdef class _Writing:
    cdef object text
    cdef char* start

    def __cinit__(self, Py_ssize_t room):
        self.text = PyBytes_FromStringAndSize(NULL, room)
        self.start = PyBytes_AS_STRING(self.text)

    cdef object finish(self, const char* end):
        cdef PyObject* text = <PyObject*>self.text
        cdef object made
        Py_INCREF(text)
        self.text = None  # only an object that nobody else holds can be resized
        _PyBytes_Resize(&text, end - self.start)
        made = <object>text
        Py_XDECREF(text)
        return made


# The bytes of an argument, for as long as this object lives.
@cython.final
cdef class _Given:
    cdef Py_buffer view

    def __cinit__(self, buffer):
        try:
            PyObject_GetBuffer(buffer, &self.view, PyBUF_SIMPLE)
        except (TypeError, BufferError):
            raise CodecError(f"a {type(buffer).__name__} holds no bytes in one piece") from None

    def __dealloc__(self):
        PyBuffer_Release(&self.view)


# Room for one record of any kind.
@cython.final
cdef class _Room:
    cdef rf_header* record

    def __cinit__(self):
        self.record = <rf_header*>PyMem_Malloc(RFW_ROOM)
        if self.record == NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self.record)


@cython.final
@cython.no_gc
cdef class LiveMessageCodec:
    """Messages to bytes and back, by the schema ``regimeflow-live.xml`` that comes with the package (SBE, little-endian).

    Every field is exact. A message of an older version reads with what it lacks as not given; of a newer one, what it adds
    is passed over. ``unknown`` counts the messages of templates that only a newer version knows, and that batches held.

    A batch is many messages in one piece, each behind the u32 of its length. What goes between a batch and a ring, or a batch
    and an array, makes no object for a message and holds no GIL.

    Threading:
        One codec for one thread at a time.
    """

    cdef rf_header* room
    cdef dict counts

    def __cinit__(self):
        self.room = <rf_header*>PyMem_Malloc(RFW_ROOM)
        if self.room == NULL:
            raise MemoryError
        self.counts = {}

    def __dealloc__(self):
        PyMem_Free(self.room)

    @property
    def unknown(self):
        """How many messages of each unknown template were passed over in batches: template to count."""
        return dict(self.counts)

    def encode(self, message) -> bytes:
        """Return the bytes of a ``LiveMessage``, of a payload (``Quote``, ``ExecutionReport``, ...) or of a journal's frame.

        Raises:
            TypeError: no message.
            ValueError: a frame's value is not what its field takes.
        """
        if isinstance(message, tuple):
            return _encoded_frame(message)
        return _encoded(record_of(message))

    cdef object decoded(self, const char* start, Py_ssize_t length, bint frames):
        cdef rfw_reader reader
        open_message(&reader, start, length)
        if not rfw_is_record(&reader):
            if frames and reader.message != NULL:
                return frame_from(&reader)
            raise CodecError(f"of template {reader.head.template_id}, which is no message of the stream", offset=2)
        record_into(&reader, self.room)
        return live_message_from(self.room)

    def decode(self, buffer):
        """Return the ``LiveMessage`` in bytes, or in anything that has the buffer protocol; all of it is one message.

        Raises:
            CodecError: it is no message of the stream: ``reason`` at ``offset``. Nothing else, whatever the bytes are.
        """
        cdef _Given given
        if PyBytes_CheckExact(buffer):
            return self.decoded(PyBytes_AS_STRING(buffer), PyBytes_GET_SIZE(buffer), False)
        given = _Given(buffer)
        return self.decoded(<const char*>given.view.buf, given.view.len, False)

    def decode_any(self, buffer):
        """Return what ``encode`` was given, be it a ``LiveMessage`` or a frame of a journal (``Command``, ``TimerFired``, ...).

        Raises:
            CodecError: it is neither, or of a template that only a newer version knows.
        """
        cdef _Given given = _Given(buffer)
        return self.decoded(<const char*>given.view.buf, given.view.len, True)

    def encode_batch(self, messages) -> bytes:
        """Return messages of the stream in one piece, each behind the u32 of its length.

        Raises:
            TypeError: one is no message.
        """
        cdef list given = list(messages)
        cdef Py_ssize_t room = 0
        cdef _Writing made
        cdef char* at
        for message in given:
            room += rfw_batch_bound(record_of(message))
        made = _Writing(room)
        at = made.start
        for message in given:
            at = rfw_batch_put(record_of(message), all_names(), at)
        return made.finish(at)

    # What to do about a message that stopped a loop over a batch.
    cdef int settle(self, rfw_batch* batch, int step, bint counting) except -1:
        cdef int template = batch.reader.head.template_id
        if step == RFW_BAD:
            refuse(&batch.reader)
        if step == RFW_UNKNOWN:
            if counting:
                self.counts[template] = self.counts.get(template, 0) + 1
            rfw_batch_next(batch)
        else:
            learn(&batch.reader, step)
        return 0

    def decode_batch(self, buffer) -> list:
        """Return the messages of ``encode_batch``; those of unknown templates are counted in ``unknown`` and passed over.

        Raises:
            CodecError: one of them is no message of the stream; the offset is one of the whole buffer.
        """
        cdef _Given given = _Given(buffer)
        cdef list found = []
        cdef rfw_batch batch
        cdef int step
        rfw_batch_init(&batch, <const char*>given.view.buf, <size_t>given.view.len)
        while True:
            step = rfw_batch_open(&batch)
            if step == RFW_OK:
                step = rfw_batch_decode(&batch, all_names(), self.room)
            if step == RFW_OK:
                found.append(live_message_from(self.room))
                rfw_batch_next(&batch)
            elif step == RFW_END:
                return found
            else:
                self.settle(&batch, step, True)

    cdef int fill_rows(self, rfw_batch* batch, rfw_rows* rows, rf_header* room) except -1:
        cdef const rf_names* names = all_names()
        cdef int step
        while True:
            with nogil:
                step = rfw_batch_rows(batch, names, rows, room)
            if step == RFW_END:
                return 0
            self.settle(batch, step, rows.at != NULL)

    def decode_array(self, buffer, kind):
        """Return the messages of one kind in a batch as a structured array, one element each, with ``kind.dtype()``'s fields.

        Messages of other kinds are passed over. Symbols are ids of this process; texts and balances have the room of the
        longest.

        Args:
            buffer: As ``encode_batch`` gives it.
            kind: The class of a payload: ``Quote``, ``ExecutionReport``, ...

        Raises:
            CodecError: a message of the kind is none, or the batch is cut off; the offset is one of the whole buffer.
            TypeError: ``kind`` is no class of a payload.
        """
        cdef uint16_t number = kind_of_class(kind)
        cdef _Given given = _Given(buffer)
        cdef _Room room = _Room()
        cdef Py_buffer target
        cdef rfw_batch batch
        cdef rfw_rows rows
        import numpy

        rfw_batch_init(&batch, <const char*>given.view.buf, <size_t>given.view.len)
        memset(&rows, 0, sizeof(rows))
        rows.kind = number
        rows.cells = 3 if number in (RF_BOOK, RF_REPORT) else 1
        if not rfw_is_flat(number):
            self.fill_rows(&batch, &rows, room.record)
            rfw_batch_init(&batch, <const char*>given.view.buf, <size_t>given.view.len)
        array = numpy.empty(rfw_batch_count(batch, number), dtype_of(<uint8_t>number, rows.cells))
        PyObject_GetBuffer(array.view("u1"), &target, PyBUF_SIMPLE | PyBUF_WRITABLE)
        rows.at, rows.width = <char*>target.buf, rows.cells * RF_CELL_BYTES
        rows.end = rows.at + target.len
        try:
            self.fill_rows(&batch, &rows, room.record)
        finally:
            PyBuffer_Release(&target)
        return array

    def encode_array(self, array) -> bytes:
        """Return the batch of the records in a structured array, as ``decode_array``, ``to_array`` and batch callbacks give it.

        Raises:
            ValueError: an element is no sound record, or has a symbol_id that this process never gave.
        """
        cdef Py_buffer source
        cdef const rf_names* names = all_names()
        cdef int64_t width = array.dtype.itemsize
        cdef int64_t bound, count
        cdef uint32_t symbol = 0
        cdef _Writing made
        cdef char* end
        # Of a copy: what is checked must be what is written, whoever else has the array.
        PyObject_GetBuffer(sound_bytes(array.copy(), width), &source, PyBUF_SIMPLE)
        try:
            count = source.len // width
            with nogil:
                bound = rfw_rows_bound(<const char*>source.buf, count, width, &symbol)
            if not is_symbol(symbol):
                raise ValueError(f"an element has symbol_id {symbol}, which this process never gave")
            made = _Writing(bound)
            end = made.start
            with nogil:
                end = rfw_batch_put_rows(<const char*>source.buf, count, width, names, end)
        finally:
            PyBuffer_Release(&source)
        return made.finish(end)

    def encode_ring(self, RingReader reader not None, int64_t limit=256) -> bytes:
        """Take messages out of a ring, in order, and return their batch: at most ``limit``, and 1 MiB; none gives ``b""``.

        Threading:
            The reader's one thread; runs without the GIL.
        """
        cdef const rf_names* names = all_names()
        cdef rf_header* first
        cdef _Writing made
        cdef char* at
        cdef const char* end
        cdef Py_ssize_t room
        if reader.ring is None:
            raise TypeError("this reader belongs to no ring; expected one made by Ring.reader")
        first = rf_ring_peek(reader.ring.ring, reader.index)
        if first == NULL or limit <= 0:
            return b""
        room = max(<Py_ssize_t>rfw_batch_bound(first), <Py_ssize_t>min(limit * USUAL_BYTES, MOST_PIECE))
        made = _Writing(room)
        at, end = made.start, made.start + room
        with nogil:
            at = rfw_drain(reader.ring.ring, reader.index, limit, names, at, end)
        return made.finish(at)

    def decode_ring(self, buffer, Ring ring not None) -> int:
        """Put the messages of a batch into a ring; return the bytes of the batch that were taken, all unless the ring is full.

        Raises:
            CodecError: one is no message of the stream, or is longer than half of the ring; those before it are in the ring.

        Threading:
            Any; runs without the GIL.
        """
        cdef const rf_names* names = all_names()
        cdef _Given given = _Given(buffer)
        cdef _Room room = _Room()
        cdef rfw_batch batch
        cdef int step
        rfw_batch_init(&batch, <const char*>given.view.buf, <size_t>given.view.len)
        while True:
            with nogil:
                step = rfw_fill_ring(&batch, names, ring.ring, room.record)
            if step == RFW_END or step == RFW_FULL:
                return batch.at - batch.start
            self.settle(&batch, step, True)
