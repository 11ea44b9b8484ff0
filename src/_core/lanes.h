/* The inbound lanes of the bus: executions | market data | the rest, each a ring with one reader, the dispatch thread.
 *
 * Policy of a full lane: a foreign thread waits for room (rf_lanes_wait), the dispatch thread never does: it falls back
 * on the lane's reserve (rf_lanes_keep). While a reserve holds records foreign threads wait even if the ring has room,
 * so that the order of publishing stands. With conflation a quote or book that was not delivered yet is overwritten in
 * its slot; a one-cell token stands in the lane for it.
 *
 * Threads: rf_lanes_offer, rf_lanes_wait, rf_lanes_publish: any. Everything else: the dispatch thread, or whoever the
 * owner of the lanes keeps apart from it.
 */
#ifndef REGIMEFLOW_LANES_H
#define REGIMEFLOW_LANES_H

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "ring.h"
#include "wake.h"

enum rf_lane_name { RF_EXECUTIONS = 0, RF_MARKET = 1, RF_REST = 2, RF_LANE_COUNT = 3 };

#define RF_TOKEN 255              /* kind of a record that stands for the latest `extra` of `symbol` */
#define RF_CONFLATED_SYMBOLS 65536 /* ids above are not conflated */
#define RF_LANE_MIN_CELLS 512     /* so that the longest record fits wherever the tail stands */
#define RF_BOOK_CELLS 3
#define RF_LOOK_MS 50

typedef struct rf_lane {
    rf_ring *ring;
    rf_ring *reserve;         /* made when first needed */
    _Atomic(int) overflowing; /* the reserve holds records */
} rf_lane;

typedef struct rf_slot {
    _Alignas(RING_LINE) _Atomic(int) locked;
    int dirty; /* holds a record that was not delivered; its token is in the lane */
    _Alignas(RING_LINE) char record[RF_BOOK_CELLS * RF_CELL_BYTES];
} rf_slot;

typedef struct rf_lanes {
    rf_lane lane[RF_LANE_COUNT];
    int64_t cells, limit; /* of each ring */
    int turn;             /* market data and the rest take turns */
    int kept;             /* lanes that overflow */
    _Atomic(rf_slot *) *slots; /* [quote | book][symbol]; NULL: no conflation */
    _Alignas(RING_LINE) char scratch[RF_BOOK_CELLS * RF_CELL_BYTES];
    pthread_mutex_t lock;
    pthread_cond_t room;
    rf_wake wake;
    _Alignas(RING_LINE) _Atomic(int64_t) waiting; /* threads that wait now */
    _Atomic(int64_t) waits;                       /* how often one did */
    _Atomic(int64_t) conflated;
} rf_lanes;

static inline enum rf_lane_name rf_lane_of(uint8_t kind) {
    static const uint8_t lanes[RF_KIND_COUNT] = {RF_REST,       RF_MARKET,     RF_MARKET,     RF_MARKET, RF_MARKET,
                                                 RF_EXECUTIONS, RF_EXECUTIONS, RF_EXECUTIONS, RF_REST};
    return (enum rf_lane_name)lanes[kind < RF_KIND_COUNT ? kind : RF_SYSTEM];
}

static inline void rf_lanes_free(rf_lanes *lanes) {
    if (lanes == NULL)
        return;
    for (int i = 0; i < RF_LANE_COUNT; i++) {
        rf_ring_free(lanes->lane[i].ring);
        rf_ring_free(lanes->lane[i].reserve);
    }
    for (int64_t i = 0; lanes->slots != NULL && i < 2 * RF_CONFLATED_SYMBOLS; i++)
        free(atomic_load_explicit(&lanes->slots[i], memory_order_relaxed));
    free((void *)lanes->slots);
    rf_wake_close(&lanes->wake);
    pthread_cond_destroy(&lanes->room);
    pthread_mutex_destroy(&lanes->lock);
    free(lanes);
}

/* limit: cells that each lane holds before it is full. NULL: no memory. */
static inline rf_lanes *rf_lanes_new(int64_t limit, int conflate) {
    rf_lanes *lanes = aligned_alloc(RING_LINE, sizeof(rf_lanes));
    if (lanes == NULL)
        return NULL;
    memset(lanes, 0, sizeof(rf_lanes));
    rf_wake_init(&lanes->wake);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
#ifdef __linux__
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
    pthread_mutex_init(&lanes->lock, NULL);
    pthread_cond_init(&lanes->room, &attributes);
    pthread_condattr_destroy(&attributes);
    lanes->limit = limit;
    for (lanes->cells = RF_LANE_MIN_CELLS; lanes->cells < limit;)
        lanes->cells *= 2;
    int whole = 1;
    for (int i = 0; i < RF_LANE_COUNT; i++)
        whole &= (lanes->lane[i].ring = rf_ring_new(lanes->cells, limit, 1)) != NULL;
    if (conflate)
        whole &= (lanes->slots = calloc(2 * RF_CONFLATED_SYMBOLS, sizeof(*lanes->slots))) != NULL;
    if (!whole) {
        rf_lanes_free(lanes);
        return NULL;
    }
    return lanes;
}

