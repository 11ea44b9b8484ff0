/* The table's outer operations: find the order of a report and apply it, our own requests, retirement. */
#ifndef REGIMEFLOW_ORDER_LIFECYCLE_H
#define REGIMEFLOW_ORDER_LIFECYCLE_H

#include "order_apply.h"

/* Whether an order has this client order id, which is not of our making. */
static inline int ot_is_named(const order_table *t, uint32_t slot, const char *text, size_t n) {
    const ot_cold *cold = ot_cold_at(t, slot);
    return cold->client_len == n && !memcmp(ot_text(cold->client_id, OT_CLIENT_INLINE, n), text, n);
}

/* The order that a report is about. A client id of our own making says it by itself, whatever else the report holds; an
 * internal id may be the echo of another session's, whose order had another name. */
static inline uint32_t ot_locate(const order_table *t, const rf_report *r, ot_fp broker, int *retired) {
    uint32_t slot = OT_NONE;
    const char *client = r->client_order_id;
    size_t n = r->client_order_id_len;
    if (n && ot_read_our_id(t, client, n))
        return ot_find_client(t, client, n, retired);
    if (r->order_id)
        slot = ot_slot_of(t, (uint64_t)r->order_id);
    if (slot != OT_NONE && n && !ot_is_named(t, slot, client, n))
        slot = OT_NONE;
    if (slot == OT_NONE && r->broker_order_id_len) {
        slot = ot_find_broker(t, broker, r->head.symbol);
        if (slot == OT_NONE && ot_guarded(t, broker, ot_broker_space(t, r->head.symbol)))
            *retired = 1;
    }
    if (slot == OT_NONE && n)
        slot = ot_find_client(t, client, n, retired);
    return slot;
}

static inline uint32_t ot_apply(order_table *t, const rf_report *r) {
    int retired = 0;
    memset(&t->last, 0, sizeof t->last);
    ot_fp broker = {0, 0};
    if (r->broker_order_id_len)
        broker = ot_fp_of(r->broker_order_id, r->broker_order_id_len);
    uint32_t slot = ot_locate(t, r, broker, &retired);
    if (slot == OT_NONE) {
        t->last.flags = OT_UNKNOWN | (retired ? OT_RETIRED : 0);
        if (r->exec_id_len && ot_guarded(t, ot_fp_of(r->exec_id, r->exec_id_len), ot_exec_space(t, r->head.symbol)))
            t->last.flags |= OT_DUPLICATE;
        return t->last.flags;
    }
    ot_hot *hot = ot_hot_at(t, slot);
    t->last.order_id = ot_id(slot, hot->generation);
    t->last.before = hot->status;
    t->last.flags = ot_apply_to(t, slot, hot, r, broker);
    t->last.after = hot->status;
    return t->last.flags;
}

/* One of our own requests or conclusions: OT_EV_CANCEL_REQUESTED and above. */
static inline uint32_t ot_request(order_table *t, uint64_t order_id, uint8_t event, int64_t now_ns) {
    memset(&t->last, 0, sizeof t->last);
    uint32_t slot = ot_slot_of(t, order_id);
    if (slot == OT_NONE)
        return t->last.flags = OT_UNKNOWN;
    if (event < OT_N_EXEC_TYPES || event >= OT_N_EVENTS)
        return t->last.flags = OT_BAD_REPORT;
    ot_hot *hot = ot_hot_at(t, slot);
    t->last.order_id = order_id;
    t->last.before = hot->status;
    t->last.flags = ot_move(t, slot, hot, event, hot->cum_qty >= hot->order_qty);
    t->last.after = hot->status;
    if (t->last.flags && t->last.flags != OT_BAD_TRANSITION)
        hot->updated_at_ns = now_ns;
    return t->last.flags;
}

static inline void ot_guard_add(order_table *t, ot_fp fp, uint64_t space) {
    ot_fp key = ot_fp_within(fp, space);
    if (ot_map_find(&t->guard_now, key) == OT_NONE)
        ot_map_add(&t->guard_now, key, 0);
}

