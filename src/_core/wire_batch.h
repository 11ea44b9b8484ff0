/* Many messages in one piece, each behind the u32 of its length; and from and to the cells of a ring. Plain C, no GIL. */
#ifndef REGIMEFLOW_WIRE_BATCH_H
#define REGIMEFLOW_WIRE_BATCH_H

#include "ring.h"
#include "wire.h"

#define RFW_LENGTH_BYTES 4 /* before each message */

/* What stands next in a batch, beside enum rfw_verdict. */
enum rfw_step {
    RFW_END = 16,
    RFW_UNKNOWN = 17, /* a template of a newer version: to be counted and passed over */
    RFW_FULL = 18
};

typedef struct rfw_batch {
    const char *start, *at, *end;
    rfw_reader reader; /* of the message at `at`; after RFW_BAD its offset is one of the whole batch */
} rfw_batch;

static inline void rfw_batch_init(rfw_batch *in, const char *bytes, size_t length) {
    memset(in, 0, sizeof *in);
    in->start = in->at = bytes;
    in->end = bytes + length;
}

static inline int rfw_batch_bad(rfw_batch *in, const char *reason) {
    in->reader.reason = reason;
    in->reader.offset = (uint32_t)(in->at - in->start);
    return RFW_BAD;
}

/* The place of a fault inside the present message, as one of the batch. */
static inline int rfw_batch_fault(rfw_batch *in) {
    in->reader.offset += (uint32_t)(in->reader.start - in->start);
    return RFW_BAD;
}

/* Open the message that stands next: RFW_OK, RFW_UNKNOWN, RFW_BAD or RFW_END. */
static inline int rfw_batch_open(rfw_batch *in) {
    uint32_t length;
    size_t left = (size_t)(in->end - in->at);
    if (left == 0)
        return RFW_END;
    if (left < RFW_LENGTH_BYTES)
        return rfw_batch_bad(in, "ends inside a length");
    memcpy(&length, in->at, sizeof length);
    if (length > left - RFW_LENGTH_BYTES)
        return rfw_batch_bad(in, "ends inside a message");
    if (rfw_open(&in->reader, in->at + RFW_LENGTH_BYTES, length) != RFW_OK)
        return rfw_batch_fault(in);
    return in->reader.message == NULL ? RFW_UNKNOWN : RFW_OK;
}

/* Leave the opened message behind. */
static inline void rfw_batch_next(rfw_batch *in) { in->at = in->reader.end; }

/* Decode the opened message, which must be one of the stream; RFW_NEW_SYMBOL and RFW_NEW_ORIGIN leave it to be tried again. */
static inline int rfw_batch_decode(rfw_batch *in, const rf_names *names, rf_header *out) {
    if (!rfw_is_record(&in->reader)) {
        rfw_bad_at(&in->reader, in->reader.start + 2, "of a template that is no message of the stream");
        return rfw_batch_fault(in);
    }
    int answer = rfw_decode(&in->reader, names, out);
    return answer == RFW_BAD ? rfw_batch_fault(in) : answer;
}

/* How many of the messages from here on are of a kind, by their heads alone; what cannot be read ends the count. */
static inline int64_t rfw_batch_count(rfw_batch in, uint16_t kind) {
    int64_t count = 0;
    int step;
    while ((step = rfw_batch_open(&in)) == RFW_OK || step == RFW_UNKNOWN) {
        count += in.reader.head.template_id == kind;
        rfw_batch_next(&in);
    }
    return count;
}

/* Whether a record of this kind has always the same number of cells. */
static inline int rfw_is_flat(uint16_t kind) { return kind >= RF_QUOTE && kind <= RF_POSITION && kind != RF_REPORT; }

/* Where rows of one kind go, and how many and how wide they are. */
typedef struct rfw_rows {
    char *at, *end;
    int64_t width;
    uint16_t kind;
    uint8_t cells; /* of the longest record that was met; `at` NULL: it is only looked for */
} rfw_rows;

/* Decode the messages of one kind into rows, others are passed over: RFW_END, or what ended it before.
 * Precondition: RFW_ROOM bytes at `room`. */