static inline enum rf_claim rf_lanes_put(rf_ring *ring, const rf_header *record) {
    int64_t at;
    enum rf_claim claim = rf_ring_claim(ring, record->n_cells, &at);
    if (claim == RF_CLAIMED) {
        if (record->n_cells == 1)
            memcpy(rf_ring_cell(ring, at), record, RF_CELL_BYTES);
        else
            memcpy(rf_ring_cell(ring, at), record, (size_t)record->n_cells * RF_CELL_BYTES);
        rf_ring_publish(ring, at);
    }
    return claim;
}

/* By the dispatch thread: into the ring, else into the reserve. RF_FULL: that is full too (or there is no memory). */
static inline enum rf_claim rf_lane_keep(rf_lanes *lanes, rf_lane *lane, const rf_header *record) {
    if (!atomic_load_explicit(&lane->overflowing, memory_order_relaxed)) {
        enum rf_claim claim = rf_lanes_put(lane->ring, record);
        if (claim != RF_FULL)
            return claim;
    }
    if (rf_ring_is_closed(lane->ring))
        return RF_CLOSED;
    if (lane->reserve == NULL && (lane->reserve = rf_ring_new(lanes->cells, lanes->limit, 1)) == NULL)
        return RF_FULL;
    enum rf_claim claim = rf_lanes_put(lane->reserve, record);
    if (claim == RF_CLAIMED && !atomic_load_explicit(&lane->overflowing, memory_order_relaxed)) {
        lanes->kept++;
        /* Pairs with the load in rf_lane_put(): what comes later waits. */
        atomic_store_explicit(&lane->overflowing, 1, memory_order_release);
    }
    return claim;
}

/* By any thread. RF_FULL: wait, or keep. */
static inline enum rf_claim rf_lane_put(rf_lane *lane, const rf_header *record) {
    if (atomic_load_explicit(&lane->overflowing, memory_order_acquire))
        return rf_ring_is_closed(lane->ring) ? RF_CLOSED : RF_FULL;
    return rf_lanes_put(lane->ring, record);
}

/* The slot of a quote or book, or NULL when this record is not conflated. */
static inline rf_slot *rf_slot_of(rf_lanes *lanes, const rf_header *record) {
    if (lanes->slots == NULL || record->symbol >= RF_CONFLATED_SYMBOLS || record->n_cells > RF_BOOK_CELLS || record->origin ||
        (record->kind != RF_QUOTE && record->kind != RF_BOOK))
        return NULL;
    _Atomic(rf_slot *) *place = &lanes->slots[(record->kind == RF_BOOK) * RF_CONFLATED_SYMBOLS + record->symbol];
    rf_slot *slot = atomic_load_explicit(place, memory_order_acquire);
    if (slot == NULL) {
        rf_slot *fresh = aligned_alloc(RING_LINE, sizeof(rf_slot));
        if (fresh == NULL)
            return NULL; /* not conflated, not lost */
        memset(fresh, 0, sizeof(rf_slot));
        if (atomic_compare_exchange_strong_explicit(place, &slot, fresh, memory_order_acq_rel, memory_order_acquire))
            slot = fresh;
        else
            free(fresh);
    }
    return slot;
}

static inline void rf_slot_lock(rf_slot *slot) {
    for (int spins = 0; atomic_exchange_explicit(&slot->locked, 1, memory_order_acquire); spins++)
        if (spins > 100)
            sched_yield();
}

static inline void rf_slot_unlock(rf_slot *slot) { atomic_store_explicit(&slot->locked, 0, memory_order_release); }

/* Publish through a slot. The token is claimed under the lock (a claim never waits): dirty always has its token. */
static inline enum rf_claim rf_slot_put(rf_lanes *lanes, rf_slot *slot, const rf_header *record, int keep) {
    rf_lane *lane = &lanes->lane[RF_MARKET];
    enum rf_claim claim = RF_CLAIMED;
    rf_slot_lock(slot);
    if (slot->dirty) {
        if (rf_ring_is_closed(lane->ring))
            claim = RF_CLOSED;
        else
            atomic_fetch_add_explicit(&lanes->conflated, 1, memory_order_relaxed);
    } else {
        char cell[RF_CELL_BYTES] = {0};
        rf_header *token = (rf_header *)cell;
        token->kind = RF_TOKEN;
        token->n_cells = 1;
        token->symbol = record->symbol;
        token->extra = record->kind;
        claim = keep ? rf_lane_keep(lanes, lane, token) : rf_lane_put(lane, token);
    }
    if (claim == RF_CLAIMED) {
        slot->dirty = 1;
        memcpy(slot->record, record, (size_t)record->n_cells * RF_CELL_BYTES);
    }
    rf_slot_unlock(slot);
    return claim;
}

