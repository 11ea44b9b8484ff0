/* The order table: records in slabs, found by internal id, client order id and any broker id; open orders in a dense
 * list; ended orders in a queue until they are retired, and then remembered for a while by the guard.
 */
#ifndef REGIMEFLOW_ORDER_TABLE_H
#define REGIMEFLOW_ORDER_TABLE_H

#include "order_index.h"

/* As LiveOrderStatus, ExecType and OrderEvent number them (types/enums.py, domain/orders/transitions.py; a test compares). */
enum ot_status { OT_PENDING_NEW, OT_NEW, OT_PARTIALLY_FILLED, OT_FILLED, OT_PENDING_CANCEL, OT_PENDING_REPLACE, OT_CANCELLED,
    OT_REJECTED, OT_EXPIRED, OT_INACTIVE, OT_ERROR, OT_N_STATUS };

enum ot_event { OT_EV_NEW, OT_EV_TRADE, OT_EV_TRADE_CORRECT, OT_EV_TRADE_CANCEL, OT_EV_CANCELED, OT_EV_REPLACED,
    OT_EV_REJECTED, OT_EV_EXPIRED, OT_EV_PENDING_NEW, OT_EV_PENDING_CANCEL, OT_EV_PENDING_REPLACE, OT_EV_SUSPENDED,
    OT_EV_RESTATED, OT_EV_DONE_FOR_DAY, OT_EV_ORDER_STATUS, OT_EV_CANCEL_REJECTED, OT_EV_REPLACE_REJECTED,
    OT_EV_UNKNOWN_OUTCOME, OT_N_EXEC_TYPES, OT_EV_CANCEL_REQUESTED = OT_N_EXEC_TYPES, OT_EV_REPLACE_REQUESTED,
    OT_EV_NOT_FOUND, OT_EV_NEW_LEG, OT_N_EVENTS };

#define OT_ILLEGAL 255
#define OT_TERMINAL (1u << OT_FILLED | 1u << OT_CANCELLED | 1u << OT_REJECTED | 1u << OT_EXPIRED)
#define OT_AWAITING (1u << OT_PENDING_NEW | 1u << OT_PENDING_CANCEL | 1u << OT_PENDING_REPLACE)

/* What an apply did, and what is to be shown. */
enum ot_result {
    OT_MOVED = 1,          /* the status changed */
    OT_FILL = 2,           /* a fill was counted */
    OT_DUPLICATE = 4,      /* applied before: nothing changed */
    OT_MISSING_FILLS = 8,  /* the venue says that more has filled than we have executions for */
    OT_OVERFILL = 16,      /* more has filled than was ordered */
    OT_BAD_TRANSITION = 32,/* no row allows it: the status is kept */
    OT_UNKNOWN = 64,       /* no such order */
    OT_RETIRED = 128,      /* with OT_UNKNOWN: it was ours, and is retired */
    OT_BAD_REPORT = 256,   /* numbers that cannot be: nothing was counted */
    OT_ADJUSTED = 512,     /* a fill was corrected or busted */
    OT_OLD_LEG = 1024,     /* about a broker id that another has replaced: the status is kept */
    OT_ENDED = 2048,       /* the order has just become terminal */
    OT_NEW_BROKER_ID = 4096,
    OT_REVIVED = 8192,     /* from ERROR or a terminal state to an open one */
    OT_DOUBT_CHANGED = 16384,
    OT_LATE_FILL = 32768,  /* a fill of an order that had ended */
    OT_FORETOLD = 131072,  /* with OT_DUPLICATE: a fill that was corrected or busted before it came */
    OT_TERMS_CHANGED = 65536, /* quantity or price, by REPLACED or RESTATED */
};

/* The last apply in numbers: what was booked and what was undone, at the order's exponents. */
typedef struct ot_change {
    uint64_t order_id;
    uint32_t flags;
    uint8_t before, after;
    ot_fill booked, undone;
} ot_change;

#define OT_EARLIER 256 /* sessions that placed orders; one that placed none takes no place */

typedef struct ot_prefix {
    char text[23];
    uint8_t len;
} ot_prefix;