/* Two generations: what was guarded is guarded for at least keep_ns, and forgotten after at most twice that. */
static inline void ot_guard_rotate(order_table *t, int64_t now_ns, int64_t keep_ns) {
    if (!t->guard_since_ns)
        t->guard_since_ns = now_ns;
    if (now_ns - t->guard_since_ns < keep_ns)
        return;
    ot_map fresh;
    if (ot_map_init(&fresh, 1024))
        return; /* no memory: guarded for longer */
    ot_map_free(&t->guard_before);
    t->guard_before = t->guard_now;
    t->guard_now = fresh;
    t->guard_since_ns = now_ns;
}

static inline void ot_drop_notes(order_table *t, uint32_t slot, const ot_hot *hot, ot_cold *cold, uint64_t broker_space) {
    uint32_t at = cold->notes;
    while (at) {
        ot_note *note = ot_note_at(&t->notes, at - 1);
        uint32_t next = note->next_of_order;
        if (note->kind == OT_NOTE_FILL) {
            ot_guard_add(t, note->fp, ot_exec_space(t, hot->symbol));
        } else {
            ot_guard_add(t, note->fp, broker_space);
            ot_map_remove(&t->brokers, note->fp, slot);
        }
        ot_note_drop(&t->notes, at - 1);
        at = next;
    }
    cold->notes = 0;
}

/* Forget an ended order; its ids stay with the guard. */
static inline void ot_retire_one(order_table *t, uint32_t slot) {
    ot_hot *hot = ot_hot_at(t, slot);
    ot_cold *cold = ot_cold_at(t, slot);
    t->n_unsent -= (uint32_t)ot_is_unsent(hot);
    uint64_t broker_space = ot_broker_space(t, hot->symbol);
    for (int n = 0; n < OT_FIRST && n < hot->n_fills; n++)
        ot_guard_add(t, ot_first_at(t, slot)[n].exec_id, ot_exec_space(t, hot->symbol));
    ot_drop_notes(t, slot, hot, cold, broker_space);
    if (!(hot->flags & OT_OWN_ID) && cold->client_len) {
        ot_fp fp = ot_fp_of(ot_text(cold->client_id, OT_CLIENT_INLINE, cold->client_len), cold->client_len);
        ot_guard_add(t, fp, OT_SPACE_CLIENT);
        ot_map_remove(&t->clients, fp, slot);
    }
    if (hot->flags & OT_HAS_BROKER) {
        ot_fp fp = ot_fp_of(ot_text(cold->broker_id, OT_BROKER_INLINE, cold->broker_len), cold->broker_len);
        ot_guard_add(t, fp, broker_space);
        ot_map_remove(&t->brokers, fp, slot);
    }
    ot_text_clear(cold->client_id, OT_CLIENT_INLINE, &cold->client_len);
    ot_text_clear(cold->broker_id, OT_BROKER_INLINE, &cold->broker_len);
    hot->flags = 0;
    ot_free_push(t, slot);
    t->n_live--;
}

/* Whether more is sure to come of an order, or likely. */
static inline int ot_is_awaited(const order_table *t, uint32_t slot, const ot_hot *hot) {
    if (hot->status == OT_ERROR || hot->foretold_bits)
        return 1;
    for (uint32_t at = ot_cold_at(t, slot)->notes; at; at = ot_note_at(&t->notes, at - 1)->next_of_order)
        if (ot_note_at(&t->notes, at - 1)->foretold)
            return 1;
    return 0;
}

/* Whether an ended order stays: it may have been sent after all, or a fill of it was corrected before it came. */
static inline int ot_waits(const order_table *t, uint32_t slot, const ot_hot *hot, int64_t guarded_ns) {
    return hot->updated_at_ns >= guarded_ns && ot_is_awaited(t, slot, hot);
}

/* Whether there is an order to retire: what finds none leaves the list as it was, so that a table that is read back, which
 * hears only of orders that were retired, has its list in the same order. */
static inline int ot_is_due(const order_table *t, int64_t before_ns, int64_t guarded_ns) {
    for (uint32_t at = t->done_head; at; at = ot_cold_at(t, at - 1)->next) {
        const ot_hot *hot = ot_hot_at(t, at - 1);
        if (!ot_is_over(hot))
            continue;
        if (hot->updated_at_ns >= before_ns)
            return 0; /* too young; what waits behind it is hardly older */
        if (!ot_waits(t, at - 1, hot, guarded_ns))
            return 1;
    }
    return 0;
}

/* Retire orders that ended and were last touched before a time, oldest first, at most `limit`; how many. One of which more is
 * awaited stays as long as the guard does, and holds up nobody. */
