"""Requests for market data."""

from __future__ import annotations

from collections.abc import Mapping

from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.contracts import Contract, NoContract
from regimeflow.apps.venues.ib.errors import Code, Refusal, invalid
from regimeflow.apps.venues.ib.fields import Reader
from regimeflow.apps.venues.ib.history import WHAT_TO_SHOW, HistoryRequest
from regimeflow.apps.venues.ib.ids import Say
from regimeflow.apps.venues.ib.order_layouts import CONTRACT_ASKED
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.times import NS, read_stamp
from regimeflow.apps.venues.ib.tws import Tws

_HEAD_SECONDS = 10 * 365 * 86_400


def _contract(tws: Tws, reader: Reader) -> Contract:
    return _described(tws, {name: reader.text() for name in CONTRACT_ASKED})


def _described(tws: Tws, asked: Mapping[str, str], *, with_expired: bool = False) -> Contract:
    try:
        return tws.catalogue.only(asked, with_expired=with_expired)
    except NoContract as error:
        raise Refusal(Code.NO_CONTRACT, str(error)) from None


def market_data(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    """Answer reqMktData."""
    contract = _contract(tws, reader)
    if reader.flag():
        reader.skip(3)  # the contract that makes it delta neutral
    reader.skip()  # generic ticks
    tws.quotes.subscribe(session, request_id, contract, is_snapshot=reader.flag())


def cancel_market_data(tws: Tws, session: Session, request_id: int, _: Reader) -> None:
    """Answer cancelMktData."""
    tws.quotes.unsubscribe(session, request_id)


def market_data_type(tws: Tws, session: Session, _: int, reader: Reader) -> None:
    """Answer reqMarketDataType."""
    tws.quotes.choose(session, reader.integer())


def depth(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    """Answer reqMktDepth."""
    contract = _contract(tws, reader)
    rows, is_smart = reader.integer(), reader.flag()
    tws.depths.subscribe(session, request_id, contract, rows=rows, is_smart=is_smart)


def cancel_depth(tws: Tws, session: Session, request_id: int, _: Reader) -> None:
    """Answer cancelMktDepth."""
    tws.depths.unsubscribe(session, request_id)


def real_time_bars(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    """Answer reqRealTimeBars."""
    contract = _contract(tws, reader)
    reader.skip(2)  # always five seconds; of quotes they are none
    tws.bars.subscribe(session, request_id, contract, is_regular=reader.flag())


def cancel_bars(tws: Tws, session: Session, request_id: int, _: Reader) -> None:
    """Answer cancelRealTimeBars and cancelHistoricalData."""
    tws.bars.unsubscribe(session, request_id)


def historical_bars(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    """Answer reqHistoricalData."""
    asked = {name: reader.text() for name in CONTRACT_ASKED}
    contract = _described(tws, asked, with_expired=reader.flag())
    end, bar_size, duration = reader.text(), reader.text(), reader.text()
    is_regular = reader.flag()
    what, date_format, is_live = reader.text(), reader.integer(), reader.flag()
    if what not in WHAT_TO_SHOW:
        raise invalid(f"Historical data request for {what} is not supported")
    try:
        end_ns = read_stamp(end, tws.settings.time_zone)
    except ValueError:
        raise invalid(f"Invalid end date or time: {end}") from None
    tws.bars.history(
        session,
        request_id,
        HistoryRequest(
            contract=contract,
            end_ns=tws.now_ns() // NS * NS if end_ns is None else end_ns,
            bar_size=bar_size,
            duration=duration,
            what=what,
            date_format=date_format,
            is_live=is_live,
            is_regular=is_regular,
        ),
    )


def tick_by_tick(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    """Answer reqTickByTickData."""
    tws.quotes.stream(session, request_id, _contract(tws, reader), reader.text())


def cancel_tick_by_tick(tws: Tws, session: Session, request_id: int, _: Reader) -> None:
    """Answer cancelTickByTickData."""
    tws.quotes.end_stream(session, request_id)


def head_timestamp(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    """Answer reqHeadTimeStamp: ten years back."""
    _contract(tws, reader)
    second = tws.now_ns() // NS - _HEAD_SECONDS
    session.send(messages.of(Say.HEAD_TIMESTAMP, request_id, second))
