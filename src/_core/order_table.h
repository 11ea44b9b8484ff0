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
    OT_TERMS_CHANGED = 65536, /* quantity or price, by REPLACED or RESTATED */
};

/* The last apply in numbers: what was booked and what was undone, at the order's exponents. */
typedef struct ot_change {
    uint64_t order_id;
    uint32_t flags;
    uint8_t before, after;
    ot_fill booked, undone;
} ot_change;

typedef struct order_table {
    ot_record **slabs;
    uint32_t n_slabs, n_slots, touched, max_orders, n_live;
    uint32_t free_head; /* + 1 */
    uint32_t *open;
    uint32_t n_open;
    uint32_t done_head, done_tail; /* + 1 */
    ot_map clients, brokers, guard_now, guard_before;
    int64_t guard_since_ns;
    ot_notes notes;
    uint8_t next_status[OT_N_STATUS * OT_N_EVENTS * 2];
    uint32_t hits[OT_N_STATUS * OT_N_EVENTS * 2]; /* how often each place of it was looked in */
    uint8_t status_event[OT_N_STATUS];
    char prefix[24];
    uint8_t prefix_len;
    ot_change last;
} order_table;

static inline ot_record *ot_at(const order_table *t, uint32_t slot) {
    return &t->slabs[slot >> OT_SLAB_SHIFT][slot & (OT_SLAB_SLOTS - 1)];
}
static inline ot_hot *ot_hot_at(const order_table *t, uint32_t slot) { return &ot_at(t, slot)->hot; }
static inline ot_fill *ot_fills_at(const order_table *t, uint32_t slot) { return ot_at(t, slot)->fills; }
static inline ot_cold *ot_cold_at(const order_table *t, uint32_t slot) { return &ot_at(t, slot)->cold; }

/* Ask for the lines that an execution touches, while there is other work to do. */
static inline void ot_prefetch(const order_table *t, uint32_t slot) {
    const char *record = (const char *)ot_at(t, slot);
    __builtin_prefetch(record, 1);
    __builtin_prefetch(record + 64, 1);
    __builtin_prefetch(record + 128, 1);
}

static inline int ot_is_terminal(uint8_t status) { return OT_TERMINAL >> status & 1; }

