/* What the order table costs in C: ns of CPU per call, best of many batches, random orders by their broker id.
 *
 * usage: order_speed LOOKUP ORDERS; prints apply and submit; exit 1 when an execution was not counted. An order that has three
 * fills ends and another takes its place, between the measured batches: orders have few fills, as they have in life.
 */
#include <stdio.h>
#include <time.h>

#include "order_submit.h"

#define BATCH 64
#define BATCHES 3000

static uint64_t state = 88172645463325252ull;
static order_table *table;
static uint32_t names;

typedef struct live {
    uint64_t order_id;
    uint32_t name, fills;
} live;

static uint64_t draw(uint64_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static rf_report a_report(uint8_t exec_type, uint32_t name) {
    rf_report r = {.exec_type = exec_type, .ord_status = OT_NEW};
    r.head.symbol = 1;
    r.head.px_exp = -2;
    r.head.qty_exp = -5;
    r.order_qty = r.cum_qty = r.leaves_qty = r.last_qty = r.last_px = r.limit_px = r.stop_px = RF_NULL;
    r.broker_order_id_len = (uint8_t)sprintf(r.broker_order_id, "broker-order-id-%012u", name);
    return r;
}

static const ot_new terms = {.symbol = 1, .side = 1, .ord_type = 2, .time_in_force = 2, .px_exp = -2, .qty_exp = -5,
    .order_qty = 1000000, .limit_px = 6000000, .stop_px = RF_NULL};

static void place(live *order) {
    order->order_id = (uint64_t)ot_submit(table, &terms);
    order->name = names++;
    order->fills = 0;
    rf_report r = a_report(OT_EV_NEW, order->name);
    r.order_id = (int64_t)order->order_id;
    ot_apply(table, &r);
}

static double apply_some(live *orders, uint32_t size, int *counted) {
    static rf_report reports[BATCH];
    static uint32_t executions;
    live *picked[BATCH];
    for (int n = 0; n < BATCH; n++) {
        picked[n] = &orders[draw(size)];
        reports[n] = a_report(OT_EV_TRADE, picked[n]->name);
        reports[n].last_qty = 1;
        reports[n].last_px = 6000000;
        reports[n].exec_id_len = (uint8_t)sprintf(reports[n].exec_id, "%011u", executions++);
    }
    uint32_t result = OT_FILL;
    int64_t started = now_ns();
    for (int n = 0; n < BATCH; n++)
        result &= ot_apply(table, &reports[n]);
    double took = (double)(now_ns() - started) / BATCH;
    *counted &= result == OT_FILL;
    for (int n = 0; n < BATCH; n++)
        if (++picked[n]->fills == 3) {
            rf_report r = a_report(OT_EV_CANCELED, picked[n]->name);
            ot_apply(table, &r);
            place(picked[n]);
        }
    ot_retire(table, INT64_MAX, executions, 10 * BATCH, BATCH);
    return took;
}

int main(int argc, char **argv) {
    FILE *lookup = argc == 3 ? fopen(argv[1], "rb") : NULL;
    uint32_t size = argc == 3 ? (uint32_t)atoi(argv[2]) : 0;
    table = ot_create(2 * size + 100000);
    live *orders = calloc(size, sizeof *orders);
    if (!lookup || !orders || fread(table->next_status, 1, sizeof table->next_status, lookup) != sizeof table->next_status)
        return 2;
    memcpy(table->prefix, "bench-", table->prefix_len = 6);
    ot_prepare(table, size + BATCH * 64);
    for (uint32_t n = 0; n < size; n++)
        place(&orders[n]);
    double apply = 1e9, submit = 1e9;
    int counted = 1;
    for (int batch = 0; batch < BATCHES; batch++) {
        double took = apply_some(orders, size, &counted);
        apply = took < apply ? took : apply;
    }
    for (int batch = 0; batch < 32; batch++) {
        int64_t started = now_ns();
        for (int n = 0; n < BATCH; n++)
            ot_submit(table, &terms);
        double took = (double)(now_ns() - started) / BATCH;
        submit = took < submit ? took : submit;
    }
    printf("%.1f %.1f\n", apply, submit);
    ot_destroy(table);
    return counted ? 0 : 1;
}
