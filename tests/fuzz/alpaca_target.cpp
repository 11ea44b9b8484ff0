/* The parser of Alpaca's frames, JSON and MessagePack, for the fuzzer: both of its ways must say the same. What lies behind
 * the padding of the scratch is poisoned, so that a look beyond it is seen. */
#include <sanitizer/asan_interface.h>

#include "alpaca_reader.h"

#define F(text) text, sizeof text - 1

static const struct {
    const char *at;
    size_t length;
} FRAMES[] = {
    {F("[{\"T\":\"q\",\"S\":\"AMD\",\"bx\":\"U\",\"bp\":87.66,\"bs\":1,\"ax\":\"Q\",\"ap\":87.68,\"as\":4,\"t\":\"2021"
     "-02-22T15:51:45.335689322Z\",\"c\":[\"R\"],\"z\":\"C\"},{\"T\":\"q\",\"S\":\"AMD\",\"bx\":\"U\",\"bp\":0,\"bs"
     "\":1,\"ax\":\"Q\",\"ap\":87.68,\"as\":4,\"t\":\"2021-02-22T15:51:45.335689322Z\",\"c\":[\"R\"],\"z\":\"C\"}]")},
    {F("[{\"T\":\"t\",\"S\":\"BTC/USD\",\"p\":65432.125,\"s\":1e-08,\"t\":\"2021-02-22T15:51:45.335689322Z\",\"i\":77}"
     ",{\"T\":\"t\",\"S\":\"BTC/USD\",\"p\":65432.125,\"s\":1e-08,\"t\":\"2021-02-22T15:51:45.335689322Z\",\"i\":77,"
     "\"tks\":\"B\"}]")},
    {F("[{\"T\":\"b\",\"S\":\"SPY\",\"o\":388.985,\"h\":389.13,\"l\":388.97,\"c\":389.12,\"v\":49378,\"t\":\"2021-02-2"
     "2T19:15:00Z\",\"n\":461,\"vw\":389.062639},{\"T\":\"s\",\"S\":\"AAPL\",\"sc\":\"H\",\"sm\":\"Halted\",\"rc\":"
     "\"T12\",\"rm\":\"News\",\"z\":\"C\",\"t\":\"2021-02-22T15:51:45.335689322Z\"}]")},
    {F("[{\"T\":\"subscription\",\"trades\":[\"AAPL\",\"A\\\"B\\n\"],\"quotes\":[],\"bars\":[\"*\"]}]")},
    {F("[{\"T\":\"error\",\"code\":406,\"msg\":\"x\"},{\"T\":\"zz\",\"deep\":[[{}]]}]")},
    {F("{\"stream\":\"trade_updates\",\"data\":{\"at\":\"2021-02-22T15:51:45.34Z\",\"event_id\":\"01M2TB1W73G1WFCA460A"
     "7GTB33\",\"event\":\"partial_fill\",\"timestamp\":\"2021-02-22T15:51:45.335689322Z\",\"order\":{\"id\":\"90483"
     "7e3-3b76-47ec-b432-046db621571b\",\"client_order_id\":\"ours-1\",\"updated_at\":\"2021-02-22T10:51:45.1-05:00"
     "\",\"symbol\":\"AAPL\",\"asset_class\":\"us_equity\",\"notional\":null,\"qty\":\"10\",\"filled_qty\":\"4\",\"f"
     "illed_avg_price\":\"78.19\",\"order_class\":\"bracket\",\"order_type\":\"limit\",\"type\":\"limit\",\"side\":"
     "\"buy\",\"time_in_force\":\"day\",\"limit_price\":\"78.20\",\"stop_price\":null,\"status\":\"partially_filled"
     "\",\"replaced_by\":null,\"replaces\":\"5b0f4c25-8bd0-4c3c-9d8e-54d0a35b32b0\",\"legs\":null,\"group_id\":\"g-1"
     "\",\"group_role\":\"entry\"},\"price\":\"78.185\",\"qty\":\"3\",\"position_qty\":\"-7.5\",\"execution_id\":\"e"
     "-1\"}}")},
    {F("{\"stream\":\"trade_updates\",\"data\":{\"event\":\"fill\",\"timestamp\":\"2021-02-22T15:51:45.335689322Z\",\""
     "order\":{\"id\":\"o\",\"symbol\":\"\",\"order_class\":\"mleg\",\"qty\":\"1\",\"filled_qty\":\"1\",\"legs\":[{"
     "\"id\":\"leg-1\",\"symbol\":\"OPT1\",\"qty\":\"1\",\"filled_qty\":\"1\",\"status\":\"filled\",\"side\":\"buy\""
     "}]},\"legs\":[{\"execution_id\":\"x\",\"qty\":\"1\",\"price\":\"1.6\",\"order_id\":\"leg-1\",\"timestamp\":\"2"
     "021-02-22T15:51:45.335689322Z\"},{\"execution_id\":\"y\",\"qty\":\"2\",\"price\":\"7\",\"order_id\":\"leg-2\","
     "\"symbol\":\"OPT2\"}]}}")},
    {F("{\"stream\":\"listening\",\"data\":{\"streams\":[\"trade_updates\"]}}")},
    {F("{\"event\":\"new\",\"order\":{\"id\":\"o\",\"qty\":1.5,\"status\":\"n\\u00e9w\",\"reason\":\"r\"}}")},
    {F("\x92\x8b\xa1T\xa1q\xa1S\xa3""AMD\xa2""bx\xa1U\xa2""bp\xcb@U\xea=p\xa3\xd7\x0a\xa2""bs\x01\xa2""ax\xa1Q\xa2""ap"
     "\xcb@U\xeb\x85\x1e\xb8Q\xec\xa2""as\x04\xa1t\xd7\xffP\x08\xd9\xa8`3\xd3\x11\xa1""c\x91\xa1R\xa1z\xa1""C\x8b"
     "\xa1T\xa1q\xa1S\xa3""AMD\xa2""bx\xa1U\xa2""bp\x00\xa2""bs\x01\xa2""ax\xa1Q\xa2""ap\xcb@U\xeb\x85\x1e\xb8Q\xec"
     "\xa2""as\x04\xa1t\xd7\xffP\x08\xd9\xa8`3\xd3\x11\xa1""c\x91\xa1R\xa1z\xa1""C")},
    {F("\x92\x86\xa1T\xa1t\xa1S\xa7""BTC/USD\xa1p\xcb@\xef\xf3\x04\x00\x00\x00\x00\xa1s\xcb>Ey\x8e\xe2""0\x8c:\xa1t"
     "\xd6\xff`3\xd3\x11\xa1iM\x87\xa1T\xa1t\xa1S\xa7""BTC/USD\xa1p\xcb@\xef\xf3\x04\x00\x00\x00\x00\xa1s\xcb>Ey\x8e"
     "\xe2""0\x8c:\xa1t\xd6\xff`3\xd3\x11\xa1iM\xa3tks\xa1""B")},
    {F("\x92\x8a\xa1T\xa1""b\xa1S\xa3SPY\xa1o\xcb@xO\xc2\x8f\\(\xf6\xa1h\xcb@xR\x14z\xe1G\xae\xa1l\xcb@xO\x85\x1e\xb8Q"
     "\xec\xa1""c\xcb@xQ\xeb\x85\x1e\xb8R\xa1v\xcd\xc0\xe2\xa1t\xc7\x0c\xff\x14\x02""6j\x00\x00\x00\x00`3\xd3\x11"
     "\xa1n\xcd\x01\xcd\xa2vw\xcb@xQ\x00\x91\xc0\x87""D\x88\xa1T\xa1s\xa1S\xa4""AAPL\xa2sc\xa1H\xa2sm\xa6Halted\xa2r"
     "c\xa3T12\xa2rm\xa4News\xa1z\xa1""C\xa1t\xc7\x0c\xff\x14\x02""6j\x00\x00\x00\x00`3\xd3\x11")},
    {F("\x91\x84\xa1T\xacsubscription\xa6trades\x92\xa4""AAPL\xa4""A\"B\x0a\xa6quotes\x90\xa4""bars\x91\xa1*")},
    {F("\x92\x83\xa1T\xa5""error\xa4""code\xcd\x01\x96\xa3msg\xa1x\x82\xa1T\xa2zz\xa4""deep\x91\x91\x80")},
    {F("\x82\xa6stream\xadtrade_updates\xa4""data\x89\xa2""at\xb7""2021-02-22T15:51:45.34Z\xa8""event_id\xba""01M2TB1W"
     "73G1WFCA460A7GTB33\xa5""event\xacpartial_fill\xa9timestamp\xbe""2021-02-22T15:51:45.335689322Z\xa5order\xde"
     "\x00\x16\xa2id\xd9$904837e3-3b76-47ec-b432-046db621571b\xaf""client_order_id\xa6ours-1\xaaupdated_at\xbb""2021"
     "-02-22T10:51:45.1-05:00\xa6symbol\xa4""AAPL\xab""asset_class\xa9us_equity\xa8notional\xc0\xa3qty\xa2""10\xaa"
     "filled_qty\xa1""4\xb0""filled_avg_price\xa5""78.19\xaborder_class\xa7""bracket\xaaorder_type\xa5limit\xa4type"
     "\xa5limit\xa4side\xa3""buy\xadtime_in_force\xa3""day\xablimit_price\xa5""78.20\xaastop_price\xc0\xa6status\xb0"
     "partially_filled\xabreplaced_by\xc0\xa8replaces\xd9$5b0f4c25-8bd0-4c3c-9d8e-54d0a35b32b0\xa4legs\xc0\xa8group_"
     "id\xa3g-1\xaagroup_role\xa5""entry\xa5price\xa6""78.185\xa3qty\xa1""3\xacposition_qty\xa4-7.5\xac""execution_i"
     "d\xa3""e-1")},
    {F("\x82\xa6stream\xadtrade_updates\xa4""data\x84\xa5""event\xa4""fill\xa9timestamp\xbe""2021-02-22T15:51:45.33568"
     "9322Z\xa5order\x86\xa2id\xa1o\xa6symbol\xa0\xaborder_class\xa4mleg\xa3qty\xa1""1\xaa""filled_qty\xa1""1\xa4leg"
     "s\x91\x86\xa2id\xa5leg-1\xa6symbol\xa4OPT1\xa3qty\xa1""1\xaa""filled_qty\xa1""1\xa6status\xa6""filled\xa4side"
     "\xa3""buy\xa4legs\x92\x85\xac""execution_id\xa1x\xa3qty\xa1""1\xa5price\xa3""1.6\xa8order_id\xa5leg-1\xa9times"
     "tamp\xbe""2021-02-22T15:51:45.335689322Z\x85\xac""execution_id\xa1y\xa3qty\xa1""2\xa5price\xa1""7\xa8order_id"
     "\xa5leg-2\xa6symbol\xa4OPT2")},
    {F("\x82\xa6stream\xa9listening\xa4""data\x81\xa7streams\x91\xadtrade_updates")},
    {F("\x82\xa5""event\xa3new\xa5order\x84\xa2id\xa1o\xa3qty\xcb?\xf8\x00\x00\x00\x00\x00\x00\xa6status\xa4n\xc3\xa9w"
     "\xa6reason\xa1r")},
};
static const size_t COUNT = sizeof FRAMES / sizeof *FRAMES;

