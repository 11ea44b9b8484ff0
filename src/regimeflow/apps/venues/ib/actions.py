"""What the control endpoint can make happen here and now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.errors import NO_REQUEST, Code
from regimeflow.apps.venues.ib.layout import Values
from regimeflow.apps.venues.ib.times import moment
from regimeflow.apps.venues.ib.tws import Tws

Params = Mapping[str, object]


def _number(params: Params, name: str, default: float) -> float:
    return float(str(params.get(name, default)))


def _outage(tws: Tws, params: Params) -> object:
    code = Code(int(_number(params, "code", Code.RESTORED_DATA_LOST)))
    keeps = bool(params.get("keeps_orders", True))
    tws.lines.begin_outage(_number(params, "seconds", 0), code, keeps_orders=keeps)
    return {"is_cut_off": tws.clients.is_cut_off}


def _restore(tws: Tws, params: Params) -> object:
    tws.lines.end_outage(Code(int(_number(params, "code", Code.RESTORED_DATA_LOST))))
    return {"is_cut_off": tws.clients.is_cut_off}


def _restart(tws: Tws, params: Params) -> object:
    tws.lines.restart(_number(params, "seconds", 0))
    return {"is_down": tws.lines.is_down}


def _disconnect(tws: Tws, params: Params) -> object:
    wanted = params.get("client")
    closed = [session for session in tws.clients if wanted in {None, session.client_id}]
    for session in closed:
        session.abort()
    return {"closed": len(closed)}


def _release(tws: Tws, _: Params) -> object:
    return {"released": tws.flow.release_held() + tws.order_events.release_answers()}


def _tell(tws: Tws, params: Params) -> object:
    code, text = int(_number(params, "code", 0)), str(params.get("text", ""))
    for session in tws.clients:
        session.send(messages.error(NO_REQUEST, code, text, session.version))
    return {"code": code}


def _session(tws: Tws, params: Params) -> object:
    is_open = bool(params.get("is_open", True))
    symbols = [str(params["symbol"])] if "symbol" in params else list(tws.exchange.listings)
    for symbol in symbols:
        if tws.exchange.listings[symbol].has_sessions:
            tws.exchange.set_session(symbol, is_open=is_open, now_ns=tws.now_ns())
    return {"is_open": is_open}


def _reset_ids(tws: Tws, _: Params) -> object:
    tws.desk.forget_ids()
    return {}


def _manual_order(tws: Tws, params: Params) -> object:
    contract = tws.catalogue.by_market[str(params["symbol"])]
    asked: Values = {
        **contract.told(),
        "orderId": "0",
        "action": str(params.get("side", "BUY")),
        "totalQuantity": str(params["quantity"]),
        "orderType": str(params.get("type", "LMT")),
        "lmtPrice": str(params.get("limit_price", "")),
        "auxPrice": str(params.get("stop_price", "")),
        "tif": str(params.get("tif", "DAY")),
        "account": str(params.get("account", "")),
        "transmit": "1",
        **dict.fromkeys(
            ("orderRef", "displaySize", "goodTillDate", "trailingPercent", "parentId"), ""
        ),
    }
    ticket = tws.flow.place_by_hand(asked)
    return {"permId": ticket.perm_id, "status": ticket.status}


def _combo(tws: Tws, params: Params) -> object:
    legs = params["legs"]
    if not isinstance(legs, Sequence) or not all(isinstance(leg, Mapping) for leg in legs):
        raise ValueError(f"legs is {legs!r}; expected a list of tables")
    account, quantity = str(params["account"]), Decimal(str(params.get("quantity", 1)))
    return {"permId": tws.back_office.fill_combo(account, quantity, legs, tws.now_ns())}


def _bust(tws: Tws, params: Params) -> object:
    return {"execId": tws.back_office.bust(str(params["symbol"]), tws.now_ns())}


def _bust_bars(tws: Tws, params: Params) -> object:
    return {"ended": tws.bars.bust(str(params["symbol"]))}


ACTIONS: Final[Mapping[str, Callable[[Tws, Params], object]]] = {
    "outage": _outage,
    "restore": _restore,
    "restart": _restart,
    "disconnect": _disconnect,
    "release": _release,
    "tell": _tell,
    "session": _session,
    "reset_ids": _reset_ids,
    "manual_order": _manual_order,
    "combo": _combo,
    "bust": _bust,
    "bust_bars": _bust_bars,
}


def act(tws: Tws, name: str, params: Params) -> object:
    """Do it.

    Raises:
        ValueError: no such action; it lists what there is.
    """
    if name not in ACTIONS:
        raise ValueError(f"no action {name!r}; expected one of {', '.join(ACTIONS)}")
    return ACTIONS[name](tws, params)


def restart_daily(tws: Tws, every_s: float) -> None:
    """Restart at the time of day that the settings name; called once in so many seconds."""
    if not tws.settings.daily_restart:
        return
    due = time.fromisoformat(tws.settings.daily_restart)
    now = moment(tws.now_ns()).astimezone(ZoneInfo(tws.settings.time_zone))
    since = (now.hour - due.hour) * 3600 + (now.minute - due.minute) * 60 + now.second
    if 0 <= since < max(every_s, 1) and not tws.lines.is_down:
        tws.lines.restart(2.0)
