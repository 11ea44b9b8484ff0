/* Instants of the wire: RFC 3339 texts and MessagePack's timestamp extension, as nanoseconds since 1970 UTC. */
#ifndef REGIMEFLOW_INSTANTS_H
#define REGIMEFLOW_INSTANTS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RFI_SECOND_NS 1000000000LL

/* Days from 1970-01-01 to a date of the Gregorian calendar (Hinnant, chrono-compatible low-level date algorithms). */
static inline int64_t rfi_days(int64_t year, unsigned month, unsigned day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    unsigned of_era = (unsigned)(year - era * 400);
    unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + (int64_t)(of_era * 365 + of_era / 4 - of_era / 100 + of_year) - 719468;
}

/* Two digits; *bad is set where they are none. */
static inline unsigned rfi_two(const char *at, unsigned *bad) {
    unsigned tens = (unsigned)(unsigned char)at[0] - '0', ones = (unsigned)(unsigned char)at[1] - '0';
    *bad |= (unsigned)(tens > 9) | (unsigned)(ones > 9);
    return tens * 10 + ones;
}

static inline unsigned rfi_days_in(unsigned year, unsigned month) {
    static const uint8_t days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : days[month];
}

/* What follows the seconds: "Z", "-04:00"; their seconds east of UTC. 0: neither. */
static inline int rfi_offset(const char *at, size_t length, int64_t *east_s) {
    unsigned bad = 0;
    *east_s = 0;
    if (length == 1) return (*at | 32) == 'z';
    if (length != 6 || (*at != '+' && *at != '-') || at[3] != ':') return 0;
    unsigned hours = rfi_two(at + 1, &bad), minutes = rfi_two(at + 4, &bad);
    *east_s = (int64_t)(hours * 3600 + minutes * 60) * (*at == '-' ? -1 : 1);
    return !bad && hours < 24 && minutes < 60;
}

/* Seconds and nanoseconds as nanoseconds. 0: before 1970, or beyond 64 bits. */
static inline int rfi_join(int64_t seconds, int64_t fraction_ns, int64_t *ns) {
    return seconds >= 0 && fraction_ns < RFI_SECOND_NS && !__builtin_mul_overflow(seconds, RFI_SECOND_NS, ns) &&
           !__builtin_add_overflow(*ns, fraction_ns, ns);
}

/* The minute of the last instant that was read: most share it with the one before. */
typedef struct rfi_minute {
    char text[16]; /* "2026-11-23T02:05", or zeros */
    int64_t start_s;
} rfi_minute;

/* "2026-11-23T02:05" as seconds since 1970. 0: it is no minute. */
static inline int rfi_parse_minute(const char *text, int64_t *start_s) {
    unsigned bad = 0;
    unsigned year = rfi_two(text, &bad) * 100 + rfi_two(text + 2, &bad);
    unsigned month = rfi_two(text + 5, &bad), day = rfi_two(text + 8, &bad), hour = rfi_two(text + 11, &bad);
    unsigned minute = rfi_two(text + 14, &bad);
    if (bad || text[4] != '-' || text[7] != '-' || text[13] != ':') return 0;
    if ((text[10] | 32) != 't' && text[10] != ' ') return 0;
    if (month - 1 > 11 || day - 1 > 30 || hour > 23 || minute > 59) return 0;
    if (day > 28 && day > rfi_days_in(year, month)) return 0;
    *start_s = rfi_days(year, month, day) * 86400 + hour * 3600 + minute * 60;
    return 1;
}

/* Digits behind a point as nanoseconds; what is finer is dropped. What follows them, or NULL where there are none. */
static inline const char *rfi_fraction(const char *at, const char *end, int64_t *ns) {
    static const int64_t unit_ns[10] = {1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
    const char *start = at, *most = end - at < 9 ? end : at + 9;
    int64_t value = 0;
    unsigned digit;
    for (; at < most && (digit = (unsigned)(unsigned char)*at - '0') <= 9; at++) value = value * 10 + digit;
    *ns = value * unit_ns[at - start];
    if (at == start) return NULL;
    while (at < end && (unsigned)(unsigned char)*at - '0' <= 9) at++;
    return at;
}

/* RFC 3339 with any number of fraction digits. A leap second is the next one's first. 0: it is no instant, or none between 1970
 * and 2262. */
static inline int rfi_parse(const char *text, size_t length, rfi_minute *known, int64_t *ns) {
    unsigned bad = 0;
    if (length < 20 || text[4] != '-') return 0;
    if (memcmp(known->text, text, sizeof known->text) != 0) {
        if (!rfi_parse_minute(text, &known->start_s)) return memset(known, 0, sizeof *known), 0;
        memcpy(known->text, text, sizeof known->text);
    }
    unsigned second = rfi_two(text + 17, &bad);
    if (bad || second > 60 || text[16] != ':') return 0;
    const char *at = text + 19, *end = text + length;
    int64_t fraction_ns = 0, east_s;
    if (*at == '.' && (at = rfi_fraction(at + 1, end, &fraction_ns)) == NULL) return 0;
    if (at == end || !rfi_offset(at, (size_t)(end - at), &east_s)) return 0;
    return rfi_join(known->start_s + second - east_s, fraction_ns, ns);
}

static inline uint64_t rfi_big_endian(const char *at, int bytes) {
    uint64_t value = 0;
    for (int one = 0; one < bytes; one++) value = value << 8 | (unsigned char)at[one];
    return value;
}

/* The payload of MessagePack's extension -1: 32, 64 or 96 bits. 0: it is none, or none between 1970 and 2262. */
static inline int rfi_unpack(const char *at, size_t length, int64_t *ns) {
    if (length == 4) return rfi_join((int64_t)rfi_big_endian(at, 4), 0, ns);
    if (length == 8) {
        uint64_t both = rfi_big_endian(at, 8);
        return rfi_join((int64_t)(both & 0x3FFFFFFFFu), (int64_t)(both >> 34), ns);
    }
    if (length != 12) return 0;
    return rfi_join((int64_t)rfi_big_endian(at + 4, 8), (int64_t)rfi_big_endian(at, 4), ns);
}

#endif
