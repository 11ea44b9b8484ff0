/* The parser of Binance's frames, for the fuzzer: both of its ways must say the same, and a book stays in order. What lies
 * behind the padding of the scratch is poisoned, so that a look beyond it is seen. */
#include <sanitizer/asan_interface.h>

#include "binance_fast.h"
#include "local_book.h"

static const char *const FRAMES[] = {
    "{\"u\":50093239212,\"s\":\"BTCUSDT\",\"b\":\"61837.63000000\",\"B\":\"3.78826000\",\"a\":\"61837.64\",\"A\":\"1.5\"}",
    "{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1723161255343,\"s\":\"BTCUSDT\",\"t\":3735683259,"
    "\"p\":\"61837.63000000\",\"q\":\"0.02000000\",\"T\":1723161255342,\"m\":true,\"M\":true}}",
    "{\"e\":\"aggTrade\",\"E\":1616176861895,\"s\":\"BTCUSDT\",\"a\":64028,\"p\":\"58942.01000000\",\"q\":\"0.00035600\","
    "\"f\":716849523,\"l\":716849523,\"T\":1616176861893,\"m\":false,\"M\":true}",
    "{\"e\":\"depthUpdate\",\"E\":1622363903670,\"s\":\"BTCUSDT\",\"U\":5,\"u\":9,\"b\":[[\"35743.98000000\",\"0.00000000\"],"
    "[\"35743.87\",\"0.00001500\"]],\"a\":[[\"35743.88000000\",\"0.24000000\"]]}",
    "{\"data\":{\"asks\":[[\"2.5\",\"1\",[]],[\"3\",\"4\"]],\"bids\":[[\"1\",\"2\"]],\"lastUpdateId\":7},"
    "\"stream\":\"a@depth5\"}",
    "{\"e\":\"kline\",\"s\":\"BTCUSDT\",\"k\":{\"t\":1653818760000,\"T\":1653818819999,\"o\":\"1\",\"c\":\"2\",\"h\":\"3\","
    "\"l\":\"0.5\",\"v\":\"9\",\"n\":31,\"x\":true}}",
    "{\"subscriptionId\":0,\"event\":{\"e\":\"executionReport\",\"E\":1,\"s\":\"BTCUSDT\",\"c\":\"o\\u0072s-1\",\"S\":\"BUY\","
    "\"o\":\"LIMIT\",\"f\":\"GTC\",\"q\":\"2.0\",\"p\":\"6\",\"P\":\"0\",\"C\":\"\",\"x\":\"TRADE\",\"X\":\"FILLED\","
    "\"r\":\"NO\\n\",\"i\":77,\"l\":\"1\",\"z\":\"2\",\"L\":\"5.5\",\"n\":\"0.1\",\"N\":\"BNB\",\"T\":1,\"t\":8,\"m\":false}}",
    "{\"e\":\"outboundAccountPosition\",\"E\":1,\"u\":1,\"B\":[{\"a\":\"ETH\",\"f\":\"10000.0\",\"l\":\"0\"},{\"a\":\"B\"}]}",
    "[[[{\"a\":[1,2.5e3,null,true,false,\"\\u00e9\"]}]]]",
};
static const size_t COUNT = sizeof FRAMES / sizeof *FRAMES;

static int read(rfv_reader *r, const char *frame, size_t length, bool patient) {
    if (!rfv_take(r, frame, length)) return RFV_BROKEN;
    const char *behind = r->scratch + length + RFV_PADDING;
    size_t rest = static_cast<size_t>(r->scratch + r->room - behind);
    ASAN_POISON_MEMORY_REGION(behind, rest);
    int kind = !patient && rfv_binance_fast(r) ? r->kind : rfv_binance_json(r);
    ASAN_UNPOISON_MEMORY_REGION(behind, rest);
    return kind;
}

static bool same(const rfv_reader *a, const rfv_reader *b, int kind) {
    size_t bytes = kind == RFV_QUOTE ? sizeof(rf_quote) : kind == RFV_TICK ? sizeof(rf_tick) : 0;
    if (memcmp(&a->record, &b->record, bytes)) return false;
    if (kind != RFV_DIFF) return true;
    return a->first_id == b->first_id && a->last_id == b->last_id && a->event_ns == b->event_ns &&
           a->bids.count == b->bids.count && a->asks.count == b->asks.count;
}

static bool is_sorted(const rfl_side *side) {
    for (size_t at = 1; at < side->count; at++)
        if (!rfl_worse(side, side->levels[at - 1].px, side->levels[at].px)) return false;
    return true;
}

static const char *check(rfv_reader *shortly, rfv_reader *patient, rfl_book *book, const char *frame, size_t length) {
    int kind = read(shortly, frame, length, false), other = read(patient, frame, length, true);
    if (kind != other) return "the two ways differ in what it is";
    if (kind == RFV_BROKEN && (shortly->offset > length || shortly->reason == NULL)) return "an error without its place";
    if (!same(shortly, patient, kind)) return "the two ways differ in what it says";
    if (kind == RFV_REPORT && shortly->record.head.extra > RF_MAX_TEXT) return "a text is too long";
    if (kind != RFV_DIFF && kind != RFV_BOOK) return NULL;
    if (rfl_apply(book, &book->bids, shortly->bids.numbers, shortly->bids.count) ||
        rfl_apply(book, &book->asks, shortly->asks.numbers, shortly->asks.count))
        rfl_clear(book);
    rf_book shown;
    rfl_show(book, &shown);
    return is_sorted(&book->bids) && is_sorted(&book->asks) ? NULL : "a book is out of order";
}

extern "C" const char *fuzz_check(const char *bytes, size_t length) {
    static rfv_reader shortly, patient;
    static rfl_book book;
    static unsigned count;
    if (shortly.json == NULL) {
        shortly.json = rfv_json_new();
        patient.json = rfv_json_new();
    }
    if (count++ % 64 == 0) rfl_clear(&book);
    return check(&shortly, &patient, &book, bytes, length);
}

extern "C" size_t fuzz_seed(size_t number, const char **bytes) {
    if (number >= COUNT) return 0;
    *bytes = FRAMES[number];
    return strlen(FRAMES[number]);
}
