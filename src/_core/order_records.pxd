"""The order table's C parts (order_*.h), as Cython sees them."""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from regimeflow._core.layout cimport rf_report

cdef extern from *:
    ctypedef long long ot_i128 "__int128"

cdef extern from "order_restore.h" nogil:
    enum:
        OT_N_STATUS
        OT_N_EVENTS
        OT_N_EXEC_TYPES
        OT_CLIENT_INLINE
        OT_BROKER_INLINE
        OT_DIGITS
        OT_IN_DOUBT
        OT_EXTERNAL
        OT_IN_USE
        OT_HAS_BROKER
    const uint32_t OT_NONE

    ctypedef struct ot_fill:
        int64_t qty, px

    ctypedef struct ot_hot:
        uint32_t generation, symbol
        uint8_t status, side
        int8_t px_exp, qty_exp
        uint8_t flags
        int64_t order_qty, cum_qty
        ot_i128 notional
        int64_t updated_at_ns

    ctypedef struct ot_cold:
        int64_t limit_px, stop_px, created_at_ns, expire_time_ns, venue_cum_qty
        uint16_t strategy
        uint8_t ord_type, time_in_force, client_len, broker_len
        char client_id[36]
        char broker_id[38]

    ctypedef struct ot_change:
        uint64_t order_id
        uint32_t flags
        uint8_t before, after
        ot_fill booked, undone

    ctypedef struct ot_prefix:
        char text[23]
        uint8_t len

    ctypedef struct order_table:
        uint32_t n_slots, max_orders, n_live, n_open, n_unsent
        uint32_t *open
        uint8_t *next_status
        uint32_t *hits
        uint8_t *status_event
        char *prefix
        uint8_t prefix_len
        uint8_t has_given
        uint32_t n_earlier, next_earlier
        ot_prefix *earlier
        uint32_t n_symbols
        uint32_t *symbols
        ot_change last

    ctypedef struct ot_new:
        uint32_t symbol
        uint8_t side, ord_type, time_in_force, external
        int8_t px_exp, qty_exp
        uint16_t strategy
        int64_t order_qty, limit_px, stop_px, expire_time_ns, now_ns
        const char *client_id
        size_t client_len
        uint64_t order_id

    ctypedef struct ot_fp:
        uint64_t lo, hi

    order_table *ot_create(uint32_t max_orders)
    void ot_destroy(order_table *t)
    int ot_prepare(order_table *t, uint32_t ahead)
    uint64_t ot_next_id(const order_table *t)
    uint64_t ot_id(uint32_t slot, uint32_t generation)
    uint8_t ot_write_own_id(const order_table *t, uint64_t order_id, char *out)
    int64_t ot_submit(order_table *t, const ot_new *order)
    uint32_t ot_apply(order_table *t, const rf_report *r)
    uint32_t ot_request(order_table *t, uint64_t order_id, uint8_t event, int64_t now_ns)
    uint32_t ot_retire(order_table *t, int64_t before_ns, int64_t now_ns, int64_t keep_ns, uint32_t limit)
    uint32_t ot_slot_of(const order_table *t, uint64_t order_id)
    uint32_t ot_find_client(const order_table *t, const char *text, size_t n, int *retired)
    uint32_t ot_find_broker(const order_table *t, ot_fp fp, uint32_t symbol)
    ot_fp ot_fp_of_text(const char *text, size_t n)
    ot_hot *ot_hot_at(const order_table *t, uint32_t slot)
    ot_cold *ot_cold_at(const order_table *t, uint32_t slot)
    int64_t ot_leaves(const ot_hot *hot)
    int ot_is_unsent(const ot_hot *hot)
    const char *ot_text(const char *room, size_t capacity, size_t n)
    uint64_t ot_notional_low(const ot_hot *hot)
    int64_t ot_notional_high(const ot_hot *hot)
    void ot_adopted(order_table *t, uint64_t order_id, const rf_report *r, int64_t qty, uint64_t low, int64_t high)
    int ot_has_execution(order_table *t, uint64_t order_id, const char *text, size_t n)

    ctypedef struct ot_line:
        pass

    void ot_export(const order_table *t, int open_only, ot_line *lines)

    ctypedef struct ot_image_head:
        uint64_t total_bytes
        uint32_t names_bytes, n_strategies, n_symbols
        uint16_t n_prefixes

    ctypedef struct ot_reader:
        const char *start
        const char *at
        const char *end
        const char *fault

    void ot_note_prefix(order_table *t, const char *text, size_t n)
    int ot_number_symbol(order_table *t, uint32_t symbol)
    void ot_image_measure(const order_table *t, ot_image_head *head)
    uint64_t ot_image_add_names(ot_image_head *head, uint32_t names)
    void ot_image_write(const order_table *t, ot_image_head *head, const char *names, char *out)
    int ot_image_open(ot_reader *r, const char *data, size_t n, ot_image_head *head)
    int ot_image_load(order_table *t, ot_reader *r, const ot_image_head *head, const ot_prefix *session)
