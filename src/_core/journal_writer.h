/* The journal's writer: one copy into mapped, preallocated memory per message; all that can wait or fail is done ahead.
 *
 * Appending: one thread at a time (a short lock makes sure). Preparing and syncing: any thread, without the GIL, at any time.
 */
#ifndef REGIMEFLOW_JOURNAL_WRITER_H
#define REGIMEFLOW_JOURNAL_WRITER_H

#include <pthread.h>
#include <sched.h>

#include "journal_segment.h"
#include "wire.h"

#define RFJ_AHEAD_BYTES (4u << 20) /* that prepare() makes resident before they are written */

enum rfj_answer {
    RFJ_OK = 0,
    RFJ_FULL = 1,     /* there is no room, and no next segment could be made: .fault is errno */
    RFJ_TOO_LONG = 2, /* the message fits in no segment */
    RFJ_CLOSED = 3
};

typedef struct rfj_segment {
    char *base;
    uint64_t bytes, number;
    uint64_t end;       /* of the frames; final once the segment is retired */
    uint64_t synced;    /* these bytes are on disk; under `slow` */
    uint64_t populated; /* these bytes are resident; under `slow` */
    struct rfj_segment *older;
} rfj_segment;

/* How a file gets its blocks: posix_fallocate(), but a test's own where it wants a full disk. */
typedef int (*rfj_allocate)(int fd, off_t from, off_t bytes);

typedef struct rfj_writer {
    rfj_segment *current; /* atomic: read by sync */
    uint64_t at, limit;   /* in the current segment: the next frame, and where frames must end */
    uint64_t watch;       /* from here on there must be a next segment */
    uint64_t position;    /* atomic: segment << 32 | at, of all that is committed */
    int64_t seq, time_ns; /* of the last record */
    const rf_names *names;
    int busy; /* atomic: somebody appends */
    int open, gave_up;
    rfj_segment *prepared; /* atomic: the next one */
    rfj_segment *retired;  /* atomic: the ones before, until they are on disk and unmapped */
    uint64_t frames, stalls, refused;
    pthread_mutex_t slow; /* whoever makes, syncs or frees segments */
    int folder, lock;
    uint64_t segment_bytes, reserve, next_number;
    int fault;       /* atomic: errno of the last failure to make a segment; 0 */
    int sync_fault;  /* errno of the first failed sync: what was lost then cannot be had again */
    uint64_t synced; /* atomic: as position, of what is on disk */
    rfj_allocate allocate;
} rfj_writer;

static inline void rfj_populate(rfj_segment *segment, uint64_t upto) {
    upto = upto < segment->bytes ? upto : segment->bytes;
    if (upto <= segment->populated)
        return;
#ifdef MADV_POPULATE_WRITE
    madvise(segment->base + segment->populated, upto - segment->populated, MADV_POPULATE_WRITE);
#else
    madvise(segment->base + segment->populated, upto - segment->populated, MADV_WILLNEED);
#endif
    segment->populated = upto;
}

