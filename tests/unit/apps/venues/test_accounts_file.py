from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.apps.venues.server.accounts import read_accounts
from regimeflow.types.errors import ConfigError

GOOD = """
[[account]]
name = "one"
key = "key-1"
secret = "secret-1"
desk = "north"
balances = { USDT = "1000.5", BTC = 2 }
fees = { maker = "0.0002", taker = 0.0004, asset = "BNB", asset_prices = { USDT = "600" } }

[[account]]
name = "two"
key = "key-2"
public_key_file = "two.pem"
"""


def test_accounts_are_read_with_balances_fees_and_keys(tmp_path):
    (tmp_path / "two.pem").write_text("a key\n")
    path = tmp_path / "accounts.toml"
    path.write_text(GOOD)

    one, two = read_accounts(path)

    assert {"USDT": Decimal("1000.5"), "BTC": Decimal(2)} == one.balances
    assert {"desk": "north"} == one.options
    assert one.fees is not None
    assert (Decimal("0.0002"), Decimal("0.0004")) == (one.fees.maker, one.fees.taker)
    assert {"USDT": Decimal(600)} == one.fees.asset_prices
    assert "a key\n" == two.public_key
    assert "secret-1" not in repr(one)


def test_everything_that_is_wrong_is_listed(tmp_path):
    path = tmp_path / "accounts.toml"
    path.write_text(
        '[[account]]\nname = "a"\n[[account]]\nname = "b"\nkey = "k"\n'
        '[[account]]\nname = "c"\nkey = "k"\nsecret = "s"\nbalances = { A = "x" }\n'
        '[[account]]\nname = "d"\nkey = "k"\nsecret = "s"\nfees = { make = 1 }\n'
        '[[account]]\nname = "e"\nkey = "k"\npublic_key_file = "none"\n'
    )

    with pytest.raises(ConfigError) as caught:
        read_accounts(path)

    assert [f"account[{at}]" for at in range(5)] == [each.path for each in caught.value.faults]


def test_one_name_or_key_for_two_accounts_is_refused(tmp_path):
    path = tmp_path / "accounts.toml"
    one = '[[account]]\nname = "a"\nkey = "k"\nsecret = "s"\n'
    path.write_text(one + one)

    with pytest.raises(ConfigError, match="two have the name 'a'"):
        read_accounts(path)


def test_a_file_without_accounts_is_refused(tmp_path):
    path = tmp_path / "accounts.toml"
    path.write_text("account = []\n")

    with pytest.raises(ConfigError, match="names no account"):
        read_accounts(path)


def test_a_venue_that_knows_no_keys_asks_for_none(tmp_path):
    path = tmp_path / "accounts.toml"
    path.write_text('[[account]]\nname = "DU1"\n[[account]]\nname = "DU2"\n')

    assert ["DU1", "DU2"] == [each.name for each in read_accounts(path, has_keys=False)]
    with pytest.raises(ConfigError):
        read_accounts(path)
