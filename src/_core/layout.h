/* The record layout: what a message is in a ring, in a batch and in a journal frame.
 *
 * A record is one to 255 cells of 128 bytes, contiguous, starting with rf_header. Prices and quantities are exact
 * decimals: an int64 mantissa and the exponent of the record (value = mantissa * 10^exp, -18 <= exp <= 0).
 * A mantissa of RF_NULL means "not given". Text is UTF-8, inline, with its length beside it, no terminator.
 */
#ifndef REGIMEFLOW_LAYOUT_H
#define REGIMEFLOW_LAYOUT_H

#include <stdint.h>

#ifdef __cplusplus
#define _Static_assert static_assert
#endif

#define RF_CELL_BYTES 128
#define RF_MAX_CELLS 255
#define RF_NULL INT64_MIN
#define RF_BOOK_LEVELS 10
#define RF_MAX_TEXT 1024 /* bytes of free text in a report or a system message */

/* Kinds of record. The topic follows from the kind: rf_topic_of(). */
enum rf_kind {
    RF_PAD = 0, /* fills the end of a ring so that the next record is contiguous */
    RF_QUOTE = 1,
    RF_TICK = 2,
    RF_BAR = 3,
    RF_BOOK = 4,
    RF_REPORT = 5,
    RF_POSITION = 6,
    RF_ACCOUNT = 7,
    RF_SYSTEM = 8,
    RF_KIND_COUNT = 9
};

/* Topics, as LiveTopic in types/enums.py. */
enum rf_topic {
    RF_MARKET_DATA = 0,
    RF_EXECUTION_REPORT = 1,
    RF_POSITION_UPDATE = 2,
    RF_ACCOUNT_UPDATE = 3,
    RF_SYSTEM_TOPIC = 4,
    RF_TOPIC_COUNT = 5
};

/* The vocabulary of types/enums.py; a test holds the two together. */
enum rf_side { RF_SIDE_NONE = 0, RF_SIDE_BUY = 1, RF_SIDE_SELL = 2, RF_SIDE_COUNT = 3 };

enum rf_ord_type {
    RF_ORD_NONE = 0,
    RF_ORD_MARKET = 1,
    RF_ORD_LIMIT = 2,
    RF_ORD_STOP = 3,
    RF_ORD_STOP_LIMIT = 4,
    RF_ORD_MARKET_ON_OPEN = 5,
    RF_ORD_MARKET_ON_CLOSE = 6,
    RF_ORD_LIMIT_ON_OPEN = 7,
    RF_ORD_LIMIT_ON_CLOSE = 8,
    RF_ORD_TRAILING_STOP = 9,
    RF_ORD_MARKET_IF_TOUCHED = 10,
    RF_ORD_LIMIT_IF_TOUCHED = 11,
    RF_ORD_TRAILING_STOP_LIMIT = 12,
    RF_ORD_COUNT = 13
};

enum rf_tif {
    RF_TIF_NONE = 0,
    RF_TIF_DAY = 1,
    RF_TIF_GTC = 2,
    RF_TIF_IOC = 3,
    RF_TIF_FOK = 4,
    RF_TIF_GTD = 5,
    RF_TIF_COUNT = 6
};

enum rf_status {
    RF_STATUS_PENDING_NEW = 0,
    RF_STATUS_NEW = 1,
    RF_STATUS_PARTIALLY_FILLED = 2,
    RF_STATUS_FILLED = 3,
    RF_STATUS_PENDING_CANCEL = 4,
    RF_STATUS_PENDING_REPLACE = 5,
    RF_STATUS_CANCELLED = 6,
    RF_STATUS_REJECTED = 7,
    RF_STATUS_EXPIRED = 8,
    RF_STATUS_INACTIVE = 9,
    RF_STATUS_ERROR = 10,
    RF_STATUS_COUNT = 11
};

