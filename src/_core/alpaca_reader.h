/* What Alpaca's frames say, before it is messages: a frame may hold many, so all of it is read into lists first.
 *
 * Texts point into the scratch (or into the JSON parser's own) and live until the next frame. Plain C: what Cython sees.
 */
#ifndef REGIMEFLOW_ALPACA_READER_H
#define REGIMEFLOW_ALPACA_READER_H

#include "frames.h"

/* What a message turned out to be; the first four share their numbers with enum rf_kind and the kinds that are remembered. */
enum rfa_kind {
    RFA_OTHER = 0, /* sound, and for nobody */
    RFA_QUOTE = RF_QUOTE,
    RFA_TICK = RF_TICK,
    RFA_BAR = RF_BAR,
    RFA_UPDATED_BAR = 4,
    RFA_STATUS = 5,
    RFA_UPDATE = 6,
    RFA_CONTROL = 7,
    RFA_BROKEN = 8, /* counted for whole frames */
    RFA_KIND_COUNT = 9
};

typedef struct rfa_message {
    int kind;
    uint32_t at; /* a status, an update, a control message: which */
    rfv_text symbol;
    rf_cell cell; /* a quote, a tick, a bar */
} rfa_message;

typedef struct rfa_status {
    rfv_text code, message, reason_code, reason, tape;
    int64_t ts_event_ns;
} rfa_status;

enum rfa_control_kind { RFA_SUCCESS, RFA_ERROR, RFA_SUBSCRIPTION, RFA_LISTENING, RFA_AUTHORIZATION, RFA_ELSE };

typedef struct rfa_control {
    int kind;
    uint32_t names, name_count; /* of its channels */
    int64_t code;
    rfv_text text, status, action;
    const char *of; /* "T" or "stream" where the text is such a word, else "" */
} rfa_control;

/* A channel, then what is subscribed of it. */
typedef struct rfa_name {
    rfv_text text;
    int is_channel;
} rfa_name;

/* An execution report, the venue's words behind it, without symbol and time of arrival. */
typedef struct rfa_report {
    rfv_text symbol;
    rfv_text order_id;
    union {
        rf_header head;
        rf_report report;
        unsigned char bytes[sizeof(rf_report) + RF_MAX_TEXT];
    };
} rfa_report;

typedef struct rfa_update {
    uint32_t report, leg_count; /* the report; those of the legs follow it */
    rfv_text event, status, execution_id, event_id, client_order_id, order_class, replaces, replaced_by;
    rfv_text group_id, group_role, asset_class;
    rf_decimal position_qty, notional, trail_price, trail_percent; /* RF_NULL: not given */
    int64_t at_ns, updated_ns;
} rfa_update;

typedef struct rfa_list {
    void *rows;
    uint32_t count, room;
} rfa_list;

typedef struct rfa_reader {
    rfv_reader base;
    rfa_list messages, statuses, updates, reports, controls, names; /* of rfa_message, rfa_status, ... */
} rfa_reader;

/* One more row of so many bytes; NULL: no memory. Rows move when a list grows. */
static inline void *rfa_more(rfa_list *list, size_t bytes) {
    if (list->count == list->room) {
        uint32_t room = list->room ? list->room * 2 : 8;
        void *rows = realloc(list->rows, room * bytes);
        if (rows == NULL) return NULL;
        list->rows = rows;
        list->room = room;
    }
    return (char *)list->rows + list->count++ * bytes;
}

static inline void rfa_clear(rfa_reader *r) {
    r->messages.count = r->statuses.count = r->updates.count = r->reports.count = r->controls.count = r->names.count = 0;
    r->base.unknown = 0;
    r->base.kind = RFV_OTHER;
}

static inline void rfa_free(rfa_reader *r) {
    free(r->messages.rows);
    free(r->statuses.rows);
    free(r->updates.rows);
    free(r->reports.rows);
    free(r->controls.rows);
    free(r->names.rows);
    rfv_free(&r->base);
}

static inline rfa_message *rfa_message_at(rfa_reader *r, uint32_t at) { return (rfa_message *)r->messages.rows + at; }
static inline rfa_status *rfa_status_at(rfa_reader *r, uint32_t at) { return (rfa_status *)r->statuses.rows + at; }
static inline rfa_update *rfa_update_at(rfa_reader *r, uint32_t at) { return (rfa_update *)r->updates.rows + at; }
static inline rfa_report *rfa_report_at(rfa_reader *r, uint32_t at) { return (rfa_report *)r->reports.rows + at; }
static inline rfa_control *rfa_control_at(rfa_reader *r, uint32_t at) { return (rfa_control *)r->controls.rows + at; }
static inline rfa_name *rfa_name_at(rfa_reader *r, uint32_t at) { return (rfa_name *)r->names.rows + at; }

#ifdef __cplusplus
extern "C" {
#endif
/* Read the frame in the scratch, JSON or MessagePack by what it begins with. 0: broken, and the reader says how. */
int rfa_read(rfa_reader *r);
/* The same, and never the short way. */
int rfa_read_patiently(rfa_reader *r);
#ifdef __cplusplus
}
#endif

/* Read a frame. 0: broken. */
static inline int rfa_take(rfa_reader *r, const char *frame, size_t length, int is_patient) {
    rfa_clear(r);
    if (rfv_take(&r->base, frame, length)) return is_patient ? rfa_read_patiently(r) : rfa_read(r);
    r->base.length = 0;
    rfv_broken(&r->base, NULL, "", "does not fit in memory");
    return 0;
}

#endif