static inline int64_t ot_leaves(const ot_hot *hot) {
    return ot_is_terminal(hot->status) || hot->cum_qty >= hot->order_qty ? 0 : hot->order_qty - hot->cum_qty;
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

/* Client order ids of our own making: prefix and 13 digits of the internal id, so that they need no index. */
static const char ot_alphabet[33] = "0123456789abcdefghjkmnpqrstvwxyz";
static const uint8_t ot_digit[256] = {['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['g'] = 17, ['h'] = 18,
    ['j'] = 19, ['k'] = 20, ['m'] = 21, ['n'] = 22, ['p'] = 23, ['q'] = 24, ['r'] = 25, ['s'] = 26, ['t'] = 27, ['v'] = 28,
    ['w'] = 29, ['x'] = 30, ['y'] = 31, ['z'] = 32};

static inline uint8_t ot_write_own_id(const order_table *t, uint64_t order_id, char *out) {
    memcpy(out, t->prefix, t->prefix_len);
    for (int n = OT_DIGITS - 1; n >= 0; n--, order_id >>= 5)
        out[t->prefix_len + n] = ot_alphabet[order_id & 31];
    return (uint8_t)(t->prefix_len + OT_DIGITS);
}

/* The internal id in a client order id of our own making; 0 when it is not one. */
static inline uint64_t ot_read_own_id(const order_table *t, const char *text, size_t n) {
    uint64_t order_id = 0;
    uint32_t wrong = 0;
    if (n != (size_t)t->prefix_len + OT_DIGITS || memcmp(text, t->prefix, t->prefix_len))
        return 0;
    for (int at = 0; at < OT_DIGITS; at++) {
        uint32_t digit = ot_digit[(uint8_t)text[t->prefix_len + at]] - 1u;
        wrong |= digit >> 5;
        order_id = order_id << 5 | (digit & 31);
    }
    return wrong ? 0 : order_id;
}

enum ot_space { OT_SPACE_CLIENT = 1, OT_SPACE_BROKER = 2, OT_SPACE_EXEC = 3 };

static inline int ot_guarded(const order_table *t, ot_fp fp, uint64_t space) {
    ot_fp key = ot_fp_within(fp, space);
    return ot_map_find(&t->guard_now, key) != OT_NONE ||
           (t->guard_before.now && ot_map_find(&t->guard_before, key) != OT_NONE);
}

static inline uint64_t ot_exec_space(uint32_t symbol) { return (uint64_t)symbol << 8 | OT_SPACE_EXEC; }

/* By an id that we gave: the order, or OT_NONE with *retired where its slot was given out since, or is free. */
static inline uint32_t ot_find_own(const order_table *t, uint64_t own, int *retired) {
    uint32_t slot = ot_slot_of(t, own);
    if (slot != OT_NONE && ot_hot_at(t, slot)->flags & OT_OWN_ID)
        return slot;
    uint64_t given = own >> 32;
    *retired |= (uint32_t)own < t->n_slots && given && given <= ot_hot_at(t, (uint32_t)own)->generation;
    return OT_NONE;
}

static inline uint32_t ot_find_client(const order_table *t, const char *text, size_t n, int *retired) {
    uint64_t own = ot_read_own_id(t, text, n);
    if (own)
        return ot_find_own(t, own, retired);
    ot_fp fp = ot_fp_of_text(text, n);
    uint32_t slot = ot_map_find(&t->clients, fp);
    if (slot == OT_NONE && ot_guarded(t, fp, OT_SPACE_CLIENT))
        *retired = 1;
    return slot;
}

/* Venues number orders by symbol: one broker id may name orders of several symbols. symbol 0: any. */
static inline uint32_t ot_find_broker(const order_table *t, ot_fp fp, uint32_t symbol) {
    ot_walk walk = {0, 0};
    ot_entry sought = ot_entry_of(fp, 0);
    uint32_t slot;
    while ((slot = ot_map_next(&t->brokers, sought, &walk)) != OT_NONE) {
        ot_prefetch(t, slot);
        if (!symbol || ot_hot_at(t, slot)->symbol == symbol)
            return slot;
    }
    return OT_NONE;
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

/* A free slot with its next generation, or OT_NONE. */
static inline uint32_t ot_take_slot(order_table *t, uint32_t limit) {
    uint32_t slot;
    if (t->n_live >= limit)
        return OT_NONE;
    if (t->free_head) {
        slot = t->free_head - 1;
        t->free_head = ot_cold_at(t, slot)->next;
    } else {
        if (t->n_slots == t->n_slabs * OT_SLAB_SLOTS && ot_add_slab(t))
            return OT_NONE;
        slot = t->n_slots++;
    }
    t->n_live++;
    return slot;
}

static inline uint64_t ot_next_id(const order_table *t) {
    uint32_t slot = t->free_head ? t->free_head - 1 : t->n_slots;
    uint32_t generation = t->free_head ? ot_hot_at(t, slot)->generation : 0;
    return ot_id(slot, generation + 1);
}

enum ot_refusal { OT_FULL = -1, OT_EXISTS = -2, OT_TOO_LONG = -3 };

typedef struct ot_new {
    uint32_t symbol;
    uint8_t side, ord_type, time_in_force, external;
    int8_t px_exp, qty_exp;
    uint16_t strategy;
    int64_t order_qty, limit_px, stop_px, expire_time_ns, now_ns;
    const char *client_id; /* NULL: one is made */
    size_t client_len;
} ot_new;

/* Make a record in PENDING_NEW. Its id, or an ot_refusal. External orders may pass the limit a little: they exist. */
static inline int64_t ot_submit(order_table *t, const ot_new *order) {
    ot_fp client = {0, 0};
    if (order->client_id) {
        int retired = 0;
        if (order->client_len > 40)
            return OT_TOO_LONG;
        if (ot_find_client(t, order->client_id, order->client_len, &retired) != OT_NONE || (retired && !order->external))
            return OT_EXISTS;
        client = ot_fp_of_text(order->client_id, order->client_len);
    }
    uint32_t slot = ot_take_slot(t, order->external ? t->max_orders + 4096 : t->max_orders);
    if (slot == OT_NONE)
        return OT_FULL;
    ot_hot *hot = ot_hot_at(t, slot);
    ot_cold *cold = ot_cold_at(t, slot);
    uint32_t generation = hot->generation + 1;
    memset(hot, 0, sizeof *hot);
    memset(cold, 0, sizeof *cold);
    hot->generation = generation ? generation : 1;
    hot->symbol = order->symbol;
    hot->side = order->side;
    hot->px_exp = order->px_exp;
    hot->qty_exp = order->qty_exp;
    hot->flags = OT_IN_USE | (order->external ? OT_EXTERNAL : 0) | (order->client_id ? 0 : OT_OWN_ID);
    hot->order_qty = order->order_qty;
    hot->updated_at_ns = cold->created_at_ns = order->now_ns;
    cold->limit_px = order->limit_px;
    cold->stop_px = order->stop_px;
    cold->expire_time_ns = order->expire_time_ns;
    cold->strategy = order->strategy;
    cold->ord_type = order->ord_type;
    cold->time_in_force = order->time_in_force;
    if (!order->client_id)
        cold->client_len = ot_write_own_id(t, ot_id(slot, hot->generation), cold->client_id);
    else if (order->client_len && (ot_text_set(cold->client_id, OT_CLIENT_INLINE, &cold->client_len, order->client_id,
                 order->client_len) || ot_map_add(&t->clients, client, slot))) {
        ot_text_clear(cold->client_id, OT_CLIENT_INLINE, &cold->client_len);
        hot->flags = 0;
        cold->next = t->free_head;
        t->free_head = slot + 1;
        t->n_live--;
        return OT_FULL;
    }
    ot_open_add(t, slot, hot);
    return (int64_t)ot_id(slot, hot->generation);
}

#endif
