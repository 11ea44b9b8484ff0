/* The dispatch thread's side of lanes.h: what comes next, sleeping, closing, counting. */
#ifndef REGIMEFLOW_LANES_READER_H
#define REGIMEFLOW_LANES_READER_H

#include "lanes.h"

/* The dispatch thread's next record of a lane, and the ring that it lies in; NULL: nothing. */
static inline rf_header *rf_lane_peek(const rf_lanes *lanes, rf_lane *lane, rf_ring **from) {
    rf_header *record = rf_ring_peek(*from = lane->ring, 0);
    /* The reserve follows the ring; a record claimed there but not written yet is still before it. */
    if (record == NULL && lanes->kept && atomic_load_explicit(&lane->overflowing, memory_order_relaxed) &&
        rf_ring_depth(lane->ring, 0) == 0)
        record = rf_ring_peek(*from = lane->reserve, 0);
    return record;
}

/* Executions before anything else; market data and the rest by turns. */
static inline rf_header *rf_lanes_next(rf_lanes *lanes, rf_ring **from) {
    rf_header *record = rf_lane_peek(lanes, &lanes->lane[RF_EXECUTIONS], from);
    if (record != NULL)
        return record;
    int first = lanes->turn ? RF_REST : RF_MARKET;
    record = rf_lane_peek(lanes, &lanes->lane[first], from);
    if (record == NULL)
        record = rf_lane_peek(lanes, &lanes->lane[first ^ RF_MARKET ^ RF_REST], from);
    lanes->turn ^= 1;
    return record;
}

/* Leave behind the record that rf_lanes_next() gave. */
static inline void rf_lanes_done(rf_lanes *lanes, rf_ring *from, int64_t cells) {
    rf_ring_done(from, 0, cells);
    if (!lanes->kept)
        return;
    for (int i = 0; i < RF_LANE_COUNT; i++)
        if (from == lanes->lane[i].reserve && rf_ring_depth(from, 0) == 0) {
            lanes->kept--;
            atomic_store_explicit(&lanes->lane[i].overflowing, 0, memory_order_release);
        }
}

/* Write the sequence number. In one piece with its neighbour: the copy that follows at once loads 16 bytes, and a load
 * that is wider than the store before it waits some 15 cycles for the cache. */
static inline void rf_stamp(rf_header *record, int64_t seq) {
    typedef int64_t rf_pair __attribute__((vector_size(16), may_alias));
    *(rf_pair *)record = (rf_pair){seq, record->ts_event_ns};
}

/* Copy the records of one kind and width that follow in a ring, at most so many, to *end; returns how many. For kinds that
 * are only collected: between them no callback runs, so nothing needs to overtake them. *now_ns becomes the latest time of
 * arrival, as in hand_out(). */
static inline int64_t rf_lanes_run(rf_lanes *lanes, rf_ring *from, uint8_t kind, int64_t width, int64_t most, char **end,
                                   int64_t *seq, int64_t *now_ns) {
    int64_t latest_ns = *now_ns;
    int64_t count = 0, at = rf_ring_position(from, 0), cells = width / RF_CELL_BYTES;
    char *row = *end;
    if (lanes->kept)
        return 0;
    for (; count < most; count++, at += cells, row += width) {
        const rf_header *record = rf_ring_at(from, at);
        if (record == NULL || record->kind != kind || record->n_cells != cells || record->origin != 0)
            break;
        if (cells == 1)
            memcpy(row, record, RF_CELL_BYTES);
        else
            memcpy(row, record, (size_t)width);
        ((rf_header *)row)->seq = ++*seq;
        latest_ns = record->ts_recv_ns > latest_ns ? record->ts_recv_ns : latest_ns;
    }
    *now_ns = latest_ns;
    rf_ring_consume(from, 0, at);
    *end = row;
    return count;
}