typedef struct order_table {
    ot_record **slabs;
    uint32_t n_slabs, n_slots, touched, max_orders, n_live;
    uint32_t free_head; /* + 1 */
    uint32_t *open;
    uint32_t n_open, n_unsent;
    int broker_repeats; /* whether a broker id has ever named two orders */
    uint32_t done_head, done_tail; /* + 1 */
    ot_map clients, brokers, guard_now, guard_before;
    int64_t guard_since_ns;
    ot_notes notes;
    uint8_t next_status[OT_N_STATUS * OT_N_EVENTS * 2];
    uint32_t hits[OT_N_STATUS * OT_N_EVENTS * 2]; /* how often each place of it was looked in */
    uint8_t status_event[OT_N_STATUS];
    char prefix[24];
    uint8_t prefix_len;
    uint8_t has_given; /* whether any id was made from it */
    uint32_t n_earlier, next_earlier;
    ot_prefix earlier[OT_EARLIER]; /* of sessions whose orders are here, or were */
    uint16_t *symbol_numbers; /* by the process's id of the symbol: this table's own; 0: none yet */
    uint32_t *symbols;        /* and back */
    uint32_t symbol_ids, n_symbols;
    ot_change last;
} order_table;

static inline ot_record *ot_at(const order_table *t, uint32_t slot) {
    return &t->slabs[slot >> OT_SLAB_SHIFT][slot & (OT_SLAB_SLOTS - 1)];
}
static inline ot_hot *ot_hot_at(const order_table *t, uint32_t slot) { return &ot_at(t, slot)->hot; }
static inline ot_kept *ot_first_at(const order_table *t, uint32_t slot) { return ot_at(t, slot)->first; }
static inline ot_cold *ot_cold_at(const order_table *t, uint32_t slot) { return &ot_at(t, slot)->cold; }

/* Ask for the lines that most executions touch, while there is other work to do. */
static inline void ot_prefetch(const order_table *t, uint32_t slot) {
    const char *record = (const char *)ot_at(t, slot);
    __builtin_prefetch(record, 1);
    __builtin_prefetch(record + 64, 1);
}

static inline int ot_is_terminal(uint8_t status) { return OT_TERMINAL >> status & 1; }

/* Presumed not sent; it lives again should it appear. */
static inline int ot_is_unsent(const ot_hot *hot) { return hot->status == OT_ERROR && !(hot->flags & OT_IN_DOUBT); }

/* In no list of open orders. */
static inline int ot_is_over(const ot_hot *hot) { return ot_is_terminal(hot->status) || ot_is_unsent(hot); }

static inline int64_t ot_leaves(const ot_hot *hot) {
    return ot_is_over(hot) || hot->cum_qty >= hot->order_qty ? 0 : hot->order_qty - hot->cum_qty;
}

static inline uint32_t ot_slot_of(const order_table *t, uint64_t order_id) {
    uint32_t slot = (uint32_t)order_id;
    if (slot >= t->n_slots)
        return OT_NONE;
    const ot_hot *hot = ot_hot_at(t, slot);
    return hot->generation == order_id >> 32 && hot->flags & OT_IN_USE ? slot : OT_NONE;
}

/* One more slab; also room in the list of open orders, which therefore never grows on the hot path. */
static inline int ot_add_slab(order_table *t) {
    ot_record **slabs = realloc(t->slabs, (t->n_slabs + 1) * sizeof(ot_record *));
    if (!slabs)
        return -1;
    t->slabs = slabs;
    uint32_t *open = realloc(t->open, (size_t)(t->n_slabs + 1) * OT_SLAB_SLOTS * sizeof(uint32_t));
    if (!open)
        return -1;
    t->open = open;
    slabs[t->n_slabs] = ot_pages(OT_SLAB_BYTES, t->n_slabs > 0); /* a small session stays small */
    if (!slabs[t->n_slabs])
        return -1;
    t->n_slabs++;
    return 0;
}

/* Have room for `ahead` more orders, with their pages faulted in. The caller keeps others away from the table. */
static inline int ot_prepare(order_table *t, uint32_t ahead) {
    uint32_t want = t->n_slots + ahead;
    while (t->n_slabs * OT_SLAB_SLOTS < want)
        if (ot_add_slab(t))
            return -1;
    if (t->touched < t->n_slots)
        t->touched = t->n_slots;
    while (t->touched < want) {
        uint32_t first = t->touched & (OT_SLAB_SLOTS - 1), last = first + (want - t->touched);
        if (last > OT_SLAB_SLOTS)
            last = OT_SLAB_SLOTS;
        ot_touch(t->slabs[t->touched >> OT_SLAB_SHIFT], first, last);
        t->touched += last - first;
    }
    return 0;
}

