/* What reading Alpaca's frames costs in C: ns of CPU per frame, best of many batches, from bytes to records in slots.
 *
 * usage: alpaca_speed FILE...; each file holds one frame. Prints one line per file, "name messages ns"; exit 1 when a frame is
 * not read, or a symbol of it is not known.
 */
#include <stdio.h>
#include <time.h>

#include <string>
#include <vector>

#include "alpaca_reader.h"
#include "names.h"

static const int BATCH = 64, BATCHES = 1500;
static rf_names names;

static int64_t now_ns() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

// Bytes to slots: read, find the symbols, copy the records. 0: something was not read.
static uint32_t take(rfa_reader *reader, const std::string &frame, rf_cell *slots) {
    if (!rfa_take(reader, frame.data(), frame.size(), 0)) return 0;
    for (uint32_t at = 0; at < reader->messages.count; at++) {
        rfa_message *message = rfa_message_at(reader, at);
        int32_t symbol = rf_name_find(&names.symbols, message->symbol.at, message->symbol.length);
        if (symbol <= 0) return 0;
        message->cell.head.symbol = static_cast<uint32_t>(symbol);
        if (message->kind < RFA_STATUS)
            memcpy(&slots[at % 64], &message->cell, sizeof(rf_cell));
        else
            memcpy(slots, &rfa_report_at(reader, 0)->report, sizeof(rf_report));
    }
    return reader->messages.count;
}

static std::string read_file(const char *path) {
    std::string text;
    char room[4096];
    FILE *file = fopen(path, "rb");
    if (file == NULL) exit(2);
    for (size_t got; (got = fread(room, 1, sizeof room, file)) > 0;) text.append(room, got);
    fclose(file);
    return text;
}

int main(int argc, char **argv) {
    static rf_cell slots[64];
    if (!rf_name_table_init(&names.symbols, 100, 256)) return 2;
    rf_name_add(&names.symbols, 1, "AAPL", 4);
    rf_name_add(&names.symbols, 2, "BTC/USD", 7);
    for (int one = 1; one < argc; one++) {
        const std::string frame = read_file(argv[one]);
        rfa_reader reader;
        double best = 1e9;
        uint32_t count = 0;
        memset(&reader, 0, sizeof reader);
        reader.base.json = rfv_json_new();
        for (int batch = 0; batch < BATCHES; batch++) {
            int64_t start = now_ns();
            for (int n = 0; n < BATCH; n++)
                if ((count = take(&reader, frame, slots)) == 0) return 1;
            double took = static_cast<double>(now_ns() - start) / BATCH;
            best = took < best ? took : best;
        }
        printf("%s %u %.1f\n", argv[one], count, best);
        rfv_json_free(reader.base.json);
        rfa_free(&reader);
    }
    return 0;
}
