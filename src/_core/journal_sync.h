/* The writer's slow side: to disk, ahead, opening after a crash, closing. */
#ifndef REGIMEFLOW_JOURNAL_SYNC_H
#define REGIMEFLOW_JOURNAL_SYNC_H

#include <sys/file.h>

#include "journal_writer.h"

#define RFJ_PAGE 4096u

/* Under `slow`. errno, or 0. */
static inline int rfj_sync_segment(rfj_segment *segment, uint64_t upto) {
    uint64_t from = segment->synced & ~(uint64_t)(RFJ_PAGE - 1);
    if (upto <= segment->synced)
        return 0;
    if (msync(segment->base + from, upto - from, MS_SYNC) < 0)
        return errno;
    segment->synced = upto;
    return 0;
}

static inline int rfj_sync_retired(rfj_writer *w) {
    int error = 0;
    rfj_segment *old = __atomic_load_n(&w->retired, __ATOMIC_ACQUIRE);
    for (; old != NULL && error == 0; old = old->older)
        error = rfj_sync_segment(old, old->end);
    return error;
}

/* Everything that is committed when this is called is on disk when it returns 0; else errno, the same one ever after: a
 * kernel that could not write drops what it could not write. */
static inline int rfj_sync(rfj_writer *w) {
    pthread_mutex_lock(&w->slow);
    uint64_t target = __atomic_load_n(&w->position, __ATOMIC_ACQUIRE); /* pairs with rfj_commit() */
    rfj_segment *current = __atomic_load_n(&w->current, __ATOMIC_ACQUIRE);
    int error = w->sync_fault;
    if (error == 0)
        error = rfj_sync_retired(w);
    if (error == 0 && current != NULL)
        error = rfj_sync_segment(current, __atomic_load_n(&current->end, __ATOMIC_ACQUIRE));
    w->sync_fault = error;
    if (error == 0)
        __atomic_store_n(&w->synced, target, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&w->slow);
    return error;
}

/* Under `slow`: give the blocks behind the last frame back; the file keeps its length, for those who have it mapped. */
static inline void rfj_give_back(rfj_writer *w, uint64_t number, uint64_t from, uint64_t bytes) {
#ifdef FALLOC_FL_PUNCH_HOLE
    char name[RFJ_NAME_BYTES];
    rfj_name(number, name);
    int fd = openat(w->folder, name, O_RDWR | O_CLOEXEC);
    from = (from + RFJ_PAGE - 1) & ~(uint64_t)(RFJ_PAGE - 1);
    const int how = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (fd >= 0 && from < bytes && fallocate(fd, how, (off_t)from, (off_t)(bytes - from)))
        errno = 0; /* some file systems cannot: then the blocks stay */
    if (fd >= 0)
        close(fd);
#else
    (void)w, (void)number, (void)from, (void)bytes;
#endif
}

static inline void rfj_free_segment(rfj_segment *segment) {
    if (segment != NULL)
        munmap(segment->base, segment->bytes);
    free(segment);
}

/* Under `slow`: what is behind us goes to disk and out of memory. */
static inline int rfj_retire(rfj_writer *w) {
    int error = w->sync_fault ? w->sync_fault : rfj_sync_retired(w);
    w->sync_fault = error;
    rfj_segment *old = __atomic_exchange_n(&w->retired, NULL, __ATOMIC_ACQ_REL);
    while (old != NULL) {
        rfj_segment *older = old->older;
        rfj_free_segment(old);
        old = older;
    }
    return error;
}

/* Off the hot path: a next segment, resident memory ahead, the old segments out. 1: there is a next segment. */
static inline int rfj_prepare_next(rfj_writer *w) {
    int made = rfj_prepare(w);
    pthread_mutex_lock(&w->slow);
    rfj_segment *current = __atomic_load_n(&w->current, __ATOMIC_ACQUIRE);
    if (current != NULL)
        rfj_populate(current, __atomic_load_n(&current->end, __ATOMIC_ACQUIRE) + RFJ_AHEAD_BYTES);
    rfj_segment *next = __atomic_exchange_n(&w->prepared, NULL, __ATOMIC_ACQ_REL);
    if (next != NULL) { /* taken away while it is touched: an append that needs it now waits for `slow` */
        rfj_populate(next, RFJ_AHEAD_BYTES);
        __atomic_store_n(&w->prepared, next, __ATOMIC_RELEASE);
    }
    rfj_retire(w);
    pthread_mutex_unlock(&w->slow);
    return made;
}

