/* What the ring costs in C: ns of CPU per message for publish and consume on one thread, best of many rounds.
 *
 * usage: ring_speed MESSAGES ROUNDS; prints the figure; exit 1 when a message was lost.
 */
#include <stdio.h>
#include <time.h>

#include "ring.h"

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int argc, char **argv) {
    rf_quote quote = {.head = {.kind = RF_QUOTE, .n_cells = 1}};
    if (argc != 3)
        return 2;
    int64_t messages = atoll(argv[1]), seen = 0, best = INT64_MAX;
    rf_ring *ring = rf_ring_new(4096, 4096, 1);
    for (int round = 0; round < atoi(argv[2]); round++) {
        int64_t started = now_ns();
        for (int64_t i = 0; i < messages; i++) {
            int64_t at;
            if (rf_ring_claim(ring, 1, &at) != RF_CLAIMED)
                return 1;
            rf_quote *made = (rf_quote *)rf_ring_cell(ring, at);
            made->head = quote.head;
            made->bid_px = made->ask_px = made->update_id = i;
            made->bid_qty = made->ask_qty = 1;
            rf_ring_publish(ring, at);
            rf_header *record = rf_ring_peek(ring, 0);
            if (record == NULL)
                return 1;
            seen += ((rf_quote *)record)->update_id;
            rf_ring_done(ring, 0, record->n_cells);
        }
        int64_t took = now_ns() - started;
        best = took < best ? took : best;
    }
    int64_t expected = messages * (messages - 1) / 2 * atoi(argv[2]);
    printf("%.2f\n", (double)best / (double)messages);
    rf_ring_free(ring);
    return seen == expected ? 0 : 1;
}
