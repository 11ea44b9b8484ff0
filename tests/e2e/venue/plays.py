"""What is played at which local venue."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from regimeflow.adapters.brokers._shared.legs import split_leg
from regimeflow.adapters.brokers.alpaca.translate import exec_id_of
from tests.e2e.venue import ib
from tests.e2e.venue.schedule import Wish

Executions = Mapping[str, set[str]]
"""By client order id, the names that its executions must have in our books."""

REPORT = {"event": "executionReport"}
PLACE, REPLACE, CANCEL = "order.place", "order.cancelReplace", "order.cancel"
QUOTES, DEPTH = ({"stream": f"btcusdt@{name}"} for name in ("bookTicker", "depth@100ms"))
BINANCE_FAULTS: tuple[Wish, ...] = (
    {"name": "answer_lost", "where": {"method": PLACE}},
    {"name": "answer_lost", "where": {"method": REPLACE}},
    {"name": "answer_lost", "where": {"method": CANCEL}},
    {"name": "answer_late", "delay_ms": 300},
    {"name": "events_after_answer"},
    {"name": "server_error", "carried_out": True, "where": {"method": PLACE}},
    {"name": "server_error", "carried_out": False, "where": {"method": PLACE}},
    {"name": "server_error", "carried_out": True, "where": {"method": CANCEL}},
    {"name": "server_error", "carried_out": True, "where": {"method": REPLACE}},
    {"name": "server_error", "where": {"transport": "rest"}},
    {"name": "unknown_outcome", "carried_out": True},
    {"name": "unknown_outcome", "carried_out": False},
    {"name": "half_cancel_replace", "lost": "new"},
    {"name": "half_cancel_replace", "lost": "cancel"},
    {"name": "event_duplicated", "where": REPORT},
    {"name": "event_lost", "where": REPORT},
    {"name": "event_late", "delay_ms": 200},
    {"name": "event_unknown"},
    {"name": "new_field"},
    {"name": "too_many_orders", "after": 30},  # for ten seconds then none leaves: not too often
    {"name": "overloaded"},
    {"name": "clock_skew", "ms": -20_000},
    {"name": "depth_gap"},
    {"name": "connect_refused"},
    {"name": "server_shutdown", "where": {"kind": "ws-api"}, "grace_ms": 3_000},
    {"name": "server_shutdown", "where": {"kind": "stream"}, "grace_ms": 3_000},
    {"name": "server_shutdown", "grace_ms": 100},  # sooner than the next connection has overlapped
    {"name": "commission_in_bnb"},
    {"name": "read_lags", "lag_ms": 1_000, "count": 3},
    {"name": "read_lags", "lag_ms": 3_000, "where": {"method": "order.status"}},
    {"name": "too_many_requests", "retry_after_s": 1},
    {"name": "too_many_requests", "where": {"method": REPLACE}, "retry_after_s": 1},
    {"name": "banned", "seconds": 2},
    {"name": "window_over_late"},
    {"name": "firewall"},
    {"name": "stream_silent", "where": QUOTES, "count": 25},
    {"name": "stream_silent", "where": DEPTH, "count": 10},
    {"name": "stream_duplicated", "count": 5},
    {"name": "stream_late", "delay_ms": 500},
)
BINANCE_ACTIONS: tuple[Wish, ...] = (
    {"name": "disconnect", "kind": "ws-api"},
    {"name": "disconnect", "kind": "stream"},
    {"name": "disconnect"},
    {"name": "day_is_over"},
    {"name": "server_shutdown", "grace_ms": 3_000},
)
POST, PATCH, DELETE, GET = ({"method": name} for name in ("POST", "PATCH", "DELETE", "GET"))
ALPACA_FAULTS: tuple[Wish, ...] = (
    {"name": "no_answer", "where": POST},
    {"name": "no_answer", "where": PATCH},
    {"name": "no_answer", "where": DELETE},
    {"name": "late_answer", "where": POST},
    {"name": "late_answer", "where": PATCH},
    {"name": "error_before", "where": POST},
    {"name": "error_before", "where": PATCH},
    {"name": "error_before", "where": GET},
    {"name": "error_after_done", "where": POST},
    {"name": "error_after_done", "where": PATCH},
    {"name": "error_after_done", "where": DELETE},
    {"name": "missing_at_first"},
    {"name": "reject_after_acceptance"},
    {"name": "stuck_pending_new"},
    {"name": "fill_before_replace"},
    {"name": "replace_error_but_done"},
    {"name": "replace_forgets_fills"},
    {"name": "fill_before_cancel"},
    {"name": "cancel_rejected"},
    {"name": "cancel_means_nothing"},
    {"name": "duplicate_events"},
    {"name": "lost_event"},
    {"name": "late_event", "seconds": 0.3},
    {"name": "no_event_id"},
    {"name": "new_field"},
    {"name": "mixed_offsets"},
    {"name": "text_frames"},
    {"name": "lost_data"},
    {"name": "slow_client"},
    {"name": "disconnect", "where": {"stream": "trading"}},
)
ALPACA_ACTIONS: tuple[Wish, ...] = (
    {"name": "disconnect", "stream": "trading"},
    {"name": "disconnect", "stream": "iex"},
    {"name": "disconnect"},
    {"name": "release"},
)


@dataclass(frozen=True)
class Play:
    """A venue, what is traded there, what goes wrong."""

    venue: str
    symbol: str
    quantity: str
    broker: Mapping[str, object]
    faults: tuple[Wish, ...]
    actions: tuple[Wish, ...]
    executions: Callable[[int, Mapping[str, Any]], Executions]
    at_the_end: tuple[Wish, ...] = field(default=())
    accounts: str = ""  # a file of them, as text; "": the venue's own
    share: int = 15  # of a hundred steps, at how many something goes wrong
    settings: Callable[[int], Mapping[str, object]] | None = None  # all of [broker], by port
    differences: Callable[[str, dict[str, Any]], list[str]] | None = None  # its own comparison


def _of_binance(_port: int, truth: Mapping[str, Any]) -> Executions:
    names = {each["order_id"]: split_leg(each["client_order_id"])[0] for each in truth["orders"]}
    found: dict[str, set[str]] = {}
    for fill in truth["fills"]:
        name = f"{fill['symbol']}-{fill['trade_id']}"
        found.setdefault(names[fill["order_id"]], set()).add(name)
    return found


def _of_alpaca(port: int, truth: Mapping[str, Any]) -> Executions:
    orders = truth["alpaca"]["orders"]
    names = {order["id"]: split_leg(order["client_order_id"])[0] for order in orders}
    found: dict[str, set[str]] = {}
    token = ""
    while True:
        page = _page(port, token)
        for fill in page:
            name = exec_id_of(fill["order_id"], Decimal(fill["cum_qty"]))
            found.setdefault(names[fill["order_id"]], set()).add(name)
        if len(page) < 100:
            return found
        token = page[-1]["id"]


def _page(port: int, token: str) -> list[dict[str, str]]:
    more = f"&page_token={token}" if token else ""
    url = f"http://127.0.0.1:{port}/v2/account/activities/FILL?direction=asc{more}"
    headers = {"APCA-API-KEY-ID": "local-key", "APCA-API-SECRET-KEY": "local-secret"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        found: list[dict[str, str]] = json.load(answer)
    return found


BINANCE = Play(
    venue="binance",
    symbol="BTCUSDT",
    quantity="0.02",
    broker={"bar_interval": "none", "max_stream_silence_s": 0.5},
    faults=BINANCE_FAULTS,
    share=10,  # much of it holds trading for a second or more, and in between orders are to be
    actions=BINANCE_ACTIONS,
    executions=_of_binance,
)
ALPACA = Play(
    venue="alpaca",
    symbol="AAPL",
    quantity="10",
    broker={"bars": False, "max_requests_per_minute": 1_000_000},
    faults=ALPACA_FAULTS,
    actions=ALPACA_ACTIONS,
    executions=_of_alpaca,
    at_the_end=({"name": "release"},),
    accounts="""[[account]]
name = "local"
key = "local-key"
secret = "local-secret"
requests_per_minute = 1000000
balances = { USD = "1000000" }
""",
)
IB = Play(
    venue="ib",
    symbol=ib.SYMBOL,
    quantity="20",
    broker={},
    faults=ib.FAULTS,
    actions=ib.ACTIONS,
    executions=lambda _port, _truth: {},
    settings=ib.settings,
    differences=ib.differences,
)
PLAYS: Mapping[str, Play] = {each.venue: each for each in (BINANCE, ALPACA, IB)}
