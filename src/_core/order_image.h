/* The whole order table as bytes: little-endian, no padding that matters, lengths before what they measure.
 *
 * head | names | free slots | queue of ended orders | open orders | orders | guard
 *
 * An order is a fixed part, its first fills, its notes, its two texts. `head_bytes` and `order_bytes` let a newer writer add
 * fields at the end of either: this reader passes over them. Indexes are not written: they follow from the orders.
 */
#ifndef REGIMEFLOW_ORDER_IMAGE_H
#define REGIMEFLOW_ORDER_IMAGE_H

#include "crc32c.h"
#include "order_submit.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "images are written as the memory has them");

#define OT_IMAGE_VERSION 1
#define OT_IMAGE_KEPT (OT_IN_DOUBT | OT_EXTERNAL | OT_OWN_ID | OT_HAS_BROKER) /* the flags that are written */

typedef struct ot_image_head {
    char magic[8];
    uint32_t crc32c; /* of all that follows */
    uint16_t version, head_bytes;
    uint64_t total_bytes;
    uint32_t n_slots, n_free, n_done, n_open, n_orders;
    uint32_t names_bytes; /* uint16 length and UTF-8, each: prefixes (this session's first), strategies, symbols */
    uint16_t n_prefixes, order_bytes;
    uint32_t n_strategies, n_symbols;
    uint64_t n_notes, orders_bytes;
    uint64_t n_guard_now, n_guard_before;
    int64_t guard_since_ns;
} ot_image_head;

typedef struct ot_image_free {
    uint32_t slot, generation;
} ot_image_free;

typedef struct ot_image_order {
    uint32_t bytes; /* of the order, all of it */
    uint32_t slot, generation;
    uint32_t symbol; /* its place in the names, + 1; 0: none */
    uint16_t strategy, n_fills;
    uint8_t status, side, ord_type, time_in_force;
    int8_t px_exp, qty_exp;
    uint8_t flags, foretold_bits;
    uint8_t n_first, client_len, broker_len, spare; /* client_len 0 with OT_OWN_ID: made from the prefix and the id */
    uint32_t n_notes, spare2;
    int64_t order_qty, cum_qty, venue_cum_qty;
    uint64_t notional_low;
    int64_t notional_high;
    int64_t limit_px, stop_px, created_at_ns, updated_at_ns, expire_time_ns;
} ot_image_order;

typedef struct ot_image_fill {
    ot_fp fp;
    int64_t qty, px;
} ot_image_fill;

typedef struct ot_image_note {
    ot_fp fp;
    int64_t qty, px;
    int8_t px_exp, qty_exp;
    uint8_t kind, foretold;
    uint32_t spare;
} ot_image_note;

typedef struct ot_image_guard {
    uint32_t key[3];
} ot_image_guard;

_Static_assert(sizeof(ot_image_head) == 104 && sizeof(ot_image_order) == 120, "head and order of version 1");
_Static_assert(sizeof(ot_image_fill) == 32 && sizeof(ot_image_note) == 40 && sizeof(ot_image_guard) == 12, "parts");

static inline uint8_t ot_image_client_len(const ot_hot *hot, const ot_cold *cold) {
    return hot->flags & OT_OWN_ID ? 0 : cold->client_len;
}

static inline uint8_t ot_image_n_first(const ot_hot *hot) {
    return (uint8_t)(hot->n_fills < OT_FIRST ? hot->n_fills : OT_FIRST);
}

/* Count what an image will hold, but for its names. */
static inline void ot_image_measure(const order_table *t, ot_image_head *head) {
    memset(head, 0, sizeof *head);
    memcpy(head->magic, "RFORDERS", 8);
    head->version = OT_IMAGE_VERSION;
    head->head_bytes = sizeof *head;
    head->order_bytes = sizeof(ot_image_order);
    head->n_slots = t->n_slots;
    head->n_open = t->n_open;
    head->n_orders = t->n_live;
    head->n_free = t->n_slots - t->n_live;
    head->guard_since_ns = t->guard_since_ns;
    head->n_guard_now = t->guard_now.count;
    head->n_guard_before = t->guard_before.count;
    for (uint32_t slot = 0; slot < t->n_slots; slot++) {
        const ot_hot *hot = ot_hot_at(t, slot);
        const ot_cold *cold = ot_cold_at(t, slot);
        if (!(hot->flags & OT_IN_USE))
            continue;
        head->n_done += (hot->flags & OT_IN_DONE) != 0;
        head->orders_bytes += sizeof(ot_image_order) + ot_image_n_first(hot) * sizeof(ot_image_fill) +
                              ot_image_client_len(hot, cold) + cold->broker_len;
        for (uint32_t at = cold->notes; at; at = ot_note_at(&t->notes, at - 1)->next_of_order)
            head->n_notes++;
    }
    head->orders_bytes += head->n_notes * sizeof(ot_image_note);
    head->total_bytes = sizeof *head + head->n_free * sizeof(ot_image_free) +
                        ((uint64_t)head->n_done + head->n_open) * sizeof(uint32_t) + head->orders_bytes +
                        (head->n_guard_now + head->n_guard_before) * sizeof(ot_image_guard);
}