static inline uint32_t ot_retire(order_table *t, int64_t before_ns, int64_t now_ns, int64_t keep_ns, uint32_t limit) {
    uint32_t retired = 0, kept = 0, at = t->done_head;
    int64_t guarded_ns = now_ns - keep_ns;
    ot_guard_rotate(t, now_ns, keep_ns);
    if (!ot_is_due(t, before_ns, guarded_ns))
        return 0;
    while (at && retired < limit) {
        uint32_t slot = at - 1, next = ot_cold_at(t, slot)->next;
        ot_hot *hot = ot_hot_at(t, slot);
        int ended = ot_is_over(hot);
        if (ended && hot->updated_at_ns >= before_ns)
            break;
        if (ended && ot_waits(t, slot, hot, guarded_ns)) {
            kept = at;
        } else {
            if (kept)
                ot_cold_at(t, kept - 1)->next = next;
            else
                t->done_head = next;
            if (!next)
                t->done_tail = kept;
            hot->flags &= ~OT_IN_DONE; /* one that lives again comes back here when it ends */
            if (ended) {
                ot_retire_one(t, slot);
                retired++;
            }
        }
        at = next;
    }
    return retired;
}

static inline int ot_has_execution(order_table *t, uint64_t order_id, const char *text, size_t n) {
    uint32_t slot = ot_slot_of(t, order_id);
    return slot != OT_NONE && ot_find_fill(t, slot, ot_hot_at(t, slot), ot_fp_of_text(text, n)).found;
}

/* The notional in two halves, for callers without a 128-bit type. */
static inline uint64_t ot_notional_low(const ot_hot *hot) { return (uint64_t)hot->notional; }
static inline int64_t ot_notional_high(const ot_hot *hot) { return (int64_t)(hot->notional >> 64); }
static inline ot_i128 ot_notional_of(uint64_t low, int64_t high) {
    return (ot_i128)((unsigned __int128)(uint64_t)high << 64 | low);
}

/* An adopted order: its broker id, and what it had filled before we knew it. */
static inline void ot_adopted(order_table *t, uint64_t order_id, const rf_report *r, int64_t qty, uint64_t low, int64_t high) {
    uint32_t slot = (uint32_t)order_id;
    ot_hot *hot = ot_hot_at(t, slot);
    int old_leg = 0;
    if (r->broker_order_id_len)
        ot_note_broker_id(t, slot, hot, r, ot_fp_of(r->broker_order_id, r->broker_order_id_len), &old_leg);
    hot->cum_qty = qty;
    hot->notional = ot_notional_of(low, high);
}

/* One order as a line of a table. */
typedef struct ot_line {
    uint64_t order_id;
    uint32_t symbol;
    uint16_t strategy;
    int8_t px_exp, qty_exp;
    uint8_t status, side, ord_type, time_in_force;
    uint8_t in_doubt, external, spare[2];
    int64_t order_qty, cum_qty, leaves_qty, limit_px, stop_px;
    int64_t created_at_ns, updated_at_ns;
} ot_line;

_Static_assert(sizeof(ot_line) == 80, "line");

static inline void ot_line_of(const order_table *t, uint32_t slot, ot_line *line) {
    const ot_hot *hot = ot_hot_at(t, slot);
    const ot_cold *cold = ot_cold_at(t, slot);
    *line = (ot_line){ot_id(slot, hot->generation), hot->symbol, cold->strategy, hot->px_exp, hot->qty_exp, hot->status,
        hot->side, cold->ord_type, cold->time_in_force, (hot->flags & OT_IN_DOUBT) != 0, (hot->flags & OT_EXTERNAL) != 0,
        {0, 0}, hot->order_qty, hot->cum_qty, ot_leaves(hot), cold->limit_px, cold->stop_px, cold->created_at_ns,
        hot->updated_at_ns};
}

/* Every order, or every open one, into lines that have room for them. */
static inline void ot_export(const order_table *t, int open_only, ot_line *lines) {
    if (open_only) {
        for (uint32_t n = 0; n < t->n_open; n++)
            ot_line_of(t, t->open[n], lines++);
        return;
    }
    for (uint32_t slot = 0; slot < t->n_slots; slot++)
        if (ot_hot_at(t, slot)->flags & OT_IN_USE)
            ot_line_of(t, slot, lines++);
}

#endif
