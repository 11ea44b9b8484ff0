"""Random traffic at a local Alpaca, without sockets, and what must be true after each step."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal

from regimeflow.apps.venues.alpaca.app import DEFAULT_SYMBOLS, FAULTS, make_venue
from regimeflow.apps.venues.alpaca.order_request import parse_order
from regimeflow.apps.venues.alpaca.refusals import Refusal
from regimeflow.apps.venues.alpaca.replacing import parse_change
from regimeflow.apps.venues.server.venue import AccountEntry, VenueSetup
from regimeflow.types.instrument import Instrument
from tests.support.alpaca_venue import PRICES, SECRET
from tests.support.strict_faults import StrictFaults

CASH = Decimal(1_000_000)
STEP_NS = 1_000_000
START_NS = 1_795_000_000 * 10**9
QUEUED = {"accepted", "pending_new", "pending_cancel", "held", "new", "partially_filled"}


class Traffic:
    """One venue and a seeded client that asks for anything."""

    def __init__(self, seed):
        self.random = random.Random(f"alpaca traffic {seed}")
        self.now_ns = START_NS
        self.told = []
        self.refused = defaultdict(int)
        instruments = {
            symbol: Instrument(
                symbol=symbol, tick_size=Decimal("0.01"), lot_size=Decimal("0.000000001")
            )
            for symbol in DEFAULT_SYMBOLS
        }
        entry = AccountEntry(name="local", key="k", secret=SECRET, balances={"USD": CASH})
        self.faults = StrictFaults(FAULTS, seed=seed)
        self.venue = make_venue(
            VenueSetup(
                accounts=[entry],
                instruments=instruments,
                seed=seed,
                faults=self.faults,
                clock=lambda: self.now_ns,
            )
        )
        self.house, self.desk = self.venue._house, self.venue._desk
        self.account = self.house.accounts["local"]
        self.venue._desk._updates._publish = self._hear
        self.venue._happenings._updates._publish = self._hear
        self.prices = {symbol: Decimal(price) for symbol, price in PRICES.items()}
        for symbol in DEFAULT_SYMBOLS:
            self._quote(symbol)

    def _hear(self, _account, data, _delay_s):
        self.told.append(data)

    def step(self):
        """Ask for something, or let the market move."""
        self.now_ns += STEP_NS
        kinds = [self._submit, self._trade, self._cancel, self._replace, self._move]
        rare = [self._session, self._split, self._close, self._deposit, self._cancel_all]
        choice = self.random.choice([*kinds * 5, *[self._submit] * 10, *rare])
        try:
            choice()
        except Refusal as refusal:
            self.refused[refusal.body["message"][:30]] += 1
        self.venue.follow()

    def _symbol(self):
        return self.random.choice(DEFAULT_SYMBOLS)

    def _price(self, symbol, spread=4):
        percent = Decimal(self.random.randint(-100 * spread, 100 * spread)) / 10_000
        return (self.prices[symbol] * (1 + percent)).quantize(Decimal("0.01"))

    def _submit(self):
        symbol = self._symbol()
        is_crypto = "/" in symbol
        choice = self.random.choice
        body = {
            "symbol": symbol,
            "side": choice(["buy", "buy", "sell"]),
            "type": choice(["market", "limit", "limit", "stop", "stop_limit", "trailing_stop"]),
            "time_in_force": "gtc",
            "qty": str(self.random.randint(1, 20)),
        }
        if is_crypto:
            body |= {"type": choice(["market", "limit"]), "qty": "0.123456789"}
        elif body["type"] in {"market", "limit"}:
            body["time_in_force"] = choice(["day", "gtc", "ioc", "fok", "cls"])
            body["extended_hours"] = body["type"] == "limit" and body["time_in_force"] == "day"
        if body["type"] in {"limit", "stop_limit"}:
            body["limit_price"] = str(self._price(symbol))
        if body["type"] in {"stop", "stop_limit"}:
            body["stop_price"] = str(self._price(symbol))
        if body["type"] == "trailing_stop":
            body["trail_percent"] = choice(["1", "2.5"])
        if self.random.random() < 0.3 and not is_crypto:
            body |= self._group(symbol, body["side"])
        self.desk.submit(self.account, parse_order(body, self.house.assets))

    def _group(self, symbol, side):
        up, down = (str(self.prices[symbol] * part // 100) for part in (103, 97))
        kind = self.random.choice(["bracket", "oto", "oco"])
        is_long_exit = (side == "buy") != (kind == "oco")
        profit, loss = (up, down) if is_long_exit else (down, up)
        legs = {"take_profit": {"limit_price": profit}, "stop_loss": {"stop_price": loss}}
        if kind == "oto":
            del legs[self.random.choice(list(legs))]
        if kind == "oco":
            return {"order_class": kind, "type": "limit", "limit_price": profit} | legs
        return {"order_class": kind} | legs

    def _open(self):
        return self.house.orders.open("local")

    def _cancel(self):
        if found := self._open():
            self.desk.cancel(self.account, self.random.choice(found).id)

    def _cancel_all(self):
        if self.random.random() < 0.3:
            self.desk.cancel_all(self.account)

    def _close(self):
        if held := [*self.account.books.open_positions()]:
            asset = self.random.choice(held).asset
            self.desk.close(self.account, asset, "", self.random.choice(["", "50", "33.3"]))

    def _replace(self):
        found = self._open()
        if not found:
            return
        order = self.random.choice(found)
        body = {"qty": str(self.random.randint(1, 25))} if self.random.random() < 0.5 else {}
        if order.limit_price is not None and self.random.random() < 0.7:
            body["limit_price"] = str(self._price(order.asset.symbol))
        if order.trail_percent is not None:
            body["trail"] = self.random.choice(["1", "3"])
        self.venue._trading._replacing.replace(self.account, order.id, parse_change(body))

    def _act(self, name, **params):
        self.venue._actions.act(name, params)

    def _trade(self):
        symbol = self._symbol()
        taker, price = self.random.choice(["buy", "sell"]), self._price(symbol, 2)
        self._act("trade", symbol=symbol, price=price, qty=self.random.randint(1, 60), taker=taker)

    def _move(self):
        symbol = self._symbol()
        self.prices[symbol] = self._price(symbol, 1)
        self._quote(symbol)

    def _quote(self, symbol):
        spread = (self.prices[symbol] / 5_000).quantize(Decimal("0.01"))
        qty = self.random.randint(5, 50)
        bid, ask = self.prices[symbol] - spread, self.prices[symbol] + spread
        self._act("quote", symbol=symbol, bid=bid, ask=ask, bid_qty=qty, ask_qty=qty)

    def _session(self):
        name = self.random.choice([*["open"] * 5, "pre", "after", "closed"])
        self._act("session", session=name)

    def _split(self):
        symbol = self.random.choice(["AAPL", "MSFT"])
        if self.prices[symbol] > 20 and self.random.random() < 0.3:
            self._act("split", symbol=symbol, ratio="2")
            self.prices[symbol] = (self.prices[symbol] / 2).quantize(Decimal("0.01"))
            self._quote(symbol)

    def _deposit(self):
        self._act("deposit", amount=str(self.random.randint(1, 1000)))

    def check(self, *, is_told=True):
        """Raise when the venue's parts disagree; ``is_told``: the stream tells it all, once."""
        self._check_balances()
        self._check_orders()
        if is_told:
            self._check_told()
        self._check_groups()

    def _check_balances(self):
        balances = self.venue.exchange.accounts["local"].balances()
        for position in self.account.books.positions.values():
            held = balances.get(position.asset.base)
            assert position.qty == (held.free + held.locked if held else 0), position.asset.symbol
        cash = CASH
        for one in self.account.books.activities:
            form = one.form
            if one.kind == "FILL":
                amount = Decimal(form["price"]) * Decimal(form["qty"])
                cash += -amount if form["side"] == "buy" else amount
            else:
                cash += Decimal(form["net_amount"])
        assert cash == self.house.cash("local")

    def _check_orders(self):
        for order in self.house.orders:
            view = self.venue.exchange.order(order.engine_id) if order.engine_id else None
            if order.is_open and view is not None:
                assert view.is_open, (order.id, order.status, view.state)
            elif order.is_open:
                assert order.status in QUEUED, (order.id, order.status)
            elif view is not None and self.house.orders.of_engine(order.engine_id) is order:
                assert not view.is_open, (order.id, order.status, view.state)
            if order.status == "filled" and order.notional is None:
                assert order.filled_qty == order.qty, order.id
            if order.is_open and order.qty is not None:
                assert order.filled_qty < order.qty, order.id

    def _check_groups(self):
        """One exit or the other, never more than was entered."""
        if any(one.kind == "SPLIT" for one in self.account.books.activities):
            return
        entered, left = defaultdict(Decimal), defaultdict(Decimal)
        for one in self.account.books.activities:
            if one.kind != "FILL":
                continue
            order = self.house.orders.named("local", one.order_id)
            sums = entered if order.group_role == "entry" else left
            sums[order.group_id] += Decimal(one.form["qty"])
        heads = {one.group_id: one for one in self.house.orders if one.group_role == "entry"}
        for group_id in heads:
            assert left[group_id] <= entered[group_id], group_id

    def _check_told(self):
        last = {data["order"]["id"]: data["order"] for data in self.told}
        for order in self.house.orders:
            if order.id in last and order.status not in {"held", "accepted", "pending_new"}:
                assert last[order.id]["status"] == order.status, order.id
        executions = [
            data["execution_id"] for data in self.told if data["event"] in {"fill", "partial_fill"}
        ]
        assert len(executions) == len(set(executions))
        filled = sum(one.kind == "FILL" for one in self.account.books.activities)
        assert len(executions) == filled == len(self.venue.exchange.audit()["fills"])
