"""Pre-trade checks over plain numbers.

A ``Gate`` is one scope: the account, or one strategy in it. It holds limits and state per symbol as integers at the
instrument's exponents, so that a check is a handful of comparisons, with notionals in 128 bits. It decides nothing about
what the limits are: they are handed in as data. It takes no clock: the caller gives the time.
"""

cimport cython
from libc.stdint cimport INT64_MAX, int8_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memset

from regimeflow._core.board cimport QuoteBoard, board_slot
from regimeflow._core.decimals cimport RF_NUMBER_OK, rf_rescale
from regimeflow._core.layout cimport RF_NULL
from regimeflow._core.symbols cimport intern_symbol

cdef enum:
    BUY = 1
    SELL = 2
    HALTED = 0
    ACTIVE = 2
    MAX_SYMBOL = 65535

@cython.final
@cython.no_gc
@cython.freelist(64)
cdef class _Tracked:
    """What is open of one order: ``total`` asked or ``reserved`` for a change, less what ``filled``."""


@cython.final
cdef class Gate:
    """The checks of one scope.

    Threading:
        One thread only, the one that dispatches.
    """

    def __cinit__(self, QuoteBoard board not None) -> None:
        self.board = board
        self.state = ACTIVE
        self.orders = {}

    def __dealloc__(self) -> None:
        free(self.symbols)
        free(self.second.moments)
        free(self.minute.moments)
        free(self.recent.keys)

    # ---- limits

    def set_state(self, uint8_t state) -> None:
        """Set the trading state: 0 HALTED, 1 REDUCE_ONLY, 2 ACTIVE."""
        self.state = state

    def set_rates(self, per_second=None, per_minute=None) -> None:
        """Set how many orders may leave in any one second and any sixty; None: any number."""
        cdef uint32_t seconds = 0 if per_second is None else per_second
        cdef uint32_t minutes = 0 if per_minute is None else per_minute
        if rf_window_set(&self.second, seconds, 1_000_000_000) or rf_window_set(&self.minute, minutes, 60_000_000_000):
            raise MemoryError

    def set_duplicate_window(self, int64_t window_ns) -> None:
        """Set how long the same order counts as a repetition [ns]; 0: never."""
        self.recent.window_ns = window_ns

    def list_symbol(self, str symbol not None, *, int8_t px_exp, int8_t qty_exp, max_qty=None, max_notional=None,
                    max_position=None, collar=None) -> int:
        """Allow a symbol, with its limits; what it holds and has open stays. Returns its id.

        Args:
            px_exp: Exponent of prices.
            qty_exp: Exponent of quantities.
            max_qty: Mantissa; None: no limit.
            max_notional: Mantissa at ``px_exp + qty_exp``, of any size; None: no limit.
            max_position: Mantissa; None: no limit.
            collar: Share of the price, in 10**-11; None: no limit.
        """
        cdef uint32_t number = intern_symbol(symbol)
        self._make_room(number)
        cdef gate_symbol* entry = &self.symbols[number]
        entry.px_exp, entry.qty_exp = px_exp, qty_exp
        entry.max_qty = INT64_MAX if max_qty is None else min(max_qty, INT64_MAX)
        entry.max_position = INT64_MAX if max_position is None else min(max_position, INT64_MAX)
        entry.limits_notional = max_notional is not None
        bound = 0 if max_notional is None else min(max_notional, (1 << 127) - 1)
        entry.max_notional.high = bound >> 64
        entry.max_notional.low = bound & 0xFFFFFFFFFFFFFFFF
        entry.collar = -1 if collar is None else min(collar, INT64_MAX)
        entry.listed = True
        return number

    cdef int _make_room(self, uint32_t number) except -1:
        if number < self.symbol_count:
            return 0
        cdef uint32_t count = max(64, number + 1, min(2 * self.symbol_count, MAX_SYMBOL + 1))
        cdef gate_symbol* grown = <gate_symbol*>realloc(self.symbols, count * sizeof(gate_symbol))
        if grown is NULL:
            raise MemoryError
        memset(&grown[self.symbol_count], 0, (count - self.symbol_count) * sizeof(gate_symbol))
        self.symbols, self.symbol_count = grown, count
        return 0

    # ---- state

    cdef gate_symbol* _entry(self, uint32_t symbol) except NULL:
        if symbol >= self.symbol_count or not self.symbols[symbol].listed:
            raise LookupError(f"symbol id {symbol} is not listed; list_symbol() comes first")
        return &self.symbols[symbol]

    def set_position(self, uint32_t symbol, int64_t qty) -> None:
        """Say what is held, signed, where it is known otherwise than by our own fills."""
        self._entry(symbol).position = qty

    def exposure(self, uint32_t symbol) -> tuple[int, int, int]:
        """Return what is held, what may still be bought and what may still be sold."""
        cdef gate_symbol* entry = self._entry(symbol)
        return entry.position, entry.open_buy, entry.open_sell

    def track(self, uint64_t order_id, uint32_t symbol, uint8_t side, int64_t leaves, int64_t cum,
              bint is_changing=False) -> None:
        """Take an order as it stands now: ``leaves`` may still fill, ``cum`` has filled.

        A first sight with fills takes them as held already. Saying the same again changes nothing, and fills may be
        told before or after: what an order filled and was not yet told counts as open.

        Args:
            is_changing: A change of the order is under way: what was reserved for it stays so.
        """
        cdef object found = self.orders.get(order_id)
        cdef _Tracked order
        if found is None:
            if leaves <= 0:
                return
            self._entry(symbol)
            order = _Tracked.__new__(_Tracked)
            order.symbol, order.side = symbol, side
            order.filled = cum
            self.orders[order_id] = order
        else:
            order = <_Tracked>found
        order.total = rf_add(leaves, cum)
        cdef bint is_over = leaves <= 0 and not is_changing
        if is_over or (order.is_changing and not is_changing):
            order.reserved = 0  # the change that it was for is over
        order.is_changing = is_changing
        self._count_open(order)
        if is_over and order.filled >= order.total:
            del self.orders[order_id]

    def reserve(self, uint64_t order_id, int64_t total) -> None:
        """Count an order at the total quantity that a change asks for, where that is more; until ``track`` says it is over."""
        cdef object found = self.orders.get(order_id)
        if found is None:
            return
        (<_Tracked>found).reserved = total
        self._count_open(<_Tracked>found)

    def fill(self, uint64_t order_id, uint32_t symbol, uint8_t side, int64_t qty) -> None:
        """Take a fill: it moves the position, and is no longer open. A bust is a fill of the other side."""
        cdef gate_symbol* entry = self._entry(symbol)
        entry.position = rf_add(entry.position, qty if side == BUY else -qty)
        cdef object found = self.orders.get(order_id)
        if found is None:
            return
        cdef _Tracked order = <_Tracked>found
        order.filled = rf_add(order.filled, qty if side == order.side else -qty)
        self._count_open(order)
        if order.filled >= order.total and order.reserved <= order.total:
            del self.orders[order_id]

    cdef int _count_open(self, _Tracked order) except -1:
        cdef gate_symbol* entry = &self.symbols[order.symbol]
        cdef int64_t now_open = max(order.total, order.reserved) - order.filled
        if now_open < 0:
            now_open = 0
        if order.side == BUY:
            entry.open_buy = rf_add(entry.open_buy, now_open - order.counted)
        else:
            entry.open_sell = rf_add(entry.open_sell, now_open - order.counted)
        order.counted = now_open
        return 0

    def open_qty(self, uint64_t order_id) -> int:
        """Return what is counted as open of an order; 0 when it is not tracked."""
        cdef object found = self.orders.get(order_id)
        return 0 if found is None else (<_Tracked>found).counted

    # ---- the check

    def admit(self, uint32_t symbol, uint8_t side, uint8_t ord_type, int64_t qty, int64_t limit_px, int64_t stop_px,
              int64_t now_ns, Gate strategy=None, uint64_t replaces=0, int64_t trail=0, int64_t trail_share=0,
              uint64_t terms=0) -> int:
        """Judge an order here and in its strategy's gate; count it in both when it passes. A refusal changes nothing.

        Args:
            qty: What may fill, a mantissa as the prices are.
            limit_px: ``NO_PX`` where the order has none.
            stop_px: ``NO_PX`` where the order has none.
            now_ns: On a clock that never goes back.
            strategy: The gate of the order's strategy; None: only this one judges.
            replaces: The order that this one takes the place of; 0: it is a new one.
            trail: How far a trailing stop lies behind its market, a mantissa as the prices are.
            trail_share: The same as a share of the price, in 10**-11.
            terms: A fingerprint of what else is asked: a repetition has the same one.

        Returns:
            0 when the order may leave; a rule's number, negative when it is the strategy's.
        """
        cdef gate_order order
        cdef uint8_t rule
        order.symbol, order.side, order.ord_type = symbol, side, ord_type
        order.qty, order.limit_px, order.stop_px = qty, limit_px, stop_px
        order.trail, order.trail_share, order.terms = trail, trail_share, terms
        order.is_replace = replaces != 0
        order.own_qty = self.open_qty(replaces) if replaces else 0
        rule = self.judge(&order, now_ns)
        if rule != PASSED:
            return rule
        if strategy is not None:
            order.own_qty = strategy.open_qty(replaces) if replaces else 0
            rule = strategy.judge(&order, now_ns)
            if rule != PASSED:
                return -<int>rule
            strategy.count(&order, now_ns)
        self.count(&order, now_ns)
        return 0

    def is_reducing(self, uint32_t symbol, uint8_t side, int64_t qty) -> bool:
        """Whether an order of this side and size can only make the position smaller, whatever else is open."""
        cdef gate_order order
        memset(&order, 0, sizeof(order))
        order.symbol, order.side, order.qty = symbol, side, qty
        return symbol < self.symbol_count and self.reduces(&order)

    def last_valued_px(self) -> int | None:
        """Return what the last judged order was valued at; None when no price was looked at or there was none."""
        return None if self.valued_px == RF_NULL else self.valued_px

    def last_reference_px(self) -> int | None:
        """Return the quoted price that the last judged order's price was held against; None when there was none."""
        return None if self.reference_px == RF_NULL else self.reference_px

    def id_of(self, str symbol not None) -> int:
        """Return the id under which a symbol is listed.

        Raises:
            LookupError: it is not listed.
        """
        cdef uint32_t number = intern_symbol(symbol)
        self._entry(number)
        return number

    cdef bint reduces(self, const gate_order* order) noexcept nogil:
        cdef const gate_symbol* entry = &self.symbols[order.symbol]
        if order.side == SELL:
            return entry.position > 0 and rf_add(entry.open_sell - order.own_qty, order.qty) <= entry.position
        return entry.position < 0 and rf_add(entry.open_buy - order.own_qty, order.qty) <= -entry.position

    cdef uint8_t judge(self, const gate_order* order, int64_t now_ns) noexcept nogil:
        cdef bint is_listed = order.symbol < self.symbol_count and self.symbols[order.symbol].listed
        cdef bint is_exit = is_listed and self.reduces(order)
        cdef const gate_symbol* entry
        cdef uint8_t rule
        self.valued_px = self.reference_px = RF_NULL
        rf_recent_turn(&self.recent)
        if self.state != ACTIVE and (self.state == HALTED or not is_exit):
            return TRADING_STATE
        if not is_listed:
            return SYMBOL_ALLOWED
        entry = &self.symbols[order.symbol]
        if not is_exit:
            if order.qty > entry.max_qty:
                return MAX_ORDER_QTY
            if _worst_position(entry, order) > entry.max_position:
                return MAX_POSITION_QTY
        if entry.limits_notional or entry.collar >= 0:
            rule = self._judge_price(entry, order, is_exit)
            if rule != PASSED:
                return rule
        if self.recent.window_ns and not order.is_replace and self._is_repeated(entry, order, is_exit, now_ns):
            return DUPLICATE_WINDOW_S
        if not is_exit:
            if rf_window_is_full(&self.second, now_ns):
                return MAX_ORDERS_PER_SECOND
            if rf_window_is_full(&self.minute, now_ns):
                return MAX_ORDERS_PER_MINUTE
        return PASSED

    cdef uint8_t _judge_price(self, const gate_symbol* entry, const gate_order* order, bint is_exit) noexcept nogil:
        cdef const board_slot* slot = self.board.slot(order.symbol)
        cdef int64_t bid = RF_NULL
        cdef int64_t ask = RF_NULL
        cdef rf_prices prices
        cdef int verdict
        if slot is not NULL:
            bid, ask = _at(slot.bid_px, slot.px_exp, entry.px_exp), _at(slot.ask_px, slot.px_exp, entry.px_exp)
        _fill_prices(&prices, order, bid, ask)
        if entry.limits_notional and not is_exit:
            self.valued_px = rf_value_of(&prices)
            if self.valued_px == RF_NULL:
                return NO_QUOTE_FOR_NOTIONAL
            if rf_product_above(self.valued_px, order.qty, entry.max_notional):
                return MAX_ORDER_NOTIONAL
        if entry.collar >= 0:
            verdict = rf_judge_collar(&prices, entry.collar, is_exit, &self.reference_px)
            if verdict:
                return PRICE_COLLAR_PCT if verdict == RF_COLLAR_BROKEN else NO_QUOTE_FOR_COLLAR
        return PASSED

    cdef bint _is_repeated(self, const gate_symbol* entry, const gate_order* order, bint is_exit,
                           int64_t now_ns) noexcept nogil:
        # An exit of which nothing is open any more may be asked for again: one that was refused must not hold up the next.
        if is_exit and (entry.open_sell if order.side == SELL else entry.open_buy) == 0:
            return False
        cdef rf_key key
        _fill_key(&key, order, now_ns)
        return rf_recent_has(&self.recent, &key)

    cdef int count(self, const gate_order* order, int64_t now_ns) except -1 nogil:
        cdef rf_key key
        rf_window_push(&self.second, now_ns)
        rf_window_push(&self.minute, now_ns)
        if self.recent.window_ns and not order.is_replace:
            _fill_key(&key, order, now_ns)
            if rf_recent_add(&self.recent, &key):
                with gil:
                    raise MemoryError
        return 0


