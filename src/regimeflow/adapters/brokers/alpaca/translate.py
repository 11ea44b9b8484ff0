"""What Alpaca answers when it is asked, as messages. Pure functions; every fault is an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import AccountInfo, Balance, Bar, ExecutionReport, Position
from regimeflow.adapters.brokers._shared.answers import Answers, Json
from regimeflow.adapters.brokers._shared.instants import instant_ns
from regimeflow.adapters.brokers.alpaca.errors import VENUE
from regimeflow.adapters.brokers.alpaca.formatting import number
from regimeflow.adapters.brokers.alpaca.words import SIDES, status_of, time_of, type_of
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide
from regimeflow.types.records import Record

ANSWERS: Final = Answers(VENUE)
_ZERO: Final = Decimal(0)
LONGEST_ID: Final = 40  # of a report
CLASSES: Final = frozenset({"bracket", "oco", "oto"})  # of orders that are linked to others


class OrderRow(Record, kw_only=True):
    """One order of Alpaca's as it stands: a leg of ours, and the legs before and behind it."""

    report: ExecutionReport
    status: str
    client_order_id: str
    replaces: str = ""
    replaced_by: str = ""
    in_group: bool = False
    submitted_at: str = ""


@ANSWERS.reading("a question about an order")
def order_row(order: Json, *, as_of_ns: int, recv_ns: int) -> OrderRow:
    """An order of any answer that has one.

    Raises:
        BrokerError: the answer lacks what an order has.
    """
    what = "a question about an order"
    word = _text(order, "status")
    filled = ANSWERS.amount(order, "filled_qty", what)
    quantity = _given(order, "qty", what)
    status = status_of(word, quantity, filled)
    own_id, broker_id = _text(order, "client_order_id"), _text(order, "id")
    if not broker_id or not word:
        raise ANSWERS.bad(what, "it has no id or no status")
    time_word = _text(order, "time_in_force")
    is_filled = status is LiveOrderStatus.FILLED
    whole = filled if quantity is None and is_filled else quantity  # for an amount: what it came to
    report = ExecutionReport(
        symbol=_text(order, "symbol"),
        exec_type=ExecType.ORDER_STATUS,
        ord_status=status,
        side=SIDES.get(_text(order, "side"), OrderSide.NONE),
        ord_type=type_of(_text(order, "type"), time_word),
        time_in_force=time_of(time_word),
        client_order_id=own_id[:LONGEST_ID] if own_id.isascii() else broker_id,
        broker_order_id=broker_id,
        order_qty=whole or None,
        cum_qty=filled,
        leaves_qty=_ZERO if status.is_terminal else None if whole is None else whole - filled,
        limit_px=_given(order, "limit_price", what),
        stop_px=_given(order, "stop_price", what),
        avg_px=_given(order, "filled_avg_price", what) if filled else None,
        text="" if status is not LiveOrderStatus.ERROR else f"unknown status {word[:40]}",
        ts_event_ns=as_of_ns,
        ts_recv_ns=recv_ns,
    )
    return OrderRow(
        report=report,
        status=word,
        client_order_id=own_id,
        replaces=_text(order, "replaces"),
        replaced_by=_text(order, "replaced_by"),
        in_group=_text(order, "order_class") in CLASSES,
        submitted_at=_text(order, "submitted_at"),
    )


def exec_id_of(broker_order_id: str, cum_qty: Decimal) -> str:
    """The identity of a fill, on the stream and when asked.

    An activity has no execution id, so the interval of the order's cumulative quantity that a fill
    covers is what names it: each is told with its end, wherever it is told.
    """
    return f"{broker_order_id}:{number(cum_qty)}"