static bool read(rfa_reader *r, const char *frame, size_t length, bool patient) {
    rfa_clear(r);
    if (!rfv_take(&r->base, frame, length)) return false;
    const char *behind = r->base.scratch + length + RFV_PADDING;
    size_t rest = static_cast<size_t>(r->base.scratch + r->base.room - behind);
    ASAN_POISON_MEMORY_REGION(behind, rest);
    bool is_sound = (patient ? rfa_read_patiently(r) : rfa_read(r)) != 0;
    ASAN_UNPOISON_MEMORY_REGION(behind, rest);
    return is_sound;
}

// Every byte of a text is read, so that a sanitizer sees whether it is there.
static size_t weighed(rfv_text text) {
    size_t sum = 0;
    for (size_t at = 0; at < text.length; at++) sum += static_cast<unsigned char>(text.at[at]);
    return sum;
}

static bool is_exp(int8_t exp) { return exp >= RF_MIN_EXP && exp <= 0; }

static const char *fault_of_report(const rf_report *report) {
    const rf_header *head = &report->head;
    if (!is_exp(head->px_exp) || !is_exp(head->qty_exp) || !is_exp(report->avg_px_exp)) return "an exponent that is none";
    size_t bytes = sizeof *report + head->extra;
    if (head->kind != RF_REPORT || head->extra > RF_MAX_TEXT || head->n_cells * size_t{RF_CELL_BYTES} < bytes)
        return "a report that is longer than its cells";
    if (report->client_order_id_len > sizeof report->client_order_id || report->exec_id_len > sizeof report->exec_id ||
        report->broker_order_id_len > sizeof report->broker_order_id)
        return "a text longer than its field";
    return report->exec_type == RF_EXEC_TRADE && report->last_qty <= 0 ? "a fill of nothing" : NULL;
}

