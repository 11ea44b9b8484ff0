"""Messages of Alpaca's streams as dicts, and the frames that they become."""

from __future__ import annotations

import json
from typing import Any

from regimeflow._core.alpaca_frames import AlpacaFrames, TradeUpdate

RECV_NS = 1_723_161_254_087_891_268
T_NS = 1_614_009_105_335_689_322
QUOTE = {
    "T": "q",
    "S": "AMD",
    "bx": "U",
    "bp": 87.66,
    "bs": 1,
    "ax": "Q",
    "ap": 87.68,
    "as": 4,
    "t": "2021-02-22T15:51:45.335689322Z",
    "c": ["R"],
    "z": "C",
}
TRADE = {"T": "t", "S": "BTC/USD", "p": 65432.125, "s": 0.00000001, "t": QUOTE["t"], "i": 77}
BAR = {"T": "b", "S": "SPY", "o": 388.985, "h": 389.13, "l": 388.97, "c": 389.12, "v": 49378}
BAR |= {"t": "2021-02-22T19:15:00Z", "n": 461, "vw": 389.062639}
STATUS = {"T": "s", "S": "AAPL", "sc": "H", "sm": "Halted", "rc": "T12", "rm": "News", "z": "C"}
STATUS |= {"t": QUOTE["t"]}
ORDER = {
    "id": "904837e3-3b76-47ec-b432-046db621571b",
    "client_order_id": "ours-1",
    "updated_at": "2021-02-22T10:51:45.1-05:00",
    "symbol": "AAPL",
    "asset_class": "us_equity",
    "notional": None,
    "qty": "10",
    "filled_qty": "4",
    "filled_avg_price": "78.19",
    "order_class": "bracket",
    "order_type": "limit",
    "type": "limit",
    "side": "buy",
    "time_in_force": "day",
    "limit_price": "78.20",
    "stop_price": None,
    "status": "partially_filled",
    "replaced_by": None,
    "replaces": "5b0f4c25-8bd0-4c3c-9d8e-54d0a35b32b0",
    "legs": None,
    "group_id": "g-1",
    "group_role": "entry",
}
DATA = {
    "at": "2021-02-22T15:51:45.34Z",
    "event_id": "01M2TB1W73G1WFCA460A7GTB33",
    "event": "partial_fill",
    "timestamp": QUOTE["t"],
    "order": ORDER,
    "price": "78.185",
    "qty": "3",
    "position_qty": "-7.5",
    "execution_id": "e-1",
}


def a_frame(*messages: dict[str, Any]) -> bytes:
    return json.dumps(list(messages), separators=(",", ":")).encode()


def parsed(message: dict[str, Any], **changes: object) -> Any:
    (found,) = AlpacaFrames().parse(a_frame(message | changes), RECV_NS)
    return found


def an_update(*, order: dict[str, Any] | None = None, **changes: object) -> TradeUpdate:
    data = DATA | changes | {"order": ORDER | (order or {})}
    update = parsed({"stream": "trade_updates", "data": data})
    assert isinstance(update, TradeUpdate)
    return update
