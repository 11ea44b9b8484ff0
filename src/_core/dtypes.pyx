"""Records as NumPy sees them; numpy is loaded when the first dtype is asked for.

Integers at an exponent have the names that the message classes give them (``bid_px_raw``), and so have ids and codes.
"""

from libc.stdint cimport uint8_t

from regimeflow._core.layout cimport (
    RF_ACCOUNT, RF_BAR, RF_BOOK, RF_CELL_BYTES, RF_KIND_COUNT, RF_PAD, RF_POSITION, RF_QUOTE, RF_REPORT, RF_SYSTEM, RF_TICK,
    rf_account, rf_balance, rf_bar, rf_book, rf_header, rf_position, rf_quote, rf_report, rf_system, rf_tick,
)

cdef dict _made = {}

cdef rf_header* H = NULL
cdef rf_quote* Q = NULL
cdef rf_tick* T = NULL
cdef rf_bar* B = NULL
cdef rf_book* D = NULL
cdef rf_report* R = NULL
cdef rf_position* P = NULL
cdef rf_account* A = NULL
cdef rf_system* S = NULL
cdef rf_balance* L = NULL

# Name, format, offset (the address of a member of a struct at 0). By growing offset and without overlap, because numpy.save
# wants it; and every byte in use has a name, because NumPy copies named fields only.
cdef tuple _HEADER = (
    ("seq", "<i8", <size_t>&H.seq),
    ("ts_event_ns", "<i8", <size_t>&H.ts_event_ns),
    ("ts_recv_ns", "<i8", <size_t>&H.ts_recv_ns),
    ("symbol_id", "<u4", <size_t>&H.symbol),
    ("kind", "u1", <size_t>&H.kind),
    ("px_exp", "i1", <size_t>&H.px_exp),
    ("qty_exp", "i1", <size_t>&H.qty_exp),
    ("n_cells", "u1", <size_t>&H.n_cells),
    ("origin_id", "<u2", <size_t>&H.origin),
    ("flags", "u1", <size_t>&H.flags),
    ("side", "u1", <size_t>&H.side),
)

cdef dict _FIXED = {
    RF_QUOTE: (
        ("extra", "<u4", <size_t>&H.extra),
        ("bid_px_raw", "<i8", <size_t>&Q.bid_px), ("bid_qty_raw", "<i8", <size_t>&Q.bid_qty),
        ("ask_px_raw", "<i8", <size_t>&Q.ask_px), ("ask_qty_raw", "<i8", <size_t>&Q.ask_qty),
        ("update_id", "<i8", <size_t>&Q.update_id),
    ),
    RF_TICK: (
        ("extra", "<u4", <size_t>&H.extra),
        ("last_px_raw", "<i8", <size_t>&T.last_px), ("last_qty_raw", "<i8", <size_t>&T.last_qty),
        ("trade_id", "<i8", <size_t>&T.trade_id),
    ),
    RF_BAR: (
        ("trade_count", "<u4", <size_t>&H.extra),
        ("open_px_raw", "<i8", <size_t>&B.open_px), ("high_px_raw", "<i8", <size_t>&B.high_px),
        ("low_px_raw", "<i8", <size_t>&B.low_px), ("close_px_raw", "<i8", <size_t>&B.close_px),
        ("vwap_px_raw", "<i8", <size_t>&B.vwap_px), ("volume_raw", "<i8", <size_t>&B.volume_qty),
        ("interval_ns", "<i8", <size_t>&B.interval_ns),
    ),
    RF_BOOK: (
        ("bid_count", "u1", <size_t>&H.extra), ("ask_count", "u1", <size_t>&H.extra + 1),
        ("spare", "<u2", <size_t>&H.extra + 2),
        ("update_id", "<i8", <size_t>&D.update_id),
        ("bid_px_raw", "10<i8", <size_t>&D.bid_px), ("bid_qty_raw", "10<i8", <size_t>&D.bid_qty),
        ("ask_px_raw", "10<i8", <size_t>&D.ask_px), ("ask_qty_raw", "10<i8", <size_t>&D.ask_qty),
    ),
    RF_REPORT: (
        ("text_bytes", "<u4", <size_t>&H.extra),
        ("order_id", "<i8", <size_t>&R.order_id), ("order_qty_raw", "<i8", <size_t>&R.order_qty),
        ("cum_qty_raw", "<i8", <size_t>&R.cum_qty), ("leaves_qty_raw", "<i8", <size_t>&R.leaves_qty),
        ("last_qty_raw", "<i8", <size_t>&R.last_qty), ("last_px_raw", "<i8", <size_t>&R.last_px),
        ("limit_px_raw", "<i8", <size_t>&R.limit_px), ("stop_px_raw", "<i8", <size_t>&R.stop_px),
        ("avg_px_raw", "<i8", <size_t>&R.avg_px), ("commission_raw", "<i8", <size_t>&R.commission),
        ("exec_type", "u1", <size_t>&R.exec_type), ("ord_status", "u1", <size_t>&R.ord_status),
        ("ord_type", "u1", <size_t>&R.ord_type), ("time_in_force", "u1", <size_t>&R.time_in_force),
        ("liquidity", "u1", <size_t>&R.liquidity), ("ord_rej_reason", "u1", <size_t>&R.ord_rej_reason),
        ("avg_px_exp", "i1", <size_t>&R.avg_px_exp), ("commission_exp", "i1", <size_t>&R.commission_exp),
        ("commission_currency_len", "u1", <size_t>&R.commission_currency_len),
        ("client_order_id_len", "u1", <size_t>&R.client_order_id_len),
        ("broker_order_id_len", "u1", <size_t>&R.broker_order_id_len),
        ("exec_id_len", "u1", <size_t>&R.exec_id_len), ("exec_ref_id_len", "u1", <size_t>&R.exec_ref_id_len),
        ("commission_currency", "S16", <size_t>&R.commission_currency),
        ("client_order_id", "S40", <size_t>&R.client_order_id), ("broker_order_id", "S56", <size_t>&R.broker_order_id),
        ("exec_id", "S64", <size_t>&R.exec_id), ("exec_ref_id", "S64", <size_t>&R.exec_ref_id),
    ),
    RF_POSITION: (
        ("extra", "<u4", <size_t>&H.extra),
        ("quantity_raw", "<i8", <size_t>&P.qty), ("avg_px_raw", "<i8", <size_t>&P.avg_px),
        ("market_px_raw", "<i8", <size_t>&P.market_px),
    ),
    RF_ACCOUNT: (
        ("balance_count", "<u4", <size_t>&H.extra),
        ("equity_raw", "<i8", <size_t>&A.equity), ("cash_raw", "<i8", <size_t>&A.cash),
        ("buying_power_raw", "<i8", <size_t>&A.buying_power),
        ("currency_len", "u1", <size_t>&A.currency_len), ("currency", "S15", <size_t>&A.currency),
    ),
    RF_SYSTEM: (
        ("text_bytes", "<u4", <size_t>&H.extra),
        ("code", "<i8", <size_t>&S.code), ("value", "<i8", <size_t>&S.value),
    ),
}