@ANSWERS.reading("a question about fills")
def fill_report(fill: Json, *, symbol: str, client_order_id: str, recv_ns: int) -> ExecutionReport:
    """A FILL of the account's activities, under an order's own id.

    Raises:
        BrokerError: the answer lacks what a fill has.
    """
    what = "a question about fills"
    broker_id = _text(fill, "order_id")
    cum = ANSWERS.amount(fill, "cum_qty", what)
    return ExecutionReport(
        symbol=symbol,
        exec_type=ExecType.TRADE,
        ord_status=LiveOrderStatus.PARTIALLY_FILLED,
        side=OrderSide.BUY if _text(fill, "side").startswith("buy") else OrderSide.SELL,
        client_order_id=client_order_id,
        broker_order_id=broker_id,
        exec_id=exec_id_of(broker_id, cum),
        last_qty=ANSWERS.amount(fill, "qty", what),
        last_px=ANSWERS.amount(fill, "price", what),
        ts_event_ns=_instant(fill, "transaction_time", what),
        ts_recv_ns=recv_ns,
    )


@ANSWERS.reading("a question about the account")
def account_info(account: Json, *, as_of_ns: int, recv_ns: int) -> AccountInfo:
    """The account.

    Raises:
        BrokerError: an account that cannot be read is not an empty one.
    """
    what = "a question about the account"
    cash, currency = ANSWERS.amount(account, "cash", what), _text(account, "currency") or "USD"
    return AccountInfo(
        equity=ANSWERS.amount(account, "equity", what),
        cash=cash,
        buying_power=ANSWERS.amount(account, "buying_power", what),
        currency=currency,
        balances=[Balance(currency, cash)],
        ts_event_ns=as_of_ns,
        ts_recv_ns=recv_ns,
    )


@ANSWERS.reading("a question about positions")
def positions_of(
    rows: Iterable[Json], symbols: Mapping[str, str], *, as_of_ns: int, recv_ns: int
) -> list[Position]:
    """Every position of the session's symbols.

    Args:
        rows: As answered.
        symbols: The symbol of each spelling: pairs come without their slash.
        as_of_ns: The venue's time.
        recv_ns: Ours.
    """
    what = "a question about positions"
    found = []
    for row in rows:
        symbol = symbols.get(_text(row, "symbol"))
        if symbol is None:
            continue
        quantity = ANSWERS.amount(row, "qty", what)
        if _text(row, "side") == "short" and quantity > 0:
            quantity = -quantity
        found.append(
            Position(
                symbol,
                quantity,
                _given(row, "avg_entry_price", what),
                market_px=_given(row, "current_price", what),
                ts_event_ns=as_of_ns,
                ts_recv_ns=recv_ns,
            )
        )
    return found


@ANSWERS.reading("a question about bars")
def bars_of(
    symbol: str, rows: Iterable[Json], *, interval_ns: int, now_ns: int, recv_ns: int
) -> list[Bar]:
    """The closed ones of bars, as they come.

    Raises:
        BrokerError: one of them is no bar.
    """
    what = "a question about bars"
    bars = []
    for row in rows:
        end_ns = _instant(row, "t", what) + interval_ns
        if end_ns > now_ns:
            continue  # not closed yet
        count = row.get("n")
        bars.append(
            Bar(
                symbol,
                *(ANSWERS.amount(row, name, what) for name in ("o", "h", "l", "c", "v")),
                interval_ns=interval_ns,
                vwap_px=_given(row, "vw", what),
                trade_count=count if isinstance(count, int) else 0,
                ts_event_ns=end_ns,
                ts_recv_ns=recv_ns,
            )
        )
    return bars


def _text(table: Json, name: str) -> str:
    found = table.get(name)
    return found if isinstance(found, str) else ""


def _given(table: Json, name: str, what: str) -> Decimal | None:
    return None if table.get(name) in (None, "") else ANSWERS.amount(table, name, what)


def _instant(table: Json, name: str, what: str) -> int:
    try:
        return instant_ns(_text(table, name))
    except ValueError as error:
        raise ANSWERS.bad(what, f"{name}: {error}") from None
