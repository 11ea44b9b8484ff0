/* What reading Binance's frames costs in C: ns of CPU per frame, best of many batches, from bytes to a record in a slot.
 *
 * usage: frame_speed; prints one line per case, "case ns"; exit 1 when what was read differs from what was written.
 */
#include <stdio.h>
#include <time.h>

#include <string>
#include <vector>

#include "binance_fast.h"
#include "names.h"

static const int BATCH = 256, BATCHES = 4000;
static rf_names names;

static int64_t now_ns() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

typedef int (*reading)(rfv_reader *, const char *, size_t);

// Bytes to a slot: read, find the symbol, copy the record. Sums what was read, so that nothing is left out.
static double measure(reading read, const std::vector<std::string> &frames, int64_t expected) {
    static rf_cell slots[BATCH];
    rfv_reader reader;
    double best = 1e9;
    memset(&reader, 0, sizeof reader);
    reader.json = rfv_json_new();
    for (int batch = 0; batch < BATCHES; batch++) {
        int64_t sum = 0, start = now_ns();
        for (int n = 0; n < BATCH; n++) {
            const std::string &frame = frames[static_cast<size_t>(n)];
            if (read(&reader, frame.data(), frame.size()) == RFV_BROKEN) exit(1);
            reader.record.head.symbol =
                static_cast<uint32_t>(rf_name_find(&names.symbols, reader.symbol.at, reader.symbol.length));
            memcpy(&slots[n], &reader.record, RF_CELL_BYTES);
            sum += reader.kind == RFV_DIFF ? reader.last_id : reader.record.quote.head.symbol;
        }
        double took = static_cast<double>(now_ns() - start) / BATCH;
        best = took < best ? took : best;
        if (sum != expected) exit(1);
    }
    rfv_json_free(reader.json);
    rfv_free(&reader);
    return best;
}

static std::vector<std::string> all(const char *form) {
    std::vector<std::string> frames;
    char room[2048];
    for (int n = 0; n < BATCH; n++) {
        snprintf(room, sizeof room, form, 100 + n % 900, 100 + n % 900);
        frames.push_back(room);
    }
    return frames;
}

int main() {
    if (!rf_name_table_init(&names.symbols, 100, 256)) return 2;
    rf_name_add(&names.symbols, 1, "BTCUSDT", 7);
    const auto quotes = all("{\"u\":50093239%d,\"s\":\"BTCUSDT\",\"b\":\"61837.63000000\",\"B\":\"3.78826%d\","
                            "\"a\":\"61837.64000000\",\"A\":\"1.54698000\"}");
    const auto wrapped = all("{\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":50093239%d,\"s\":\"BTCUSDT\","
                             "\"b\":\"61837.63000000\",\"B\":\"3.78826%d\",\"a\":\"61837.64000000\",\"A\":\"1.54698000\"}}");
    const auto turned = all("{\"A\":\"1.54698000\",\"s\":\"BTCUSDT\",\"a\":\"61837.64000000\",\"u\":50093239%d,"
                            "\"b\":\"61837.63000000\",\"B\":\"3.78826%d\"}");
    const auto trades = all("{\"e\":\"trade\",\"E\":1723161255343,\"s\":\"BTCUSDT\",\"t\":3735683%d,\"p\":\"61837.63000000\","
                            "\"q\":\"0.02000%d\",\"T\":1723161255342,\"m\":true,\"M\":true}");
    printf("bookTicker %.1f\n", measure(rfv_binance, quotes, BATCH));
    printf("bookTicker-wrapped %.1f\n", measure(rfv_binance, wrapped, BATCH));
    printf("bookTicker-any-order %.1f\n", measure(rfv_binance, turned, BATCH));
    printf("bookTicker-simdjson %.1f\n", measure(rfv_binance_patient, quotes, BATCH));
    printf("trade %.1f\n", measure(rfv_binance, trades, BATCH));
    printf("trade-simdjson %.1f\n", measure(rfv_binance_patient, trades, BATCH));
    return 0;
}
