"""The journal's reader: frames in order, from disk or behind a writer that is at work, whatever the disk did to them."""

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.errno cimport errno as os_error
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memset
from posix.unistd cimport close

from regimeflow._core.journal cimport *
from regimeflow._core.layout cimport RF_SYSTEM, rf_header
from regimeflow._core.messages cimport live_message_from
from regimeflow._core.wire cimport RFW_ROOM, RFW_SEGMENT_END, rfw_is_record, rfw_reader
from regimeflow._core.wire_values cimport frame_from, open_message, record_into

cimport cython

import errno
import os

from regimeflow._core.faults import CodecError, InvalidState
from regimeflow._core.journal_writer import segments_of

cdef enum:
    MOST_DAMAGES = 1000


cdef str missing(uint64_t first, uint64_t last):
    return f"segment {first} is missing" if first == last else f"segments {first} to {last} are missing"


@cython.final
cdef class JournalFrame:
    """One frame: where it is, its bytes, and what they mean.

    ``message`` is a ``LiveMessage``, or one of the classes of ``frames.py``; None where the reader was told not to decode.
    ``position`` is the frame's own, ``next_position`` the one behind it, in the terms of ``JournalWriter.position``.
    """

    cdef readonly int template
    cdef readonly uint64_t position, next_position
    cdef readonly bytes raw
    cdef readonly object message
    cdef int64_t number

    @property
    def seq(self):
        """The message's number in the stream; None: it is a frame of the journal alone."""
        return self.number if self.number >= 0 else None

    def __repr__(self):
        return f"JournalFrame(template={self.template}, position={self.position}, message={self.message!r})"


