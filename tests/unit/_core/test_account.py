"""Position, Balance, AccountInfo and SystemMessage."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow._core.messages import AccountInfo, Balance, Position, SystemMessage
from regimeflow.types.enums import SystemCode

D = Decimal


def an_account(**changes: object) -> AccountInfo:
    fields = {"equity": "10.5", "cash": 7, "buying_power": "3.25", "currency": "USDT"}
    return AccountInfo(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_position_may_be_short_and_may_lack_prices() -> None:
    position = Position("BTCUSDT", "-0.50", ts_event_ns=4)

    assert (-0.5, D("-0.50"), -50) == (
        position.quantity,
        position.quantity_dec,
        position.quantity_raw,
    )
    assert (None, None, None, None) == (
        position.avg_px,
        position.avg_px_dec,
        position.market_px,
        position.market_px_dec,
    )
    assert ("BTCUSDT", 4, 0) == (position.symbol, position.ts_event_ns, position.ts_recv_ns)


def test_a_position_has_prices_at_one_exponent() -> None:
    position = Position("BTCUSDT", 1, "100.5", market_px=D("101.25"))

    assert (100.5, 101.25) == (position.avg_px, position.market_px)
    assert (10050, 10125, -2) == (position.avg_px_raw, position.market_px_raw, position.px_exp)
    assert position == Position("BTCUSDT", "1.0", "100.50", market_px=101.25)
    assert position != Position("BTCUSDT", 1, "100.5")


def test_a_balance_is_a_value() -> None:
    balance = Balance("USDT", "7.50", 1)

    assert ("USDT", 7.5, 1.0) == tuple(balance)
    assert (D("7.50"), D("1.00")) == (balance.free_dec, balance.locked_dec)
    assert (750, 100) == (balance.free_raw, balance.locked_raw)
    assert {Balance("USDT", 7.5, "1.000")} == {balance}
    assert balance != Balance("USDT", 7.5)
    assert balance != Balance("USDC", 7.5, 1)
    assert balance != ("USDT", 7.5, 1.0)
    assert "Balance('USDT', '7.50', '1.00')" == repr(balance)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Balance("", 1), "asset is ''; expected 1 to 14 bytes"),
        (lambda: Balance("x" * 15, 1), "asset has 15 bytes"),
        (lambda: Balance("USDT", "x"), "free is 'x'"),
        (lambda: Balance("USDT", 1, float("inf")), "locked is inf"),
        (lambda: an_account(currency="x" * 16), "currency has 16 bytes"),
        (lambda: an_account(equity=""), "equity is ''"),
        (lambda: an_account(balances=[Balance("A", 1)] * 1017), "balances has 1017 entries"),
    ],
)
def test_a_fault_names_the_field(made, words) -> None:
    with pytest.raises(ValueError, match=words):
        made()


def test_only_balances_are_balances() -> None:
    with pytest.raises(TypeError, match=r"balances\[1\] is .*; expected Balance"):
        an_account(balances=[Balance("A", 1), ("B", 1, 1)])


def test_an_account_has_its_worth_and_its_balances() -> None:
    balances = (Balance("USDT", 7, "0.5"), Balance("BTC", "0.00000001"))

    account = an_account(balances=iter(balances), ts_recv_ns=8)

    assert (10.5, 7.0, 3.25) == (account.equity, account.cash, account.buying_power)
    assert (D("10.50"), D("7.00"), D("3.25")) == (
        account.equity_dec,
        account.cash_dec,
        account.buying_power_dec,
    )
    assert (1050, 700, 325, -2) == (
        account.equity_raw,
        account.cash_raw,
        account.buying_power_raw,
        account.px_exp,
    )
    assert ("USDT", balances, 8) == (account.currency, account.balances, account.ts_recv_ns)
    assert () == an_account().balances


def test_as_many_balances_fit_as_a_record_holds() -> None:
    balances = tuple(Balance(f"A{number}", number) for number in range(1016))

    assert balances == an_account(balances=balances).balances


@pytest.mark.parametrize(
    "change",
    [
        {"equity": 1},
        {"cash": 1},
        {"buying_power": 1},
        {"currency": "EUR"},
        {"ts_event_ns": 1},
        {"balances": [Balance("USDT", 1)]},
    ],
)
def test_a_difference_in_any_field_makes_accounts_unequal(change) -> None:
    assert an_account() != an_account(**change)


@pytest.mark.parametrize(
    "other", [Balance("USDT", 2, 1), Balance("USDT", 1, 2), Balance("USDC", 1, 1)]
)
def test_a_difference_in_a_balance_makes_accounts_unequal(other) -> None:
    assert an_account(balances=[Balance("USDT", 1, 1)]) != an_account(balances=[other])


@pytest.mark.parametrize("length", [0, 1, 72, 73, 200, 1023, 1024])
def test_a_system_message_has_words_of_any_bounded_length(length) -> None:
    message = SystemMessage("x" * length, code=SystemCode.BOOK_GAP, level=30, value=-5)

    assert "x" * length == message.text
    assert (SystemCode.BOOK_GAP, 30, -5, "") == (
        message.code,
        message.level,
        message.value,
        message.symbol,
    )
    assert message != SystemMessage("x" * length, code=SystemCode.BOOK_GAP, level=40, value=-5)


def test_a_system_message_is_information_unless_it_says_otherwise() -> None:
    message = SystemMessage("hello", symbol="BTCUSDT", ts_event_ns=1, ts_recv_ns=2)

    assert (SystemCode.TEXT, 20, 0, "BTCUSDT", 1, 2) == (
        message.code,
        message.level,
        message.value,
        message.symbol,
        message.ts_event_ns,
        message.ts_recv_ns,
    )
    assert message != SystemMessage("hellO", symbol="BTCUSDT", ts_event_ns=1, ts_recv_ns=2)


@pytest.mark.parametrize("level", [-10, 5, 256])
def test_a_level_is_one_of_logging(level) -> None:
    with pytest.raises(ValueError, match=f"level is {level}"):
        SystemMessage("x", level=level)
