/* A segment of the journal: a file of fixed size with a page of header, then frames.
 *
 * A frame is u32 length | u32 crc32c | message, at an offset that eight divides, zeros behind it. Length and sum are stored in
 * one piece, last: a length of zero means that nothing is here yet. The sum starts from the frame's own place, so that bytes
 * which lie elsewhere, or inside another frame, are no frame here; it covers the length and the message.
 */
#ifndef REGIMEFLOW_JOURNAL_SEGMENT_H
#define REGIMEFLOW_JOURNAL_SEGMENT_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"
#include "wire_schema.h"

#define RFJ_HEAD_BYTES 4096
#define RFJ_FORMAT 1
#define RFJ_MAGIC 0x31304c4e524a4652ull /* "RFJRNL01" */
#define RFJ_LEAST_BYTES (64 << 10)
#define RFJ_MOST_BYTES (1ll << 30)
#define RFJ_NAME_BYTES 32
#define RFJ_ALIGNED(bytes) (((uint64_t)(bytes) + 7) & ~7ull)
/* The last frame of a segment, for which room is always kept. */
#define RFJ_END_BYTES (8 + RFW_HEAD_BYTES + sizeof(rfw_segment_end))

typedef struct rfj_head {
    uint64_t magic; /* stored last: without it the segment has not begun */
    uint32_t format, schema_version;
    uint64_t segment;
    int64_t first_seq; /* of the record that comes next */
    int64_t created_ns; /* the stream's clock, UTC */
    uint64_t bytes;
    uint32_t crc; /* of all before it */
    uint32_t spare;
} rfj_head;

_Static_assert(sizeof(rfj_head) == 56, "segment header");

static inline void rfj_name(uint64_t segment, char room[RFJ_NAME_BYTES]) {
    snprintf(room, RFJ_NAME_BYTES, "journal-%016llu.rfj", (unsigned long long)(segment % 10000000000000000ull));
}

static inline uint32_t rfj_head_crc(const rfj_head *head) {
    return rf_crc32c(head, offsetof(rfj_head, crc));
}

static inline uint32_t rfj_crc(uint64_t segment, uint64_t at, uint32_t length, const char *message) {
    uint32_t seed = ~(uint32_t)(segment * 0x9e3779b1u + (at >> 3));
    return ~rf_crc32c_on(rf_crc32c_on(seed, &length, 4), message, length);
}

/* A mapped segment, and a place in it. */
typedef struct rfj_view {
    const char *base;
    uint64_t bytes; /* of the file */
    uint64_t number;
    uint64_t at;
} rfj_view;

typedef struct rfj_frame {
    const char *message;
    uint32_t length;
    uint64_t at, next; /* offsets of this frame and of the one behind it */
} rfj_frame;

enum rfj_look {
    RFJ_NOTHING = 0, /* no frame here yet */
    RFJ_FRAME = 1,
    RFJ_END = 2,   /* the segment is over */
    RFJ_DAMAGE = 3 /* no sound frame, but not nothing either */
};

static inline int rfj_is_sound(const rfj_view *view, uint64_t at, uint64_t word, rfj_frame *out) {
    uint32_t length = (uint32_t)word;
    const char *message = view->base + at + 8;
    if (length < RFW_HEAD_BYTES || length > view->bytes - at - 8)
        return 0;
    if (rfj_crc(view->number, at, length, message) != (uint32_t)(word >> 32))
        return 0;
    *out = (rfj_frame){message, length, at, at + 8 + RFJ_ALIGNED(length)};
    return 1;
}

static inline uint64_t rfj_word(const rfj_view *view, uint64_t at) {
    /* pairs with the release in rfj_commit(): the message is there when its length is */
    return __atomic_load_n((const uint64_t *)(view->base + at), __ATOMIC_ACQUIRE);
}

/* What is at the view's place; it does not move. */
static inline int rfj_look(const rfj_view *view, rfj_frame *out) {
    if (view->at + 8 > view->bytes)
        return RFJ_END;
    uint64_t word = rfj_word(view, view->at);
    if (word == 0)
        return RFJ_NOTHING;
    return rfj_is_sound(view, view->at, word, out) ? RFJ_FRAME : RFJ_DAMAGE;
}

