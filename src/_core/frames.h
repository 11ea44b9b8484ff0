/* What a venue's frame says, before it is a message: the reader that a connection keeps, and where parsers put what they find.
 *
 * A frame is copied into the reader's scratch, with zeros behind it, so that a parser may look ahead without counting bytes.
 * Texts point into that scratch (or into the JSON parser's own) and live until the next frame.
 */
#ifndef REGIMEFLOW_FRAMES_H
#define REGIMEFLOW_FRAMES_H

#include <stdlib.h>
#include <string.h>

#include "decimals.h"
#include "instants.h"
#include "layout.h"

#define RFV_PADDING 64    /* bytes behind a frame that simdjson may read */
#define RFV_UNKNOWN 4     /* unheard-of words of one frame that are remembered */
#define RFV_WORD_BYTES 40 /* of each */

/* What a frame turned out to be; the first five are as enum rf_kind. */
enum rfv_kind {
    RFV_OTHER = 0, /* sound, and not for us */
    RFV_QUOTE = RF_QUOTE,
    RFV_TICK = RF_TICK,
    RFV_BAR = RF_BAR,
    RFV_BOOK = RF_BOOK, /* all of a book, or its best levels */
    RFV_REPORT = RF_REPORT,
    RFV_OPEN_BAR = 6, /* of a bar that has not closed */
    RFV_DIFF = 7,     /* what changed in a book */
    RFV_BALANCES = 8,
    RFV_BROKEN = 9,
    RFV_KIND_COUNT = 10
};

typedef struct rfv_text {
    const char *at;
    size_t length;
} rfv_text;

typedef struct rfv_side {
    rf_decimal *numbers; /* price, quantity, price, ...: best first, as the venue has them */
    size_t count, room;  /* levels */
} rfv_side;

typedef struct rfv_balances {
    rf_balance *rows;
    size_t count, room;
} rfv_balances;

typedef union rfv_record {
    rf_header head;
    rf_quote quote;
    rf_tick tick;
    rf_bar bar;
    rf_book book;
    rf_report report;
    unsigned char bytes[sizeof(rf_report) + RF_MAX_TEXT];
} rfv_record;

typedef struct rfv_reader {
    char *scratch;
    size_t room, length;
    void *json; /* the JSON parser's */
    int kind;
    rfv_text symbol; /* as the venue writes it */
    rfv_text stream; /* of a wrapped frame */
    int is_aggregate; /* whether a tick stands for several trades */
    rfv_record record; /* without symbol and time of arrival */
    int64_t first_id, last_id, event_ns; /* of a diff or a book */
    rfv_side bids, asks;
    rfv_balances balances;
    const char *reason; /* what is wrong with a broken frame; static text */
    char field[24];     /* in which field; "" where it is none */
    size_t offset;      /* byte in the frame */
    rfi_minute minute;  /* of the last instant in a text */
    int unknown;        /* words that nobody here knows: "x=FOO" */
    char words[RFV_UNKNOWN][RFV_WORD_BYTES];
} rfv_reader;

/* Copy a frame into the scratch. 0: no memory. */
static inline int rfv_take(rfv_reader *r, const char *frame, size_t length) {
    if (length + RFV_PADDING > r->room) {
        size_t room = length + length / 2 + 4096;
        char *scratch = (char *)realloc(r->scratch, room);
        if (scratch == NULL) return 0;
        r->scratch = scratch;
        r->room = room;
    }
    memcpy(r->scratch, frame, length);
    memset(r->scratch + length, 0, RFV_PADDING);
    r->length = length;
    return 1;
}

/* Room for one more level; 0: no memory. */
static inline int rfv_more(rfv_side *side) {
    if (side->count < side->room) return 1;
    size_t room = side->room ? side->room * 2 : 64;
    rf_decimal *numbers = (rf_decimal *)realloc(side->numbers, room * 2 * sizeof(rf_decimal));
    if (numbers == NULL) return 0;
    side->numbers = numbers;
    side->room = room;
    return 1;
}

/* Keep a balance; 0: no memory. */
static inline int rfv_put_balance(rfv_balances *balances, const rf_balance *row) {
    if (balances->count == balances->room) {
        size_t room = balances->room ? balances->room * 2 : 16;
        rf_balance *rows = (rf_balance *)realloc(balances->rows, room * sizeof(rf_balance));
        if (rows == NULL) return 0;
        balances->rows = rows;
        balances->room = room;
    }
    balances->rows[balances->count++] = *row;
    return 1;
}

/* Remember a word that nobody here knows: name=text. */
static inline void rfv_unheard(rfv_reader *r, const char *name, rfv_text text) {
    if (r->unknown == RFV_UNKNOWN) return;
    char *word = r->words[r->unknown++];
    size_t length = strlen(name);
    size_t rest = RFV_WORD_BYTES - 2 - length;
    memset(word, 0, RFV_WORD_BYTES);
    memcpy(word, name, length);
    word[length] = '=';
    memcpy(word + length + 1, text.at, text.length < rest ? text.length : rest);
}

