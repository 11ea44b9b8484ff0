/* Producers without the GIL on the lanes of the bus, one reader that sleeps whenever there is nothing to read.
 *
 * usage: lanes_stress PRODUCERS RECORDS CELLS CONFLATE; exit 0 when every record arrived once, whole, in the order of its
 * producer (with conflation: the last one of each, and none older after a newer one). A lost wake-up shows as a hang.
 */
#include <pthread.h>
#include <stdio.h>

#include "lanes_reader.h"

#define MAX_PRODUCERS 8

static rf_lanes *lanes;
static int producers;
static int64_t records;

static int64_t length_of(int64_t number) { return number % 5 == 0 ? 3 : 1; }

static void *produce(void *argument) {
    uint32_t producer = (uint32_t)(intptr_t)argument;
    _Alignas(64) char cells[3 * RF_CELL_BYTES];
    rf_header *record = (rf_header *)cells;
    for (int64_t number = 0; number < records; number++) {
        memset(cells, (int)(number & 0x7F), sizeof(cells));
        record->ts_event_ns = number;
        record->symbol = producer;
        record->n_cells = (uint8_t)length_of(number);
        record->kind = record->n_cells == 3 ? RF_BOOK : number % 7 == 0 ? RF_SYSTEM : RF_QUOTE;
        if (rf_lanes_publish(lanes, record) != RF_CLAIMED)
            return (void *)1;
    }
    return NULL;
}

/* Per producer and kind, because lanes and conflation keep the order within one. */
static int64_t last[MAX_PRODUCERS][RF_KIND_COUNT];
static int64_t seen;

static int take(const rf_header *record, int conflating) {
    int64_t *newest = &last[record->symbol][record->kind], number = record->ts_event_ns;
    const char *bytes = (const char *)record;
    for (int64_t i = sizeof(rf_header); i < length_of(number) * RF_CELL_BYTES; i++)
        if (bytes[i] != (char)(number & 0x7F))
            return 0;
    if (number <= *newest)
        return 0;
    *newest = number;
    seen++;
    return conflating || record->n_cells == length_of(number);
}

static int read_all(int conflating) {
    for (;;) {
        rf_ring *from;
        rf_header *record = rf_lanes_next(lanes, &from);
        if (record == NULL) {
            rf_lanes_make_room(lanes, 0);
            if (rf_ring_is_closed(lanes->lane[RF_MARKET].ring) && rf_lanes_empty(lanes))
                return 1;
            if (rf_lanes_park(lanes))
                rf_lanes_sleep_until_woken(lanes);
            continue;
        }
        int64_t cells = record->n_cells;
        if (record->kind == RF_TOKEN)
            record = rf_lanes_redeem(lanes, record);
        if (!take(record, conflating))
            return 0;
        rf_lanes_done(lanes, from, cells);
        if (seen % 64 == 0)
            rf_lanes_make_room(lanes, 1);
    }
}

static void *reader(void *argument) { return (void *)(intptr_t)!read_all(argument != NULL); }

int main(int argc, char **argv) {
    pthread_t threads[MAX_PRODUCERS + 1];
    if (argc != 5 || (producers = atoi(argv[1])) > MAX_PRODUCERS)
        return 2;
    records = atoll(argv[2]);
    int conflating = atoi(argv[4]);
    memset(last, -1, sizeof(last));
    lanes = rf_lanes_new(atoll(argv[3]), conflating);
    if (lanes == NULL || rf_lanes_fd(lanes) < 0)
        return 2;
    pthread_create(&threads[producers], NULL, reader, conflating ? (void *)1 : NULL);
    for (int i = 0; i < producers; i++)
        pthread_create(&threads[i], NULL, produce, (void *)(intptr_t)i);
    int failed = 0;
    for (int i = 0; i <= producers; i++) {
        void *fault;
        if (i == producers) { /* all is published: end the reader */
            rf_lanes_close(lanes);
            rf_lanes_wake(lanes);
        }
        pthread_join(threads[i], &fault);
        failed |= fault != NULL;
    }
    int64_t conflated = rf_lanes_conflated(lanes);
    if (seen + conflated != records * producers) {
        fprintf(stderr, "%lld seen, %lld conflated of %lld\n", (long long)seen, (long long)conflated,
                (long long)(records * producers));
        failed = 1;
    }
    rf_lanes_free(lanes);
    return failed;
}
