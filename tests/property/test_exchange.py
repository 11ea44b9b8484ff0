"""Random orders against the matching engine: money, queues and lists keep their promises."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from regimeflow.adapters.feeds.feed import DepthEvent, QuoteEvent, Scale, TradeEvent
from regimeflow.apps.venues.exchange.events import Event, Traded
from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.exchange.kinds import Kind, Refused, Stp, Tif
from regimeflow.apps.venues.exchange.requests import (
    AccountSpec,
    Amendment,
    Fees,
    Listing,
    NewList,
    NewOrder,
    Rules,
)
from regimeflow.types.enums import OrderSide

LISTING = Listing(symbol="AB", base="A", quote="B", tick=Decimal(1), lot=Decimal(1))
ACCOUNTS = (
    AccountSpec(name="one", balances={"A": Decimal(300), "B": Decimal(30_000), "C": Decimal(3)}),
    AccountSpec(
        name="two",
        balances={"A": Decimal(50), "B": Decimal(5_000), "C": Decimal(3)},
        fees=Fees(asset="C", asset_prices={"B": Decimal(20)}, discount=Decimal("0.25")),
    ),
    AccountSpec(
        name="three",
        balances={"A": Decimal(300), "B": Decimal(30_000)},
        fees=Fees(asset="quote", maker=Decimal("-0.0002"), per_unit=Decimal("0.01")),
    ),
)
SCALE = Scale(0, 0)
WHO = st.sampled_from([each.name for each in ACCOUNTS])
SIDES = st.sampled_from([OrderSide.BUY, OrderSide.SELL])
PRICES = st.integers(90, 110)
QUANTITIES = st.integers(1, 30)


def number(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


class Promises(RuleBasedStateMachine):
    """An exchange, and what holds after every step."""

    reduces = False

    def __init__(self) -> None:
        super().__init__()
        rules = Rules(refuse_met_stops=False, reduce_siblings=self.reduces)
        self.exchange = Exchange([LISTING], ACCOUNTS, rules)
        self.events: list[Event] = []
        self.exchange.listen(self.events.append)
        self.now_ns = 0
        self.update_id = 0
        self.brought = Counter[str]()
        for account in ACCOUNTS:
            self.brought.update(account.balances)

    def now(self) -> int:
        self.now_ns += 1
        return self.now_ns

    def some_order(self, at: int) -> tuple[str, int] | None:
        ids = [
            (account.name, order.order_id)
            for account in self.exchange.accounts.values()
            for order in account.open_orders()
        ]
        return ids[at % len(ids)] if ids else None

    def orders(self):
        return self.exchange.audit()["orders"]

    def filled(self) -> Decimal:
        return sum(
            (fill.quantity for a in self.exchange.accounts.values() for fill in a.fills()),
            Decimal(0),
        )

    @invariant()
    def nothing_is_made_or_lost(self):
        truth = self.exchange.audit()
        sums = Counter[str]()
        for balances in (*truth["balances"].values(),):
            for asset, one in balances.items():
                sums[asset] += Decimal(one["free"]) + Decimal(one["locked"])
        for side in ("fees", "street"):
            for asset, amount in truth[side].items():
                sums[asset] += Decimal(amount)
        assert dict(self.brought) == {asset: sums[asset] for asset in self.brought}

    @invariant()
    def nothing_is_below_zero(self):
        for name, account in self.exchange.accounts.items():
            for asset, balance in account.balances().items():
                assert balance.locked >= 0, (name, asset, balance)
                assert balance.free >= 0, (name, asset, balance)

    @invariant()
    def locked_is_what_open_orders_need(self):
        for account in self.exchange.accounts.values():
            if not account.open_orders():
                assert all(balance.locked == 0 for balance in account.balances().values())

    @invariant()
    def the_book_is_not_crossed(self):
        bid, ask = self.exchange.books["AB"].best()
        assert bid is None or ask is None or bid[0] < ask[0]

    @invariant()
    def the_book_shows_what_rests(self):
        bids, asks = self.exchange.books["AB"].depth()
        assert all(qty > 0 for _, qty in (*bids, *asks))
        shown = Counter[Decimal]()
        for account in self.exchange.accounts.values():
            for order in account.open_orders():
                if order.state.name == "WORKING":
                    shown[order.limit_price] += 1
        prices = {px for px, _ in (*bids, *asks)}
        assert set(shown) <= prices

    @invariant()
    def quantities_add_up(self):
        fills = Counter[int]()
        for account in self.exchange.accounts.values():
            for fill in account.fills():
                fills[fill.order_id] += fill.quantity
        for account in self.exchange.accounts.values():
            for order in account.orders():
                assert fills[order.order_id] == order.cum_qty
                assert order.cum_qty + order.prevented_qty <= order.quantity or (
                    order.quote_quantity is not None
                )
                if order.is_open:
                    assert order.leaves_qty > 0

    @invariant()
    def of_an_oco_at_most_one_is_filled(self):
        for account in self.exchange.accounts.values():
            for found in account.lists():
                legs = found.order_ids if found.kind == "OCO" else found.order_ids[1:]
                orders = [self.exchange.order(each) for each in legs]
                if len(legs) > 1 and not any(order.replaces for order in orders):
                    most = max(max(order.original_quantity, order.quantity) for order in orders)
                    assert sum(order.cum_qty for order in orders) <= most

    @invariant()
    def what_is_filled_has_no_other_end(self):
        for order in self.orders():
            assert (order["state"] == "FILLED") <= (order["cause"] == "NONE")
            if order["cum_qty"] == order["quantity"] and order["kind"] != "MARKET":
                assert order["state"] in {"FILLED", "REPLACED"}, order

    @invariant()
    def events_are_numbered_and_tell_every_fill(self):
        assert list(range(1, len(self.events) + 1)) == [event.seq for event in self.events]
        told = [event.fill.exec_id for event in self.events if isinstance(event, Traded)]
        held = [f.exec_id for a in self.exchange.accounts.values() for f in a.fills()]
        assert sorted(held) == sorted(told)


class Market(Promises):
    @rule(
        who=WHO, side=SIDES, px=PRICES, qty=QUANTITIES, stp=st.sampled_from(Stp),
        tif=st.sampled_from([Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK, Tif.GTD]),
        kind=st.sampled_from([Kind.LIMIT, Kind.LIMIT, Kind.LIMIT_MAKER, Kind.MARKET]),
        display=st.sampled_from([None, None, 2]),
    )  # fmt: skip
    def submit(self, who, side, px, qty, stp, tif, kind, display):  # noqa: PLR0917
        is_limit = kind.has_limit
        tif = tif if kind is Kind.LIMIT else Tif.GTC
        may_hide = is_limit and tif in {Tif.GTC, Tif.GTD}
        new = NewOrder(
            symbol="AB", side=side, kind=kind, quantity=Decimal(qty), tif=tif, stp=stp,
            limit_price=Decimal(px) if is_limit else None,
            display=number(display) if may_hide else None,
            expire_ns=self.now_ns + 20 if tif is Tif.GTD else None,
        )  # fmt: skip
        self.ask(who, new)

    def ask(self, who, new) -> None:
        before = self.exchange.audit()
        seen = len(self.events)
        try:
            order = self.exchange.submit(who, new, self.now())
        except Refused:
            assert before == self.exchange.audit()
            assert seen == len(self.events)
            return
        if new.tif is Tif.FOK:
            assert order.cum_qty in {0, new.quantity}
        if new.tif in {Tif.IOC, Tif.FOK} or new.kind is Kind.MARKET:
            assert not order.is_open
        if new.kind is Kind.LIMIT_MAKER:
            assert order.cum_qty == 0

    @rule(who=WHO, side=SIDES, amount=st.integers(50, 4_000))
    def submit_amount(self, who, side, amount):
        new = NewOrder(symbol="AB", side=side, kind=Kind.MARKET, quote_quantity=Decimal(amount))
        self.ask(who, new)

    @rule(
        who=WHO, side=SIDES, px=PRICES, stop=PRICES, qty=QUANTITIES,
        trail=st.sampled_from([None, None, 3]),
        kind=st.sampled_from(
            [Kind.STOP, Kind.STOP_LIMIT, Kind.TAKE_PROFIT, Kind.TAKE_PROFIT_LIMIT]
        ),
    )  # fmt: skip
    def submit_stop(self, who, side, px, stop, qty, trail, kind):  # noqa: PLR0917
        new = NewOrder(
            symbol="AB", side=side, kind=kind, quantity=Decimal(qty), trail=number(trail),
            stop_price=None if trail else Decimal(stop),
            limit_price=Decimal(px) if kind.has_limit else None,
        )  # fmt: skip
        self.ask(who, new)

    @rule(who=WHO, side=SIDES, qty=QUANTITIES, kind=st.sampled_from(["OCO", "OTO", "OTOCO"]))
    def submit_list(self, who, side, qty, kind):
        is_buy = side is OrderSide.BUY
        near, far = (97, 104) if is_buy else (103, 96)
        other = OrderSide.SELL if is_buy else OrderSide.BUY
        legs_side = side if kind == "OCO" else other
        if kind != "OCO":
            near, far = far, near
        limit = NewOrder(
            symbol="AB", side=legs_side, kind=Kind.LIMIT_MAKER,
            quantity=Decimal(qty), limit_price=Decimal(near),
        )  # fmt: skip
        stop = NewOrder(
            symbol="AB", side=legs_side, kind=Kind.STOP, quantity=Decimal(qty),
            stop_price=Decimal(far),
        )  # fmt: skip
        first = NewOrder(
            symbol="AB", side=side, kind=Kind.LIMIT, quantity=Decimal(qty),
            limit_price=Decimal(100),
        )  # fmt: skip
        orders = {"OCO": [limit, stop], "OTO": [first, stop], "OTOCO": [first, limit, stop]}[kind]
        before = self.exchange.audit()
        try:
            self.exchange.submit_list(who, NewList(kind=kind, orders=orders), self.now())
        except Refused:
            assert before == self.exchange.audit()

    @rule(at=st.integers(0, 100))
    def cancel(self, at):
        found = self.some_order(at)
        if found is not None:
            assert not self.exchange.cancel(*found, self.now()).is_open

    @rule(
        at=st.integers(0, 100),
        qty=st.none() | QUANTITIES,
        px=st.none() | PRICES,
        name=st.sampled_from([None, "x", "y"]),
    )
    def amend(self, at, qty, px, name):
        found = self.some_order(at)
        if found is None:
            return
        before = self.exchange.audit()
        change = Amendment(quantity=number(qty), limit_price=number(px), client_order_id=name)
        try:
            self.exchange.amend(*found, change, self.now())
        except Refused:
            assert before == self.exchange.audit()

    @rule(at=st.integers(0, 100), qty=QUANTITIES, px=PRICES)
    def replace(self, at, qty, px):
        found = self.some_order(at)
        if found is None:
            return
        old = self.exchange.order(found[1])
        new = NewOrder(
            symbol="AB", side=old.side, kind=Kind.LIMIT, quantity=Decimal(qty),
            limit_price=Decimal(px),
        )  # fmt: skip
        before = self.exchange.audit()
        try:
            self.exchange.replace(*found, new, self.now())
        except Refused:
            assert before == self.exchange.audit()

    @rule(bid=st.integers(92, 108), spread=st.integers(1, 3), qty=QUANTITIES)
    def quote(self, bid, spread, qty):
        event = QuoteEvent(self.now(), "AB", 1, bid, qty, bid + spread, qty)
        self.exchange.apply(event, SCALE, self.now_ns)

    @rule(px=PRICES, qty=QUANTITIES, side=SIDES)
    def prints(self, px, qty, side):
        filled = self.filled()
        event = TradeEvent(self.now(), "AB", 1, px, qty, int(side))
        self.exchange.apply(event, SCALE, self.now_ns)
        if not any(order["kind"].startswith(("STOP", "TAKE")) for order in self.orders()):
            assert self.filled() - filled <= qty

    @rule(bids=st.lists(st.tuples(PRICES, st.integers(0, 20)), max_size=4), asks=st.lists(
        st.tuples(PRICES, st.integers(0, 20)), max_size=4))  # fmt: skip
    def depth(self, bids, asks):
        event = DepthEvent(self.now(), "AB", 1, 1, bids, asks)
        self.exchange.apply(event, SCALE, self.now_ns)

    @rule(by=st.integers(1, 30))
    def time_passes(self, by):
        self.now_ns += by
        self.exchange.advance(self.now_ns)


class ReducingMarket(Market):
    reduces = True


Market.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
ReducingMarket.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
TestMarket = Market.TestCase
TestReducingMarket = ReducingMarket.TestCase
