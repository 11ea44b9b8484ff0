/* A bounded ring of 128-byte cells: many producers, up to eight readers that each see every record.
 *
 * Positions only grow; a cell's index is position & mask. Who may touch what:
 *   producers  claim (CAS on tail, only when there is room), fill, publish;
 *   a reader   peeks at its own cursor, uses the record, consumes it; one thread per reader;
 *   the slowest reader gates the producers; its position is cached in `passed`.
 * A record is contiguous: one that would straddle the end is preceded by an RF_PAD record, claimed in the same CAS.
 * Whether a cell is readable stands in a separate array: stamps[index] == position + 1 exactly, so that whatever an
 * earlier lap left behind can never look published. Nothing here ever waits.
 *
 * Every ordered operation takes its order from a macro, so that a test can weaken one and show that it was needed.
 * They come in three pairs; an operation that is not listed needs no order (see the comments where they stand).
 */
#ifndef REGIMEFLOW_RING_H
#define REGIMEFLOW_RING_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

/* The record is written before its stamp is seen. */
#ifndef RING_ORDER_PUBLISH
#define RING_ORDER_PUBLISH memory_order_release
#endif
#ifndef RING_ORDER_PEEK
#define RING_ORDER_PEEK memory_order_acquire
#endif
/* The record was read before its cells are written again. */
#ifndef RING_ORDER_CONSUME
#define RING_ORDER_CONSUME memory_order_release
#endif
#ifndef RING_ORDER_GATE
#define RING_ORDER_GATE memory_order_acquire
#endif
/* The same, for a producer that trusts what another producer found out about the readers. */
#ifndef RING_ORDER_SHARE
#define RING_ORDER_SHARE memory_order_release
#endif
#ifndef RING_ORDER_TRUST
#define RING_ORDER_TRUST memory_order_acquire
#endif

#define RING_LINE 64
#define RING_MAX_READERS 8
#define RING_CLOSED ((int64_t)1 << 62) /* a bit of tail: every later claim fails, every earlier one stands */

enum rf_claim { RF_CLAIMED = 0, RF_FULL = 1, RF_CLOSED = 2 };

typedef struct rf_cursor {
    _Alignas(RING_LINE) _Atomic(int64_t) position; /* the first cell that this reader may still need */
} rf_cursor;

typedef struct rf_ring {
    char *cells;
    _Atomic(int64_t) *stamps;
    int64_t mask;
    int64_t limit; /* cells in use at once; a longer record may enter when the ring is empty */
    int readers;
    _Alignas(RING_LINE) _Atomic(int64_t) tail;   /* the next position to claim, and RING_CLOSED */
    _Alignas(RING_LINE) _Atomic(int64_t) passed; /* every reader was here or further; may lag */
    rf_cursor cursors[RING_MAX_READERS];
} rf_ring;

/* The longest record that the ring takes wherever its tail stands: it and its pad must fit. */
static inline int64_t rf_ring_longest(const rf_ring *ring) { return (ring->mask + 1) / 2; }

static inline void rf_ring_free(rf_ring *ring) {
    if (ring != NULL) {
        free(ring->cells);
        free((void *)ring->stamps);
        free(ring);
    }
}

/* capacity: a power of two >= 2; 1 <= limit <= capacity; 1 <= readers <= RING_MAX_READERS. NULL: no memory. */
static inline rf_ring *rf_ring_new(int64_t capacity, int64_t limit, int readers) {
    rf_ring *ring = aligned_alloc(RING_LINE, sizeof(rf_ring));
    if (ring == NULL)
        return NULL;
    memset(ring, 0, sizeof(rf_ring));
    ring->cells = aligned_alloc(RF_CELL_BYTES, (size_t)capacity * RF_CELL_BYTES);
    ring->stamps = calloc((size_t)capacity, sizeof(*ring->stamps));
    if (ring->cells == NULL || ring->stamps == NULL) {
        rf_ring_free(ring);
        return NULL;
    }
    /* Touch every page now: the first touch of one costs some 2 us, a hundred times a publish. */
    memset(ring->cells, 0, (size_t)capacity * RF_CELL_BYTES);
    ring->mask = capacity - 1;
    ring->limit = limit;
    ring->readers = readers;
    return ring;
}

static inline rf_header *rf_ring_cell(const rf_ring *ring, int64_t position) {
    return (rf_header *)(ring->cells + (position & ring->mask) * RF_CELL_BYTES);
}

/* Make the claimed record at position readable. Pairs with rf_ring_peek(). */
static inline void rf_ring_publish(rf_ring *ring, int64_t position) {
    atomic_store_explicit(&ring->stamps[position & ring->mask], position + 1, RING_ORDER_PUBLISH);
}