/* The record that a token stands for, copied to scratch. */
static inline rf_header *rf_lanes_redeem(rf_lanes *lanes, const rf_header *token) {
    rf_slot *slot = atomic_load_explicit(&lanes->slots[(token->extra == RF_BOOK) * RF_CONFLATED_SYMBOLS + token->symbol],
                                         memory_order_acquire);
    rf_slot_lock(slot);
    memcpy(lanes->scratch, slot->record, token->extra == RF_BOOK ? sizeof(slot->record) : RF_CELL_BYTES);
    slot->dirty = 0;
    rf_slot_unlock(slot);
    return (rf_header *)lanes->scratch;
}

static inline int rf_lanes_readable(rf_lanes *lanes) {
    rf_ring *from;
    for (int i = 0; i < RF_LANE_COUNT; i++)
        if (rf_lane_peek(lanes, &lanes->lane[i], &from) != NULL)
            return 1;
    return 0;
}

/* Whether nothing is left, records that are still being written included. */
static inline int rf_lanes_empty(rf_lanes *lanes) {
    for (int i = 0; i < RF_LANE_COUNT; i++)
        if (rf_ring_depth(lanes->lane[i].ring, 0) != 0 ||
            atomic_load_explicit(&lanes->lane[i].overflowing, memory_order_relaxed))
            return 0;
    return 1;
}

static inline void rf_lanes_close(rf_lanes *lanes) {
    for (int i = 0; i < RF_LANE_COUNT; i++)
        rf_ring_close(lanes->lane[i].ring);
    pthread_mutex_lock(&lanes->lock);
    pthread_cond_broadcast(&lanes->room); /* waiting threads leave with RF_CLOSED */
    pthread_mutex_unlock(&lanes->lock);
}

static inline void rf_lanes_reopen(rf_lanes *lanes) {
    for (int i = 0; i < RF_LANE_COUNT; i++)
        rf_ring_reopen(lanes->lane[i].ring);
}

static inline int rf_lanes_is_closed(rf_lanes *lanes) { return rf_ring_is_closed(lanes->lane[0].ring); }

/* Lie down to sleep; false when something is readable after all. */
static inline int rf_lanes_park(rf_lanes *lanes) {
    rf_wake_park(&lanes->wake);
    if (!rf_lanes_readable(lanes))
        return 1;
    rf_wake_unpark(&lanes->wake);
    return 0;
}

/* After draining with something left, while the loop sleeps: let it come back. */
static inline void rf_lanes_rewake(rf_lanes *lanes) {
    if (atomic_load_explicit(&lanes->wake.parked, memory_order_relaxed) && rf_lanes_readable(lanes))
        rf_wake_signal(&lanes->wake);
}

static inline void rf_lanes_wake(rf_lanes *lanes) { rf_wake_signal(&lanes->wake); }

static inline void rf_lanes_sleep_until_woken(rf_lanes *lanes) { rf_wake_wait(&lanes->wake); }

/* The descriptor to wait on, or -1 with errno set. */
static inline int rf_lanes_fd(rf_lanes *lanes) {
    return lanes->wake.read_fd < 0 && rf_wake_open(&lanes->wake) < 0 ? -1 : lanes->wake.read_fd;
}

static inline int64_t rf_lanes_waits(rf_lanes *lanes) {
    return atomic_load_explicit(&lanes->waits, memory_order_relaxed);
}

static inline int64_t rf_lanes_conflated(rf_lanes *lanes) {
    return atomic_load_explicit(&lanes->conflated, memory_order_relaxed);
}

/* Records that wait in a ring; readable ones only. */
static inline int64_t rf_ring_count(rf_ring *ring) {
    int64_t count = 0, at = ring == NULL ? 0 : rf_ring_position(ring, 0);
    for (const rf_header *record; ring != NULL && (record = rf_ring_at(ring, at)) != NULL; at += record->n_cells)
        count += record->kind != RF_PAD;
    return count;
}

static inline int64_t rf_lanes_depth(rf_lanes *lanes, int lane) { return rf_ring_count(lanes->lane[lane].ring); }

static inline int64_t rf_lanes_kept(rf_lanes *lanes, int lane) { return rf_ring_count(lanes->lane[lane].reserve); }

#endif
