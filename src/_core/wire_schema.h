/* The blocks of regimeflow-live.xml, as C: one list per message makes the packed struct, its table of fields and its nulls.
 * tests/wire/test_schema.py holds the lists and the schema file together.
 *
 * F(type, name, presence): RFW_NEED is in every version, so a shorter block is no such message; what an older block lacks is
 * RFW_OPT ("not given") or RFW_ZERO.
 */
#ifndef REGIMEFLOW_WIRE_SCHEMA_H
#define REGIMEFLOW_WIRE_SCHEMA_H

#include <stddef.h>
#include <string.h>

#include "layout.h"

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the wire format is little-endian, and so must the machine be"
#endif

#define RFW_SCHEMA_ID 21062 /* "RF" */
#define RFW_VERSION 3
#define RFW_FIRST_VERSION 1 /* of all that has nothing which came later: its bytes are what they ever were */
#define RFW_HEAD_BYTES 8

typedef int64_t rfw_i64;
typedef uint64_t rfw_u64;
typedef uint32_t rfw_u32;
typedef uint16_t rfw_u16;
typedef uint8_t rfw_u8;
typedef int8_t rfw_i8;
typedef double rfw_f64;

enum rfw_type { RFW_i64 = 0, RFW_u64 = 1, RFW_u32 = 2, RFW_u16 = 3, RFW_u8 = 4, RFW_i8 = 5, RFW_f64 = 6 };
enum rfw_presence { RFW_NEED = 0, RFW_OPT = 1, RFW_ZERO = 2 };

/* A message's text fields: at most 65,535 bytes of UTF-8, or a blob of any bytes. */
enum rfw_var { RFW_TEXT = 2, RFW_BLOB = 4 };

typedef struct __attribute__((packed)) rfw_head {
    uint16_t block_length, template_id, schema_id, version;
} rfw_head;

typedef struct __attribute__((packed)) rfw_group {
    uint16_t block_length, count;
} rfw_group;

typedef struct __attribute__((packed)) rfw_level {
    int64_t px, qty;
} rfw_level;

typedef struct __attribute__((packed)) rfw_balance {
    int64_t free, locked;
    int8_t exp;
} rfw_balance;

/* As rf_header has them: 24 bytes, then four small ones. */
#define RFW_STAMPS(F, SIDE)                                                                                            \
    F(i64, seq, NEED) F(i64, tsEventNs, NEED) F(i64, tsRecvNs, NEED)                                                   \
    F(i8, pxExp, NEED) F(i8, qtyExp, NEED) F(u8, flags, NEED) F(u8, SIDE, NEED)

#define RFW_QUOTE_FIELDS(F)                                                                                            \
    RFW_STAMPS(F, side)                                                                                                \
    F(i64, bidPx, NEED) F(i64, bidQty, NEED) F(i64, askPx, NEED) F(i64, askQty, NEED) F(i64, updateId, ZERO)
#define RFW_TICK_FIELDS(F) RFW_STAMPS(F, side) F(i64, lastPx, NEED) F(i64, lastQty, NEED) F(i64, tradeId, ZERO)
#define RFW_BAR_FIELDS(F)                                                                                              \
    RFW_STAMPS(F, side)                                                                                                \
    F(i64, openPx, NEED) F(i64, highPx, NEED) F(i64, lowPx, NEED) F(i64, closePx, NEED) F(i64, volumeQty, NEED)        \
    F(i64, intervalNs, NEED) F(i64, vwapPx, OPT) F(u32, tradeCount, ZERO)
#define RFW_BOOK_FIELDS(F) RFW_STAMPS(F, side) F(i64, updateId, ZERO)
#define RFW_REPORT_FIELDS(F)                                                                                           \
    RFW_STAMPS(F, side)                                                                                                \
    F(u8, execType, NEED) F(u8, ordStatus, NEED) F(u8, ordType, ZERO) F(u8, timeInForce, ZERO) F(u8, liquidity, ZERO)  \
    F(u8, ordRejReason, ZERO) F(i8, avgPxExp, ZERO) F(i8, commissionExp, ZERO) F(i64, orderId, ZERO)                   \
    F(i64, orderQty, OPT) F(i64, cumQty, OPT) F(i64, leavesQty, OPT) F(i64, lastQty, OPT) F(i64, lastPx, OPT)     \
    F(i64, limitPx, OPT) F(i64, stopPx, OPT) F(i64, avgPx, OPT) F(i64, commission, OPT)