cdef tuple _BALANCE = (
    ("free_raw", "<i8", <size_t>&L.free), ("locked_raw", "<i8", <size_t>&L.locked),
    ("exp", "i1", <size_t>&L.exp), ("asset_len", "u1", <size_t>&L.asset_len), ("asset", "S14", <size_t>&L.asset),
)


cdef object _struct(object numpy, object fields, size_t itemsize):
    return numpy.dtype({
        "names": [name for name, _, _ in fields],
        "formats": [form for _, form, _ in fields],
        "offsets": [offset for _, _, offset in fields],
        "itemsize": itemsize,
    })


# What follows the fixed part, as far as the cells go.
cdef tuple _rest(object numpy, uint8_t kind, size_t itemsize):
    if kind == RF_REPORT and itemsize > sizeof(rf_report):
        return (("text", f"S{itemsize - sizeof(rf_report)}", sizeof(rf_report)),)
    if kind == RF_SYSTEM:
        return (("text", f"S{itemsize - sizeof(rf_system)}", sizeof(rf_system)),)
    if kind == RF_ACCOUNT and itemsize > sizeof(rf_account):
        count = (itemsize - sizeof(rf_account)) // sizeof(rf_balance)
        return (("balances", (_struct(numpy, _BALANCE, sizeof(rf_balance)), count), sizeof(rf_account)),)
    return ()


cdef object dtype_of(uint8_t kind, int cells):
    cdef size_t itemsize = <size_t>cells * RF_CELL_BYTES
    made = _made.get((kind, cells))
    if made is None:
        import numpy

        made = _struct(numpy, _HEADER + <tuple>_FIXED[kind] + _rest(numpy, kind, itemsize), itemsize)
        _made[kind, cells] = made
    return made


def dtype(int kind, int cells):
    """Return the NumPy dtype over records of one kind, each with so many cells of 128 bytes.

    Args:
        kind: The number of the kind: 1 quote, 2 tick, 3 bar, 4 book, 5 report, 6 position, 7 account, 8 system.
        cells: At least as many as the fixed part of the kind takes.

    Raises:
        ValueError: no such kind, or too few or too many cells.
    """
    if not RF_PAD < kind < RF_KIND_COUNT:
        raise ValueError(f"kind is {kind}; expected 1 to {RF_KIND_COUNT - 1}")
    fewest = 3 if kind in (RF_BOOK, RF_REPORT) else 1
    if not fewest <= cells <= 255:
        raise ValueError(f"cells is {cells}; expected {fewest} to 255")
    return dtype_of(<uint8_t>kind, cells)