static inline void ot_destroy(order_table *t) {
    for (uint32_t slot = 0; slot < t->n_slots; slot++) {
        ot_cold *cold = ot_cold_at(t, slot);
        ot_text_clear(cold->client_id, OT_CLIENT_INLINE, &cold->client_len);
        ot_text_clear(cold->broker_id, OT_BROKER_INLINE, &cold->broker_len);
    }
    for (uint32_t n = 0; n < t->n_slabs; n++)
        munmap(t->slabs[n], OT_SLAB_BYTES);
    free(t->slabs);
    free(t->open);
    free(t->symbol_numbers);
    free(t->symbols);
    ot_map_free(&t->clients);
    ot_map_free(&t->brokers);
    ot_map_free(&t->guard_now);
    ot_map_free(&t->guard_before);
    ot_notes_free(&t->notes);
    free(t);
}

static inline order_table *ot_create(uint32_t max_orders) {
    order_table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->max_orders = max_orders;
    if (ot_map_init(&t->clients, 1024) || ot_map_init(&t->brokers, 1024) || ot_map_init(&t->guard_now, 1024) ||
        ot_notes_init(&t->notes) || ot_add_slab(t) || ot_prepare(t, 512)) {
        ot_destroy(t);
        return NULL;
    }
    return t;
}

/* Free slots are a list both ways (cold.next, and cold.notes for the one before), so that any of them can be taken. */
static inline void ot_free_push(order_table *t, uint32_t slot) {
    ot_cold *cold = ot_cold_at(t, slot);
    cold->next = t->free_head;
    cold->notes = 0;
    if (t->free_head)
        ot_cold_at(t, t->free_head - 1)->notes = slot + 1;
    t->free_head = slot + 1;
}

static inline void ot_free_unlink(order_table *t, uint32_t slot) {
    const ot_cold *cold = ot_cold_at(t, slot);
    if (cold->notes)
        ot_cold_at(t, cold->notes - 1)->next = cold->next;
    else
        t->free_head = cold->next;
    if (cold->next)
        ot_cold_at(t, cold->next - 1)->notes = cold->notes;
}

/* One slot more, not in the list; -1 when there is no memory. */
static inline int ot_more_slots(order_table *t) {
    if (t->n_slots == t->n_slabs * OT_SLAB_SLOTS && ot_add_slab(t))
        return -1;
    t->n_slots++;
    return 0;
}

static inline uint64_t ot_next_id(const order_table *t) {
    uint32_t slot = t->free_head ? t->free_head - 1 : t->n_slots;
    uint32_t generation = t->free_head ? ot_hot_at(t, slot)->generation : 0;
    return ot_id(slot, generation + 1 ? generation + 1 : 1);
}

static inline void ot_open_add(order_table *t, uint32_t slot, ot_hot *hot) {
    hot->open_at = t->n_open;
    t->open[t->n_open++] = slot;
}

static inline void ot_open_remove(order_table *t, ot_hot *hot) {
    uint32_t moved = t->open[--t->n_open];
    t->open[hot->open_at] = moved;
    ot_hot_at(t, moved)->open_at = hot->open_at;
    hot->open_at = OT_NONE;
}

static inline void ot_done_add(order_table *t, uint32_t slot, ot_hot *hot) {
    if (hot->flags & OT_IN_DONE)
        return;
    hot->flags |= OT_IN_DONE;
    ot_cold_at(t, slot)->next = 0;
    if (t->done_tail)
        ot_cold_at(t, t->done_tail - 1)->next = slot + 1;
    else
        t->done_head = slot + 1;
    t->done_tail = slot + 1;
}

/* Into the list that an order belongs to now: it was in the other one. */
static inline void ot_relist(order_table *t, uint32_t slot, ot_hot *hot) {
    if (ot_is_over(hot)) {
        ot_open_remove(t, hot);
        ot_done_add(t, slot, hot);
    } else {
        ot_open_add(t, slot, hot);
    }
}

#endif
