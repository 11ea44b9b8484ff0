/* Random and damaged bytes into the decoder and into the journal's reader and recovery, for the sanitizers to watch.
 * Every buffer is of its own and exactly as long as it says, so that a read beyond it is seen. usage: wire_fuzz SEED STEPS */
#include "journal_sync.h"

static uint64_t state;
static rf_names names;

static uint64_t draw(uint64_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static void scribble(char *at, size_t length, uint64_t times) {
    for (; length && times; times--)
        at[draw(length)] = (char)(draw(3) ? draw(256) : draw(2) * 255);
}

static uint8_t a_text(char *room, size_t size) {
    uint8_t length = (uint8_t)draw(size + 1);
    for (int i = 0; i < length; i++)
        room[i] = (char)('a' + draw(26));
    return length;
}

/* A sound record of any kind, in cells of its own. */
static rf_header *a_record(void) {
    uint8_t kind = (uint8_t)(1 + draw(8));
    uint32_t extra = kind == RF_REPORT || kind == RF_SYSTEM ? (uint32_t)draw(RF_MAX_TEXT + 1)
                     : kind == RF_ACCOUNT                   ? (uint32_t)draw(draw(10) ? 6 : 1017)
                     : kind == RF_BOOK                      ? (uint32_t)(draw(11) | draw(11) << 8)
                     : kind == RF_BAR                       ? (uint32_t)draw(1000)
                                                            : 0;
    rf_header probe = {.kind = kind, .extra = extra};
    int cells = rf_cells_for(rf_used_bytes(&probe));
    rf_header *record = calloc((size_t)cells, RF_CELL_BYTES);
    scribble((char *)record + sizeof *record, (size_t)rf_used_bytes(&probe) - sizeof *record, draw(200));
    *record = (rf_header){.seq = (int64_t)draw(1000), .ts_recv_ns = (int64_t)draw(1u << 30), .symbol = (uint32_t)draw(5),
                          .kind = kind, .px_exp = (int8_t)-draw(19), .qty_exp = (int8_t)-draw(19),
                          .n_cells = (uint8_t)cells, .origin = (uint16_t)draw(3), .flags = (uint8_t)draw(256),
                          .side = (uint8_t)draw(3), .extra = extra};
    if (kind == RF_REPORT) {
        rf_report *r = (rf_report *)record;
        r->exec_type = (uint8_t)draw(RF_EXEC_COUNT);
        r->ord_status = (uint8_t)draw(RF_STATUS_COUNT);
        r->ord_type = (uint8_t)draw(RF_ORD_COUNT);
        r->time_in_force = (uint8_t)draw(RF_TIF_COUNT);
        r->liquidity = (uint8_t)draw(RF_LIQUIDITY_COUNT);
        r->ord_rej_reason = (uint8_t)draw(RF_REJECT_COUNT);
        r->avg_px_exp = (int8_t)-draw(19);
        r->commission_exp = (int8_t)-draw(19);
        r->client_order_id_len = a_text(r->client_order_id, sizeof r->client_order_id);
        r->broker_order_id_len = a_text(r->broker_order_id, sizeof r->broker_order_id);
        r->exec_id_len = a_text(r->exec_id, sizeof r->exec_id);
        r->exec_ref_id_len = a_text(r->exec_ref_id, sizeof r->exec_ref_id);
        r->commission_currency_len = a_text(r->commission_currency, sizeof r->commission_currency);
    }
    if (kind == RF_ACCOUNT) {
        rf_account *a = (rf_account *)record;
        rf_balance *one = (rf_balance *)(a + 1);
        a->currency_len = a_text(a->currency, sizeof a->currency);
        for (uint32_t i = 0; i < extra; i++, one++) {
            one->exp = (int8_t)-draw(19);
            one->asset_len = a_text(one->asset, sizeof one->asset);
        }
    }
    return record;
}

static const char *decode(const char *bytes, size_t length, rf_header *room) {
    rfw_reader in;
    if (rfw_open(&in, bytes, length) != RFW_OK || !rfw_is_record(&in) || rfw_decode(&in, &names, room) != RFW_OK)
        return NULL;
    return rf_fault_of(room, RFW_ROOM);
}

/* Encode, decode, compare; then damage and decode again. */
static const char *round_trip(void) {
    rf_header *record = a_record(), *room = malloc(RFW_ROOM);
    char *big = malloc(rfw_bound(record));
    uint32_t length = rfw_encode(record, &names, big);
    if (length + RFW_SLACK > rfw_bound(record))
        return "a message is longer than its bound";
    char *exact = malloc(length ? length : 1);
    memcpy(exact, big, length);
    rfw_reader in;
    if (rfw_open(&in, exact, length) != RFW_OK || rfw_decode(&in, &names, room) != RFW_OK)
        return "a sound record is not read back";
    if (room->seq != record->seq || room->symbol != record->symbol || room->origin != record->origin ||
        room->n_cells != record->n_cells || !rf_same(room, record))
        return "a record came back as another";
    scribble(exact, length, 1 + draw(6));
    size_t cut = draw(length + 1);
    const char *fault = decode(exact, length, room);
    char *less = malloc(cut ? cut : 1);
    memcpy(less, exact, cut);
    fault = fault ? fault : decode(less, cut, room);
    free(less), free(exact), free(big), free(room), free(record);
    return fault;
}

/* A segment with some frames, damaged: whatever a reader finds lies inside it, and recovery leaves it sound. */
static const char *segment(void) {
    uint64_t bytes = RFJ_HEAD_BYTES + 8 * (1 + draw(600)), at = RFJ_HEAD_BYTES;
    char *base = calloc(1, bytes);
    while (draw(30)) {
        rf_header *record = a_record();
        if (at + 8 + rfw_bound(record) <= bytes) {
            uint32_t length = rfw_encode(record, &names, base + at + 8);
            uint64_t word = (uint64_t)rfj_crc(1, at, length, base + at + 8) << 32 | length;
            memcpy(base + at, &word, 8);
            at += 8 + RFJ_ALIGNED(length);
        }
        free(record);
    }
    scribble(base + RFJ_HEAD_BYTES, bytes - RFJ_HEAD_BYTES, draw(12));
    rfj_view view = {base, bytes, 1, RFJ_HEAD_BYTES};
    rfj_frame frame;
    rf_header *room = malloc(RFW_ROOM);
    const char *fault = NULL;
    while (fault == NULL && rfj_find(&view, view.at, &frame)) {
        if (frame.at + 8 + frame.length > bytes || frame.next <= view.at)
            fault = "a frame lies outside its segment";
        fault = fault ? fault : decode(frame.message, frame.length, room);
        view.at = frame.next;
    }
    view.at = RFJ_HEAD_BYTES;
    int64_t seq = -1;
    uint64_t end = rfj_good_end(&view, &seq);
    if (end > bytes + 8 || rfj_used_end(&view, end < bytes ? end : bytes) > bytes)
        fault = "the end lies outside the segment";
    free(room), free(base);
    return fault;
}

int main(int argc, char **argv) {
    if (argc != 3 || !rf_name_table_init(&names.symbols, 100, 256) || !rf_name_table_init(&names.origins, 10, 32))
        return 2;
    rf_name_add(&names.symbols, 1, "BTCUSDT", 7);
    rf_name_add(&names.symbols, 2, "A", 1);
    rf_name_add(&names.symbols, 3, "A-symbol-of-exactly-31-bytes-..", 31);
    rf_name_add(&names.symbols, 4, "seventeen-bytes--", 17);
    rf_name_add(&names.origins, 1, "host", 4);
    rf_name_add(&names.origins, 2, "another-host", 12);
    state = strtoull(argv[1], NULL, 10) * 0x9e3779b97f4a7c15ull | 1;
    for (int64_t step = 0, steps = atoll(argv[2]); step < steps; step++) {
        const char *fault = step % 8 ? round_trip() : segment();
        if (fault) {
            fprintf(stderr, "step %lld: %s\n", (long long)step, fault);
            return 1;
        }
    }
    return 0;
}