/* Whether [tail, next) may be claimed. A stale tail does no harm: the CAS that follows then fails. */
static inline int rf_ring_has_room(rf_ring *ring, int64_t tail, int64_t next) {
    /* Pairs with the store below, made by whichever producer looked last: what it saw the readers leave, we see. */
    int64_t passed = atomic_load_explicit(&ring->passed, RING_ORDER_TRUST);
    if (next - passed <= ring->limit)
        return 1;
    passed = INT64_MAX;
    for (int i = 0; i < ring->readers; i++) {
        /* Pairs with rf_ring_consume(). */
        int64_t at = atomic_load_explicit(&ring->cursors[i].position, RING_ORDER_GATE);
        if (at < passed)
            passed = at;
    }
    /* May put back an older value than another producer just stored: that only makes the next one look again. */
    atomic_store_explicit(&ring->passed, passed, RING_ORDER_SHARE);
    return next - passed <= ring->limit || (passed == tail && next - passed <= ring->mask + 1);
}

/* Claim `cells` contiguous cells (1 to rf_ring_longest()): RF_CLAIMED and their position, or RF_FULL, or RF_CLOSED. */
static inline enum rf_claim rf_ring_claim(rf_ring *ring, int64_t cells, int64_t *position) {
    /* tail needs no order: it only deals out positions; records are ordered by stamps, cells by cursors. */
    int64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    int64_t pad;
    do {
        if (tail & RING_CLOSED)
            return RF_CLOSED;
        int64_t left = ring->mask + 1 - (tail & ring->mask);
        pad = left < cells ? left : 0;
        if (!rf_ring_has_room(ring, tail, tail + pad + cells))
            return RF_FULL;
    } while (!atomic_compare_exchange_weak_explicit(&ring->tail, &tail, tail + pad + cells, memory_order_relaxed,
                                                    memory_order_relaxed));
    if (pad) {
        rf_header *filler = rf_ring_cell(ring, tail);
        memset(filler, 0, sizeof(*filler));
        filler->kind = RF_PAD;
        filler->n_cells = (uint8_t)pad; /* < cells <= RF_MAX_CELLS */
        rf_ring_publish(ring, tail);
    }
    *position = tail + pad;
    return RF_CLAIMED;
}

/* Refuse every later claim; returns the position at which the stream now ends. */
static inline int64_t rf_ring_close(rf_ring *ring) {
    return atomic_fetch_or_explicit(&ring->tail, RING_CLOSED, memory_order_relaxed) & ~RING_CLOSED;
}

static inline void rf_ring_reopen(rf_ring *ring) {
    atomic_fetch_and_explicit(&ring->tail, ~RING_CLOSED, memory_order_relaxed);
}

static inline int rf_ring_is_closed(rf_ring *ring) {
    return (atomic_load_explicit(&ring->tail, memory_order_relaxed) & RING_CLOSED) != 0;
}

static inline int64_t rf_ring_position(rf_ring *ring, int reader) {
    return atomic_load_explicit(&ring->cursors[reader].position, memory_order_relaxed);
}

/* Cells between a reader and the tail: claimed, perhaps not readable yet. */
static inline int64_t rf_ring_depth(rf_ring *ring, int reader) {
    int64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed) & ~RING_CLOSED;
    return tail - rf_ring_position(ring, reader);
}

/* Give cells up to `next` back to the producers. Pairs with the look at the cursors in rf_ring_has_room(). */
static inline void rf_ring_consume(rf_ring *ring, int reader, int64_t next) {
    atomic_store_explicit(&ring->cursors[reader].position, next, RING_ORDER_CONSUME);
}

/* The record at a position, or NULL when none is readable there. Pairs with rf_ring_publish(). */
static inline rf_header *rf_ring_at(rf_ring *ring, int64_t position) {
    int64_t stamp = atomic_load_explicit(&ring->stamps[position & ring->mask], RING_ORDER_PEEK);
    return stamp == position + 1 ? rf_ring_cell(ring, position) : NULL;
}

/* This reader's next record, or NULL; it stays readable until rf_ring_done(). */
static inline rf_header *rf_ring_peek(rf_ring *ring, int reader) {
    int64_t at = rf_ring_position(ring, reader);
    rf_header *record = rf_ring_at(ring, at);
    if (record != NULL && record->kind == RF_PAD) {
        at += record->n_cells;
        rf_ring_consume(ring, reader, at);
        record = rf_ring_at(ring, at); /* a pad never follows a pad */
    }
    return record;
}

/* Leave behind the record that rf_ring_peek() gave; `cells` is its n_cells, read before. */
static inline void rf_ring_done(rf_ring *ring, int reader, int64_t cells) {
    rf_ring_consume(ring, reader, rf_ring_position(ring, reader) + cells);
}

#endif
