"""A venue for each test, and alpaca-py as it comes."""

from __future__ import annotations

import pytest
from alpaca.trading.client import TradingClient

from tests.support.alpaca_venue import KEY, SECRET, running_venue


@pytest.fixture
def venue():
    with running_venue() as running:
        yield running


@pytest.fixture
def client(venue):
    made = TradingClient(KEY, SECRET, paper=True, url_override=venue.http)
    yield made
    made._session.close()