static inline int rfv_broken(rfv_reader *r, const char *at, const char *field, const char *reason) {
    r->offset = at >= r->scratch && at <= r->scratch + r->length ? (size_t)(at - r->scratch) : 0;
    memset(r->field, 0, sizeof r->field);
    strncpy(r->field, field, sizeof r->field - 1);
    r->reason = reason;
    return r->kind = RFV_BROKEN;
}

static inline const char *rfv_number_fault(int fault) {
    if (fault == RF_NUMBER_TOO_LARGE) return "is beyond 64 bits";
    if (fault == RF_NUMBER_TOO_PRECISE) return "has more digits than fit in 64 bits";
    return "is no decimal number";
}

/* A time of the wire, milliseconds or microseconds, as nanoseconds. 0: below zero, or beyond 64 bits. */
static inline int rfv_time(int64_t stamp, int64_t *ns) {
    /* 10^14 is 1973 in microseconds and 5138 in milliseconds */
    return stamp >= 0 && !__builtin_mul_overflow(stamp, stamp >= 100000000000000LL ? 1000 : 1000000, ns);
}

/* Eight digits at once: the classic multiply-and-shift on a little-endian word. Precondition: eight bytes are readable. */
static inline int rfv_eight(const char *at, uint64_t *value) {
    uint64_t word;
    memcpy(&word, at, 8);
    if (((word & 0xF0F0F0F0F0F0F0F0u) | (((word + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) >> 4)) != 0x3333333333333333u)
        return 0;
    word = (word & 0x0F0F0F0F0F0F0F0Fu) * 2561 >> 8;
    word = (word & 0x00FF00FF00FF00FFu) * 6553601 >> 16;
    *value = (word & 0x0000FFFF0000FFFFu) * 42949672960001u >> 32;
    return 1;
}

/* digits [. digits] up to a quote, 18 digits at most; the place of the quote, or NULL for anything else, to be read with more
 * patience. Precondition: the text ends in a byte that is no digit. */
static inline const char *rfv_plain_number(const char *at, rf_decimal *out) {
    const char *start = at;
    uint64_t magnitude = 0, eight;
    unsigned digit;
    while ((digit = (unsigned)(unsigned char)*at - '0') <= 9) {
        magnitude = magnitude * 10 + digit;
        at++;
    }
    ptrdiff_t digits = at - start, places = 0;
    if (*at == '.') {
        start = ++at;
        if (rfv_eight(at, &eight)) {
            magnitude = magnitude * 100000000u + eight;
            at += 8;
        }
        while ((digit = (unsigned)(unsigned char)*at - '0') <= 9) {
            magnitude = magnitude * 10 + digit;
            at++;
        }
        places = at - start;
    }
    digits += places;
    if (*at != '"' || digits == places || digits > 18) return NULL; /* no digit before the point: less plain */
    out->mantissa = (int64_t)magnitude;
    out->exp = (int8_t)-places;
    return at;
}

/* An integer of at most 18 digits, without sign or leading zeros; what follows it, or NULL. */
static inline const char *rfv_plain_int(const char *at, int64_t *out) {
    const char *start = at;
    uint64_t value = 0, eight;
    unsigned digit;
    while (at - start < 16 && rfv_eight(at, &eight)) {
        value = value * 100000000u + eight;
        at += 8;
    }
    while ((digit = (unsigned)(unsigned char)*at - '0') <= 9) {
        value = value * 10 + digit;
        at++;
    }
    if (at == start || at - start > 18 || (*start == '0' && at - start > 1)) return NULL;
    *out = (int64_t)value;
    return at;
}

/* Printable ASCII without escapes up to a quote, 63 bytes at most; the place of the quote, or NULL. */
static inline const char *rfv_plain_text(const char *at, rfv_text *out) {
    const char *start = at;
    while (*at >= ' ' && *at < 127 && *at != '"' && *at != '\\') at++;
    if (*at != '"' || at - start > 63) return NULL;
    out->at = start;
    out->length = (size_t)(at - start);
    return at;
}

static inline void rfv_free(rfv_reader *r) {
    free(r->scratch);
    free(r->bids.numbers);
    free(r->asks.numbers);
    free(r->balances.rows);
}

#ifdef __cplusplus
extern "C" {
#endif
/* The JSON parser of a reader; NULL: no memory. */
void *rfv_json_new(void);
void rfv_json_free(void *json);
/* Read the frame in the scratch, whatever the order of its keys; returns the kind. */
int rfv_binance_json(rfv_reader *r);
#ifdef __cplusplus
}
#endif

#endif
