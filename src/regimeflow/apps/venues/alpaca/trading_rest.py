"""The trading API: account, orders, positions, activities, assets, clock, calendar."""

from __future__ import annotations

from datetime import date
from typing import Final

from aiohttp import web

from regimeflow.apps.venues.alpaca import activities
from regimeflow.apps.venues.alpaca.accounts import (
    PDT_CONFIGURATION,
    Account,
    account_form,
    configure,
    position_form,
)
from regimeflow.apps.venues.alpaca.assets import unknown_asset
from regimeflow.apps.venues.alpaca.calendar import TradingDay, next_trading_day, trading_days
from regimeflow.apps.venues.alpaca.desk import Desk
from regimeflow.apps.venues.alpaca.fields import Json, body_of, flag
from regimeflow.apps.venues.alpaca.house import House
from regimeflow.apps.venues.alpaca.ledger import Position
from regimeflow.apps.venues.alpaca.order_request import parse_order
from regimeflow.apps.venues.alpaca.orders import Order, order_form
from regimeflow.apps.venues.alpaca.refusals import bad_input, not_found
from regimeflow.apps.venues.alpaca.replacing import Replacing, parse_change
from regimeflow.apps.venues.alpaca.rest import Answer, Rest, query_of
from regimeflow.apps.venues.alpaca.sessions import Phase
from regimeflow.apps.venues.alpaca.times import new_york, rfc3339_new_york

_FIRST_DAY: Final = date(1970, 1, 1)
_LAST_DAY: Final = date(2029, 12, 31)


