/* The codec's decoders, for the fuzzer: messages, frames of the journal, batches into rows and into a ring.
 *
 * The first byte of an input says which. What is decoded must be sound, must be written again within its bound, and must then
 * be read as the same. */
#include "wire_batch.h"

static rf_names names;
static rf_header *room, *again;
static char *wire;
static rf_ring *ring;

const char *fuzz_check(const char *bytes, size_t length);
size_t fuzz_seed(size_t number, const char **bytes);

/* New names become known, as in the codec, until there are many. */
static int learned(const rfw_reader *in, int answer) {
    static uint16_t symbols = 3, origins = 2;
    uint16_t *next = answer == RFW_NEW_SYMBOL ? &symbols : &origins;
    rf_name_table *table = answer == RFW_NEW_SYMBOL ? &names.symbols : &names.origins;
    if (in->name_length == 0 || in->name_length > RF_NAME_BYTES || *next > table->most)
        return 0;
    rf_name_add(table, (*next)++, in->name, in->name_length);
    return 1;
}

static const char *written_again(const rf_header *record) {
    if (rf_fault_of(record, RFW_ROOM) != NULL)
        return "what was decoded is not sound";
    uint32_t bound = rfw_batch_bound(record);
    char *out = malloc(bound);
    char *end = rfw_batch_put(record, &names, out);
    rfw_batch batch;
    rfw_batch_init(&batch, out, (size_t)(end - out));
    const char *fault = NULL;
    if (end > out + bound)
        fault = "a message is longer than its bound";
    else if (rfw_batch_open(&batch) != RFW_OK || rfw_batch_decode(&batch, &names, again) != RFW_OK)
        fault = "what was decoded cannot be read when it is written";
    else if (!rf_same(record, again) || record->seq != again->seq || record->origin != again->origin)
        fault = "what was decoded is another when it is written and read";
    if (fault == NULL && rfw_is_cell(record->kind)) {
        uint32_t size = rfw_cell_size(record, &names);
        char *exact = malloc(size);
        rfw_encode_cell(record, &names, exact);
        if (size != (uint32_t)(end - out) - RFW_LENGTH_BYTES || memcmp(exact, out + RFW_LENGTH_BYTES, size) != 0)
            fault = "the two ways to write a message of one cell differ";
        free(exact);
    }
    free(out);
    return fault;
}

static const char *one_frame(rfw_reader *in) {
    char block[256];
    const char *text;
    uint32_t length, sum = 0;
    if (rfw_block(in, block, in->message->block_length) != RFW_OK)
        return NULL;
    for (int at = 0; at < in->message->n_vars; at++) {
        if (rfw_take(in, in->message->vars[at].type, &text, &length) != RFW_OK)
            return NULL;
        for (uint32_t each = 0; each < length; each++)
            sum += (uint8_t)text[each];
    }
    rfw_close(in);
    return sum == UINT32_MAX ? "never" : NULL;
}

static const char *one_message(const char *bytes, size_t length) {
    rfw_reader in;
    int answer = rfw_open(&in, bytes, length);
    if (answer == RFW_OK && in.message != NULL && !rfw_is_record(&in))
        return one_frame(&in);
    while (answer == RFW_OK && in.message != NULL) {
        answer = rfw_decode(&in, &names, room);
        if (answer == RFW_OK)
            return written_again(room);
        if (answer != RFW_BAD)
            answer = learned(&in, answer) ? RFW_OK : RFW_BAD + 1;
    }
    return answer == RFW_BAD && (in.offset > length || in.reason == NULL) ? "an error without its place" : NULL;
}

/* Into rows that are exactly as many as the heads say. */
static const char *one_array(const char *bytes, size_t length, uint16_t kind) {
    rfw_batch batch;
    rfw_rows rows = {.kind = kind, .cells = kind == RF_BOOK || kind == RF_REPORT ? 3 : 1};
    rfw_batch_init(&batch, bytes, length);
    int64_t count = rfw_batch_count(batch, kind);
    int step;
    while ((step = rfw_batch_rows(&batch, &names, &rows, room)) == RFW_UNKNOWN)
        rfw_batch_next(&batch);
    if (step != RFW_END)
        return step == RFW_BAD && batch.reader.offset > length ? "an error outside of the batch" : NULL;
    rows.width = (int64_t)rows.cells * RF_CELL_BYTES;
    char *array = aligned_alloc(RF_CELL_BYTES, (size_t)(count * rows.width) + RF_CELL_BYTES);
    rows.at = array;
    rows.end = array + count * rows.width;
    rfw_batch_init(&batch, bytes, length);
    while ((step = rfw_batch_rows(&batch, &names, &rows, room)) == RFW_UNKNOWN)
        rfw_batch_next(&batch);
    const char *fault = step != RFW_END || rows.at != rows.end ? "rows that are not as many as their messages" : NULL;
    for (int64_t at = 0; at < count && fault == NULL; at++)
        fault = rf_fault_of((const rf_header *)(array + at * rows.width), rows.width);
    free(array);
    return fault;
}

