"""Every request of a client: how its message begins, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from regimeflow.apps.venues.ib import data_requests, messages, order_requests, reference_requests
from regimeflow.apps.venues.ib.errors import NO_REQUEST, Code, Refusal, invalid
from regimeflow.apps.venues.ib.fields import BadField, Reader
from regimeflow.apps.venues.ib.ids import Ask, Say
from regimeflow.apps.venues.ib.session import NO_CLIENT, Session
from regimeflow.apps.venues.ib.tws import Tws

Answer: TypeAlias = Callable[[Tws, Session, int, Reader], None]


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes; most begin with a version of the message, many with an id."""

    answer: Answer
    has_version: bool = True
    has_id: bool = True


def start(tws: Tws, session: Session, _: int, reader: Reader) -> None:
    """Answer startApi: who the client is; what every client is told first."""
    client_id = reader.integer()
    struck = tws.faults.take("client_id_in_use", client=client_id) is not None
    if struck or tws.clients.has(client_id):
        session.refuse(NO_REQUEST, Refusal(Code.CLIENT_ID_IN_USE))
        session.hang_up()
        return
    tws.clients.join(session, client_id)
    session.send(messages.of(Say.MANAGED_ACCOUNTS, 1, ",".join(tws.account_names)))
    session.send(messages.of(Say.NEXT_VALID_ID, 1, tws.desk.next_valid_id(client_id)))
    for code in (Code.FARM_OK, Code.HISTORICAL_FARM_OK, Code.SECURITY_FARM_OK):
        session.tell(code)
    if tws.clients.is_cut_off:
        session.tell(Code.CONNECTION_LOST)


