"""What the broker says the account is worth: AccountInfo, and its Balances."""

from cpython.mem cimport PyMem_Free
from libc.string cimport memcpy, memset

from regimeflow._core.decimals cimport align, decimal_from, decimal_text
from regimeflow._core.decimals cimport parse_number, rf_compare, rf_decimal, rf_hash, rf_to_float
from regimeflow._core.dtypes cimport dtype_of
from regimeflow._core.fields cimport begin, reduced, room_for, show, text_field, text_from
from regimeflow._core.layout cimport RF_ACCOUNT, RF_MAX_CELLS
from regimeflow._core.layout cimport rf_account, rf_balance, rf_cells_for, rf_header
from regimeflow._core.records cimport rf_hash_record, rf_same, rf_used_bytes

cimport cython

cdef enum:
    MOST_BALANCES = (RF_MAX_CELLS - 1) * 4  # four of 32 bytes in a cell


cdef bint _same_balance(rf_balance* a, rf_balance* b) noexcept:
    return (text_from(a.asset, a.asset_len) == text_from(b.asset, b.asset_len)
            and rf_compare(a.free, a.exp, b.free, b.exp) == 0 and rf_compare(a.locked, a.exp, b.locked, b.exp) == 0)


@cython.final
@cython.no_gc
cdef class Balance:
    """How much of one asset the account holds. Numbers read as on ``Quote``; unpacks into (asset, free, locked).

    Args:
        asset: Its name, 1 to 14 bytes.
        free: What may be used.
        locked: What open orders hold.

    Raises:
        TypeError, ValueError: names the field, what was found and what was expected.
    """

    def __init__(self, asset, free, locked=0):
        cdef rf_balance rec
        cdef rf_decimal amounts[2]
        if self.made:
            raise TypeError("this balance is made already and never changes; make a new one")
        memset(&rec, 0, sizeof(rf_balance))
        rec.asset_len = text_field(asset, "asset", rec.asset, 14)
        if rec.asset_len == 0:
            raise ValueError("asset is ''; expected 1 to 14 bytes")
        parse_number(free, "free", &amounts[0])
        parse_number(locked, "locked", &amounts[1])
        align(amounts, 2, "free, locked", &rec.exp)
        rec.free, rec.locked = amounts[0].mantissa, amounts[1].mantissa
        self.rec = rec
        self.made = True

    @property
    def asset(self):
        return text_from(self.rec.asset, self.rec.asset_len)

    @property
    def free(self):
        return rf_to_float(self.rec.free, self.rec.exp)

    @property
    def free_dec(self):
        return decimal_from(self.rec.free, self.rec.exp)

    @property
    def free_raw(self):
        return self.rec.free

    @property
    def locked(self):
        return rf_to_float(self.rec.locked, self.rec.exp)

    @property
    def locked_dec(self):
        return decimal_from(self.rec.locked, self.rec.exp)

    @property
    def locked_raw(self):
        return self.rec.locked

    def __eq__(self, other):
        if type(other) is not Balance:
            return NotImplemented
        return _same_balance(&self.rec, &(<Balance>other).rec)

    def __hash__(self):
        return hash((text_from(self.rec.asset, self.rec.asset_len), rf_hash(self.rec.free, self.rec.exp)))

    def __iter__(self):
        return iter((self.asset, self.free, self.locked))

    def __repr__(self):
        return show("Balance", _balance_arguments(self), {})

    def __reduce__(self):
        return reduced(Balance, _balance_arguments(self), {})

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


cdef tuple _balance_arguments(Balance self):
    return self.asset, decimal_text(self.rec.free, self.rec.exp), decimal_text(self.rec.locked, self.rec.exp)


cdef inline rf_header* _record(AccountInfo self) noexcept:
    return &self.cell.head if self.whole == NULL else self.whole


cdef dict _account_keywords(AccountInfo self):
    cdef rf_account* rec = &self.cell.account
    keywords = {
        "equity": decimal_text(rec.equity, rec.head.px_exp),
        "cash": decimal_text(rec.cash, rec.head.px_exp),
        "buying_power": decimal_text(rec.buying_power, rec.head.px_exp),
        "currency": self.currency,
    }
    optional = {
        "balances": self.balances, "ts_event_ns": rec.head.ts_event_ns, "ts_recv_ns": rec.head.ts_recv_ns,
    }
    return keywords | {keyword: value for keyword, value in optional.items() if value}


