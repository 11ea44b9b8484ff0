"""What holds of the paper venue whatever the market does and whatever is asked of it."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow.adapters.brokers.paper.account import Account, Holding
from regimeflow.adapters.brokers.paper.orders import PaperOrder
from regimeflow.adapters.brokers.paper.spec import MONEY_EXP, Spec, spec_of, to_decimal
from regimeflow.adapters.brokers.paper.translate import News
from regimeflow.adapters.brokers.paper.venue import Venue
from regimeflow.adapters.clock import ReplayClock
from regimeflow.adapters.feeds.book import LocalBook
from regimeflow.adapters.feeds.feed import (
    DepthEvent,
    FeedEvent,
    QuoteEvent,
    SnapshotEvent,
    TradeEvent,
)
from regimeflow.adapters.feeds.synthetic import SyntheticFeed
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.types.enums import (
    ExecType,
    Liquidity,
    LiveOrderStatus,
    OrderSide,
    OrderType,
    TimeInForce,
)
from tests.support.paper import an_order

FEED = SyntheticFeed(["BTCUSDT"], seed=11, duration_s=40.0)
EVENTS = list(FEED.events())
SPEC = spec_of(FEED.instruments()["BTCUSDT"], FEED.scales()["BTCUSDT"])
START_CASH = Decimal(20_000)
START_QTY = 30_000  # lots of 0.00001
TYPES = [OrderType.LIMIT] * 5 + [OrderType.MARKET, OrderType.STOP, OrderType.STOP_LIMIT]
TIMES = [TimeInForce.GTC] * 4 + [TimeInForce.IOC, TimeInForce.FOK, TimeInForce.DAY]


@dataclass
class Witness:
    """The account's owner: hears everything, and remembers what the market was at that moment."""

    event: FeedEvent | None = None
    heard: list[tuple[PaperOrder, News, FeedEvent | None]] = field(default_factory=list)

    limits: list[int | None] = field(default_factory=list)

    def report(self, order: PaperOrder, news: News) -> None:
        self.limits.append(order.limit_px)
        self.heard.append((order, news, self.event))

    def refuse_unknown(self, broker_order_id: str, news: News) -> None:
        pass

    def refuse_symbol(self, order: LiveOrder, broker_order_id: str, news: News) -> None:
        pass

    def booked(self, holding: Holding) -> None:
        pass

    @property
    def fills(self) -> list[tuple[PaperOrder, News, FeedEvent | None]]:
        return [one for one in self.heard if one[1].exec_type is ExecType.TRADE]