def _nothing(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    """Nothing to say: what is asked for never happens here, or is only a cancel."""


def _current_time(tws: Tws, session: Session, _: int, __: Reader) -> None:
    session.send(messages.of(Say.CURRENT_TIME, 1, tws.now_ns() // 1_000_000_000))


def _accounts(tws: Tws, session: Session, _: int, __: Reader) -> None:
    session.send(messages.of(Say.MANAGED_ACCOUNTS, 1, ",".join(tws.account_names)))


def _updates(tws: Tws, session: Session, _: int, reader: Reader) -> None:
    is_on, name = reader.flag(), reader.text()
    tws.subscriptions.account(session, tws.account(name), is_on=is_on)


def _positions(tws: Tws, session: Session, _: int, __: Reader) -> None:
    tws.subscriptions.positions(session)


def _no_positions(tws: Tws, session: Session, _: int, __: Reader) -> None:
    tws.subscriptions.of(session).positions = None


def _summary(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    reader.skip()  # the group; there is only "All"
    tws.subscriptions.summary(session, request_id, reader.text())


def _no_summary(tws: Tws, session: Session, request_id: int, _: Reader) -> None:
    tws.subscriptions.of(session).summaries.pop(request_id, None)


def _updates_multi(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    tws.subscriptions.account_multi(session, request_id, tws.account(reader.text()))


def _no_updates_multi(tws: Tws, session: Session, request_id: int, _: Reader) -> None:
    tws.subscriptions.of(session).accounts_multi.pop(request_id, None)


def _positions_multi(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    tws.subscriptions.positions_multi(session, request_id, tws.account(reader.text()))


def _no_positions_multi(tws: Tws, session: Session, request_id: int, _: Reader) -> None:
    tws.subscriptions.of(session).positions_multi.pop(request_id, None)


def _profit(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    tws.subscriptions.profit(session, request_id, tws.account(reader.text()))


def _profit_of_one(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    name = tws.account(reader.text())
    reader.skip()  # the model
    tws.subscriptions.profit(session, request_id, name, reader.integer())


def _no_profit(tws: Tws, session: Session, request_id: int, _: Reader) -> None:
    tws.subscriptions.of(session).profits.pop(request_id, None)


ROUTES: Final[Mapping[int, Route]] = {
    Ask.START_API: Route(start, has_id=False),
    Ask.CURRENT_TIME: Route(_current_time, has_id=False),
    Ask.MANAGED_ACCOUNTS: Route(_accounts, has_id=False),
    Ask.ACCOUNT_UPDATES: Route(_updates, has_id=False),
    Ask.POSITIONS: Route(_positions, has_id=False),
    Ask.CANCEL_POSITIONS: Route(_no_positions, has_id=False),
    Ask.ACCOUNT_SUMMARY: Route(_summary),
    Ask.CANCEL_ACCOUNT_SUMMARY: Route(_no_summary),
    Ask.ACCOUNT_UPDATES_MULTI: Route(_updates_multi),
    Ask.CANCEL_ACCOUNT_UPDATES_MULTI: Route(_no_updates_multi),
    Ask.POSITIONS_MULTI: Route(_positions_multi),
    Ask.CANCEL_POSITIONS_MULTI: Route(_no_positions_multi),
    Ask.PNL: Route(_profit, has_version=False),
    Ask.CANCEL_PNL: Route(_no_profit, has_version=False),
    Ask.PNL_SINGLE: Route(_profit_of_one, has_version=False),
    Ask.CANCEL_PNL_SINGLE: Route(_no_profit, has_version=False),
    Ask.LOG_LEVEL: Route(_nothing, has_id=False),
    Ask.NEWS_BULLETINS: Route(_nothing, has_id=False),
    Ask.CANCEL_NEWS_BULLETINS: Route(_nothing, has_id=False),
    # orders
    Ask.PLACE_ORDER: Route(order_requests.place, has_version=False),
    Ask.CANCEL_ORDER: Route(order_requests.cancel),
    Ask.GLOBAL_CANCEL: Route(order_requests.cancel_all, has_id=False),
    Ask.IDS: Route(order_requests.ids, has_id=False),
    Ask.OPEN_ORDERS: Route(order_requests.open_orders, has_id=False),
    Ask.ALL_OPEN_ORDERS: Route(order_requests.all_open_orders, has_id=False),
    Ask.AUTO_OPEN_ORDERS: Route(order_requests.auto_open_orders, has_id=False),
    Ask.EXECUTIONS: Route(order_requests.executions),
    Ask.COMPLETED_ORDERS: Route(order_requests.completed_orders, has_version=False, has_id=False),
    # market data
    Ask.MARKET_DATA: Route(data_requests.market_data),
    Ask.CANCEL_MARKET_DATA: Route(data_requests.cancel_market_data),
    Ask.MARKET_DATA_TYPE: Route(data_requests.market_data_type, has_id=False),
    Ask.DEPTH: Route(data_requests.depth),
    Ask.CANCEL_DEPTH: Route(data_requests.cancel_depth),
    Ask.REAL_TIME_BARS: Route(data_requests.real_time_bars),
    Ask.CANCEL_REAL_TIME_BARS: Route(data_requests.cancel_bars),
    Ask.HISTORICAL_BARS: Route(data_requests.historical_bars, has_version=False),
    Ask.CANCEL_HISTORICAL_BARS: Route(data_requests.cancel_bars),
    Ask.TICK_BY_TICK: Route(data_requests.tick_by_tick, has_version=False),
    Ask.CANCEL_TICK_BY_TICK: Route(data_requests.cancel_tick_by_tick, has_version=False),
    Ask.HEAD_TIMESTAMP: Route(data_requests.head_timestamp, has_version=False),
    Ask.CANCEL_HEAD_TIMESTAMP: Route(_nothing, has_version=False),
    # reference
    Ask.CONTRACT_DETAILS: Route(reference_requests.contract_details),
    Ask.MATCHING_SYMBOLS: Route(reference_requests.matching_symbols, has_version=False),
    Ask.OPTION_PARAMETERS: Route(reference_requests.option_parameters, has_version=False),
    Ask.MARKET_RULE: Route(reference_requests.market_rule, has_version=False),
    Ask.FAMILY_CODES: Route(reference_requests.family_codes, has_version=False, has_id=False),
    Ask.DEPTH_EXCHANGES: Route(reference_requests.depth_exchanges, has_version=False, has_id=False),
    Ask.NEWS_PROVIDERS: Route(reference_requests.news_providers, has_version=False, has_id=False),
    Ask.USER_INFO: Route(reference_requests.user_info, has_version=False),
}


def dispatch(tws: Tws, session: Session, fields: list[str]) -> None:
    """Answer one message; what cannot be answered gets an error."""
    request_id = NO_REQUEST
    reader = Reader(fields)
    try:
        number = reader.integer()
        route = ROUTES.get(number)
        if route is None or (session.client_id == NO_CLIENT and number != Ask.START_API):
            raise Refusal(Code.UNKNOWN_MESSAGE)
        if route.has_version:
            reader.skip()
        if route.has_id:
            request_id = reader.integer()
        route.answer(tws, session, request_id, reader)
    except Refusal as refusal:
        session.refuse(request_id, refusal)
    except BadField as error:
        session.refuse(request_id, invalid(str(error)))
