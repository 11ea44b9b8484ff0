/* What an order is worth at worst, and whether its price keeps near the market: pure, by type of order. */
#ifndef REGIMEFLOW_GATE_PRICES_H
#define REGIMEFLOW_GATE_PRICES_H

#include "layout.h"
#include "wide.h"

enum rf_collar { RF_COLLAR_PASSED = 0, RF_COLLAR_BROKEN = 1, RF_COLLAR_NO_QUOTE = 2 };

/* The prices that count of an order: mantissas of one exponent, RF_NULL where there is none. */
typedef struct rf_prices {
    int64_t limit, stop;
    int64_t bid, ask;
    int64_t trail, trail_share; /* how far a trailing stop lies behind its market: an amount, and a share in 10^-11 */
    uint8_t side, type; /* rf_side, rf_ord_type */
} rf_prices;

static inline int rf_has_limit(uint8_t type) {
    return type == RF_ORD_LIMIT || type == RF_ORD_STOP_LIMIT || type == RF_ORD_LIMIT_ON_OPEN ||
           type == RF_ORD_LIMIT_ON_CLOSE || type == RF_ORD_LIMIT_IF_TOUCHED || type == RF_ORD_TRAILING_STOP_LIMIT;
}

static inline int64_t rf_more(int64_t a, int64_t b) { return a > b ? a : b; } /* RF_NULL is less than any price */

/* The least favourable price at which a trailing order may be released, as its market stands; RF_NULL: nobody knows. */
static inline int64_t rf_trigger_of(const rf_prices *o) {
    int64_t base = o->side == RF_SIDE_BUY ? rf_more(o->stop, o->ask) : o->stop != RF_NULL ? o->stop : o->bid;
    if (base == RF_NULL) return RF_NULL;
    uint64_t size = base < 0 ? -(uint64_t)base : (uint64_t)base;
    unsigned __int128 share = ((unsigned __int128)size * (uint64_t)o->trail_share + 99999999999u) / 100000000000u;
    int64_t trail = rf_add(o->trail, share > INT64_MAX ? INT64_MAX : (int64_t)share);
    return rf_add(base, o->side == RF_SIDE_BUY ? trail : -trail);
}

/* What one unit would cost or fetch. A purchase with a limit costs that at most; a sale fetches the best of its limit, of the
 * price that releases it and of the bid that it meets; a purchase without a limit costs the ask, or the price that releases it
 * where that is more. A sale that a fall releases (STOP) fetches no more than its stop, if it is not a trailing one. */
static inline int64_t rf_value_of(const rf_prices *o) {
    int64_t touch = o->side == RF_SIDE_BUY ? o->ask : o->bid;
    if (rf_has_limit(o->type) && o->side == RF_SIDE_BUY) return o->limit;
    switch (o->type) {
    case RF_ORD_LIMIT: case RF_ORD_LIMIT_ON_OPEN: case RF_ORD_LIMIT_ON_CLOSE:
        return rf_more(o->limit, touch);
    case RF_ORD_STOP_LIMIT:
        return rf_more(o->limit, o->stop);
    case RF_ORD_LIMIT_IF_TOUCHED: case RF_ORD_TRAILING_STOP_LIMIT:
        return rf_more(rf_more(o->limit, o->stop), touch);
    case RF_ORD_STOP:
        return o->side == RF_SIDE_SELL ? o->stop : rf_more(o->stop, touch);
    case RF_ORD_MARKET_IF_TOUCHED:
        return rf_more(o->stop, touch);
    case RF_ORD_TRAILING_STOP: /* a purchase that nobody can value says so: its market is not known */
        return o->side == RF_SIDE_BUY ? rf_trigger_of(o) : rf_more(o->stop, touch);
    default:
        return touch;
    }
}

/* Whether a limit keeps near the market that it will meet: of an order that a price releases that price, else the quote.
 * *reference is the price that it broke away from. */
static inline int rf_judge_collar(const rf_prices *o, int64_t share, int is_exit, int64_t *reference) {
    int64_t bid = o->bid, ask = o->ask;
    if (o->type == RF_ORD_STOP || o->type == RF_ORD_MARKET_IF_TOUCHED || o->type == RF_ORD_TRAILING_STOP)
        return RF_COLLAR_PASSED; /* no limit of its own, and its market is not there yet */
    if (o->type == RF_ORD_STOP_LIMIT || o->type == RF_ORD_LIMIT_IF_TOUCHED)
        bid = ask = o->stop;
    if (o->type == RF_ORD_TRAILING_STOP_LIMIT)
        bid = ask = o->stop != RF_NULL ? o->stop : rf_trigger_of(o);
    if (ask == RF_NULL) ask = bid;
    if (bid == RF_NULL) bid = ask;
    if (bid == RF_NULL) return is_exit ? RF_COLLAR_PASSED : RF_COLLAR_NO_QUOTE;
    if (!rf_has_limit(o->type)) return RF_COLLAR_PASSED;
    /* An exit may wait for any better price; only one that would be given away is a mistake. */
    if ((o->side == RF_SIDE_BUY || !is_exit) && rf_is_beyond(o->limit, ask, ask, share)) {
        *reference = ask;
        return RF_COLLAR_BROKEN;
    }
    if ((o->side == RF_SIDE_SELL || !is_exit) && rf_is_beyond(bid, o->limit, bid, share)) {
        *reference = bid;
        return RF_COLLAR_BROKEN;
    }
    return RF_COLLAR_PASSED;
}

#endif
