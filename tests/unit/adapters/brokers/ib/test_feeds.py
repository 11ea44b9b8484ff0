"""Subscriptions of market data, each watched by itself."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from types import SimpleNamespace

import pytest

from regimeflow.adapters.brokers.ib.contracts import Traded
from regimeflow.adapters.brokers.ib.errors import not_sent
from regimeflow.adapters.brokers.ib.feeds import BOOK, TICKS, Feeds
from regimeflow.adapters.brokers.ib.order_ids import OrderIds
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.errors import NetworkError
from regimeflow.types.instrument import Instrument


class Asked:
    """Stands where the library's client stands, and keeps what is asked."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.is_there = True

    def __call__(self) -> Asked:
        if not self.is_there:
            raise not_sent("there is no connection to TWS")
        return self

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: self.names.append(name)


def traded(symbol: str = "AAPL") -> Traded:
    instrument = Instrument(
        symbol=symbol,
        asset_class="equity",
        quote_currency="USD",
        tick_size="0.01",
        lot_size="1",
    )
    return Traded(instrument=instrument, contract=SimpleNamespace(secType="STK", conId=1))


def feeds(asked: Asked, *, is_open: bool = True, **settings: object) -> Feeds:
    given = {"bar_interval_s": 60, "book_levels": 3, "max_data_silence_s": 30.0, **settings}
    return Feeds(IBSettings(**given), asked, OrderIds(None, "us"), lambda _: is_open)


def silences(found: Feeds) -> dict[str, float | None]:
    return {each.name: each.silence_s for each in found.watched()}


def test_quotes_and_book_must_not_be_silent_and_bars_may() -> None:
    found = feeds(Asked())
    found.open(traded())

    assert {"quotes of AAPL": 30.0, "bars of AAPL": None, "book of AAPL": 30.0} == silences(found)


def test_a_closed_market_is_silent_by_right_for_ever() -> None:
    found = feeds(Asked(), is_open=False)
    found.open(traded())

    assert {"quotes of AAPL": inf, "bars of AAPL": None, "book of AAPL": inf} == silences(found)


def test_nothing_is_watched_of_a_symbol_whose_quotes_are_refused() -> None:
    found = feeds(Asked())
    found.open(traded())
    (feed,) = found

    found.refuse(feed, TICKS, is_retried=False)

    assert {} == silences(found)


def test_a_book_that_is_refused_leaves_the_quotes_watched() -> None:
    found = feeds(Asked())
    found.open(traded())
    (feed,) = found

    found.refuse(feed, BOOK, is_retried=False)

    assert ["quotes of AAPL", "bars of AAPL"] == list(silences(found))


def test_what_comes_all_the_same_was_not_refused() -> None:
    found = feeds(Asked())
    found.open(traded())
    (feed,) = found
    found.refuse(feed, TICKS, is_retried=False)

    found.hear(feed.ids[TICKS])

    assert "quotes of AAPL" in silences(found)


@pytest.mark.parametrize(("is_retried", "expected"), [(True, 1), (False, 0)])
def test_only_what_may_be_given_later_is_asked_for_again(is_retried: bool, expected: int) -> None:
    asked = Asked()
    found = feeds(asked)
    found.open(traded())
    (feed,) = found
    found.refuse(feed, TICKS, is_retried=is_retried)
    asked.names.clear()

    found.retry(3600.0)
    assert [] == asked.names
    found.retry(-1.0)

    assert expected == asked.names.count("reqMktData")


def test_one_stream_that_speaks_is_no_sign_of_another() -> None:
    found = feeds(Asked())
    found.open(traded())
    (feed,) = found

    found.hear(feed.ids[BOOK])

    heard = {each.name: found.heard_ns(each) > 0 for each in found.watched()}
    assert {"quotes of AAPL": False, "bars of AAPL": False, "book of AAPL": True} == heard


def test_a_lost_line_begins_the_count_anew_and_what_comes_then_is_news() -> None:
    found = feeds(Asked())
    found.open(traded())
    (feed,) = found
    found.hear(feed.ids[TICKS])

    found.hold()

    (quotes, *_) = found.watched()
    assert 0 == found.heard_ns(quotes)
    assert found.silent_s(quotes, feed.since_ns[TICKS] + 5 * 10**9) == 5.0


def test_without_a_line_nothing_is_begun_and_what_is_there_stays() -> None:
    asked = Asked()
    found = feeds(asked)
    found.open(traded())
    (feed,) = found
    before = dict(feed.ids)
    asked.is_there = False

    with pytest.raises(NetworkError):
        found.open(traded("MSFT"))
    with pytest.raises(NetworkError):
        found.again(feed, TICKS)

    assert ["AAPL"] == [each.traded.symbol for each in found]
    assert before == feed.ids
    found.close("AAPL")  # harmless
    assert [] == list(found)
