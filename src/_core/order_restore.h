/* An image (order_image.h) back into an empty order table. Bytes are believed in nothing: what does not hold together is
 * refused with its place, and the caller throws the half-made table away.
 */
#ifndef REGIMEFLOW_ORDER_RESTORE_H
#define REGIMEFLOW_ORDER_RESTORE_H

#include "order_image.h"

/* Reading: a place, an end, and what was found wrong first. */
typedef struct ot_reader {
    const char *start, *at, *end;
    const char *fault; /* NULL: none */
} ot_reader;

static inline int ot_wrong(ot_reader *r, const char *fault) {
    if (!r->fault)
        r->fault = fault;
    return -1;
}

static inline int ot_get(ot_reader *r, void *to, size_t n) {
    if ((size_t)(r->end - r->at) < n)
        return ot_wrong(r, "the image ends too soon");
    memcpy(to, r->at, n);
    r->at += n;
    return 0;
}

static inline int ot_memory(ot_reader *r) { return ot_wrong(r, "there is no memory for it"); }

/* Check an image as a whole and read its head; the reader is left at the names. */
static inline int ot_image_open(ot_reader *r, const char *data, size_t n, ot_image_head *head) {
    *r = (ot_reader){data, data, data + n, NULL};
    if (ot_get(r, head, sizeof *head))
        return -1;
    r->at = data;
    if (memcmp(head->magic, "RFORDERS", 8))
        return ot_wrong(r, "it is no image of an order table");
    if (head->version != OT_IMAGE_VERSION)
        return ot_wrong(r, "the image is of a version that is not known here");
    if (head->total_bytes != n || head->crc32c != rf_crc32c(data + 12, n - 12))
        return ot_wrong(r, "length or checksum of the image are wrong");
    if (head->head_bytes < sizeof *head || head->head_bytes > n || head->order_bytes < sizeof(ot_image_order))
        return ot_wrong(r, "the image has parts that are too short");
    r->at = data + head->head_bytes;
    uint64_t left = n - head->head_bytes;
    uint64_t parts[] = {head->names_bytes, (uint64_t)head->n_free * sizeof(ot_image_free), (uint64_t)head->n_done * 4,
        (uint64_t)head->n_open * 4, head->orders_bytes};
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
        if (parts[part] > left)
            return ot_wrong(r, "the image has less than it says");
        left -= parts[part];
    }
    if (head->n_guard_now > left / 12 || head->n_guard_before > left / 12 ||
        (head->n_guard_now + head->n_guard_before) * 12 != left)
        return ot_wrong(r, "the guard is of another length");
    if ((uint64_t)head->n_orders + head->n_free != head->n_slots || head->n_open > head->n_orders ||
        head->n_done > head->n_orders || head->n_orders > head->orders_bytes / sizeof(ot_image_order) ||
        head->n_notes > head->orders_bytes / sizeof(ot_image_note))
        return ot_wrong(r, "the counts do not agree");
    return 0;
}

static inline int ot_exponents_hold(int8_t px_exp, int8_t qty_exp) {
    return px_exp <= 0 && px_exp >= -18 && qty_exp <= 0 && qty_exp >= -18;
}

static inline int ot_restore_notes(order_table *t, ot_reader *r, uint32_t slot, uint32_t n_notes) {
    ot_image_note from;
    const char *first = r->at;
    if (n_notes > (size_t)(r->end - r->at) / sizeof from)
        return ot_wrong(r, "an order has fewer notes than it says");
    for (uint32_t n = n_notes; n; n--) { /* the last one first: each goes in front of the list */
        r->at = first + (n - 1) * sizeof from;
        memcpy(&from, r->at, sizeof from);
        ot_note note = {from.fp, from.qty, from.px, slot, 0, from.px_exp, from.qty_exp, from.kind, from.foretold != 0};
        uint32_t at, *head = &ot_cold_at(t, slot)->notes;
        if (from.qty < 0 || !ot_exponents_hold(from.px_exp, from.qty_exp))
            return ot_wrong(r, "a note has numbers that cannot be");
        if (from.kind == OT_NOTE_FILL) {
            if (ot_note_fill(&t->notes, head, &note))
                return ot_memory(r);
        } else if (from.kind == OT_NOTE_BROKER) {
            ot_note *broker = ot_note_new(&t->notes, head, &at);
            if (!broker || ot_add_broker(t, from.fp, slot))
                return ot_memory(r);
            note.next_of_order = broker->next_of_order;
            *broker = note;
        } else {
            return ot_wrong(r, "a note is of no known kind");
        }
    }
    r->at = first + (size_t)n_notes * sizeof from;
    return 0;
}

