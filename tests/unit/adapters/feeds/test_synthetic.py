from __future__ import annotations

from decimal import Decimal
from itertools import islice

import pytest

from regimeflow.adapters.feeds.book import BookChange, LocalBook
from regimeflow.adapters.feeds.feed import (
    DepthEvent,
    FeedEvent,
    QuoteEvent,
    SnapshotEvent,
    TradeEvent,
)
from regimeflow.adapters.feeds.instruments import instrument_of, market_of, split_symbol
from regimeflow.adapters.feeds.synthetic import START_NS, SyntheticFeed

SYMBOLS = ["BTCUSDT", "ETHUSDT", "AAPL", "DOGEUSDT"]


def some_events(feed: SyntheticFeed, count: int = 5_000) -> list[FeedEvent]:
    return list(islice(feed.events(), count))


def test_one_seed_makes_one_market() -> None:
    one = some_events(SyntheticFeed(SYMBOLS, seed=7))
    again = some_events(SyntheticFeed(SYMBOLS, seed=7))
    other = some_events(SyntheticFeed(SYMBOLS, seed=8))

    assert one == again
    assert one != other


def test_a_symbol_s_market_does_not_depend_on_the_others() -> None:
    alone = some_events(SyntheticFeed(["ETHUSDT"], seed=3), 500)
    together = some_events(SyntheticFeed(SYMBOLS, seed=3))

    assert alone == [event for event in together if event.symbol == "ETHUSDT"][:500]


def test_events_are_in_time_order_and_of_every_kind() -> None:
    events = some_events(SyntheticFeed(SYMBOLS))

    times = [event.recv_ns for event in events]
    assert sorted(times) == times
    assert START_NS == times[0]
    assert {QuoteEvent, TradeEvent, DepthEvent, SnapshotEvent} == {type(one) for one in events}


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_book_joins_without_a_gap_and_agrees_with_the_quotes(symbol: str, seed: int) -> None:
    book, quote = LocalBook(), None
    checked = 0

    for event in some_events(SyntheticFeed([symbol], seed=seed)):
        if isinstance(event, SnapshotEvent):
            assert BookChange.APPLIED is book.apply_snapshot(event)
        elif isinstance(event, DepthEvent):
            assert BookChange.APPLIED is book.apply_diff(event)
            if quote is not None and quote.update_id <= book.last_id:
                best = (book.bids.best_px(), book.asks.best_px())
                assert (quote.bid_px, quote.ask_px) == best
                checked += 1
        elif isinstance(event, QuoteEvent):
            quote = event
            assert 0 < quote.bid_px < quote.ask_px
            assert quote.bid_qty > 0
            assert quote.ask_qty > 0

    assert checked > 50


def test_trades_are_at_the_quote_that_stood_before_them_or_worse() -> None:
    quote = None
    for event in some_events(SyntheticFeed(["BTCUSDT"], seed=5)):
        if isinstance(event, QuoteEvent):
            quote = event
        elif isinstance(event, TradeEvent) and quote is not None:
            assert event.qty > 0
            assert event.px >= quote.ask_px or event.px <= quote.bid_px


def test_a_bounded_feed_ends_in_time_and_shows_its_progress() -> None:
    feed = SyntheticFeed(["BTCUSDT"], duration_s=2.0)

    before, events = feed.progress(), list(feed.events())

    assert 0.0 == before
    assert events[-1].recv_ns <= START_NS + 2 * 10**9
    assert events[-1].recv_ns > START_NS + 10**9
    assert 1.0 == feed.progress()


def test_an_endless_feed_has_no_progress() -> None:
    feed = SyntheticFeed(["BTCUSDT"])

    some_events(feed, 10)

    assert feed.progress() is None
    assert 0 == feed.bad_line_count
    assert () == feed.bad_lines


def test_prices_and_quantities_are_on_their_steps() -> None:
    feed = SyntheticFeed(["AAPL"])
    spec = feed.instruments()["AAPL"]

    trades = [one for one in some_events(feed) if isinstance(one, TradeEvent)]

    assert (-2, 0) == feed.scales()["AAPL"]
    assert all(trade.px % int(spec.tick_size * 100) == 0 for trade in trades)


def test_a_symbol_that_is_a_pair_is_split_and_another_is_a_share() -> None:
    assert [("BTC", "USDT"), ("ETH", "BTC"), None, None] == [
        split_symbol(symbol) for symbol in ("BTCUSDT", "ETHBTC", "AAPL", "USDT")
    ]
    share = instrument_of("AAPL", Decimal("0.01"), Decimal(1))
    assert ("equity", "AAPL", "USD") == (
        share.asset_class,
        share.base_currency,
        share.quote_currency,
    )


def test_known_symbols_begin_near_their_usual_price() -> None:
    assert Decimal(60_000) == market_of("BTCUSDT").price
    assert market_of("AAPL") != market_of("DOGEUSDT")


def test_a_pair_of_currencies_is_foreign_exchange_and_one_with_a_coin_is_crypto():
    kinds = {
        symbol: instrument_of(symbol, Decimal("0.00005"), Decimal(1)).asset_class
        for symbol in ("EURUSD", "BTCUSD", "ETHBTC", "BTCEUR")
    }

    assert {"EURUSD": "fx", "BTCUSD": "crypto", "ETHBTC": "crypto", "BTCEUR": "crypto"} == kinds


def test_the_market_of_a_currency_pair_moves_in_its_own_steps():
    feed = SyntheticFeed(["EURUSD"], duration_s=5)

    scale = feed.scales()["EURUSD"]
    prices = [event.px for event in feed.events() if isinstance(event, TradeEvent)]

    assert (-5, 0) == (scale.px_exp, scale.qty_exp)
    assert prices
    assert all(price % 5 == 0 and 100_000 < price < 120_000 for price in prices)