class Market:
    """A venue on a synthetic market, and somebody who asks for anything."""

    def __init__(self, seed: int, *, allow_short: bool) -> None:
        self.random = random.Random(seed)
        self.account = Account(
            "USDT",
            cash=START_CASH,
            maker_fee_rate=Decimal("0.0005"),
            taker_fee_rate=Decimal("0.001"),
            allow_short=allow_short,
        )
        self.account.holding(SPEC).qty = START_QTY
        self.witness = Witness()
        self.clock = ReplayClock(FEED.start_ns)
        self.venue = Venue({"BTCUSDT": SPEC}, self.account, self.clock, self.witness)
        self.count = 0
        self.quote: QuoteEvent | None = None

    def play(self, check) -> None:
        for event in EVENTS:
            self.clock.advance_to(event.recv_ns)
            self.witness.event = None
            if self.quote is not None and self.random.random() < 0.2:
                self.ask()
                check(self)
            self.witness.event = event
            if isinstance(event, QuoteEvent):
                self.quote = event
                self.venue.on_quote(event)
            elif isinstance(event, TradeEvent):
                self.venue.on_trade(event)
            else:
                self.venue.on_depth(event)
            check(self)

    def ask(self) -> None:
        ids = [one.broker_order_id for one in self.venue.ledger.orders.open_orders()]
        drawn = self.random.random()
        if ids and drawn < 0.25:
            self.venue.cancel(self.random.choice(ids))
        elif ids and drawn < 0.4:
            self.venue.modify(self.random.choice(ids), self.a_change())
        else:
            self.venue.new_order(self.an_order())

    def an_order(self) -> LiveOrder:
        pick = self.random.choice
        self.count += 1
        type_ = pick(TYPES)
        px = SPEC.px((self.quote.bid_px + self.quote.ask_px) // 2 + pick([-300, -50, 0, 50, 300]))
        return an_order(
            self.count,
            side=pick([OrderSide.BUY, OrderSide.SELL]),
            qty=str(SPEC.qty(pick([1, 500, 3_000, 20_000, 90_000]))),
            limit=str(px) if type_ in (OrderType.LIMIT, OrderType.STOP_LIMIT) else None,
            stop=str(px) if type_ in (OrderType.STOP, OrderType.STOP_LIMIT) else None,
            type=type_,
            tif=pick(TIMES) if type_ is OrderType.LIMIT else TimeInForce.GTC,
        )

    def a_change(self) -> OrderModification:
        pick = self.random.choice
        if self.random.random() < 0.5:
            return OrderModification(quantity=SPEC.qty(pick([100, 2_000, 30_000])))
        return OrderModification(limit_price=SPEC.px(self.quote.bid_px + pick([-200, 0, 200])))


def amount(number: int) -> Decimal:
    return to_decimal(number, MONEY_EXP)


def the_account_balances(market: Market) -> None:
    """Cash is what there was, less what was bought and paid in fees, and holds are what is open."""
    account, cash, qty, fees = market.account, START_CASH, START_QTY, Decimal(0)
    for order, news, _ in market.witness.fills:
        notional = SPEC.px(news.last_px) * SPEC.qty(news.last_qty)
        cash += -notional if order.is_buy else notional
        qty += news.last_qty if order.is_buy else -news.last_qty
        fees += amount(news.fee)
    assert cash - fees == amount(account.cash)
    assert fees == amount(account.fees)
    assert qty == account.holding(SPEC).qty


def what_is_open_is_held(market: Market) -> None:
    account, holding = market.account, market.account.holding(SPEC)
    orders = list(market.venue.ledger.orders.open_orders())
    holds = [one.hold for one in orders if one.hold is not None]
    assert sum(one.money for one in holds) == account._held
    assert sum(one.qty for one in holds if one.side is OrderSide.BUY) == holding.open_buy_qty
    assert sum(one.qty for one in holds if one.side is OrderSide.SELL) == holding.open_sell_qty
    for one in orders:
        assert one.hold is not None
        assert one.hold.qty == one.leaves_qty
        assert LiveOrderStatus(one.status) in (
            LiveOrderStatus.NEW,
            LiveOrderStatus.PARTIALLY_FILLED,
        )


@pytest.mark.parametrize("allow_short", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_account_balances_to_the_last_digit(seed: int, *, allow_short: bool) -> None:
    market = Market(seed, allow_short=allow_short)

    market.play(what_is_open_is_held)

    the_account_balances(market)
    assert len(market.witness.fills) > 50


@pytest.mark.parametrize("seed", range(4))
def test_without_shorts_nothing_is_sold_or_spent_that_is_not_there(seed: int) -> None:
    def solvent(market: Market) -> None:
        holding = market.account.holding(SPEC)
        assert market.account.free_money >= 0
        assert holding.qty >= holding.open_sell_qty >= 0

    Market(seed, allow_short=False).play(solvent)


@pytest.mark.parametrize("seed", range(4))
def test_no_fill_is_more_than_what_caused_it(seed: int) -> None:
    market = Market(seed, allow_short=True)
    from_trade: Counter[int] = Counter()

    market.play(lambda _: None)

    for order, news, event in market.witness.fills:
        assert news.last_qty > 0
        assert news.last_qty % SPEC.lot == 0
        if isinstance(event, TradeEvent) and news.liquidity is Liquidity.MAKER:
            from_trade[event.trade_id] += news.last_qty
            assert from_trade[event.trade_id] <= event.qty
            through = event.px <= news.last_px if order.is_buy else event.px >= news.last_px
            assert through


@pytest.mark.parametrize("seed", range(4))
def test_an_order_s_quantities_and_states_agree_at_every_step(seed: int) -> None:
    market = Market(seed, allow_short=True)

    market.play(lambda _: None)

    by_order: defaultdict[str, list[News]] = defaultdict(list)
    for order, news, _ in market.witness.heard:
        by_order[order.broker_order_id].append(news)
    for broker_order_id, told in by_order.items():
        order = market.venue.ledger.orders.by_broker_id(broker_order_id)
        assert order is not None
        filled = sum(news.last_qty for news in told)
        assert filled == order.cum_qty <= order.order_qty
        if order.status is LiveOrderStatus.FILLED:
            assert order.cum_qty == order.order_qty
        kinds = [news.exec_type for news in told]
        assert kinds[0] in (ExecType.NEW, ExecType.REJECTED)
        assert 1 >= sum(
            kind in (ExecType.CANCELED, ExecType.EXPIRED, ExecType.REJECTED) for kind in kinds
        )


@pytest.mark.parametrize("seed", range(4))
def test_fok_is_all_or_nothing_and_ioc_never_rests(seed: int) -> None:
    market = Market(seed, allow_short=True)

    market.play(lambda _: None)

    kinds = Counter()
    for order, news, _ in market.witness.heard:
        tif = order.time_in_force
        if tif in (TimeInForce.IOC, TimeInForce.FOK) and news.exec_type is not ExecType.REJECTED:
            assert order.status.is_terminal
            assert news.liquidity is not Liquidity.MAKER
            if tif is TimeInForce.FOK:
                assert order.cum_qty in (0, order.order_qty)
            kinds[tif] += 1
    assert kinds[TimeInForce.IOC] > 3
    assert kinds[TimeInForce.FOK] > 3


@pytest.mark.parametrize("seed", range(3))
def test_a_limit_is_never_passed(seed: int) -> None:
    market = Market(seed, allow_short=True)

    market.play(lambda _: None)

    checked = 0
    for (order, news, _), limit_px in zip(market.witness.heard, market.witness.limits, strict=True):
        if limit_px is not None and news.exec_type is ExecType.TRADE:
            better_by = limit_px - news.last_px if order.is_buy else news.last_px - limit_px
            assert better_by >= 0
            checked += 1
    assert checked > 20


def test_two_runs_with_one_seed_are_the_same() -> None:
    def told(seed: int) -> list[tuple[str, News]]:
        market = Market(seed, allow_short=True)
        market.play(lambda _: None)
        return [(order.broker_order_id, news) for order, news, _ in market.witness.heard]

    assert told(5) == told(5)
    assert told(5) != told(6)


# the book, against one that is rebuilt from nothing each time


@st.composite
def some_diffs(draw: st.DrawFn) -> list[DepthEvent]:
    last_id, diffs = 100, []
    level = st.tuples(st.integers(1, 12), st.integers(0, 5))
    for _ in range(draw(st.integers(1, 25))):
        first_id = last_id + draw(st.sampled_from([1, 1, 1, 1, 0, -3]))
        last_id = max(last_id, first_id + draw(st.integers(0, 4)))
        bids, asks = draw(st.lists(level, max_size=4)), draw(st.lists(level, max_size=4))
        diffs.append(DepthEvent(last_id, "X", first_id, last_id, bids, asks, last_id))
    return diffs


@settings(max_examples=60, deadline=None)
@given(some_diffs(), st.integers(95, 140), st.data())
def test_a_book_is_what_its_diffs_say_wherever_the_snapshot_comes(
    diffs: list[DepthEvent], snapshot_id: int, data: st.DataObject
) -> None:
    """Every diff's levels at their last word, as a rebuild from the snapshot's moment has them."""
    full: tuple[dict[int, int], dict[int, int]] = ({}, {})
    at_snapshot: tuple[dict[int, int], dict[int, int]] = ({}, {})
    snapshot_id = min([d.last_id for d in diffs if d.last_id >= snapshot_id] or [diffs[-1].last_id])
    seen = 100
    for diff in diffs:
        if diff.last_id > seen:
            for side, levels in zip(full, (diff.bids, diff.asks), strict=True):
                side.update(levels)
            seen = diff.last_id
        if diff.last_id == snapshot_id:
            at_snapshot = (dict(full[0]), dict(full[1]))
    place = data.draw(st.integers(0, len(diffs)))
    book = LocalBook()

    for number, diff in enumerate([*diffs, None]):
        if number == place:
            levels = [list(side.items()) for side in at_snapshot]
            book.apply_snapshot(SnapshotEvent(0, "X", snapshot_id, *levels))
        if diff is not None:
            book.apply_diff(diff)

    if book.is_synced:
        for side, expected in zip((book.bids, book.asks), full, strict=True):
            assert {px: qty for px, qty in expected.items() if qty} == dict(side.best_first())
        assert [px for px, _ in book.bids.best_first()] == sorted(
            (px for px, qty in full[0].items() if qty), reverse=True
        )
        assert [px for px, _ in book.asks.best_first()] == sorted(
            px for px, qty in full[1].items() if qty
        )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([OrderSide.BUY, OrderSide.SELL]), st.integers(1, 10**7),
                  st.integers(1, 10**7), st.sampled_from([Liquidity.MAKER, Liquidity.TAKER])),
        max_size=40,
    )
)  # fmt: skip
def test_any_fills_leave_cash_equal_to_its_history(
    fills: list[tuple[OrderSide, int, int, Liquidity]],
) -> None:
    account = Account(
        "USDT",
        cash=Decimal(0),
        maker_fee_rate=Decimal("-0.0001"),
        taker_fee_rate=Decimal("0.00075"),
        allow_short=True,
    )
    spec: Spec = SPEC
    expected, qty = Decimal(0), 0

    for side, px, lots, liquidity in fills:
        fee = account.fill(spec, side, px, lots, liquidity)
        notional = spec.px(px) * spec.qty(lots)
        expected += (-notional if side is OrderSide.BUY else notional) - amount(fee)
        qty += lots if side is OrderSide.BUY else -lots

    assert expected == amount(account.cash)
    assert qty == account.holding(spec).qty
    assert (qty == 0) <= (account.holding(spec).cost == 0)
    assert account.holding(spec).cost >= 0