/* The next sound frame from a place on; 0: there is none. */
static inline int rfj_find(const rfj_view *view, uint64_t from, rfj_frame *out) {
    for (uint64_t at = RFJ_ALIGNED(from); at + 8 + RFW_HEAD_BYTES <= view->bytes; at += 8) {
        uint64_t word = rfj_word(view, at);
        uint16_t schema;
        memcpy(&schema, view->base + at + 8 + 4, 2); /* cheaper than a sum of whatever length is claimed */
        if (word != 0 && schema == RFW_SCHEMA_ID && rfj_is_sound(view, at, word, out))
            return 1;
    }
    return 0;
}

/* Behind the last byte from a place on that is not zero; the place itself when there is none. */
static inline uint64_t rfj_used_end(const rfj_view *view, uint64_t from) {
    uint64_t end = view->bytes & ~7ull;
    while (end > from && rfj_word(view, end - 8) == 0)
        end -= 8;
    return end > from ? end : from;
}

/* What a frame's message is, as far as its header says; 0: the header is not ours. */
static inline uint16_t rfj_template(const rfj_frame *frame) {
    rfw_head head;
    memcpy(&head, frame->message, sizeof head);
    return head.schema_id == RFW_SCHEMA_ID ? head.template_id : 0;
}

/* The sequence number of a record's frame; -1: it is no record. */
static inline int64_t rfj_seq(const rfj_frame *frame) {
    int64_t seq;
    uint16_t id = rfj_template(frame);
    if (id < RF_QUOTE || id > RF_SYSTEM || frame->length < RFW_HEAD_BYTES + sizeof seq)
        return -1;
    memcpy(&seq, frame->message + RFW_HEAD_BYTES, sizeof seq);
    return seq;
}

/* Go to the end of what is sound, passing over damage in the middle; *seq is the last record's, if there is one. */
static inline uint64_t rfj_good_end(rfj_view *view, int64_t *seq) {
    rfj_frame frame;
    for (;;) {
        int found = rfj_look(view, &frame);
        if (found == RFJ_END)
            return view->at;
        if (found != RFJ_FRAME && !rfj_find(view, view->at + 8, &frame))
            return view->at;
        int64_t own = rfj_seq(&frame);
        if (own >= 0)
            *seq = own;
        view->at = frame.next;
        if (rfj_template(&frame) == RFW_SEGMENT_END)
            return view->at;
    }
}

enum rfj_head_state { RFJ_HEAD_GOOD = 0, RFJ_HEAD_NOT_BEGUN = 1, RFJ_HEAD_LOST = 2, RFJ_HEAD_FOREIGN = 3 };

/* Whether a mapped file is segment `number`, begun. A lost header does not lose the frames: they say themselves where they
 * belong. */
static inline int rfj_head_state(const rfj_view *view, rfj_head *out) {
    rfj_head head;
    if (view->bytes < RFJ_HEAD_BYTES + 8)
        return RFJ_HEAD_NOT_BEGUN;
    head.magic = __atomic_load_n((const uint64_t *)view->base, __ATOMIC_ACQUIRE); /* pairs with rfj_begin() */
    memcpy((char *)&head + 8, view->base + 8, sizeof head - 8);
    *out = head;
    if (head.magic == RFJ_MAGIC && head.crc == rfj_head_crc(&head))
        return head.format == RFJ_FORMAT && head.segment == view->number ? RFJ_HEAD_GOOD : RFJ_HEAD_FOREIGN;
    if (head.magic == 0 && rfj_word(view, RFJ_HEAD_BYTES) == 0)
        return RFJ_HEAD_NOT_BEGUN;
    return RFJ_HEAD_LOST;
}

/* Map a segment's file for reading; 0: no such file, or not readable (errno says why). */
static inline int rfj_map(int folder, uint64_t number, int writable, rfj_view *view) {
    char name[RFJ_NAME_BYTES];
    struct stat info;
    rfj_name(number, name);
    int fd = openat(folder, name, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (fstat(fd, &info) < 0 || info.st_size < RFJ_HEAD_BYTES + 8) {
        close(fd);
        errno = ENODATA;
        return 0;
    }
    void *base = mmap(NULL, (size_t)info.st_size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
    int error = errno;
    close(fd); /* the mapping stays */
    errno = error;
    if (base == MAP_FAILED)
        return 0;
    *view = (rfj_view){base, (uint64_t)info.st_size, number, RFJ_HEAD_BYTES};
    return 1;
}

static inline void rfj_unmap(rfj_view *view) {
    if (view->base != NULL)
        munmap((void *)view->base, (size_t)view->bytes);
    view->base = NULL;
}

#endif
