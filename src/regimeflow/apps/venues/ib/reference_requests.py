"""Requests about contracts and what else does not change."""

from __future__ import annotations

from decimal import Decimal

from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.errors import Code, Refusal
from regimeflow.apps.venues.ib.fields import Reader, number
from regimeflow.apps.venues.ib.ids import Say, Since
from regimeflow.apps.venues.ib.order_layouts import CONTRACT_ASKED
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.times import moment
from regimeflow.apps.venues.ib.tws import Tws


def contract_details(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    """Answer reqContractDetails: everything that fits."""
    asked = {name: reader.text() for name in CONTRACT_ASKED}
    found = tws.catalogue.find(asked, with_expired=reader.flag())
    if not found:
        raise Refusal(Code.NO_CONTRACT, "No security definition has been found for the request")
    today = moment(tws.now_ns()).date()
    for contract, exchange in found:
        session.send(
            messages.contract_details(request_id, contract, exchange, today, session.version)
        )
    session.send(messages.of(Say.CONTRACT_DETAILS_END, 1, request_id))


def matching_symbols(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    """Answer reqMatchingSymbols."""
    rows = []
    for contract in tws.catalogue.like(reader.text()):
        row: list[object] = [contract.con_id, contract.symbol, contract.sec_type]
        row += [contract.primary_exchange or contract.exchange, contract.currency]
        row += [1, "OPT"] if contract.sec_type == "STK" else [0]
        if session.version >= Since.ISSUER_ID:
            row += [contract.long_name, ""]
        rows.append(row)
    session.send(messages.rows(Say.MATCHING_SYMBOLS, (request_id,), rows))


def option_parameters(tws: Tws, session: Session, request_id: int, reader: Reader) -> None:
    """Answer reqSecDefOptParams: expirations and strikes."""
    symbol = reader.text()
    options = [
        each for each in tws.catalogue.contracts if each.sec_type == "OPT" and each.symbol == symbol
    ]
    if options:
        days = sorted({each.last_trade_date for each in options})
        strikes = sorted({each.strike for each in options})
        head = (request_id, "SMART", options[0].under_con_id, symbol, options[0].multiplier)
        session.send(
            messages.of(Say.OPTION_PARAMETERS, *head, len(days), *days, len(strikes), *strikes)
        )
    session.send(messages.of(Say.OPTION_PARAMETERS_END, request_id))


def market_rule(tws: Tws, session: Session, _: int, reader: Reader) -> None:
    """Answer reqMarketRule: the price steps of whoever follows it."""
    del reader
    rule = _
    ticks = {each.min_tick for each in tws.catalogue.contracts if each.market_rule == rule}
    step = number(min(ticks, default=Decimal("0.01")))
    session.send(messages.rows(Say.MARKET_RULE, (rule,), [("0", step)]))


def family_codes(tws: Tws, session: Session, _: int, __: Reader) -> None:
    """Answer reqFamilyCodes: accounts of no family."""
    rows = [(name, "") for name in tws.account_names]
    session.send(messages.rows(Say.FAMILY_CODES, (), rows))


def depth_exchanges(tws: Tws, session: Session, _: int, __: Reader) -> None:
    """Answer reqMktDepthExchanges."""
    del tws
    rows = [("ISLAND", "STK", "", "Deep2", 2147483647), ("IDEALPRO", "CASH", "", "Deep", 4)]
    session.send(messages.rows(Say.DEPTH_EXCHANGES, (), rows))


def news_providers(tws: Tws, session: Session, _: int, __: Reader) -> None:
    """Answer reqNewsProviders: none."""
    del tws
    session.send(messages.rows(Say.NEWS_PROVIDERS, (), []))


def user_info(tws: Tws, session: Session, request_id: int, _: Reader) -> None:
    """Answer reqUserInfo: no white label."""
    del tws
    session.send(messages.of(Say.USER_INFO, request_id, ""))