class TradingRest:
    """One method a route."""

    def __init__(self, house: House, desk: Desk, replacing: Replacing) -> None:
        self._house: Final = house
        self._desk: Final = desk
        self._replacing: Final = replacing

    def add_routes(self, app: web.Application, rest: Rest) -> None:
        """Say which path is which."""
        routes = (
            ("GET", "/v2/account", self._account),
            ("GET", "/v2/account/configurations", self._configuration),
            ("PATCH", "/v2/account/configurations", self._configure),
            ("GET", "/v2/account/activities", self._activities),
            ("GET", "/v2/account/activities/{kind}", self._activities),
            ("GET", "/v2/orders", self._orders),
            ("POST", "/v2/orders", self._submit),
            ("DELETE", "/v2/orders", self._cancel_all),
            ("GET", "/v2/orders:by_client_order_id", self._order_of_client),
            ("GET", "/v2/orders/{order_id}", self._order),
            ("PATCH", "/v2/orders/{order_id}", self._replace),
            ("DELETE", "/v2/orders/{order_id}", self._cancel),
            ("GET", "/v2/positions", self._positions),
            ("DELETE", "/v2/positions", self._close_all),
            ("GET", "/v2/positions/{key:.+}", self._position),
            ("DELETE", "/v2/positions/{key:.+}", self._close),
            ("GET", "/v2/assets", self._assets),
            ("GET", "/v2/assets/{key:.+}", self._asset),
            ("GET", "/v2/clock", self._clock),
            ("GET", "/v2/calendar", self._calendar),
        )
        for method, path, operation in routes:
            app.router.add_route(method, path, rest.handler(operation, "trading"))

    async def _account(self, _request: web.Request, account: Account) -> Answer:
        pdt = self._house.faults.take("pdt_fields", path="/v2/account") is not None
        worth = self._house.worth(account.name)
        return 200, account_form(account, worth, self._house.clock(), pdt=pdt)

    async def _configuration(self, _request: web.Request, account: Account) -> Answer:
        pdt = self._house.faults.take("pdt_fields", path="/v2/account/configurations")
        return 200, account.configuration | (PDT_CONFIGURATION if pdt is not None else {})

    async def _configure(self, request: web.Request, account: Account) -> Answer:
        configure(account, body_of(await request.read()))
        return 200, account.configuration

    async def _activities(self, request: web.Request, account: Account) -> Answer:
        kinds = request.match_info.get("kind", "")
        return 200, activities.listed(account.books.activities, kinds, query_of(request))

    async def _orders(self, request: web.Request, account: Account) -> Answer:
        query = query_of(request)
        found = self._house.orders.listed(account.name, query)
        return 200, [order_form(order, nested=flag(query, "nested")) for order in found]

    async def _submit(self, request: web.Request, account: Account) -> Answer:
        order = parse_order(body_of(await request.read()), self._house.assets)
        return 200, self._desk.submit(account, order)

    async def _order_of_client(self, request: web.Request, account: Account) -> Answer:
        client_id = request.query.get("client_order_id", "")
        if not client_id:
            raise bad_input("client_order_id is required")
        order = self._house.orders.by_client_id(account.name, client_id)
        return 200, order_form(order, nested=True)

    def _named(self, request: web.Request, account: Account) -> Order:
        return self._house.orders.named(account.name, request.match_info["order_id"])

    async def _order(self, request: web.Request, account: Account) -> Answer:
        nested = flag(query_of(request), "nested")
        return 200, order_form(self._named(request, account), nested=nested)

    async def _replace(self, request: web.Request, account: Account) -> Answer:
        change = parse_change(body_of(await request.read()))
        return 200, self._replacing.replace(account, request.match_info["order_id"], change)

    async def _cancel(self, request: web.Request, account: Account) -> Answer:
        self._desk.cancel(account, request.match_info["order_id"])
        return 204, None

    async def _cancel_all(self, _request: web.Request, account: Account) -> Answer:
        return 207, self._desk.cancel_all(account)

    def _position_form(self, account: Account, position: Position) -> Json:
        asset = position.asset
        return position_form(
            position,
            price=self._house.price(asset),
            previous_close=self._house.market[asset.symbol].previous_close,
            available=self._house.available(account.name, asset),
        )

    async def _positions(self, _request: web.Request, account: Account) -> Answer:
        held = account.books.open_positions()
        return 200, [self._position_form(account, position) for position in held]

    async def _position(self, request: web.Request, account: Account) -> Answer:
        position = self._held(request, account)
        return 200, self._position_form(account, position)

    def _held(self, request: web.Request, account: Account) -> Position:
        asset = self._house.assets.find(request.match_info["key"])
        if asset is None:
            raise unknown_asset(request.match_info["key"])
        position = account.books.position(asset)
        if not position.qty:
            raise not_found("position does not exist")
        return position

    async def _close(self, request: web.Request, account: Account) -> Answer:
        position, query = self._held(request, account), request.query
        qty, percentage = query.get("qty", ""), query.get("percentage", "")
        return 200, self._desk.close(account, position.asset, qty, percentage)

    async def _close_all(self, request: web.Request, account: Account) -> Answer:
        cancel_orders = flag(query_of(request), "cancel_orders")
        return 207, self._desk.close_all(account, cancel_orders=cancel_orders)

    async def _assets(self, request: web.Request, _account: Account) -> Answer:
        wanted = {
            "status": request.query.get("status"),
            "class": request.query.get("asset_class"),
            "exchange": request.query.get("exchange"),
        }
        forms = [asset.form() for asset in self._house.assets if asset.option is None]
        return 200, [
            form
            for form in forms
            if all(not value or form[name] == value for name, value in wanted.items())
        ]

    async def _asset(self, request: web.Request, _account: Account) -> Answer:
        return 200, self._house.assets.named(request.match_info["key"]).form()

    async def _clock(self, _request: web.Request, _account: Account) -> Answer:
        now_ns, sessions = self._house.clock(), self._house.sessions
        return 200, {
            "timestamp": rfc3339_new_york(now_ns),
            "is_open": sessions.phase(now_ns) is Phase.OPEN,
            "next_open": rfc3339_new_york(sessions.next_open(now_ns)),
            "next_close": rfc3339_new_york(sessions.next_close(now_ns)),
        }

    async def _calendar(self, request: web.Request, _account: Account) -> Answer:
        try:
            first = date.fromisoformat(request.query.get("start") or str(_FIRST_DAY))
            last = date.fromisoformat(request.query.get("end") or str(_LAST_DAY))
        except ValueError as error:
            raise bad_input(f"invalid date: {error}") from error
        days = trading_days(max(first, _FIRST_DAY), min(last, _LAST_DAY))
        return 200, [_day_form(day) for day in days]


def _day_form(day: TradingDay) -> Json:
    after = new_york(day.after_ns)
    return {
        "date": day.day.isoformat(),
        "open": "09:30",
        "close": f"{day.close_hour:02}:00",
        "session_open": "0400",
        "session_close": f"{after:%H%M}",
        "settlement_date": next_trading_day(day.day).day.isoformat(),
    }