enum rf_exec {
    RF_EXEC_NEW = 0,
    RF_EXEC_TRADE = 1,
    RF_EXEC_TRADE_CORRECT = 2,
    RF_EXEC_TRADE_CANCEL = 3,
    RF_EXEC_CANCELED = 4,
    RF_EXEC_REPLACED = 5,
    RF_EXEC_REJECTED = 6,
    RF_EXEC_EXPIRED = 7,
    RF_EXEC_PENDING_NEW = 8,
    RF_EXEC_PENDING_CANCEL = 9,
    RF_EXEC_PENDING_REPLACE = 10,
    RF_EXEC_SUSPENDED = 11,
    RF_EXEC_RESTATED = 12,
    RF_EXEC_DONE_FOR_DAY = 13,
    RF_EXEC_ORDER_STATUS = 14,
    RF_EXEC_CANCEL_REJECTED = 15,
    RF_EXEC_REPLACE_REJECTED = 16,
    RF_EXEC_UNKNOWN_OUTCOME = 17,
    RF_EXEC_COUNT = 18
};

enum rf_liquidity { RF_LIQUIDITY_NONE = 0, RF_LIQUIDITY_MAKER = 1, RF_LIQUIDITY_TAKER = 2, RF_LIQUIDITY_COUNT = 3 };

enum rf_reject {
    RF_REJECT_NONE = 0,
    RF_REJECT_OTHER = 1,
    RF_REJECT_UNKNOWN_SYMBOL = 2,
    RF_REJECT_EXCHANGE_CLOSED = 3,
    RF_REJECT_EXCEEDS_LIMIT = 4,
    RF_REJECT_INSUFFICIENT_FUNDS = 5,
    RF_REJECT_DUPLICATE_ORDER = 6,
    RF_REJECT_BAD_TICK = 7,
    RF_REJECT_BAD_LOT = 8,
    RF_REJECT_UNSUPPORTED = 9,
    RF_REJECT_NO_LIQUIDITY = 10,
    RF_REJECT_TOO_LATE_TO_CANCEL = 11,
    RF_REJECT_UNKNOWN_ORDER = 12,
    RF_REJECT_COUNT = 13
};

typedef struct rf_header {
    int64_t seq;         /* place in the one ordered stream; 0 until the drain gives it */
    int64_t ts_event_ns; /* the venue's clock, UTC; 0: the venue gave none */
    int64_t ts_recv_ns;  /* our clock, UTC */
    uint32_t symbol;     /* interned, symbols.pyx; 0: none */
    uint8_t kind;        /* enum rf_kind */
    int8_t px_exp;
    int8_t qty_exp;
    uint8_t n_cells; /* of the whole record */
    uint16_t origin; /* interned name of the host the record came from; 0: this one */
    uint8_t flags;   /* meaning by kind */
    uint8_t side;    /* enum Side where the kind has one */
    uint32_t extra;  /* meaning by kind */
} rf_header;         /* 40 bytes */

typedef struct rf_quote {
    rf_header head;
    int64_t bid_px, bid_qty, ask_px, ask_qty;
    int64_t update_id; /* the venue's; 0: none */
} rf_quote;            /* 80 bytes, 1 cell */

typedef struct rf_tick {
    rf_header head; /* side: the aggressor's */
    int64_t last_px, last_qty;
    int64_t trade_id; /* the venue's; 0: none */
} rf_tick;            /* 64 bytes, 1 cell */

typedef struct rf_bar {
    rf_header head; /* ts_event_ns: the end of the bar; extra: number of trades; flags bit 0: revises one */
    int64_t open_px, high_px, low_px, close_px, vwap_px;
    int64_t volume_qty;
    int64_t interval_ns;
} rf_bar; /* 96 bytes, 1 cell */

typedef struct rf_book {
    rf_header head; /* flags bit 0: snapshot; extra: bids | asks << 8, the levels that are filled */
    int64_t update_id;
    int64_t bid_px[RF_BOOK_LEVELS], bid_qty[RF_BOOK_LEVELS]; /* best first */
    int64_t ask_px[RF_BOOK_LEVELS], ask_qty[RF_BOOK_LEVELS];
    int64_t spare[2];
} rf_book; /* 384 bytes, 3 cells */