/* The size of an image whose names take so much. */
static inline uint64_t ot_image_add_names(ot_image_head *head, uint32_t names) {
    head->names_bytes = names;
    return head->total_bytes += names;
}

static inline char *ot_put(char *out, const void *from, size_t n) {
    memcpy(out, from, n);
    return out + n;
}

static inline char *ot_image_put_order(const order_table *t, uint32_t slot, char *out) {
    const ot_record *record = ot_at(t, slot);
    const ot_hot *hot = &record->hot;
    const ot_cold *cold = &record->cold;
    ot_image_order o = {.slot = slot, .generation = hot->generation, .strategy = cold->strategy, .n_fills = hot->n_fills,
        .status = hot->status, .side = hot->side, .ord_type = cold->ord_type, .time_in_force = cold->time_in_force,
        .px_exp = hot->px_exp, .qty_exp = hot->qty_exp, .flags = hot->flags & OT_IMAGE_KEPT,
        .foretold_bits = hot->foretold_bits, .n_first = ot_image_n_first(hot), .client_len = ot_image_client_len(hot, cold),
        .broker_len = cold->broker_len, .order_qty = hot->order_qty, .cum_qty = hot->cum_qty,
        .venue_cum_qty = cold->venue_cum_qty, .notional_low = ot_notional_low(hot), .notional_high = ot_notional_high(hot),
        .limit_px = cold->limit_px, .stop_px = cold->stop_px, .created_at_ns = cold->created_at_ns,
        .updated_at_ns = hot->updated_at_ns, .expire_time_ns = cold->expire_time_ns};
    char *start = out;
    o.symbol = ot_symbol_number(t, hot->symbol);
    out += sizeof o;
    for (int n = 0; n < o.n_first; n++) {
        const ot_kept *kept = &record->first[n];
        ot_image_fill fill = {kept->exec_id, kept->fill.qty, kept->fill.px};
        out = ot_put(out, &fill, sizeof fill);
    }
    for (uint32_t at = cold->notes; at; o.n_notes++) {
        const ot_note *of = ot_note_at(&t->notes, at - 1);
        ot_image_note note = {of->fp, of->qty, of->px, of->px_exp, of->qty_exp, of->kind, of->foretold, 0};
        out = ot_put(out, &note, sizeof note);
        at = of->next_of_order;
    }
    out = ot_put(out, ot_text(cold->client_id, OT_CLIENT_INLINE, cold->client_len), o.client_len);
    out = ot_put(out, ot_text(cold->broker_id, OT_BROKER_INLINE, cold->broker_len), o.broker_len);
    o.bytes = (uint32_t)(out - start);
    memcpy(start, &o, sizeof o);
    return out;
}

static inline char *ot_image_put_guard(const ot_map *map, char *out) {
    for (int in_old = 0; in_old <= (map->old != NULL); in_old++) {
        const ot_entry *table = in_old ? map->old : map->now;
        uint64_t mask = in_old ? map->old_mask : map->now_mask;
        for (uint64_t at = in_old ? map->moved : 0; table && at <= mask; at++) {
            if (!table[at].slot || table[at].slot == UINT32_MAX)
                continue;
            ot_image_guard guard = {{(uint32_t)table[at].key, (uint32_t)(table[at].key >> 32), table[at].key2}};
            out = ot_put(out, &guard, sizeof guard);
        }
    }
    return out;
}

/* Write an image into the room that ot_image_add_names asked for. */
static inline void ot_image_write(const order_table *t, ot_image_head *head, const char *names, char *out) {
    char *start = out;
    out = ot_put(out + sizeof *head, names, head->names_bytes);
    for (uint32_t at = t->free_head; at; at = ot_cold_at(t, at - 1)->next) {
        ot_image_free one = {at - 1, ot_hot_at(t, at - 1)->generation};
        out = ot_put(out, &one, sizeof one);
    }
    for (uint32_t at = t->done_head; at; at = ot_cold_at(t, at - 1)->next) {
        uint32_t slot = at - 1;
        out = ot_put(out, &slot, sizeof slot);
    }
    out = ot_put(out, t->open, t->n_open * sizeof(uint32_t));
    for (uint32_t slot = 0; slot < t->n_slots; slot++)
        if (ot_hot_at(t, slot)->flags & OT_IN_USE)
            out = ot_image_put_order(t, slot, out);
    out = ot_image_put_guard(&t->guard_now, out);
    ot_image_put_guard(&t->guard_before, out);
    memcpy(start, head, sizeof *head);
    head->crc32c = rf_crc32c(start + 12, head->total_bytes - 12);
    memcpy(start + 8, &head->crc32c, sizeof head->crc32c);
}

#endif