#define RFW_POSITION_FIELDS(F) RFW_STAMPS(F, side) F(i64, qty, NEED) F(i64, avgPx, OPT) F(i64, marketPx, OPT)
#define RFW_ACCOUNT_FIELDS(F)                                                                                          \
    RFW_STAMPS(F, side) F(i64, equity, NEED) F(i64, cash, NEED) F(i64, buyingPower, NEED)
#define RFW_SYSTEM_FIELDS(F) RFW_STAMPS(F, level) F(i64, code, NEED) F(i64, value, ZERO)

/* Of the journal alone. */
#define RFW_SEGMENT_END_FIELDS(F) F(u64, nextSegment, NEED) F(u64, tornBytes, NEED)
#define RFW_SESSION_START_FIELDS(F) F(i64, nowNs, NEED) F(u64, seed, NEED)
#define RFW_TIMER_FIRED_FIELDS(F) F(u64, timerId, NEED) F(i64, nowNs, NEED)
#define RFW_ANSWER_FIELDS(F) F(u64, askId, NEED) F(i64, nowNs, NEED) F(u8, flags, NEED) F(u16, kind, NEED)
#define RFW_CALL_FIELDS(F) F(i64, nowNs, NEED)
#define RFW_COMMAND_FIELDS(F)                                                                                          \
    F(i64, nowNs, NEED) F(u8, kind, NEED) F(i64, orderId, NEED) F(u8, side, ZERO) F(u8, ordType, ZERO)                 \
    F(u8, timeInForce, ZERO) F(i64, qty, OPT) F(i8, qtyExp, ZERO) F(i64, limitPx, OPT) F(i64, stopPx, OPT)          \
    F(i8, pxExp, ZERO) F(i64, expireTimeNs, ZERO)
#define RFW_ORDER_EVENT_FIELDS(F) F(i64, nowNs, NEED) F(i64, orderId, NEED) F(u8, event, NEED)
#define RFW_ADOPTED_FIELDS(F)                                                                                          \
    F(i64, nowNs, NEED) F(i64, orderId, NEED) F(i64, baseQty, NEED) F(u64, baseNotionalLow, NEED)                      \
    F(i64, baseNotionalHigh, NEED)
#define RFW_SNAPSHOT_FIELDS(F) F(i64, nowNs, NEED) F(i64, seq, NEED)
#define RFW_NOTE_FIELDS(F) F(i64, nowNs, NEED) F(u16, code, NEED)

#define RFW_REGIME_CHANGE_FIELDS(F)                                                                                    \
    F(i64, nowNs, NEED) F(i64, tsEventNs, NEED)                                                                        \
    F(u8, before, NEED) F(f64, beforeConfidence, NEED) F(i64, beforeSinceNs, NEED)                                     \
    F(u8, after, NEED) F(f64, afterConfidence, NEED) F(i64, afterSinceNs, NEED)

#define RFW_NO_VARS(V)
#define RFW_PLAIN_VARS(V) V(TEXT, symbol) V(TEXT, origin)
#define RFW_REPORT_VARS(V)                                                                                             \
    RFW_PLAIN_VARS(V)                                                                                                  \
    V(TEXT, clientOrderId) V(TEXT, brokerOrderId) V(TEXT, execId) V(TEXT, execRefId) V(TEXT, commissionCurrency)       \
    V(TEXT, text)
#define RFW_ACCOUNT_VARS(V) RFW_PLAIN_VARS(V) V(TEXT, currency)
#define RFW_SYSTEM_VARS(V) RFW_PLAIN_VARS(V) V(TEXT, text)
#define RFW_SESSION_START_VARS(V) V(TEXT, bootNonce) V(BLOB, info)
#define RFW_ANSWER_VARS(V) V(BLOB, payload)
#define RFW_CALL_VARS(V) V(TEXT, name) V(BLOB, arguments)
#define RFW_COMMAND_VARS(V)                                                                                            \
    V(TEXT, symbol) V(TEXT, clientOrderId) V(TEXT, brokerOrderId) V(TEXT, strategy) V(TEXT, text)
