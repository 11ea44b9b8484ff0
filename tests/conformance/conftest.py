"""A local Binance venue per test, and a small client for what the libraries do not show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.binance_venue import RunningVenue


@pytest.fixture
def binance() -> Iterator[RunningVenue]:
    """A venue with two quoted symbols."""
    with RunningVenue() as venue:
        venue.quote("BTCUSDT", "60000")
        venue.quote("ETHUSDT", "2600")
        venue.trade("BTCUSDT")
        venue.trade("ETHUSDT")
        yield venue
