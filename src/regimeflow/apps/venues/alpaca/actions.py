"""What ``POST /control/action`` can ask of this venue, besides cutting connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Final

from regimeflow.apps.venues.alpaca.assets import Asset
from regimeflow.apps.venues.alpaca.corporate import Corporate
from regimeflow.apps.venues.alpaca.expiry import Expiry
from regimeflow.apps.venues.alpaca.house import CASH, House
from regimeflow.apps.venues.alpaca.market import Status
from regimeflow.apps.venues.alpaca.placing import Placing
from regimeflow.apps.venues.alpaca.prints import print_trade, show_quote
from regimeflow.apps.venues.alpaca.updates import Updates

Params = Mapping[str, object]


class Actions:
    """Each does one thing; amounts are text."""

    def __init__(
        self, house: House, corporate: Corporate, placing: Placing, updates: Updates
    ) -> None:
        self._house: Final = house
        self._corporate: Final = corporate
        self._expiry: Final = Expiry(house)
        self._placing: Final = placing
        self._updates: Final = updates
        self._by_name: Final[Mapping[str, Callable[[Params], object]]] = {
            "session": self._session,
            "trade": self._trade,
            "quote": self._quote,
            "split": self._split,
            "dividend": self._dividend,
            "expire": self._expire,
            "deposit": self._deposit,
            "halt": self._halt,
            "resume": self._resume,
            "release": self._release,
            "tell": self._tell,
        }

    def act(self, name: str, params: Params) -> object:
        """Do it.

        Raises:
            ValueError: there is no such action, or it lacks something.
        """
        action = self._by_name.get(name)
        if action is None:
            known = ", ".join(["disconnect", *self._by_name])
            raise ValueError(f"{name!r} is no action; expected one of {known}")
        return action(params)

    def _asset(self, params: Params) -> Asset:
        asset = self._house.assets.find(str(params.get("symbol", "")))
        if asset is None:
            raise ValueError(f"symbol: {params.get('symbol')!r} does not trade here")
        return asset

    def _session(self, params: Params) -> object:
        """Open or close the market: ``session`` is a phase, or ``calendar``."""
        self._house.sessions.tell(str(params.get("session", "")))
        return {"session": self._house.sessions.mode}

    def _trade(self, params: Params) -> object:
        """Print a trade: ``symbol``, ``price``, ``qty``, ``taker`` (buy or sell)."""
        price, qty = _number(params, "price"), _number(params, "qty")
        taker = str(params.get("taker", "sell"))
        print_trade(self._house, self._asset(params).symbol, price, qty, taker)
        return {}

    def _quote(self, params: Params) -> object:
        """Show the market's best prices: ``bid``, ``ask``, ``bid_qty``, ``ask_qty``."""
        sides = [(_number(params, side), _number(params, f"{side}_qty")) for side in ("bid", "ask")]
        show_quote(self._house, self._asset(params).symbol, sides[0], sides[1])
        return {}

    def _split(self, params: Params) -> object:
        """Split: ``symbol``, ``ratio`` new shares for an old one."""
        self._corporate.split(self._asset(params), _number(params, "ratio"))
        return {}

    def _expire(self, params: Params) -> object:
        """End an option: ``symbol``."""
        self._expiry.expire(self._asset(params))
        return {}

    def _dividend(self, params: Params) -> object:
        """Pay: ``symbol``, ``per_share``."""
        self._corporate.dividend(self._asset(params), _number(params, "per_share"))
        return {}

    def _deposit(self, params: Params) -> object:
        """Bring money: ``amount``, below zero takes it away; ``account``, else the first one."""
        name = str(params.get("account") or next(iter(self._house.accounts)))
        if name not in self._house.accounts:
            raise ValueError(f"account: {name!r} is not here")
        amount = _number(params, "amount", least=None)
        self._house.exchange.transfer(name, CASH, amount, self._house.clock())
        return {}

    def _halt(self, params: Params) -> object:
        """Say that trading of ``symbol`` stops (it is only said: orders go on)."""
        return self._say(params, "H", "Trading Halt", "T12", "Trading Halted; For information")

    def _resume(self, params: Params) -> object:
        """Say that trading of ``symbol`` goes on."""
        return self._say(params, "T", "Trading Resumption", "", "")

    def _say(
        self, params: Params, code: str, message: str, reason_code: str, reason: str
    ) -> object:
        status = Status(self._house.clock(), code, message, reason_code, reason)
        self._house.market.status(self._asset(params).symbol, status)
        return {}

    def _release(self, _params: Params) -> object:
        """Let every order that is stuck in pending_new go on."""
        stuck = [
            order
            for order in self._house.orders
            if order.status == "pending_new" and not order.engine_id and order.parent is None
        ]
        for order in stuck:
            self._placing.place(order, self._house.clock())
        return {"released": len(stuck)}

    def _tell(self, params: Params) -> object:
        """Tell any ``event`` of ``order_id``, with any ``status``; the order stays as it is."""
        found = [one for one in self._house.orders if one.id == params.get("order_id")]
        if not found:
            raise ValueError(f"order_id: {params.get('order_id')!r} is not here")
        told = replace(found[0], status=str(params.get("status") or found[0].status))
        event = str(params.get("event", ""))
        execution = self._house.ids.uuid()
        self._updates.tell(told, event, time_ns=self._house.clock(), execution_id=execution)
        return {}


def _number(params: Params, name: str, *, least: Decimal | None = Decimal(0)) -> Decimal:
    try:
        value = Decimal(str(params[name]))
    except (KeyError, InvalidOperation) as error:
        raise ValueError(f"{name}: expected a number as text") from error
    if not value.is_finite() or (least is not None and value <= least):
        raise ValueError(f"{name}: expected more than {least}, found {value}")
    return value