/* Into a ring and out of it, which must be the records of the batch in order. */
static const char *one_ring(const char *bytes, size_t length) {
    rfw_batch batch;
    rfw_batch_init(&batch, bytes, length);
    for (int step = RFW_OK; step != RFW_END && step != RFW_BAD;) {
        step = rfw_fill_ring(&batch, &names, ring, room);
        if (step == RFW_UNKNOWN)
            rfw_batch_next(&batch);
        else if (step == RFW_NEW_SYMBOL || step == RFW_NEW_ORIGIN)
            step = learned(&batch.reader, step) ? step : RFW_BAD;
        char *end = rfw_drain(ring, 0, INT64_MAX, &names, wire, wire + 2 * RFW_ROOM);
        if (end > wire + 2 * RFW_ROOM)
            return "more came out of a ring than there was room for";
    }
    return NULL;
}

static void begin(void) {
    rf_name_table_init(&names.symbols, 60, 128);
    rf_name_table_init(&names.origins, 10, 32);
    rf_name_add(&names.symbols, 1, "BTCUSDT", 7);
    rf_name_add(&names.symbols, 2, "A-symbol-of-exactly-31-bytes-..", 31);
    rf_name_add(&names.origins, 1, "host", 4);
    room = malloc(RFW_ROOM);
    again = malloc(RFW_ROOM);
    wire = malloc(2 * RFW_ROOM);
    ring = rf_ring_new(512, 512, 1);
}

const char *fuzz_check(const char *bytes, size_t length) {
    if (room == NULL)
        begin();
    if (length == 0)
        return NULL;
    uint8_t mode = (uint8_t)bytes[0];
    if (mode < 64)
        return one_message(bytes + 1, length - 1);
    if (mode < 128)
        return one_ring(bytes + 1, length - 1);
    return one_array(bytes + 1, length - 1, (uint16_t)(RF_QUOTE + mode % 8));
}

/* A sound record of a kind, not empty anywhere. */
static void make(rf_header *record, uint8_t kind) {
    memset(record, 0, 4 * RF_CELL_BYTES);
    *record = (rf_header){.seq = 7, .ts_event_ns = 5, .ts_recv_ns = 6, .symbol = 1, .kind = kind, .px_exp = -2, .qty_exp = -8,
                          .n_cells = 1, .origin = 1, .flags = 1, .side = 1};
    rf_report *report = (rf_report *)record;
    rf_account *account = (rf_account *)record;
    if (kind == RF_BOOK)
        record->extra = 3 | 2 << 8;
    if (kind == RF_REPORT) {
        report->client_order_id_len = report->exec_id_len = report->commission_currency_len = 3;
        memcpy(report->client_order_id, "c-1", 3);
        memcpy(report->exec_id, "e-1", 3);
        memcpy(report->commission_currency, "BNB", 3);
        memcpy(report + 1, "why", 3);
        report->head.extra = 3;
    } else if (kind == RF_ACCOUNT) {
        account->currency_len = 3;
        memcpy(account->currency, "EUR", 3);
        account->head.extra = 2;
        rf_balance *balance = (rf_balance *)(account + 1);
        balance[0] = balance[1] = (rf_balance){.free = 5, .locked = 1, .exp = -2, .asset_len = 3, .asset = "EUR"};
    } else if (kind == RF_SYSTEM) {
        memcpy((rf_system *)record + 1, "link", 4);
        record->extra = 4;
    }
    record->n_cells = (uint8_t)rf_cells_for(rf_used_bytes(record));
}

/* Each kind alone, then each template of the journal with an empty block, then batches of all kinds. */
size_t fuzz_seed(size_t number, const char **bytes) {
    static char out[8 * 2048];
    static _Alignas(RF_CELL_BYTES) char record[4 * RF_CELL_BYTES];
    if (room == NULL)
        begin();
    *bytes = out;
    if (number < 8) {
        make((rf_header *)record, (uint8_t)(1 + number));
        out[0] = 0;
        return 1 + rfw_encode((rf_header *)record, &names, out + 1);
    }
    if (number < (size_t)RFW_TABLE_SIZE) {
        const rfw_message *message = &RFW_TABLE[number];
        memset(out, 0, 256);
        rfw_put_head(out + 1, message->id, message->block_length);
        return 1 + RFW_HEAD_BYTES + message->block_length + (size_t)message->n_vars * 4;
    }
    if (number > (size_t)RFW_TABLE_SIZE + 8)
        return 0;
    char *at = out;
    *at++ = (char)(number == (size_t)RFW_TABLE_SIZE ? 64 : 128 + number % 8);
    for (uint8_t kind = RF_QUOTE; kind <= RF_SYSTEM; kind++) {
        make((rf_header *)record, kind);
        at = rfw_batch_put((rf_header *)record, &names, at);
    }
    return (size_t)(at - out);
}