static inline int rfw_batch_rows(rfw_batch *in, const rf_names *names, rfw_rows *rows, rf_header *room) {
    int step, flat = rfw_is_flat(rows->kind);
    while ((step = rfw_batch_open(in)) == RFW_OK) {
        if (in->reader.head.template_id == rows->kind) {
            if (rows->at != NULL && rows->at + rows->width > rows->end)
                return rfw_batch_bad(in, "changed while it was read");
            rf_header *out = flat && rows->at != NULL ? (rf_header *)rows->at : room;
            step = rfw_batch_decode(in, names, out);
            if (step != RFW_OK)
                return step;
            rows->cells = out->n_cells > rows->cells ? out->n_cells : rows->cells;
            if (rows->at != NULL && !flat) {
                int64_t used = (int64_t)out->n_cells * RF_CELL_BYTES;
                if (used > rows->width)
                    return rfw_batch_bad(in, "changed while it was read");
                memcpy(rows->at, out, (size_t)used);
                memset(rows->at + used, 0, (size_t)(rows->width - used));
            }
            if (rows->at != NULL)
                rows->at += rows->width;
        }
        rfw_batch_next(in);
    }
    return step;
}

/* Room that is enough for a record's message in a batch. */
static inline uint32_t rfw_batch_bound(const rf_header *record) { return RFW_LENGTH_BYTES + rfw_bound(record); }

/* Write a sound record's message behind its length. Precondition: rfw_batch_bound() bytes of room. */
static inline char *rfw_batch_put(const rf_header *record, const rf_names *names, char *out) {
    uint32_t length = rfw_encode(record, names, out + RFW_LENGTH_BYTES);
    memcpy(out, &length, sizeof length);
    return out + RFW_LENGTH_BYTES + length;
}

/* Write sound records of one width; returns the end of what was written. Precondition: the sum of their bounds as room. */
static inline char *rfw_batch_put_rows(const char *rows, int64_t count, int64_t width, const rf_names *names, char *out) {
    for (; count > 0; count--, rows += width)
        out = rfw_batch_put((const rf_header *)rows, names, out);
    return out;
}

/* The sum of the bounds of sound records of one width, and the highest number of a symbol among them. */
static inline int64_t rfw_rows_bound(const char *rows, int64_t count, int64_t width, uint32_t *symbol) {
    int64_t bound = 0;
    for (*symbol = 0; count > 0; count--, rows += width) {
        const rf_header *record = (const rf_header *)rows;
        bound += rfw_batch_bound(record);
        *symbol = record->symbol > *symbol ? record->symbol : *symbol;
    }
    return bound;
}

/* Take at most so many records out of a ring and write them, as far as there is room; returns the end of what was written. */
static inline char *rfw_drain(rf_ring *ring, int reader, int64_t most, const rf_names *names, char *out, const char *end) {
    rf_header *record;
    while (most-- > 0 && (record = rf_ring_peek(ring, reader)) != NULL) {
        if (rfw_batch_bound(record) > end - out)
            break;
        out = rfw_batch_put(record, names, out);
        rf_ring_done(ring, reader, record->n_cells);
    }
    return out;
}

/* Decode messages into a ring: RFW_END, or what ended it; the message at `in->at` is then not in the ring.
 * Precondition: RFW_ROOM bytes at `room`. */
static inline int rfw_fill_ring(rfw_batch *in, const rf_names *names, rf_ring *ring, rf_header *room) {
    int step;
    while ((step = rfw_batch_open(in)) == RFW_OK) {
        int64_t position;
        if ((step = rfw_batch_decode(in, names, room)) != RFW_OK)
            return step;
        if (room->n_cells > rf_ring_longest(ring))
            return rfw_batch_bad(in, "longer than half of the ring");
        if (rf_ring_claim(ring, room->n_cells, &position) != RF_CLAIMED)
            return RFW_FULL;
        memcpy(rf_ring_cell(ring, position), room, (size_t)room->n_cells * RF_CELL_BYTES);
        rf_ring_publish(ring, position);
        rfw_batch_next(in);
    }
    return step;
}

#endif