@cython.final
cdef class JournalReader:
    """Reads the journal in a folder, and follows one that is being written: at its end it says so, and can be asked again.

    Iteration stops when there is nothing new; iterate again later, with the same reader. Damage never stops a reader: it is
    noted in ``damages`` (all of it counted in ``damage_count``), and reading goes on at the next sound frame. A frame of a
    template that this version does not know is no damage: it is counted in ``unknown``, by template, and passed over.

    Args:
        folder: Of the journal; it may be empty yet.
        segment: Begin with this one.
        from_seq: Begin with the first message of this number or a later one.
        position: Begin here: a ``position`` or ``next_position`` of a writer or a frame.
        decode: False: give bytes only, those of unknown templates too.
        without: Templates, below 64, whose frames are checked, counted in ``passed``, and not given.

    Raises:
        ValueError: more than one beginning is given, or the position is none.
        OSError: the folder cannot be read.
        InvalidState: (also while reading) a newer version wrote this journal in another format.

    Threading:
        One thread at a time. Any number of readers, in any process; they take no lock.
    """

    def __cinit__(self, folder, *, segment=None, from_seq=None, position=None, bint decode=True,
                  without=()):
        self.descriptor = -1
        memset(&self.view, 0, sizeof(rfj_view))
        if (segment is not None) + (from_seq is not None) + (position is not None) > 1:
            raise ValueError("of segment, from_seq and position only one can say where to begin")
        self.room = <char*>PyMem_Malloc(RFW_ROOM)
        if self.room == NULL:
            raise MemoryError
        self.damages = []
        self.unknown = {}
        self.decode = decode
        for template in without:
            self.without |= 1 << <int>template if 0 <= template < 64 else 0
        self.folder = os.fspath(folder)
        self.descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        if segment is not None:
            self.number = segment
        elif position is not None:
            self._go_to(position)
        elif from_seq is not None:
            self._seek(from_seq)

    def __dealloc__(self):
        rfj_unmap(&self.view)
        if self.room != NULL and self.descriptor >= 0:  # without room, 0 is just what is there before the constructor
            close(self.descriptor)  # not os.close: at the process's end the module's names may be gone
        PyMem_Free(self.room)

    def _go_to(self, uint64_t position):
        cdef uint64_t offset = position & 0xFFFFFFFF
        self.number = position >> 32
        if self.number == 0 and offset == 0:
            return  # the beginning
        if offset % 8 or offset < RFJ_HEAD_BYTES:
            raise ValueError(f"position is {position}; expected what a writer or a frame gave")
        if self.enter() and self.view.number == self.number:
            self.view.at = offset

    # The last segment that begins at or before a number, and then frame by frame.
    def _seek(self, int64_t seq):
        cdef rfj_view view
        cdef rfj_head head
        self.from_seq, self.seeking = seq, True
        for number in reversed(segments_of(self.folder)):
            if not rfj_map(self.descriptor, number, False, &view):
                continue
            found = rfj_head_state(&view, &head) == RFJ_HEAD_GOOD and head.first_seq <= seq
            rfj_unmap(&view)
            if found:
                self.number = number
                return

    cdef int report(self, uint64_t segment, uint64_t offset, uint64_t length, str reason) except -1:
        from regimeflow._core.frames import Damage

        self.damage_count += 1
        if len(self.damages) < MOST_DAMAGES:
            self.damages.append(Damage(segment, offset, length, reason))
        return 0

    # Map the segment to be read next; false: there is none yet.
    cdef bint enter(self) except -1:
        cdef rfj_head head
        cdef int state
        if self.number == 0 or not rfj_map(self.descriptor, self.number, False, &self.view):
            if not self._enter_later():
                return False
        state = rfj_head_state(&self.view, &head)
        if state == RFJ_HEAD_NOT_BEGUN and not self.is_over():
            rfj_unmap(&self.view)
            return False
        if state == RFJ_HEAD_FOREIGN:
            rfj_unmap(&self.view)
            raise InvalidState(f"journal {self.folder}: segment {self.number} is in format {head.format}; this version reads 1")
        if state != RFJ_HEAD_GOOD:
            self.report(self.view.number, 0, RFJ_HEAD_BYTES, "the header of the segment is lost")
        if self.number and self.view.number != self.number:
            self.report(self.number, 0, 0, missing(self.number, self.view.number - 1))
        self.number = self.view.number
        return True

    # Map the first segment from self.number on that can be: others are being made, were deleted a moment ago, or were cut
    # short by a crash or by hand, which shows when a later one has begun.
    def _enter_later(self) -> bool:
        for number in segments_of(self.folder):
            if number < self.number:
                continue
            if rfj_map(self.descriptor, number, False, &self.view):
                return True
            if os_error not in (errno.ENOENT, errno.ENODATA):
                raise OSError(os_error, os.strerror(os_error), os.path.join(self.folder, f"journal-{number:016d}.rfj"))
            if os_error == errno.ENODATA and self.number == 0:
                self.number = number
        return False

    cdef int leave(self, uint64_t next_number) except -1:
        rfj_unmap(&self.view)
        self.number = next_number
        return 0

    # Whether a later segment has begun: then nothing is added to this one.
    cdef bint is_over(self) except -1:
        cdef rfj_view view
        cdef rfj_head head
        cdef int state
        for number in segments_of(self.folder):
            if number > self.view.number and rfj_map(self.descriptor, number, False, &view):
                state = rfj_head_state(&view, &head)
                rfj_unmap(&view)
                if state != RFJ_HEAD_NOT_BEGUN:
                    return True
        return False

    # Where no sound frame is: go to the next one, or to the next segment. 0: there is neither.
    cdef int pass_over(self, int what) except -1:
        cdef rfj_frame found
        cdef uint64_t word = (<uint64_t*>(self.view.base + self.view.at))[0]
        cdef uint64_t at = self.view.at
        cdef uint64_t used
        cdef bint over
        if self.stuck_at == at and self.stuck_word == word and not self.is_over():
            return 0
        over = self.is_over()
        if what == RFJ_NOTHING and not over:
            return 0
        if what == RFJ_NOTHING and rfj_look(&self.view, &found) != RFJ_NOTHING:
            return 1  # it came just before the next segment
        if rfj_find(&self.view, at + 8, &found):
            self.report(self.view.number, at, found.at - at, "damaged; reading goes on behind it")
            self.view.at = found.at
            return 1
        used = rfj_used_end(&self.view, at)
        if used > at:
            self.report(self.view.number, at, used - at, "torn: no sound frame follows in this segment")
        if over:
            self.leave(self.view.number + 1)
            return 1
        self.stuck_at, self.stuck_word = at, word
        return 0

    cdef bint is_wanted(self):
        cdef int64_t seq = rfj_seq(&self.frame) if self.seeking else 0
        if self.seeking and seq < self.from_seq:
            return False
        self.seeking = False
        return True

    cdef int advance(self) except -1:
        cdef int what
        while True:
            if self.view.base == NULL and not self.enter():
                return 0
            what = rfj_look(&self.view, &self.frame)
            if what == RFJ_FRAME:
                self.view.at = self.frame.next
                if rfj_template(&self.frame) == RFW_SEGMENT_END:
                    self._end_of_segment()
                elif self.is_wanted():
                    return 1
            elif what == RFJ_END:
                self.leave(self.view.number + 1)
            elif not self.pass_over(what):
                return 0

    def _end_of_segment(self):
        cdef rfw_reader reader
        open_message(&reader, self.frame.message, self.frame.length)
        end = frame_from(&reader)
        if end.torn_bytes and not (self.stuck_at == self.frame.at and self.stuck_word):
            self.report(self.view.number, self.frame.at, end.torn_bytes, "torn, and cut when the journal was opened again")
        self.leave(self.view.number + 1)

    cdef const rf_header* record(self) except? NULL:
        cdef rfw_reader reader
        if not 0 < rfj_template(&self.frame) <= <int>RF_SYSTEM:
            return NULL
        try:
            open_message(&reader, self.frame.message, self.frame.length)
            record_into(&reader, <rf_header*>self.room)
        except CodecError as error:
            self.report(self.view.number, self.frame.at, self.frame.length, str(error))
            return NULL
        return <rf_header*>self.room

    # What the present frame means; None: it is counted or reported.
    def _decoded(self):
        cdef rfw_reader reader
        try:
            open_message(&reader, self.frame.message, self.frame.length)
            if reader.message == NULL:
                self.unknown[reader.head.template_id] = self.unknown.get(reader.head.template_id, 0) + 1
                return None
            if not rfw_is_record(&reader):
                return frame_from(&reader)
            record_into(&reader, <rf_header*>self.room)
        except CodecError as error:
            self.report(self.view.number, self.frame.at, self.frame.length, str(error))
            return None
        return live_message_from(<rf_header*>self.room)

    def read(self) -> JournalFrame | None:
        """Return the next frame, or None when there is nothing new."""
        cdef JournalFrame made
        cdef object message = None
        cdef int template
        while self.advance():
            template = rfj_template(&self.frame)
            if template < 64 and self.without >> template & 1:
                self.passed += 1
                continue
            if self.decode:
                message = self._decoded()
                if message is None:
                    continue
            made = JournalFrame.__new__(JournalFrame)
            made.message = message
            made.template = template
            made.number = rfj_seq(&self.frame)
            made.raw = self.frame.message[:self.frame.length]
            made.position = self.view.number << 32 | self.frame.at
            made.next_position = self.view.number << 32 | self.frame.next
            return made
        return None

    def __iter__(self):
        return self

    def __next__(self):
        frame = self.read()
        if frame is None:
            raise StopIteration
        return frame

    @property
    def position(self):
        """Behind the last frame that was read; 0: nothing was yet."""
        return self.view.number << 32 | self.view.at if self.view.base != NULL else self.number << 32 | (
            RFJ_HEAD_BYTES if self.number else 0)

    def tail_bytes(self) -> int:
        """Return how many bytes lie behind the end of what is sound: of a frame being written, or torn by a crash."""
        if self.view.base == NULL:
            return 0
        return rfj_used_end(&self.view, self.view.at) - self.view.at