#define RFW_TEXT_VARS(V) V(TEXT, text)
#define RFW_ADOPTED_VARS(V) V(TEXT, strategy) V(BLOB, report)
#define RFW_SNAPSHOT_VARS(V) V(TEXT, fileName)
#define RFW_NOTE_VARS(V) V(BLOB, body)
#define RFW_REGIME_CHANGE_VARS(V) V(TEXT, symbol) V(TEXT, beforeName) V(TEXT, afterName) V(TEXT, model)

/* M(id, name of the struct, name in the schema, fields, variable part). A record's template is its kind. */
#define RFW_MESSAGES(M)                                                                                                \
    M(1, quote, Quote, RFW_QUOTE_FIELDS, RFW_PLAIN_VARS)                                                               \
    M(2, tick, Tick, RFW_TICK_FIELDS, RFW_PLAIN_VARS)                                                                  \
    M(3, bar, Bar, RFW_BAR_FIELDS, RFW_PLAIN_VARS)                                                                     \
    M(4, book, OrderBook, RFW_BOOK_FIELDS, RFW_PLAIN_VARS)                                                             \
    M(5, report, ExecutionReport, RFW_REPORT_FIELDS, RFW_REPORT_VARS)                                                  \
    M(6, position, Position, RFW_POSITION_FIELDS, RFW_PLAIN_VARS)                                                      \
    M(7, account, AccountInfo, RFW_ACCOUNT_FIELDS, RFW_ACCOUNT_VARS)                                                   \
    M(8, system, SystemMessage, RFW_SYSTEM_FIELDS, RFW_SYSTEM_VARS)                                                    \
    M(100, segment_end, SegmentEnd, RFW_SEGMENT_END_FIELDS, RFW_NO_VARS)                                               \
    M(101, session_start, SessionStart, RFW_SESSION_START_FIELDS, RFW_SESSION_START_VARS)                              \
    M(102, timer_fired, TimerFired, RFW_TIMER_FIRED_FIELDS, RFW_NO_VARS)                                               \
    M(103, answer, Answer, RFW_ANSWER_FIELDS, RFW_ANSWER_VARS)                                                         \
    M(104, call, Call, RFW_CALL_FIELDS, RFW_CALL_VARS)                                                                 \
    M(105, command, Command, RFW_COMMAND_FIELDS, RFW_COMMAND_VARS)                                                     \
    M(106, order_event, OrderEvent, RFW_ORDER_EVENT_FIELDS, RFW_TEXT_VARS)                                             \
    M(107, adopted, Adopted, RFW_ADOPTED_FIELDS, RFW_ADOPTED_VARS)                                                     \
    M(108, snapshot, Snapshot, RFW_SNAPSHOT_FIELDS, RFW_SNAPSHOT_VARS)                                                 \
    M(109, note, Note, RFW_NOTE_FIELDS, RFW_NOTE_VARS)                                                                 \
    M(110, regime_change, RegimeChange, RFW_REGIME_CHANGE_FIELDS, RFW_REGIME_CHANGE_VARS)

#define RFW_SEGMENT_END 100
#define RFW_COMMAND 105
#define RFW_FIRST_OF_VERSION_3 110 /* this template and those behind it */
#define RFW_MOST_VARS 8 /* that a message has */

#define RFW_MEMBER(type, name, presence) rfw_##type name;
#define RFW_STRUCT(id, own, full, fields, vars)                                                                        \
    typedef struct __attribute__((packed)) rfw_##own {                                                                 \
        fields(RFW_MEMBER)                                                                                             \
    } rfw_##own;
RFW_MESSAGES(RFW_STRUCT)