/* What a crash left in the last segment: see rfj_recover(). */
typedef struct rfj_recovery {
    uint64_t segment, end, torn_bytes;
    int64_t seq; /* of its last record; -1: it has none */
} rfj_recovery;

/* Clear what is behind the last sound frame, and end the segment there. A reader that waits at that place goes on. */
static inline int rfj_recover(rfj_view *view, rfj_recovery *found) {
    char *base = (char *)view->base;
    found->segment = view->number;
    found->seq = -1;
    found->end = rfj_good_end(view, &found->seq);
    uint64_t used = rfj_used_end(view, found->end);
    found->torn_bytes = used - found->end;
    if (found->torn_bytes == 0 && found->end >= RFJ_HEAD_BYTES + RFJ_END_BYTES) {
        rfj_frame last;
        rfj_view back = *view;
        back.at = found->end - RFJ_END_BYTES;
        if (rfj_look(&back, &last) == RFJ_FRAME && rfj_template(&last) == RFW_SEGMENT_END)
            return 0;
    }
    /* From the back: the length that a torn frame claims goes last, and until then it is a frame whose sum is wrong. */
    memset(base + found->end + 8, 0, used > found->end + 8 ? used - found->end - 8 : 0);
    if (found->end + 8 <= view->bytes)
        __atomic_store_n((uint64_t *)(base + found->end), 0, __ATOMIC_RELEASE);
    if (found->end + RFJ_END_BYTES <= view->bytes) {
        uint32_t length = rfj_put_end(base + found->end + 8, view->number + 1, found->torn_bytes);
        uint64_t crc = rfj_crc(view->number, found->end, length, base + found->end + 8);
        __atomic_store_n((uint64_t *)(base + found->end), crc << 32 | length, __ATOMIC_RELEASE);
    }
    return msync(base, view->bytes, MS_SYNC) < 0 ? errno : 0;
}

static inline int rfj_writer_init(rfj_writer *w, const rf_names *names, uint64_t segment_bytes, uint64_t reserve) {
    memset(w, 0, sizeof *w);
    w->folder = w->lock = -1;
    w->names = names;
    w->segment_bytes = segment_bytes;
    w->reserve = reserve;
    w->allocate = posix_fallocate;
    return pthread_mutex_init(&w->slow, NULL);
}

/* Begin the first segment of this writer. errno, or 0. */
static inline int rfj_start(rfj_writer *w) {
    rfj_segment *first = rfj_next(w);
    if (first == NULL)
        return w->fault;
    rfj_populate(first, RFJ_AHEAD_BYTES);
    rfj_begin(w, first);
    w->synced = w->position;
    w->stalls = 0;
    w->open = 1;
    return 0;
}

/* Everything to disk; nothing can be appended any more. errno, or 0. */
static inline int rfj_finish(rfj_writer *w) {
    rfj_lock(w);
    int was_open = w->open;
    w->open = 0;
    rfj_unlock(w);
    int error = was_open ? rfj_sync(w) : 0;
    pthread_mutex_lock(&w->slow);
    rfj_retire(w);
    rfj_segment *next = __atomic_exchange_n(&w->prepared, NULL, __ATOMIC_ACQ_REL);
    if (next != NULL) { /* not begun: as if never made */
        char name[RFJ_NAME_BYTES];
        rfj_name(next->number, name);
        unlinkat(w->folder, name, 0);
        rfj_free_segment(next);
    }
    if (w->current != NULL) {
        rfj_give_back(w, w->current->number, w->at, w->current->bytes);
        rfj_free_segment(w->current);
        w->current = NULL;
    }
    pthread_mutex_unlock(&w->slow);
    return error;
}

#endif
