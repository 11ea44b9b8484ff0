from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow._core.board import QuoteBoard
from regimeflow._core.messages import Quote
from regimeflow.domain.orders.order import OrderTerms
from regimeflow.domain.risk.money import demand_worth
from regimeflow.types.errors import RiskDenied
from regimeflow.types.instrument import Instrument

SHARE = Instrument(symbol="AAPL", tick_size=Decimal("0.01"), lot_size=Decimal("0.001"))
TERMS = OrderTerms(notional="1000")


def a_board(bid: str = "200") -> QuoteBoard:
    board = QuoteBoard()
    board.observe(Quote("AAPL", Decimal(bid), 1, Decimal(bid) + 1, 1))
    return board


def test_a_quantity_that_covers_the_amount_at_the_bid_passes() -> None:
    demand_worth(TERMS, 5_000, SHARE, a_board())
    demand_worth(OrderTerms(), 1, SHARE, QuoteBoard())


def test_a_quantity_that_is_worth_less_is_refused() -> None:
    with pytest.raises(RiskDenied, match=r"1000 may come to more than 4\.999 AAPL at 200"):
        demand_worth(TERMS, 4_999, SHARE, a_board())


def test_without_a_price_an_amount_is_refused() -> None:
    with pytest.raises(RiskDenied, match="not known without a price of AAPL"):
        demand_worth(TERMS, 5_000, SHARE, QuoteBoard())