/* Under `slow`. NULL: errno says why, and nothing is left behind. */
static inline rfj_segment *rfj_make(rfj_writer *w) {
    char name[RFJ_NAME_BYTES];
    rfj_name(w->next_number, name);
    rfj_segment *made = calloc(1, sizeof *made);
    int fd = made == NULL ? -1 : openat(w->folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        int error = made == NULL ? ENOMEM : errno;
        free(made);
        errno = error;
        return NULL;
    }
    int error = w->allocate(fd, 0, (off_t)w->segment_bytes);
    void *base = MAP_FAILED;
    if (error == 0) {
        base = mmap(NULL, w->segment_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        error = base == MAP_FAILED ? errno : fsync(w->folder) < 0 ? errno : 0;
    }
    close(fd);
    if (error != 0) {
        if (base != MAP_FAILED)
            munmap(base, w->segment_bytes);
        unlinkat(w->folder, name, 0);
        free(made);
        errno = error;
        return NULL;
    }
    *made = (rfj_segment){base, w->segment_bytes, w->next_number++, RFJ_HEAD_BYTES, 0, 0, NULL};
    return made;
}

/* Have a next segment. 1: there is one. */
static inline int rfj_prepare(rfj_writer *w) {
    int made = 1;
    pthread_mutex_lock(&w->slow);
    if (__atomic_load_n(&w->prepared, __ATOMIC_ACQUIRE) == NULL) {
        rfj_segment *next = rfj_make(w);
        made = next != NULL;
        __atomic_store_n(&w->fault, made ? 0 : errno, __ATOMIC_RELAXED);
        if (made)
            __atomic_store_n(&w->prepared, next, __ATOMIC_RELEASE); /* pairs with the exchange in rfj_next() */
    }
    pthread_mutex_unlock(&w->slow);
    return made;
}

/* Sum, then length and sum in one piece. Precondition: all of the message is written. */
static inline void rfj_commit(rfj_writer *w, rfj_segment *segment, uint32_t length) {
    char *frame = segment->base + w->at;
    uint64_t crc = rfj_crc(segment->number, w->at, length, frame + 8);
    __atomic_store_n((uint64_t *)frame, crc << 32 | length, __ATOMIC_RELEASE); /* pairs with the acquire in rfj_word() */
    w->at += 8 + RFJ_ALIGNED(length);
    w->frames++;
    __atomic_store_n(&segment->end, w->at, __ATOMIC_RELEASE);
    __atomic_store_n(&w->position, segment->number << 32 | w->at, __ATOMIC_RELEASE); /* pairs with rfj_sync() */
}

static inline uint32_t rfj_put_end(char *out, uint64_t next_segment, uint64_t torn_bytes) {
    rfw_segment_end block = {next_segment, torn_bytes};
    memcpy(rfw_put_head(out, RFW_SEGMENT_END, sizeof block), &block, sizeof block);
    return RFW_HEAD_BYTES + sizeof block;
}

static inline void rfj_begin(rfj_writer *w, rfj_segment *segment) {
    rfj_head head = {RFJ_MAGIC, RFJ_FORMAT, RFW_VERSION, segment->number, w->seq + 1, w->time_ns, segment->bytes, 0, 0};
    head.crc = rfj_head_crc(&head);
    memcpy(segment->base + 8, (char *)&head + 8, sizeof head - 8);
    __atomic_store_n((uint64_t *)segment->base, head.magic, __ATOMIC_RELEASE); /* pairs with rfj_head_state() */
    w->at = RFJ_HEAD_BYTES;
    w->limit = segment->bytes - RFJ_END_BYTES;
    w->watch = segment->bytes - w->reserve;
    __atomic_store_n(&w->current, segment, __ATOMIC_RELEASE); /* pairs with rfj_sync() */
    __atomic_store_n(&w->position, segment->number << 32 | w->at, __ATOMIC_RELEASE);
}

static inline rfj_segment *rfj_next(rfj_writer *w) {
    rfj_segment *next = __atomic_exchange_n(&w->prepared, NULL, __ATOMIC_ACQ_REL);
    if (next == NULL && !w->gave_up) {
        w->stalls++; /* nobody prepared: the caller waits for the file system, but not again for each message */
        w->gave_up = !rfj_prepare(w);
        next = __atomic_exchange_n(&w->prepared, NULL, __ATOMIC_ACQ_REL);
    }
    w->gave_up = next == NULL;
    return next;
}

/* Go on in the next segment. RFJ_FULL: there is none; the present one is as it was. */
static inline int rfj_roll(rfj_writer *w, uint64_t need) {
    rfj_segment *old = w->current;
    if (RFJ_HEAD_BYTES + need + RFJ_END_BYTES > w->segment_bytes)
        return RFJ_TOO_LONG;
    rfj_segment *next = rfj_next(w);
    if (next == NULL)
        return RFJ_FULL;
    rfj_commit(w, old, rfj_put_end(old->base + w->at + 8, next->number, 0));
    old->older = __atomic_load_n(&w->retired, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&w->retired, &old->older, old, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
    rfj_begin(w, next);
    return RFJ_OK;
}

static inline void rfj_lock(rfj_writer *w) {
    while (__atomic_exchange_n(&w->busy, 1, __ATOMIC_ACQUIRE)) /* pairs with rfj_unlock() */
        sched_yield();
}

static inline void rfj_unlock(rfj_writer *w) { __atomic_store_n(&w->busy, 0, __ATOMIC_RELEASE); }

/* Room for so many bytes of message, with the lock held; NULL: *answer says why not, and nothing was written. */
static inline char *rfj_claim(rfj_writer *w, uint64_t bytes, int *answer) {
    uint64_t need = 8 + RFJ_ALIGNED(bytes);
    rfj_lock(w);
    *answer = w->open ? RFJ_OK : RFJ_CLOSED;
    if (w->open && w->at + need > w->limit)
        *answer = rfj_roll(w, need);
    if (*answer == RFJ_OK)
        return w->current->base + w->at + 8;
    w->refused++;
    rfj_unlock(w);
    return NULL;
}

/* Make the claimed message count, and release the lock. */
static inline void rfj_release(rfj_writer *w, uint32_t length) {
    rfj_commit(w, w->current, length);
    if (w->at > w->watch) { /* once in a segment: a full disk must show while there is room left */
        w->watch = UINT64_MAX;
        w->stalls += __atomic_load_n(&w->prepared, __ATOMIC_RELAXED) == NULL;
        rfj_prepare(w);
    }
    rfj_unlock(w);
}

/* Append a sound record: enum rfj_answer. Without the GIL; it waits only when nobody prepared a next segment. */
static inline int rfj_append_record(rfj_writer *w, const rf_header *record) {
    int answer;
    char *room = rfj_claim(w, rfw_bound(record), &answer);
    if (room == NULL)
        return answer;
    w->seq = record->seq;
    w->time_ns = record->ts_recv_ns ? record->ts_recv_ns : w->time_ns;
    rfj_release(w, rfw_encode(record, w->names, room));
    return RFJ_OK;
}

static inline int rfj_is_full(rfj_writer *w) {
    return __atomic_load_n(&w->fault, __ATOMIC_RELAXED) != 0 && __atomic_load_n(&w->prepared, __ATOMIC_RELAXED) == NULL;
}

#endif
