/* Random orders, reports, requests and retirements on the order table, for the sanitizers to watch; what the table says of
 * itself is checked now and then, and so is what comes back from its image, whole and spoilt.
 * usage: order_table_fuzz LOOKUP SEED STEPS */
#include "order_restore.h"
#include <stdio.h>

#define KEPT 64

static uint64_t state;

static uint64_t draw(uint64_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static uint8_t a_text(char *room, size_t size, const char *longer, const char *shorter, uint64_t of) {
    int n = snprintf(room, size, "%s%d", draw(2) ? longer : shorter, (int)draw(of));
    return (uint8_t)(n < (int)size ? n : (int)size - 1);
}

static int64_t a_number(void) {
    if (draw(3) == 0)
        return RF_NULL;
    return draw(50) ? (int64_t)draw(1000) : (int64_t)(state * 0x9e3779b97f4a7c15ull);
}

static int64_t submit(order_table *t, int64_t now) {
    char client[48];
    ot_new order = {0};
    order.symbol = 1 + (uint32_t)draw(3);
    order.side = 1;
    order.external = draw(5) == 0;
    order.px_exp = (int8_t)-draw(4);
    order.qty_exp = (int8_t)-draw(9);
    order.order_qty = 1 + (int64_t)draw(1000000);
    order.limit_px = (int64_t)draw(1000000);
    order.stop_px = RF_NULL;
    order.now_ns = now;
    if (draw(3) == 0) {
        order.client_len = a_text(client, 41, "client-order-id-of-somebody-else-", "c", 100);
        order.client_id = client;
    }
    if (draw(8) == 0) /* put back under an id, which may be of any sense or none */
        order.order_id = ot_id((uint32_t)draw(draw(8) ? t->n_slots + 4 : UINT32_MAX), (uint32_t)draw(5));
    return ot_submit(t, &order);
}

static void apply(order_table *t, uint64_t order_id, int64_t now) {
    rf_report *r = calloc(1, sizeof *r); /* of its own, so that reading beyond it is seen */
    int64_t *numbers[] = {&r->order_qty, &r->cum_qty, &r->leaves_qty, &r->last_qty, &r->last_px, &r->limit_px, &r->stop_px};
    r->exec_type = (uint8_t)(draw(4) ? draw(19) : OT_EV_TRADE);
    r->ord_status = (uint8_t)draw(12);
    r->head.symbol = (uint32_t)draw(4);
    r->head.side = (uint8_t)(draw(8) ? 0 : draw(3));
    r->head.px_exp = (int8_t)-draw(6);
    r->head.qty_exp = (int8_t)-draw(10);
    r->head.ts_recv_ns = now;
    for (int n = 0; n < 7; n++)
        *numbers[n] = a_number();
    if (draw(2))
        r->order_id = (int64_t)order_id;
    if (order_id && draw(2))
        r->client_order_id_len = ot_write_own_id(t, order_id, r->client_order_id);
    else if (draw(3) == 0)
        r->client_order_id_len = a_text(r->client_order_id, 40, "client-order-id-of-somebody-else-", "c", 100);
    if (draw(3))
        r->broker_order_id_len = a_text(r->broker_order_id, 56, "a-broker-id-that-is-longer-than-its-room-", "b", 200);
    if (draw(5))
        r->exec_id_len = a_text(r->exec_id, 64, "an-execution-id-that-is-long-", "e", 40);
    if (draw(3) == 0)
        r->exec_ref_id_len = a_text(r->exec_ref_id, 64, "an-execution-id-that-is-long-", "e", 40);
    ot_apply(t, r);
    free(r);
}

static const char *broken(const order_table *t) {
    uint32_t open = 0, live = 0, unsent = 0;
    for (uint32_t slot = 0; slot < t->n_slots; slot++) {
        const ot_hot *hot = ot_hot_at(t, slot);
        const ot_cold *cold = ot_cold_at(t, slot);
        int retired = 0;
        if (!(hot->flags & OT_IN_USE))
            continue;
        live++;
        unsent += (uint32_t)ot_is_unsent(hot);
        if (!ot_is_over(hot)) {
            open++;
            if (t->open[hot->open_at] != slot)
                return "an open order is not in its place";
        }
        if (hot->flags & OT_HAS_BROKER) {
            const char *text = ot_text(cold->broker_id, OT_BROKER_INLINE, cold->broker_len);
            if (ot_find_broker(t, ot_fp_of_text(text, cold->broker_len), hot->symbol) == OT_NONE)
                return "a broker id leads nowhere";
        }
        if (cold->client_len &&
            ot_find_client(t, ot_text(cold->client_id, OT_CLIENT_INLINE, cold->client_len), cold->client_len, &retired) != slot)
            return "a client order id leads elsewhere";
    }
    if (open != t->n_open || live != t->n_live || unsent != t->n_unsent)
        return "the counts are wrong";
    return NULL;
}

static order_table *a_table(const order_table *like) {
    order_table *t = ot_create(300);
    if (!t)
        exit(2);
    memcpy(t->prefix, "fuzz-", 5);
    t->prefix_len = 5;
    if (like) {
        memcpy(t->next_status, like->next_status, sizeof t->next_status);
        memcpy(t->status_event, like->status_event, sizeof t->status_event);
    }
    return t;
}

static char *an_image(const order_table *t, size_t *n) {
    ot_image_head head;
    ot_image_measure(t, &head);
    head.n_prefixes = head.n_strategies = 1;
    head.n_symbols = t->n_symbols;
    *n = ot_image_add_names(&head, 11);
    char *image = malloc(*n); /* of exactly its size, so that writing beyond it is seen */
    ot_image_write(t, &head, "\5\0fuzz-\2\0ab", image);
    return image;
}

/* Spoil an image in a few places, its length too, and give it a right checksum more often than not. */
static char *spoilt(const char *image, size_t *n) {
    size_t size = draw(4) ? *n : draw(*n + 1);
    char *copy = malloc(size ? size : 1);
    memcpy(copy, image, size);
    for (uint64_t times = draw(4); times && size; times--) {
        size_t at = draw(3) ? draw(size) : draw(size < 110 ? size : 110);
        copy[at] = draw(2) ? (char)draw(256) : (char)(copy[at] + 1);
    }
    if (size >= 24 && draw(8)) {
        uint64_t total = size;
        memcpy(copy + 16, &total, sizeof total);
        uint32_t crc = rf_crc32c(copy + 12, size - 12);
        memcpy(copy + 8, &crc, sizeof crc);
    }
    *n = size;
    return copy;
}

/* The table that an image makes, or NULL. */
static order_table *restored(const order_table *like, const char *image, size_t n) {
    const ot_prefix session = {"fuzz-", 5};
    ot_image_head head;
    ot_reader reader;
    if (ot_image_open(&reader, image, n, &head))
        return NULL;
    order_table *t = a_table(like);
    for (uint32_t at = 0; at < like->n_symbols; at++)
        ot_number_symbol(t, like->symbols[at]);
    reader.at += head.names_bytes;
    if (!ot_image_load(t, &reader, &head, &session))
        return t;
    ot_destroy(t);
    return NULL;
}

static const char *traffic(order_table *t, uint64_t *ids, int64_t step, int64_t steps) {
    for (int64_t end = step + steps; step < end; step++) {
        uint64_t what = draw(20), kept = draw(KEPT);
        if (what < 3) {
            int64_t order_id = submit(t, step);
            ids[kept] = order_id > 0 ? (uint64_t)order_id : ids[kept];
        } else if (what < 17) {
            apply(t, ids[kept], step);
        } else if (what < 19) {
            ot_request(t, ids[kept], (uint8_t)(OT_EV_CANCEL_REQUESTED + draw(4)), step);
        } else {
            ot_retire(t, step - (int64_t)draw(2000), step, 1000, (uint32_t)draw(50));
        }
    }
    return broken(t);
}

/* Images of the table: a whole one must make the same table, which takes its place; a spoilt one nothing, or a sound one. */
static const char *through_images(order_table **t, uint64_t *ids, int64_t step) {
    size_t n, again, spoilt_n;
    const char *fault = NULL;
    char *image = an_image(*t, &n);
    for (int times = 0; times < 40 && !fault; times++) {
        spoilt_n = n;
        char *copy = spoilt(image, &spoilt_n);
        order_table *odd = restored(*t, copy, spoilt_n);
        if (odd) {
            uint64_t other_ids[KEPT];
            memcpy(other_ids, ids, sizeof other_ids);
            fault = traffic(odd, other_ids, step, 50);
            ot_destroy(odd);
        }
        free(copy);
    }
    order_table *whole = restored(*t, image, n);
    if (!whole)
        return "an image was refused";
    char *second = an_image(whole, &again);
    ot_image_head head;
    memcpy(&head, image, sizeof head);
    size_t same = n - (head.n_guard_now + head.n_guard_before) * sizeof(ot_image_guard);
    if (n != again || memcmp(image + 12, second + 12, same - 12)) /* the guard has no order */
        fault = "an image of an image differs";
    free(second);
    free(image);
    ot_destroy(*t);
    *t = whole;
    return fault;
}

int main(int argc, char **argv) {
    uint64_t ids[KEPT] = {0};
    order_table *t = a_table(NULL);
    FILE *lookup = argc == 4 ? fopen(argv[1], "rb") : NULL;
    if (!lookup || fread(t->next_status, 1, sizeof t->next_status, lookup) != sizeof t->next_status)
        return 2;
    fclose(lookup);
    state = strtoull(argv[2], NULL, 10) * 0x9e3779b97f4a7c15ull | 1;
    for (int n = 0; n < OT_N_STATUS; n++)
        t->status_event[n] = (uint8_t)draw(OT_N_EVENTS);
    for (int64_t step = 0, steps = atoll(argv[3]); step < steps; step += 500) {
        const char *fault = traffic(t, ids, step, 500);
        if (!fault && step % 2000 == 0)
            fault = through_images(&t, ids, step);
        if (fault) {
            fprintf(stderr, "before step %lld: %s\n", (long long)step + 500, fault);
            return 1;
        }
    }
    ot_destroy(t);
    return 0;
}