NO_PX = RF_NULL  # a price that an order has not


# The size of the position on the order's side, if all that is open there fills and nothing on the other.
cdef inline int64_t _worst_position(const gate_symbol* entry, const gate_order* order) noexcept nogil:
    if order.side == BUY:
        return rf_add(rf_add(entry.position, entry.open_buy - order.own_qty), order.qty)
    return rf_add(rf_add(-entry.position, entry.open_sell - order.own_qty), order.qty)


# A quoted price at the listing's exponent; a price with more digits than that is cut, one that does not fit is unknown.
cdef inline int64_t _at(int64_t px, int8_t exp, int8_t wanted) noexcept nogil:
    cdef int64_t scaled
    if exp == wanted or px == RF_NULL:
        return px
    while exp < wanted:
        px //= 10
        exp += 1
    return scaled if rf_rescale(px, exp, wanted, &scaled) == RF_NUMBER_OK else RF_NULL


# The prices that count of an order, with the quote as it stands.
cdef inline void _fill_prices(rf_prices* prices, const gate_order* order, int64_t bid, int64_t ask) noexcept nogil:
    prices.limit, prices.stop, prices.bid, prices.ask = order.limit_px, order.stop_px, bid, ask
    prices.trail, prices.trail_share = order.trail, order.trail_share
    prices.side, prices.type = order.side, order.ord_type


cdef inline void _fill_key(rf_key* key, const gate_order* order, int64_t now_ns) noexcept nogil:
    key.qty, key.limit_px, key.stop_px, key.moment_ns = order.qty, order.limit_px, order.stop_px, now_ns
    key.terms = order.terms
    key.symbol, key.side, key.ord_type, key.is_used = order.symbol, order.side, order.ord_type, True