static const char *fault_of(rfa_reader *r, const rfa_message *message, size_t *sum) {
    *sum += weighed(message->symbol);
    if (message->kind >= RFA_QUOTE && message->kind <= RFA_UPDATED_BAR) {
        const rf_header *head = &message->cell.head;
        if (!is_exp(head->px_exp) || !is_exp(head->qty_exp)) return "an exponent that is none";
        return head->kind != (message->kind < RFA_BAR ? message->kind : RFA_BAR) || head->n_cells != 1 ? "another kind" : NULL;
    }
    if (message->kind == RFA_STATUS) {
        const rfa_status *status = rfa_status_at(r, message->at);
        *sum += weighed(status->code) + weighed(status->message) + weighed(status->reason_code) + weighed(status->reason);
    } else if (message->kind == RFA_CONTROL) {
        const rfa_control *control = rfa_control_at(r, message->at);
        *sum += weighed(control->text) + weighed(control->status) + weighed(control->action);
        if (control->names + control->name_count > r->names.count) return "a channel that is none";
        for (uint32_t at = 0; at < control->name_count; at++) *sum += weighed(rfa_name_at(r, control->names + at)->text);
    } else if (message->kind == RFA_UPDATE) {
        const rfa_update *update = rfa_update_at(r, message->at);
        *sum += weighed(update->event) + weighed(update->client_order_id) + weighed(update->replaced_by);
        if (update->report + 1 + update->leg_count > r->reports.count) return "a leg that is none";
        for (uint32_t at = 0; at <= update->leg_count; at++) {
            const char *fault = fault_of_report(&rfa_report_at(r, update->report + at)->report);
            if (fault != NULL) return fault;
        }
    }
    return NULL;
}

