/* New orders, and orders put back under the ids that they had. */
#ifndef REGIMEFLOW_ORDER_SUBMIT_H
#define REGIMEFLOW_ORDER_SUBMIT_H

#include "order_lifecycle.h"

#define OT_BEYOND 4096 /* orders that exist without our doing may pass the limit by so many */

enum ot_refusal { OT_FULL = -1, OT_EXISTS = -2, OT_TOO_LONG = -3 };

typedef struct ot_new {
    uint32_t symbol;
    uint8_t side, ord_type, time_in_force, external;
    int8_t px_exp, qty_exp;
    uint16_t strategy;
    int64_t order_qty, limit_px, stop_px, expire_time_ns, now_ns;
    const char *client_id; /* NULL: one is made */
    size_t client_len;
    uint64_t order_id; /* an order put back under the id that it had; 0: a new one */
} ot_new;

/* An ended order whose slot another took in the history that is put back: it had been retired there. */
static inline void ot_retire_now(order_table *t, uint32_t slot) {
    uint32_t before = 0;
    for (uint32_t at = t->done_head; at && at - 1 != slot; at = ot_cold_at(t, at - 1)->next)
        before = at;
    uint32_t after = ot_cold_at(t, slot)->next;
    if (before)
        ot_cold_at(t, before - 1)->next = after;
    else
        t->done_head = after;
    if (t->done_tail == slot + 1)
        t->done_tail = before;
    ot_retire_one(t, slot);
}

/* The slot of an id that was given before; 0, or an ot_refusal. Slots on the way get its generation, so that every new id
 * is one that was never given. */
static inline int ot_take_again(order_table *t, uint64_t order_id) {
    uint32_t slot = (uint32_t)order_id, generation = (uint32_t)(order_id >> 32);
    if (!generation)
        return OT_EXISTS;
    if (slot >= t->n_slots && slot >= (uint64_t)t->max_orders + OT_BEYOND)
        return OT_FULL;
    while (slot >= t->n_slots) {
        if (ot_more_slots(t))
            return OT_FULL;
        ot_hot_at(t, t->n_slots - 1)->generation = t->n_slots - 1 == slot ? generation - 1 : generation;
        ot_free_push(t, t->n_slots - 1);
    }
    const ot_hot *hot = ot_hot_at(t, slot);
    if (generation <= hot->generation || (hot->flags & OT_IN_USE && !ot_is_over(hot)))
        return OT_EXISTS;
    if (hot->flags & OT_IN_USE)
        ot_retire_now(t, slot);
    ot_free_unlink(t, slot);
    ot_hot_at(t, slot)->generation = generation - 1;
    return 0;
}

/* A slot for a new order: its next generation is not given yet. 0, or an ot_refusal. */
static inline int ot_take_next(order_table *t, int external, uint32_t *slot) {
    if (t->n_live >= (uint64_t)t->max_orders + (external ? OT_BEYOND : 0))
        return OT_FULL;
    if (t->free_head) {
        *slot = t->free_head - 1;
        ot_free_unlink(t, *slot);
        return 0;
    }
    if (ot_more_slots(t))
        return OT_FULL;
    *slot = t->n_slots - 1;
    return 0;
}

/* What an order put back says of its session: its client order id may be the work of this one or of an earlier one. */
static inline int ot_is_own_again(order_table *t, const ot_new *order) {
    char digits[OT_DIGITS];
    if (!order->order_id || order->client_len <= OT_DIGITS)
        return 0;
    size_t prefix = order->client_len - OT_DIGITS;
    ot_write_digits(order->order_id, digits);
    if (memcmp(order->client_id + prefix, digits, OT_DIGITS))
        return 0;
    if (ot_read_own_id(t, order->client_id, order->client_len))
        return 1;
    ot_note_prefix(t, order->client_id, prefix);
    return 0;
}

static inline void ot_fill_in(order_table *t, uint32_t slot, const ot_new *order, int own) {
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
    hot->flags = OT_IN_USE | (order->external ? OT_EXTERNAL : 0) | (own ? OT_OWN_ID : 0);
    t->has_given |= (uint8_t)own;
    hot->order_qty = order->order_qty;
    hot->updated_at_ns = cold->created_at_ns = order->now_ns;
    cold->limit_px = order->limit_px;
    cold->stop_px = order->stop_px;
    cold->expire_time_ns = order->expire_time_ns;
    cold->strategy = order->strategy;
    cold->ord_type = order->ord_type;
    cold->time_in_force = order->time_in_force;
}

/* Make a record in PENDING_NEW. Its id, or an ot_refusal. External orders and those put back may pass the limit: they exist. */
static inline int64_t ot_submit(order_table *t, const ot_new *order) {
    ot_fp client = {0, 0};
    int own = !order->client_id, again = order->order_id != 0, retired = 0;
    uint32_t slot = (uint32_t)order->order_id;
    if (!own && order->client_len > 40)
        return OT_TOO_LONG;
    if (!own && !(own = ot_is_own_again(t, order))) {
        if (ot_find_client(t, order->client_id, order->client_len, &retired) != OT_NONE ||
            (retired && !order->external && !again))
            return OT_EXISTS;
        client = ot_fp_of_text(order->client_id, order->client_len);
    }
    if (ot_number_symbol(t, order->symbol))
        return OT_FULL;
    int refused = again ? ot_take_again(t, order->order_id) : ot_take_next(t, order->external, &slot);
    if (refused)
        return refused;
    ot_fill_in(t, slot, order, own);
    ot_hot *hot = ot_hot_at(t, slot);
    ot_cold *cold = ot_cold_at(t, slot);
    if (own)
        cold->client_len = ot_write_own_id(t, ot_id(slot, hot->generation), cold->client_id);
    else if (order->client_len && (ot_text_set(cold->client_id, OT_CLIENT_INLINE, &cold->client_len, order->client_id,
                 order->client_len) || ot_map_add(&t->clients, client, slot))) {
        ot_text_clear(cold->client_id, OT_CLIENT_INLINE, &cold->client_len);
        hot->flags = 0;
        ot_free_push(t, slot);
        return OT_FULL;
    }
    t->n_live++;
    ot_open_add(t, slot, hot);
    return (int64_t)ot_id(slot, hot->generation);
}

#endif
