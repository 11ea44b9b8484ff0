"""Random traffic with everything going wrong: what the local TWS tells agrees with its exchange."""

from __future__ import annotations

import asyncio
import os
import random
from collections import defaultdict
from decimal import Decimal

import pytest

from regimeflow.apps.venues.ib.errors import Code
from regimeflow.apps.venues.ib.layout import write
from regimeflow.apps.venues.ib.order_layouts import PLACE_ORDER
from regimeflow.apps.venues.ib.requests import dispatch
from tests.support.ib_tws import Listener, LocalTws

SEEDS = range(int(os.environ.get("REGIMEFLOW_EXAMPLES", "12")))
STEPS = 120
CLIENTS = (1, 2)
FAULTS = {
    "fill_without_status": {},
    "repeat_status": {},
    "reject_order": {},
    "hold_order": {},
    "late_acknowledgement": {},
    "tif_preset": {},
    "late_commission": {},
    "commission_first": {},
    "correct_execution": {"ticks": 1},
    "cancel_refused": {},
    "modify_refused": {},
    "outage": {"seconds": 0.0},
    "disconnect": {},
}


class Traffic:
    """Two clients that trade at random, reconnecting whenever they are thrown out."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.local = LocalTws({}, ())
        self.local.open_market()
        self.sessions: dict[int, Listener] = {}
        self.placed: dict[int, int] = dict.fromkeys(CLIENTS, 0)

    def session(self, client_id: int) -> Listener:
        session = self.sessions.get(client_id)
        if session is None or not session.is_connected:
            if session is not None:
                self.local.tws.clients.leave(session)
                self.local.tws.forget(session)
            session = self.sessions[client_id] = Listener(178)
            session.client_id = client_id
            self.local.tws.clients.join(session, client_id)
        return session

    def send(self, client_id: int, *fields: object) -> None:
        dispatch(self.local.tws, self.session(client_id), [str(field) for field in fields])
        self.local.venue._gateway.settle()

    def step(self) -> None:
        client_id = self.chance.choice(CLIENTS)
        kind = self.chance.choice("place place modify cancel trade trade act".split())
        known = self.placed[client_id]
        if kind == "place":
            self.placed[client_id] += 1
            self.place(client_id, self.placed[client_id])
        elif kind == "modify" and known:
            self.place(client_id, self.chance.randint(1, known))
        elif kind == "cancel" and known:
            self.send(client_id, 4, 1, self.chance.randint(1, known), "")
        elif kind == "trade":
            price = Decimal(self.chance.randint(19_950, 20_050)) / 100
            side = self.chance.choice(("BUY", "SELL"))
            self.local.trade("AAPL", str(price), str(self.chance.randint(1, 60)), side)
            self.local.venue._gateway.settle()
        elif kind == "act":
            self.act()

    def act(self) -> None:
        lines, flow = self.local.tws.lines, self.local.tws.flow
        action = self.chance.choice(
            (lambda: lines.end_outage(Code.RESTORED_DATA_LOST), flow.release_held)
        )
        action()
        self.local.venue._gateway.settle()

    def place(self, client_id: int, order_id: int) -> None:
        kind = self.chance.choice(("LMT", "LMT", "MKT", "STP", "TRAIL"))
        price = Decimal(self.chance.randint(19_960, 20_040)) / 100
        values = {
            "orderId": str(order_id),
            "conId": "265598",
            "exchange": "SMART",
            "action": self.chance.choice(("BUY", "SELL")),
            "totalQuantity": str(self.chance.randint(1, 80)),
            "orderType": kind,
            "lmtPrice": str(price),
            "auxPrice": "0.5" if kind == "TRAIL" else str(price),
            "tif": self.chance.choice(("DAY", "GTC", "IOC")) if kind == "LMT" else "DAY",
            "transmit": self.chance.choice("1111110"),
            "parentId": str(self.chance.choice((0, 0, 0, max(order_id - 1, 0)))),
            "ocaGroup": self.chance.choice(("", "", "g1", "g2")),
            "ocaType": self.chance.choice("123"),
        }
        self.send(client_id, 3, *write(PLACE_ORDER, values, {}, 178))


async def traffic(seed: int) -> Traffic:
    busy = Traffic(seed)
    for name, parameters in FAULTS.items():
        busy.local.faults.set(name, probability=0.08, **parameters)
    for _ in range(STEPS):
        busy.step()
    busy.local.faults.clear()
    busy.local.tws.lines.end_outage(Code.RESTORED_DATA_LOST)
    busy.local.venue._gateway.settle()
    return busy


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_told_agrees_with_the_exchange(seed):
    busy = asyncio.run(traffic(seed))
    tws, exchange = busy.local.tws, busy.local.venue.exchange

    filled: dict[int, Decimal] = defaultdict(Decimal)
    cash, held = Decimal(1_000_000), Decimal(0)
    for execution in tws.executions:
        sign = 1 if execution.is_buy else -1
        filled[execution.perm_id] += execution.shares
        held += sign * execution.shares
        cash -= sign * execution.shares * execution.price + execution.commission
    balance = exchange.accounts["DU1"].balances()["USD"]
    assert (held, cash) == (busy.local.position("AAPL"), balance.free + balance.locked)

    open_at_exchange = {order.order_id: order for order in exchange.accounts["DU1"].open_orders()}
    open_here = {}
    for ticket in tws.desk:
        assert filled[ticket.perm_id] == ticket.filled
        assert ticket.is_ended == (
            ticket.status in {"Filled", "Cancelled", "ApiCancelled", "Inactive"}
            and ticket.hold is None
        )
        if ticket.exchange_id and not ticket.is_ended:
            open_here[ticket.exchange_id] = ticket
    assert set(open_at_exchange) == set(open_here)
    for order_id, order in open_at_exchange.items():
        ticket = open_here[order_id]
        assert (order.quantity, order.cum_qty) == (ticket.quantity, ticket.filled)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_client_that_asks_afterwards_learns_all_that_happened(seed):
    busy = asyncio.run(traffic(seed))
    asker = Listener(178)
    asker.client_id = 9
    busy.local.tws.clients.join(asker, 9)

    for fields in (["7", "3", "1", "0", *[""] * 6], ["16", "1"], ["99", "0"]):
        dispatch(busy.local.tws, asker, fields)

    told = {fields[14]: Decimal(fields[19]) for fields in asker.heard if fields[0] == "11"}
    costs = {fields[2] for fields in asker.heard if fields[0] == "59"}
    open_ids = {fields[25] for fields in asker.heard if fields[0] == "5"}
    ended_ids = {fields[23] for fields in asker.heard if fields[0] == "101"}
    fills = busy.local.venue.exchange.accounts["DU1"].fills()
    assert set(told) == costs
    assert sum(told.values()) == sum(fill.quantity for fill in fills)
    assert not open_ids & ended_ids
    known = [
        ticket
        for ticket in busy.local.tws.desk
        if ticket.is_ended or (ticket.hold is None or ticket.hold.name != "NOT_TRANSMITTED")
    ]
    assert len(known) == len(ended_ids | open_ids) + sum(t.told_perm_id == 0 for t in known) - (
        "0" in open_ids
    )