@cython.final
@cython.no_gc
@cython.freelist(16)
cdef class AccountInfo:
    """What the account is worth, as the broker says. Numbers read as on ``Quote``.

    Args:
        equity: Worth of everything, in ``currency``. All numbers: Decimal, str, int or float.
        cash: Part of it that is money.
        buying_power: What new orders may use.
        currency: At most 15 bytes.
        balances: One ``Balance`` per asset.
        ts_event_ns: The venue's clock, UTC [ns]; 0: none given.
        ts_recv_ns: Our clock, UTC [ns].

    Raises:
        TypeError, ValueError: names the field, what was found and what was expected.
    """

    def __init__(self, *, equity, cash, buying_power, currency, balances=(), ts_event_ns=0, ts_recv_ns=0):
        cdef rf_account rec
        cdef rf_decimal amounts[3]
        cdef rf_balance* slot
        memset(&rec, 0, sizeof(rf_account))
        begin(&self.cell.head, &rec.head, RF_ACCOUNT, "", True, ts_event_ns, ts_recv_ns)
        parse_number(equity, "equity", &amounts[0])
        parse_number(cash, "cash", &amounts[1])
        parse_number(buying_power, "buying_power", &amounts[2])
        align(amounts, 3, "equity, cash, buying_power", &rec.head.px_exp)
        rec.equity, rec.cash, rec.buying_power = amounts[0].mantissa, amounts[1].mantissa, amounts[2].mantissa
        rec.currency_len = text_field(currency, "currency", rec.currency, 15)
        given = tuple(balances)
        if len(given) > MOST_BALANCES:
            raise ValueError(f"balances has {len(given)} entries; expected at most {MOST_BALANCES}")
        for index, balance in enumerate(given):
            if type(balance) is not Balance:
                raise TypeError(f"balances[{index}] is {balance!r}; expected Balance")
        rec.head.extra = len(given)
        rec.head.n_cells = rf_cells_for(rf_used_bytes(&rec.head))
        if given:
            self.whole = room_for(rf_used_bytes(&rec.head))
            memcpy(self.whole, &rec, sizeof(rf_account))
            slot = <rf_balance*>(<char*>self.whole + sizeof(rf_account))
            for index, balance in enumerate(given):
                slot[<int>index] = (<Balance>balance).rec
        memcpy(&self.cell, &rec, sizeof(rf_account))

    def __dealloc__(self):
        PyMem_Free(self.whole)

    @property
    def equity(self):
        return rf_to_float(self.cell.account.equity, self.cell.head.px_exp)

    @property
    def equity_dec(self):
        return decimal_from(self.cell.account.equity, self.cell.head.px_exp)

    @property
    def equity_raw(self):
        return self.cell.account.equity

    @property
    def cash(self):
        return rf_to_float(self.cell.account.cash, self.cell.head.px_exp)

    @property
    def cash_dec(self):
        return decimal_from(self.cell.account.cash, self.cell.head.px_exp)

    @property
    def cash_raw(self):
        return self.cell.account.cash

    @property
    def buying_power(self):
        return rf_to_float(self.cell.account.buying_power, self.cell.head.px_exp)

    @property
    def buying_power_dec(self):
        return decimal_from(self.cell.account.buying_power, self.cell.head.px_exp)

    @property
    def buying_power_raw(self):
        return self.cell.account.buying_power

    @property
    def currency(self):
        return text_from(self.cell.account.currency, self.cell.account.currency_len)

    @property
    def balances(self):
        cdef rf_balance* slot = <rf_balance*>(<char*>self.whole + sizeof(rf_account))
        return tuple([_balance_from(&slot[index]) for index in range(<int>self.cell.head.extra)])

    @property
    def ts_event_ns(self):
        return self.cell.head.ts_event_ns

    @property
    def ts_recv_ns(self):
        return self.cell.head.ts_recv_ns

    @property
    def seq(self):
        return self.cell.head.seq

    @property
    def px_exp(self):
        return self.cell.head.px_exp

    @staticmethod
    def dtype():
        """Return the NumPy dtype over this kind's records."""
        return dtype_of(RF_ACCOUNT, 1)

    def __eq__(self, other):
        if type(other) is not AccountInfo:
            return NotImplemented
        return rf_same(_record(self), _record(<AccountInfo>other))

    def __hash__(self):
        return rf_hash_record(_record(self))

    def __repr__(self):
        return show("AccountInfo", (), _account_keywords(self))

    def __reduce__(self):
        return reduced(AccountInfo, (), _account_keywords(self))

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


cdef Balance _balance_from(const rf_balance* record):
    cdef Balance made = Balance.__new__(Balance)
    made.rec = record[0]
    made.made = True
    return made


cdef AccountInfo account_from(const rf_header* record):
    cdef AccountInfo made = AccountInfo.__new__(AccountInfo)
    memcpy(&made.cell, record, sizeof(rf_account))
    if record.extra:
        made.whole = room_for(rf_used_bytes(record))
        memcpy(made.whole, record, <size_t>rf_used_bytes(record))
    return made


cdef const rf_header* account_record(AccountInfo account):
    return _record(account)