/* The two ids as texts. An own id of another session is written out and indexed. */
static inline int ot_restore_texts(order_table *t, ot_reader *r, const ot_image_order *o, const ot_prefix *session) {
    ot_hot *hot = ot_hot_at(t, o->slot);
    ot_cold *cold = ot_cold_at(t, o->slot);
    char client[255 + 16] = {0}, broker[255 + 16] = {0};
    size_t n = o->client_len;
    int retired = 0;
    if (ot_get(r, client, o->client_len) || ot_get(r, broker, o->broker_len))
        return -1;
    if (o->flags & OT_OWN_ID) {
        memcpy(client, session->text, session->len);
        ot_write_digits(ot_id(o->slot, o->generation), client + session->len);
        n = session->len + OT_DIGITS;
        if (session->len != t->prefix_len || memcmp(session->text, t->prefix, session->len))
            hot->flags &= ~OT_OWN_ID;
    }
    if (n && ot_text_set(cold->client_id, OT_CLIENT_INLINE, &cold->client_len, client, n))
        return ot_memory(r);
    if (n && !(hot->flags & OT_OWN_ID)) {
        ot_fp fp = ot_fp_of(client, n);
        if (ot_find_client(t, client, n, &retired) != OT_NONE)
            return ot_wrong(r, "two orders have one client order id");
        if (ot_map_add(&t->clients, fp, o->slot))
            return ot_memory(r);
    }
    if ((o->broker_len != 0) != ((o->flags & OT_HAS_BROKER) != 0))
        return ot_wrong(r, "an order's broker id is missing, or too many");
    if (!o->broker_len)
        return 0;
    ot_fp fp = ot_fp_of(broker, o->broker_len);
    hot->broker_tag = ot_broker_tag(fp);
    if (ot_text_set(cold->broker_id, OT_BROKER_INLINE, &cold->broker_len, broker, o->broker_len) ||
        ot_add_broker(t, fp, o->slot))
        return ot_memory(r);
    return 0;
}

static inline int ot_order_holds(const order_table *t, const ot_image_head *head, const ot_image_order *o) {
    return o->slot < head->n_slots && !(ot_hot_at(t, o->slot)->flags & OT_IN_USE) && o->generation &&
           o->symbol <= t->n_symbols && o->strategy < head->n_strategies && o->status < OT_N_STATUS &&
           ot_exponents_hold(o->px_exp, o->qty_exp) && !(o->flags & ~OT_IMAGE_KEPT) && o->foretold_bits < 1 << OT_FIRST &&
           o->n_first == (o->n_fills < OT_FIRST ? o->n_fills : OT_FIRST) && o->cum_qty >= 0 && o->venue_cum_qty >= 0 &&
           !(o->flags & OT_OWN_ID && o->client_len);
}

static inline int ot_restore_order(order_table *t, ot_reader *all, const ot_image_head *head, const ot_prefix *session) {
    ot_image_order o;
    ot_reader r = *all;
    if (ot_get(&r, &o, sizeof o) || o.bytes < head->order_bytes || o.bytes > (size_t)(all->end - all->at))
        return ot_wrong(all, "an order ends too soon");
    if (!ot_order_holds(t, head, &o))
        return ot_wrong(all, "an order has fields that cannot be");
    r.end = all->at + o.bytes;
    r.at = all->at + head->order_bytes;
    ot_record *record = ot_at(t, o.slot);
    record->hot = (ot_hot){.generation = o.generation, .symbol = o.symbol ? t->symbols[o.symbol - 1] : 0, .status = o.status,
        .side = o.side, .px_exp = o.px_exp, .qty_exp = o.qty_exp, .flags = o.flags | OT_IN_USE,
        .foretold_bits = o.foretold_bits, .n_fills = o.n_fills, .order_qty = o.order_qty, .cum_qty = o.cum_qty,
        .notional = ot_notional_of(o.notional_low, o.notional_high), .open_at = OT_NONE, .updated_at_ns = o.updated_at_ns};
    record->cold = (ot_cold){.limit_px = o.limit_px, .stop_px = o.stop_px, .created_at_ns = o.created_at_ns,
        .expire_time_ns = o.expire_time_ns, .venue_cum_qty = o.venue_cum_qty, .strategy = o.strategy, .ord_type = o.ord_type,
        .time_in_force = o.time_in_force};
    t->n_live++;
    for (int n = 0; n < o.n_first; n++) {
        ot_image_fill fill;
        if (ot_get(&r, &fill, sizeof fill) || fill.qty < 0)
            return ot_wrong(all, "a fill of an order cannot be");
        record->first[n] = (ot_kept){fill.fp, {fill.qty, fill.px}};
    }
    if (ot_restore_notes(t, &r, o.slot, o.n_notes) || ot_restore_texts(t, &r, &o, session)) {
        all->at = r.at;
        return ot_wrong(all, r.fault);
    }
    all->at += o.bytes;
    return 0;
}

