from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.types.option_symbol import OptionSymbol, option_of


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("AAPL261218C00230000", OptionSymbol("AAPL", "2026-12-18", "call", Decimal(230))),
        ("SPXW270115P05000500", OptionSymbol("SPXW", "2027-01-15", "put", Decimal("5000.5"))),
        ("F261218P00012500", OptionSymbol("F", "2026-12-18", "put", Decimal("12.5"))),
    ],
)
def test_a_symbol_says_what_the_contract_is(symbol: str, expected: OptionSymbol):
    assert expected == option_of(symbol)


@pytest.mark.parametrize(
    "symbol",
    [
        "", "AAPL", "BTC/USD", "261218C00230000", "aapl261218C00230000", "AAPL261318C00230000",
        "AAPL261232C00230000", "AAPL261218X00230000", "AAPL261218C0023000",
        "TOOLONG261218C00230000", "AAPL261218C0023000x", "AÄPL261218C00230000",
    ],
)  # fmt: skip
def test_what_is_no_symbol_of_an_option_is_none(symbol: str):
    assert option_of(symbol) is None
