"""What Alpaca says beyond the messages of the stream: news of orders with the venue's own words, halts, control messages."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from regimeflow._core.alpaca_reader cimport (
    rfa_control, rfa_name, rfa_name_at, rfa_reader, rfa_report_at, rfa_status, rfa_update,
)
from regimeflow._core.decimals cimport decimal_from, rf_decimal
from regimeflow._core.frames cimport rfv_text
from regimeflow._core.layout cimport RF_NULL
from regimeflow._core.reports cimport report_from
from regimeflow._core.symbols cimport symbol_text

from types import MappingProxyType

cdef tuple _CONTROLS = ("success", "error", "subscription", "listening", "authorization", "other")
_NO_CHANNELS = MappingProxyType({})


cdef str _text(const rfv_text* text):
    return text.at[:text.length].decode() if text.length else ""


cdef object _number(const rf_decimal* number):
    return None if number.mantissa == RF_NULL else decimal_from(number.mantissa, number.exp)


cdef str _shown(object self, tuple names):
    return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names if getattr(self, name))})"


@cython.final
@cython.no_gc
cdef class TradingStatus:
    """A halt, a resumption or a pause of one symbol's trading. Read only; made by a parser.

    Attributes:
        status_code, status_message: What holds now (sc, sm).
        reason_code, reason_message: Why (rc, rm).
        tape: Which of the consolidated tapes says so (z).
    """

    def __init__(self):
        raise TypeError("a TradingStatus is made by a parser of a venue's frames")

    def __repr__(self):
        return _shown(self, ("symbol", "status_code", "status_message", "reason_code", "reason_message", "ts_event_ns"))


cdef TradingStatus status_from(const rfa_status* found, uint32_t symbol, int64_t recv_ns):
    cdef TradingStatus made = TradingStatus.__new__(TradingStatus)
    made.symbol = symbol_text(symbol)
    made.status_code, made.status_message = _text(&found.code), _text(&found.message)
    made.reason_code, made.reason_message = _text(&found.reason_code), _text(&found.reason)
    made.tape = _text(&found.tape)
    made.ts_event_ns, made.ts_recv_ns = found.ts_event_ns, recv_ns
    return made


@cython.final
cdef class Control:
    """A message that is no data: an answer, an error, or something that nobody here knows. Read only; made by a parser.

    Attributes:
        kind: "success", "error", "subscription", "listening", "authorization" or "other".
        text: What it says; of "other" which one it is, ``"n"``.
        code: Of an error of the market data stream; 0: none.
        status: "authorized" or "unauthorized".
        action: "authenticate" or "listen".
        channels: All that is subscribed, by channel.
    """

    def __init__(self):
        raise TypeError("a Control is made by a parser of a venue's frames")

    def __repr__(self):
        return _shown(self, ("kind", "text", "code", "status", "action", "channels"))


cdef Control control_from(rfa_reader* reader, const rfa_control* found):
    cdef Control made = Control.__new__(Control)
    cdef const rfa_name* name
    cdef uint32_t at
    of = (<const char*>found.of).decode("ascii")
    made.kind = _CONTROLS[found.kind]
    made.text = f"{of}={_text(&found.text)}" if of else _text(&found.text)
    made.code = found.code
    made.status, made.action = _text(&found.status), _text(&found.action)
    made.channels = _NO_CHANNELS
    if found.name_count:
        channels, names = {}, []
        for at in range(found.names, found.names + found.name_count):
            name = rfa_name_at(reader, at)
            if name.is_channel:
                names = channels.setdefault(_text(&name.text), [])
            else:
                names.append(_text(&name.text))
        made.channels = MappingProxyType({channel: tuple(names) for channel, names in channels.items()})
    return made


@cython.final
@cython.no_gc
cdef class TradeUpdate:
    """One event of one of the venue's orders. Read only; made by a parser.

    Words are the venue's own, "" where there is none.

    Attributes:
        report: The event as an execution report of this broker order: one leg of a chain of replacements.
        legs: One report for each order in it, and for each execution of a multi-leg order.
        execution_id: Of any event that has one; in the report it is a fill's alone.
        client_order_id: All of it, also where it is longer than a report's can be.
        replaces, replaced_by: The broker's ids before and behind this one.
        position_qty: Signed, after this fill; None: not told. So are ``notional``, ``trail_price``, ``trail_percent``.
        at_ns: When it was published; 0: not told.
        updated_ns: When the order last changed; 0: not told.
    """

    def __init__(self):
        raise TypeError("a TradeUpdate is made by a parser of a venue's frames")

    @property
    def position_qty(self):
        return _number(&self.numbers[0])

    @property
    def notional(self):
        return _number(&self.numbers[1])

    @property
    def trail_price(self):
        return _number(&self.numbers[2])

    @property
    def trail_percent(self):
        return _number(&self.numbers[3])

    def __repr__(self):
        names = ("event", "status", "client_order_id", "execution_id", "replaces", "replaced_by", "order_class")
        return _shown(self, (*names, "report", "legs"))


cdef TradeUpdate update_from(rfa_reader* reader, const rfa_update* found):
    cdef TradeUpdate made = TradeUpdate.__new__(TradeUpdate)
    cdef uint32_t at, first = found.report + 1
    made.report = report_from(&rfa_report_at(reader, found.report).head)
    made.legs = ()
    if found.leg_count:
        made.legs = tuple([report_from(&rfa_report_at(reader, at).head) for at in range(first, first + found.leg_count)])
    made.event, made.status = _text(&found.event), _text(&found.status)
    made.execution_id, made.event_id = _text(&found.execution_id), _text(&found.event_id)
    made.client_order_id, made.order_class = _text(&found.client_order_id), _text(&found.order_class)
    made.replaces, made.replaced_by = _text(&found.replaces), _text(&found.replaced_by)
    made.group_id, made.group_role = _text(&found.group_id), _text(&found.group_role)
    made.asset_class = _text(&found.asset_class)
    made.numbers[0], made.numbers[1] = found.position_qty, found.notional
    made.numbers[2], made.numbers[3] = found.trail_price, found.trail_percent
    made.at_ns, made.updated_ns = found.at_ns, found.updated_ns
    return made