/* Free slots, ended and open orders, in their order. Each slot is in use or free, exactly once. */
static inline int ot_restore_lists(order_table *t, const ot_image_head *head, const char *free_list, const char *done,
    const char *open) {
    ot_image_free one;
    uint32_t slot;
    for (uint32_t n = head->n_free; n; n--) { /* the last one first: each goes in front of the list */
        memcpy(&one, free_list + (n - 1) * sizeof one, sizeof one);
        if (one.slot >= t->n_slots || ot_hot_at(t, one.slot)->flags & (OT_IN_USE | OT_IN_DONE))
            return -1;
        ot_hot_at(t, one.slot)->generation = one.generation;
        ot_hot_at(t, one.slot)->flags = OT_IN_DONE; /* seen; cleared below */
        ot_free_push(t, one.slot);
    }
    for (uint32_t at = t->free_head; at; at = ot_cold_at(t, at - 1)->next)
        ot_hot_at(t, at - 1)->flags = 0;
    for (uint32_t n = 0; n < head->n_done; n++) {
        memcpy(&slot, done + n * 4ull, 4);
        if (slot >= t->n_slots || (ot_hot_at(t, slot)->flags & (OT_IN_USE | OT_IN_DONE)) != OT_IN_USE)
            return -1;
        ot_done_add(t, slot, ot_hot_at(t, slot));
    }
    for (uint32_t n = 0; n < head->n_open; n++) {
        memcpy(&slot, open + n * 4ull, 4);
        if (slot >= t->n_slots || !(ot_hot_at(t, slot)->flags & OT_IN_USE) || ot_is_terminal(ot_hot_at(t, slot)->status) ||
            ot_hot_at(t, slot)->open_at != OT_NONE)
            return -1;
        if (ot_is_over(ot_hot_at(t, slot)))
            ot_done_add(t, slot, ot_hot_at(t, slot)); /* presumed not sent: older versions listed it as open */
        else
            ot_open_add(t, slot, ot_hot_at(t, slot));
    }
    for (slot = 0; slot < t->n_slots; slot++) { /* every order is in the list of its kind */
        const ot_hot *hot = ot_hot_at(t, slot);
        if (hot->flags & OT_IN_USE && (ot_is_over(hot) ? !(hot->flags & OT_IN_DONE) : hot->open_at == OT_NONE))
            return -1;
        t->n_unsent += (uint32_t)(hot->flags & OT_IN_USE && ot_is_unsent(hot));
    }
    return 0;
}

static inline int ot_restore_guard(ot_map *map, ot_reader *r, uint64_t n) {
    ot_image_guard guard;
    ot_map_free(map);
    if (ot_map_init(map, ot_map_room(n)))
        return ot_memory(r);
    for (; n; n--) {
        if (ot_get(r, &guard, sizeof guard))
            return -1;
        ot_fp fp = {(uint64_t)guard.key[1] << 32 | guard.key[0], 1ull << 63 | guard.key[2]};
        if (ot_map_add(map, fp, 0))
            return ot_memory(r);
    }
    return 0;
}

/* All that follows the names. Before: the table is empty and has its prefix, its earlier ones and its numbered symbols;
 * `session` is the prefix of the image. The reader is at the free slots. */
static inline int ot_image_load(order_table *t, ot_reader *r, const ot_image_head *head, const ot_prefix *session) {
    const char *free_list = r->at, *done = free_list + (size_t)head->n_free * sizeof(ot_image_free);
    const char *open = done + (size_t)head->n_done * 4, *orders = open + (size_t)head->n_open * 4;
    ot_reader of = {r->start, orders, orders + head->orders_bytes, NULL};
    ot_map_free(&t->clients);
    ot_map_free(&t->brokers);
    if (ot_map_init(&t->clients, ot_map_room(head->n_orders)) ||
        ot_map_init(&t->brokers, ot_map_room(head->n_orders + head->n_notes)) || ot_prepare(t, head->n_slots))
        return ot_memory(r);
    t->n_slots = head->n_slots;
    for (uint32_t n = 0; n < head->n_orders && !of.fault; n++)
        ot_restore_order(t, &of, head, session);
    r->at = of.at;
    if (of.fault)
        return ot_wrong(r, of.fault);
    if (of.at != of.end)
        return ot_wrong(r, "there is more than the orders");
    if (ot_restore_lists(t, head, free_list, done, open)) {
        r->at = free_list;
        return ot_wrong(r, "the lists of slots contradict the orders");
    }
    t->guard_since_ns = head->guard_since_ns;
    if (ot_restore_guard(&t->guard_now, r, head->n_guard_now))
        return -1;
    return head->n_guard_before ? ot_restore_guard(&t->guard_before, r, head->n_guard_before) : 0;
}

#endif