/* Publish if there is room; never waits. */
static inline enum rf_claim rf_lanes_offer(rf_lanes *lanes, const rf_header *record) {
    rf_slot *slot = lanes->slots == NULL ? NULL : rf_slot_of(lanes, record);
    if (slot != NULL)
        return rf_slot_put(lanes, slot, record, 0);
    return rf_lane_put(&lanes->lane[rf_lane_of(record->kind)], record);
}

/* The same for the dispatch thread, which has the reserve. */
static inline enum rf_claim rf_lanes_keep(rf_lanes *lanes, const rf_header *record) {
    rf_slot *slot = rf_slot_of(lanes, record);
    if (slot != NULL)
        return rf_slot_put(lanes, slot, record, 1);
    return rf_lane_keep(lanes, &lanes->lane[rf_lane_of(record->kind)], record);
}

/* Sleep until the dispatch thread made room, or for so long. The caller counts in `waiting` and holds the lock. */
static inline int rf_lanes_sleep(rf_lanes *lanes, int64_t ms) {
    struct timespec until;
#ifdef __linux__
    clock_gettime(CLOCK_MONOTONIC, &until);
#else
    clock_gettime(CLOCK_REALTIME, &until);
#endif
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    return pthread_cond_timedwait(&lanes->room, &lanes->lock, &until) == ETIMEDOUT;
}

/* By a foreign thread: publish, waiting for room, but not longer than ms. RF_FULL: time is up. */
static inline enum rf_claim rf_lanes_wait(rf_lanes *lanes, const rf_header *record, int64_t ms) {
    enum rf_claim claim;
    pthread_mutex_lock(&lanes->lock);
    atomic_fetch_add_explicit(&lanes->waiting, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* pairs with the fence in rf_lanes_make_room() */
    while ((claim = rf_lanes_offer(lanes, record)) == RF_FULL)
        if (rf_lanes_sleep(lanes, ms))
            break;
    atomic_fetch_sub_explicit(&lanes->waiting, 1, memory_order_relaxed);
    pthread_mutex_unlock(&lanes->lock);
    return claim;
}

/* Sleep until something moved in the lanes, but not longer than ms. */
static inline void rf_lanes_pause(rf_lanes *lanes, int64_t ms) {
    pthread_mutex_lock(&lanes->lock);
    atomic_fetch_add_explicit(&lanes->waiting, 1, memory_order_relaxed);
    rf_lanes_sleep(lanes, ms);
    atomic_fetch_sub_explicit(&lanes->waiting, 1, memory_order_relaxed);
    pthread_mutex_unlock(&lanes->lock);
}

/* After consuming: wake the threads that wait for room. After many messages only once a lane is half empty: a thread that
 * was woken for each cell would fall asleep again at once, and that costs a hundred times what the message costs. A thread
 * that waits looks for itself every RF_LOOK_MS. */
static inline void rf_lanes_make_room(rf_lanes *lanes, int patiently) {
    atomic_thread_fence(memory_order_seq_cst); /* pairs with the fence in rf_lanes_wait() */
    if (!atomic_load_explicit(&lanes->waiting, memory_order_relaxed))
        return;
    for (int i = 0; patiently && i < RF_LANE_COUNT; i++)
        if (rf_ring_depth(lanes->lane[i].ring, 0) > lanes->limit / 2)
            return;
    pthread_mutex_lock(&lanes->lock);
    pthread_cond_broadcast(&lanes->room);
    pthread_mutex_unlock(&lanes->lock);
}

static inline void rf_lanes_count_wait(rf_lanes *lanes) {
    atomic_fetch_add_explicit(&lanes->waits, 1, memory_order_relaxed);
}

/* By a foreign thread of C: publish, wait as long as it takes, wake the reader. RF_CLAIMED or RF_CLOSED. */
static inline enum rf_claim rf_lanes_publish(rf_lanes *lanes, const rf_header *record) {
    enum rf_claim claim = rf_lanes_offer(lanes, record);
    if (claim == RF_FULL) {
        rf_lanes_count_wait(lanes);
        while ((claim = rf_lanes_wait(lanes, record, RF_LOOK_MS)) == RF_FULL)
            continue;
    }
    if (claim == RF_CLAIMED)
        rf_wake_signal(&lanes->wake);
    return claim;
}

/* The same for rows of `width` bytes, each with a sound record at its start; stops when it would wait longer than ms for
 * one, or when the lanes are closed. Returns how many were taken. */
static inline int64_t rf_lanes_publish_rows(rf_lanes *lanes, const char *rows, int64_t width, int64_t count, int64_t ms) {
    for (int64_t done = 0; done < count; done++) {
        const rf_header *record = (const rf_header *)(rows + done * width);
        enum rf_claim claim = rf_lanes_offer(lanes, record);
        if (claim == RF_FULL) {
            rf_lanes_count_wait(lanes);
            claim = rf_lanes_wait(lanes, record, ms);
        }
        if (claim != RF_CLAIMED)
            return done;
        rf_wake_signal(&lanes->wake);
    }
    return count;
}

#endif