// Whether both ways found the same.
static bool same(rfa_reader *a, rfa_reader *b) {
    if (a->messages.count != b->messages.count || a->reports.count != b->reports.count || a->base.unknown != b->base.unknown)
        return false;
    for (uint32_t at = 0; at < a->messages.count; at++) {
        const rfa_message *left = rfa_message_at(a, at), *right = rfa_message_at(b, at);
        size_t bytes = left->kind == RFA_QUOTE ? sizeof(rf_quote) : left->kind == RFA_TICK ? sizeof(rf_tick) : 0;
        bytes = left->kind == RFA_BAR || left->kind == RFA_UPDATED_BAR ? sizeof(rf_bar) : bytes;
        if (left->kind != right->kind || memcmp(&left->cell, &right->cell, bytes)) return false;
        if (weighed(left->symbol) != weighed(right->symbol)) return false;
    }
    for (uint32_t at = 0; at < a->reports.count; at++) {
        const rfa_report *left = rfa_report_at(a, at), *right = rfa_report_at(b, at);
        if (memcmp(&left->report, &right->report, sizeof(rf_report) + left->head.extra)) return false;
    }
    return true;
}

static const char *check(rfa_reader *r, rfa_reader *patient, const char *frame, size_t length, size_t *sum) {
    bool is_sound = read(r, frame, length, false), other = read(patient, frame, length, true);
    if (is_sound != other) return "the two ways differ in whether it is sound";
    if (!is_sound) return r->base.offset > length || r->base.reason == NULL ? "an error without its place" : NULL;
    if (!same(r, patient)) return "the two ways differ in what it says";
    for (uint32_t at = 0; at < r->messages.count; at++)
        if (const char *fault = fault_of(r, rfa_message_at(r, at), sum)) return fault;
    return NULL;
}

extern "C" const char *fuzz_check(const char *bytes, size_t length) {
    static rfa_reader reader, patient;
    static size_t sum; // kept, so that no read for it is left out
    if (reader.base.json == NULL) {
        reader.base.json = rfv_json_new();
        patient.base.json = rfv_json_new();
    }
    return check(&reader, &patient, bytes, length, &sum);
}

extern "C" size_t fuzz_seed(size_t number, const char **bytes) {
    if (number >= COUNT) return 0;
    *bytes = FRAMES[number].at;
    return FRAMES[number].length;
}
