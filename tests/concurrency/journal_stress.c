/* Threads that append to one journal at once, while another prepares and syncs; then every frame must be there, sound and in
 * the order of its thread. usage: journal_stress FOLDER THREADS RECORDS */
#include "journal_sync.h"

static rfj_writer writer;
static rf_names names;
static long records;
static int done;

static void *append(void *argument) {
    rf_cell cells[3] = {0};
    rf_quote *quote = &cells[0].quote;
    quote->head = (rf_header){.kind = RF_QUOTE, .n_cells = 1};
    quote->bid_px = (int64_t)(intptr_t)argument;
    for (quote->update_id = 0; quote->update_id < records; quote->update_id++) {
        quote->head.seq = quote->update_id;
        if (rfj_append_record(&writer, &quote->head) != RFJ_OK)
            return "an append failed";
    }
    return NULL;
}

static void *look_after(void *argument) {
    (void)argument;
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        rfj_prepare_next(&writer);
        if (rfj_sync(&writer))
            return "a sync failed";
        sched_yield();
    }
    return NULL;
}

static const char *check(int folder, long threads) {
    int64_t next[64] = {0};
    long count = 0;
    rfj_view view;
    rfj_frame frame;
    rfw_quote block;
    for (uint64_t number = 1; rfj_map(folder, number, 0, &view); number++) {
        while (rfj_look(&view, &frame) == RFJ_FRAME) {
            view.at = frame.next;
            if (rfj_template(&frame) != RF_QUOTE)
                continue;
            memcpy(&block, frame.message + RFW_HEAD_BYTES, sizeof block);
            if (block.updateId != next[block.bidPx]++)
                return "a thread's records are out of order";
            count++;
        }
        rfj_unmap(&view);
    }
    return count == threads * records ? NULL : "records are missing";
}

int main(int argc, char **argv) {
    pthread_t running[65];
    const char *fault = NULL;
    void *answer;
    long threads = argc == 4 ? atol(argv[2]) : 0;
    if (threads < 1 || threads > 64 || !rf_name_table_init(&names.symbols, 10, 32) ||
        !rf_name_table_init(&names.origins, 10, 32) || rfj_writer_init(&writer, &names, 1 << 20, 1 << 16))
        return 2;
    records = atol(argv[3]);
    writer.folder = open(argv[1], O_RDONLY | O_DIRECTORY);
    writer.next_number = 1;
    if (rfj_start(&writer))
        return 2;
    for (long n = 0; n < threads; n++)
        pthread_create(&running[n], NULL, append, (void *)(intptr_t)n);
    pthread_create(&running[threads], NULL, look_after, NULL);
    for (long n = 0; n <= threads; n++) {
        if (n == threads)
            __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
        pthread_join(running[n], &answer);
        fault = answer ? answer : fault;
    }
    fault = fault ? fault : check(writer.folder, threads);
    if (rfj_finish(&writer))
        fault = "the end failed";
    if (fault)
        fprintf(stderr, "%s\n", fault);
    return fault != NULL;
}
