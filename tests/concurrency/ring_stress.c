/* Several producers and several readers on one small ring, every word of every record checked by every reader.
 *
 * usage: ring_stress PRODUCERS READERS RECORDS CELLS; exit 0 when every reader saw every record once, whole, in the order
 * of its producer, and all readers the same order. Meant to run under the sanitizers, also with one order weakened.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "ring.h"

#define MAX_THREADS 8
#define WORDS_PER_CELL (RF_CELL_BYTES / 8)

static rf_ring *ring;
static int producers, readers;
static int64_t records;
static uint64_t digests[MAX_THREADS];
static int faults[MAX_THREADS];

/* One to five cells, another length each time, the same for producer and reader. */
static int64_t length_of(int64_t producer, int64_t number) {
    return 1 + (number * 7 + producer * 3) % 5 * (number % 3 == 0);
}

static int64_t word_of(int64_t producer, int64_t number, int64_t place) {
    return producer * 1000003 + number * 31 + place;
}

static void *produce(void *argument) {
    int64_t producer = (int64_t)(intptr_t)argument;
    for (int64_t number = 0; number < records; number++) {
        int64_t cells = length_of(producer, number), position;
        while (rf_ring_claim(ring, cells, &position) != RF_CLAIMED)
            sched_yield();
        rf_header *record = rf_ring_cell(ring, position);
        int64_t *words = (int64_t *)record;
        for (int64_t i = sizeof(rf_header) / 8; i < cells * WORDS_PER_CELL; i++)
            words[i] = word_of(producer, number, i);
        record->seq = number;
        record->symbol = (uint32_t)producer;
        record->kind = RF_TICK;
        record->n_cells = (uint8_t)cells;
        rf_ring_publish(ring, position);
    }
    return NULL;
}

static int is_whole(const rf_header *record, int64_t number) {
    int64_t producer = record->symbol;
    if (record->seq != number || record->n_cells != length_of(producer, number))
        return 0;
    const int64_t *words = (const int64_t *)record;
    for (int64_t i = sizeof(rf_header) / 8; i < record->n_cells * WORDS_PER_CELL; i++)
        if (words[i] != word_of(producer, number, i))
            return 0;
    return 1;
}

static void *read_all(void *argument) {
    int reader = (int)(intptr_t)argument;
    int64_t next[MAX_THREADS] = {0};
    for (int64_t left = records * producers; left > 0;) {
        rf_header *record = rf_ring_peek(ring, reader);
        if (record == NULL) {
            sched_yield();
            continue;
        }
        uint32_t producer = record->symbol;
        if (producer >= (uint32_t)producers || !is_whole(record, next[producer])) {
            faults[reader] = 1;
            return NULL;
        }
        next[producer]++;
        digests[reader] = (digests[reader] ^ producer) * 0x100000001b3u; /* FNV-1a over the order of producers */
        rf_ring_done(ring, reader, record->n_cells);
        left--;
    }
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t threads[2 * MAX_THREADS];
    if (argc != 5 || (producers = atoi(argv[1])) > MAX_THREADS || (readers = atoi(argv[2])) > MAX_THREADS)
        return 2;
    records = atoll(argv[3]);
    ring = rf_ring_new(atoll(argv[4]), atoll(argv[4]), readers);
    if (ring == NULL)
        return 2;
    for (int i = 0; i < readers; i++)
        pthread_create(&threads[i], NULL, read_all, (void *)(intptr_t)i);
    for (int i = 0; i < producers; i++)
        pthread_create(&threads[readers + i], NULL, produce, (void *)(intptr_t)i);
    for (int i = 0; i < readers; i++) {
        pthread_join(threads[i], NULL);
        if (faults[i] || digests[i] != digests[0]) {
            fprintf(stderr, "reader %d: %s\n", i, faults[i] ? "a record lost, doubled, torn or out of order" : "another order");
            return 1; /* producers may be stuck behind the reader that gave up */
        }
    }
    for (int i = 0; i < producers; i++)
        pthread_join(threads[readers + i], NULL);
    int empty = rf_ring_depth(ring, 0) == 0;
    rf_ring_free(ring);
    return empty ? 0 : 1;
}
