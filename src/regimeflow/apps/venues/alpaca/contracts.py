"""``/v2/options/contracts``: which options there are, and what each is.

Source: Alpaca's OpenAPI 2.0.1, ``OptionContract`` (October 2026).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from aiohttp import web

from regimeflow.apps.venues.alpaca.accounts import Account
from regimeflow.apps.venues.alpaca.assets import CONTRACT, Asset, id_of
from regimeflow.apps.venues.alpaca.fields import Json, whole
from regimeflow.apps.venues.alpaca.house import House
from regimeflow.apps.venues.alpaca.refusals import bad_input, not_found, text
from regimeflow.apps.venues.alpaca.rest import Answer, Rest, query_of
from regimeflow.apps.venues.alpaca.times import new_york
from regimeflow.types.option_symbol import OptionSymbol

_PATH: Final = "/v2/options/contracts"
_USUAL: Final = 100
_MOST: Final = 10_000
_SATURDAY: Final = 5
_WEEKDAYS: Final = 7


class Contracts:
    """The options of this venue are those among its symbols."""

    def __init__(self, house: House) -> None:
        self._house: Final = house

    def add_routes(self, app: web.Application, rest: Rest) -> None:
        """Say which path is which."""
        app.router.add_get(_PATH, rest.handler(self._listed, "trading"))
        app.router.add_get(_PATH + "/{key}", rest.handler(self._one, "trading"))

    async def _one(self, request: web.Request, _account: Account) -> Answer:
        key = request.match_info["key"]
        asset = self._house.assets.find(key)
        if asset is None or asset.option is None:
            raise not_found(f"option contract {key} not found")
        return 200, self._form(asset, asset.option)

    async def _listed(self, request: web.Request, _account: Account) -> Answer:
        query = query_of(request)
        forms = [
            self._form(asset, asset.option)
            for asset in sorted(self._house.assets, key=lambda one: one.symbol)
            if asset.option is not None
        ]
        wanted = [form for form in forms if _fits(form, query, self._weekend())]
        limit = whole(query, "limit", _USUAL, most=_MOST)
        begin = _begin(query.get("page_token", ""))
        is_over = begin + limit >= len(wanted)
        token = None if is_over else base64.b64encode(str(begin + limit).encode()).decode()
        return 200, {"option_contracts": wanted[begin : begin + limit], "next_page_token": token}

    def _weekend(self) -> str:
        """The end of the list where nobody says one: the next weekend."""
        today = new_york(self._house.clock()).date()
        return str(today + timedelta(days=(_SATURDAY - today.weekday()) % _WEEKDAYS))

    def _form(self, asset: Asset, option: OptionSymbol) -> Json:
        under = self._house.assets.find(option.root)
        is_over = option.expires < str(new_york(self._house.clock()).date())
        return {
            "id": asset.asset_id,
            "symbol": asset.symbol,
            "name": asset.name,
            "status": "inactive" if is_over else "active",
            "tradable": not is_over,
            "expiration_date": option.expires,
            "root_symbol": option.root,
            "underlying_symbol": option.root,
            "underlying_asset_id": id_of(option.root) if under is None else under.asset_id,
            "type": option.kind,
            "style": "american",
            "strike_price": text(option.strike),
            "multiplier": text(CONTRACT),
            "size": text(CONTRACT),
            "ppind": True,
        }


def _fits(form: Json, query: Mapping[str, str], weekend: str) -> bool:
    names = {name for name in query.get("underlying_symbols", "").split(",") if name}
    if names and form["underlying_symbol"] not in names:
        return False
    if form["status"] != query.get("status", "active"):
        return False
    if any(query.get(key, form[key]) != form[key] for key in ("root_symbol", "type", "style")):
        return False
    return _is_in_time(str(form["expiration_date"]), query, weekend) and _is_at_strike(
        Decimal(str(form["strike_price"])), query
    )


def _is_in_time(expires: str, query: Mapping[str, str], weekend: str) -> bool:
    exact = query.get("expiration_date")
    for given in (exact, query.get("expiration_date_gte"), query.get("expiration_date_lte")):
        try:
            date.fromisoformat(given or weekend)
        except ValueError as error:
            raise bad_input(f"invalid expiration_date: {error}") from error
    if exact:
        return expires == exact
    first, last = query.get("expiration_date_gte"), query.get("expiration_date_lte")
    return (first or "") <= expires <= (last or ("9999" if first else weekend))


def _is_at_strike(strike: Decimal, query: Mapping[str, str]) -> bool:
    try:
        least = Decimal(query.get("strike_price_gte") or 0)
        most = Decimal(query.get("strike_price_lte") or strike)
        return least <= strike <= most
    except InvalidOperation as error:
        raise bad_input("strike_price_gte and strike_price_lte must be numbers") from error


def _begin(token: str) -> int:
    try:
        return int(base64.b64decode(token, validate=True) or 0)
    except (binascii.Error, ValueError) as error:
        raise bad_input("invalid page_token") from error