typedef struct rf_report {
    rf_header head; /* extra: bytes of text behind the fixed part */
    int64_t order_id; /* ours; 0: unknown to the adapter */
    int64_t order_qty, cum_qty, leaves_qty, last_qty;
    int64_t last_px, limit_px, stop_px;
    int64_t avg_px;     /* at avg_px_exp */
    int64_t commission; /* at commission_exp; positive is a cost */
    uint8_t exec_type, ord_status, ord_type, time_in_force;
    uint8_t liquidity;  /* enum Liquidity */
    uint8_t ord_rej_reason;
    int8_t avg_px_exp, commission_exp;
    uint8_t commission_currency_len, client_order_id_len, broker_order_id_len, exec_id_len;
    uint8_t exec_ref_id_len;
    uint8_t spare8[3];
    char commission_currency[16];
    char client_order_id[40];
    char broker_order_id[56];
    char exec_id[64];
    char exec_ref_id[64]; /* the execution that this one corrects or busts */
    uint8_t spare[8];
} rf_report; /* 384 bytes, 3 cells; text follows */

typedef struct rf_position {
    rf_header head;
    int64_t qty;       /* signed: short below zero */
    int64_t avg_px;    /* at px_exp */
    int64_t market_px; /* at px_exp */
    int64_t spare[8];
} rf_position; /* 128 bytes, 1 cell */

typedef struct rf_account {
    rf_header head; /* px_exp: of the three amounts; extra: number of balances behind the fixed part */
    int64_t equity, cash, buying_power;
    uint8_t currency_len;
    char currency[15];
    int64_t spare[6];
} rf_account; /* 128 bytes, 1 cell; rf_balance follow */

typedef struct rf_balance {
    int64_t free, locked; /* at exp */
    int8_t exp;
    uint8_t asset_len;
    char asset[14];
} rf_balance; /* 32 bytes */

typedef struct rf_system {
    rf_header head;  /* side: level (logging's, divided by ten); extra: bytes of text behind the fixed part */
    int64_t code;    /* enum SystemCode */
    int64_t value;   /* meaning by code */
} rf_system;         /* 56 bytes; text follows */

/* One cell, whatever is in it: what a message object of one cell holds, so that whole cells can be copied from it. */
typedef union rf_cell {
    rf_header head;
    rf_quote quote;
    rf_tick tick;
    rf_bar bar;
    rf_position position;
    rf_account account;
    rf_system system;
    unsigned char bytes[RF_CELL_BYTES];
} rf_cell;

_Static_assert(sizeof(rf_cell) == RF_CELL_BYTES, "cell");
_Static_assert(sizeof(rf_header) == 40, "header");
_Static_assert(sizeof(rf_quote) == 80, "quote");
_Static_assert(sizeof(rf_tick) == 64, "tick");
_Static_assert(sizeof(rf_bar) == 96, "bar");
_Static_assert(sizeof(rf_book) == 3 * RF_CELL_BYTES, "book");
_Static_assert(sizeof(rf_report) == 3 * RF_CELL_BYTES, "report");
_Static_assert(sizeof(rf_position) == RF_CELL_BYTES, "position");
_Static_assert(sizeof(rf_account) == RF_CELL_BYTES, "account");
_Static_assert(sizeof(rf_balance) == 32, "balance");
_Static_assert(sizeof(rf_system) == 56, "system");

/* How many cells hold so many bytes. */
static inline int rf_cells_for(long bytes) { return (int)((bytes + RF_CELL_BYTES - 1) / RF_CELL_BYTES); }

static inline uint8_t rf_topic_of(uint8_t kind) {
    static const uint8_t topics[RF_KIND_COUNT] = {
        RF_SYSTEM_TOPIC, RF_MARKET_DATA,     RF_MARKET_DATA,    RF_MARKET_DATA,  RF_MARKET_DATA,
        RF_EXECUTION_REPORT, RF_POSITION_UPDATE, RF_ACCOUNT_UPDATE, RF_SYSTEM_TOPIC};
    return topics[kind < RF_KIND_COUNT ? kind : (uint8_t)RF_SYSTEM];
}

#endif
