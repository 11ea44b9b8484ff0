/* What the wire format costs in C: ns of CPU per message, best of many batches; sixteen symbols, in turn.
 *
 * usage: wire_speed; prints encode and decode of a quote and of an execution report; exit 1 when what came back differs.
 */
#include <stdio.h>
#include <time.h>

#include "wire.h"

#define BATCH 256
#define BATCHES 3000
#define SYMBOLS 16

static rf_names names;
static char wire[BATCH][1024];
static uint32_t sizes[BATCH];
static union {
    rf_header head;
    char bytes[BATCH][512];
} records;
static union {
    rf_header head;
    char bytes[RFW_ROOM];
} room;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static rf_header *record_at(int n) { return (rf_header *)records.bytes[n]; }

static void stamp(rf_header *head, uint8_t kind, int n) {
    *head = (rf_header){.seq = n, .ts_event_ns = 1722000000000000000 + n, .ts_recv_ns = 1722000000000000001 + n};
    head->kind = kind;
    head->n_cells = 1;
    head->symbol = 1 + (uint32_t)n % SYMBOLS;
    head->px_exp = -2;
    head->qty_exp = -5;
}

static void make_quote(int n) {
    rf_quote *quote = (rf_quote *)record_at(n);
    memset(quote, 0, RF_CELL_BYTES);
    stamp(&quote->head, RF_QUOTE, n);
    quote->bid_px = 6000010;
    quote->bid_qty = quote->ask_qty = 150000;
    quote->ask_px = 6000011;
    quote->update_id = n;
}

static void make_report(int n) {
    rf_report *report = (rf_report *)record_at(n);
    memset(report, 0, sizeof records.bytes[0]);
    stamp(&report->head, RF_REPORT, n);
    report->head.side = 1;
    report->exec_type = 1;
    report->ord_status = 2;
    report->order_qty = 1000000;
    report->cum_qty = 500000;
    report->last_qty = 50000;
    report->last_px = 6000010;
    report->leaves_qty = report->limit_px = report->stop_px = report->avg_px = report->commission = RF_NULL;
    report->client_order_id_len = (uint8_t)sprintf(report->client_order_id, "0123456789abcdef0123456789abcd%06d", n);
    report->broker_order_id_len = (uint8_t)sprintf(report->broker_order_id, "fedcba98-7654-3210-fedc-ba98765%05d", n);
    report->exec_id_len = (uint8_t)sprintf(report->exec_id, "12345678901234%06d", n);
    report->head.n_cells = (uint8_t)rf_cells_for(rf_used_bytes(&report->head));
}

static double encode_all(void) {
    double best = 1e9;
    for (int batch = 0; batch < BATCHES; batch++) {
        int64_t start = now_ns();
        for (int n = 0; n < BATCH; n++)
            sizes[n] = rfw_encode(record_at(n), &names, wire[n]);
        double took = (double)(now_ns() - start) / BATCH;
        best = took < best ? took : best;
    }
    return best;
}

static double decode_all(int *wrong) {
    double best = 1e9;
    for (int batch = 0; batch < BATCHES; batch++) {
        int64_t start = now_ns();
        for (int n = 0; n < BATCH; n++) {
            rfw_reader reader;
            *wrong += rfw_open(&reader, wire[n], sizes[n]) != RFW_OK || rfw_decode(&reader, &names, &room.head) != RFW_OK;
        }
        double took = (double)(now_ns() - start) / BATCH;
        best = took < best ? took : best;
    }
    for (int n = 0; n < BATCH; n++) {
        rfw_reader reader;
        *wrong += rfw_open(&reader, wire[n], sizes[n]) != RFW_OK || rfw_decode(&reader, &names, &room.head) != RFW_OK ||
                  memcmp(&room, record_at(n), (size_t)record_at(n)->n_cells * RF_CELL_BYTES) != 0;
    }
    return best;
}

int main(void) {
    int wrong = 0;
    char text[RF_NAME_BYTES];
    if (!rf_name_table_init(&names.symbols, 1000, 4096) || !rf_name_table_init(&names.origins, 10, 64))
        return 1;
    for (uint16_t n = 1; n <= SYMBOLS; n++)
        rf_name_add(&names.symbols, n, text, (size_t)sprintf(text, "COIN%uUSDT", n));
    for (int kind = 0; kind < 2; kind++) {
        for (int n = 0; n < BATCH; n++)
            (kind ? make_report : make_quote)(n);
        double encoded = encode_all();
        printf("%s encode %.1f decode %.1f\n", kind ? "report" : "quote", encoded, decode_all(&wrong));
    }
    return wrong != 0;
}