/* Packed, so that a field lies where those before it end. */
#define RFW_SIZE(type, name, presence) +sizeof(rfw_##type)
#define RFW_CHECK(id, own, full, fields, vars)                                                                         \
    _Static_assert(sizeof(rfw_##own) == 0 fields(RFW_SIZE), "a block has no holes");                                   \
    _Static_assert(0 vars(RFW_ONE) <= RFW_MOST_VARS, "too many texts");
#define RFW_ONE(type, name) +1
RFW_MESSAGES(RFW_CHECK)

typedef struct rfw_field {
    const char *name;
    uint8_t type, presence;
} rfw_field;

typedef struct rfw_variable {
    const char *name;
    uint8_t type;
} rfw_variable;

/* A text or a blob somewhere. */
typedef struct rfw_span {
    const char *bytes;
    ptrdiff_t length;
} rfw_span;

typedef struct rfw_message {
    uint16_t id, block_length;
    uint8_t n_fields, n_vars;
    const char *name;
    const rfw_field *fields;
    const rfw_variable *vars;
} rfw_message;

static const uint8_t RFW_WIDTHS[] = {8, 8, 4, 2, 1, 1, 8};

#define RFW_FIELD(type, name, presence) {#name, RFW_##type, RFW_##presence},
#define RFW_VAR(type, name) {#name, RFW_##type},
#define RFW_LISTS(id, own, full, fields, vars)                                                                         \
    static const rfw_field rfw_##own##_fields[] = {fields(RFW_FIELD){NULL, 0, 0}};                                     \
    static const rfw_variable rfw_##own##_vars[] = {vars(RFW_VAR){NULL, 0}};
RFW_MESSAGES(RFW_LISTS)

#define RFW_ENTRY(id, own, full, fields, vars)                                                                         \
    {id, sizeof(rfw_##own), sizeof(rfw_##own##_fields) / sizeof(rfw_field) - 1,                                        \
     sizeof(rfw_##own##_vars) / sizeof(rfw_variable) - 1, #full, rfw_##own##_fields, rfw_##own##_vars},
static const rfw_message RFW_TABLE[] = {RFW_MESSAGES(RFW_ENTRY)};
#define RFW_TABLE_SIZE ((int)(sizeof(RFW_TABLE) / sizeof(RFW_TABLE[0])))

/* NULL: a template that this version does not know. */
static inline const rfw_message *rfw_message_of(uint16_t id) {
    if (id >= RF_QUOTE && id <= RF_SYSTEM)
        return &RFW_TABLE[id - RF_QUOTE];
    if (id >= RFW_SEGMENT_END && id < RFW_SEGMENT_END + RFW_TABLE_SIZE - RF_SYSTEM)
        return &RFW_TABLE[id - RFW_SEGMENT_END + RF_SYSTEM];
    return NULL;
}

/* The bytes that a block has in every version. */
static inline uint16_t rfw_needed(const rfw_message *message) {
    uint16_t at = 0, needed = 0;
    for (int i = 0; i < message->n_fields; i++) {
        at += RFW_WIDTHS[message->fields[i].type];
        if (message->fields[i].presence == RFW_NEED)
            needed = at;
    }
    return needed;
}

/* Fill a block with what stands for fields that are not there: SBE's nulls, or zero. */
static inline void rfw_fill(const rfw_message *message, char *block) {
    static const uint64_t nulls[] = {0x8000000000000000u, UINT64_MAX, UINT32_MAX, UINT16_MAX,
                                     UINT8_MAX, 0x80, 0x7FF8000000000000u /* NaN */};
    memset(block, 0, message->block_length);
    for (int i = 0; i < message->n_fields; i++) {
        const rfw_field *field = &message->fields[i];
        if (field->presence == RFW_OPT)
            memcpy(block, &nulls[field->type], RFW_WIDTHS[field->type]);
        block += RFW_WIDTHS[field->type];
    }
}

/* Copy the fields that lie wholly in so many bytes, over their nulls. */
static inline void rfw_copy_older(const rfw_message *message, char *block, const char *bytes, uint16_t length) {
    uint16_t at = 0;
    for (int i = 0; i < message->n_fields; i++) {
        uint8_t width = RFW_WIDTHS[message->fields[i].type];
        if (at + width > length)
            return;
        memcpy(block + at, bytes + at, width);
        at += width;
    }
}

/* Copy a text; short ones by two pieces that overlap, because a call for each costs as much as the rest. */
static inline void rfw_copy_text(char *room, const char *bytes, uint32_t length) {
    if (length > 32) {
        memcpy(room, bytes, length);
    } else if (length >= 16) {
        memcpy(room, bytes, 16);
        memcpy(room + length - 16, bytes + length - 16, 16);
    } else if (length >= 8) {
        memcpy(room, bytes, 8);
        memcpy(room + length - 8, bytes + length - 8, 8);
    } else if (length >= 4) {
        memcpy(room, bytes, 4);
        memcpy(room + length - 4, bytes + length - 4, 4);
    } else if (length) {
        room[0] = bytes[0];
        room[length / 2] = bytes[length / 2];
        room[length - 1] = bytes[length - 1];
    }
}

#endif
