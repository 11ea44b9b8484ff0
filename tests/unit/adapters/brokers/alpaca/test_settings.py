from __future__ import annotations

import ssl

import pytest

from regimeflow.adapters.brokers.alpaca.adapter import AlpacaAdapter
from regimeflow.adapters.brokers.alpaca.rest import Keys
from regimeflow.live import LiveConfig
from regimeflow.types.config.alpaca import AlpacaSettings
from regimeflow.types.errors import ConfigError
from regimeflow.types.secrets import SecretStr


def faults_of(broker: dict[str, object], symbols: tuple[str, ...] = ("AAPL",)) -> dict[str, str]:
    table = {"broker_type": "alpaca", "symbols": list(symbols), "broker": broker}
    try:
        LiveConfig.from_dict(table)
    except ConfigError as error:
        return {fault.path: fault.text for fault in error.faults}
    return {}


KEYS = {"api_key": "env:ALPACA_TEST_KEY", "secret_key": "env:ALPACA_TEST_SECRET"}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that there is."""
    monkeypatch.setenv("ALPACA_TEST_KEY", "k")
    monkeypatch.setenv("ALPACA_TEST_SECRET", "s")


def test_money_is_play_money_unless_live_is_said():
    paper = AlpacaSettings(**{name: SecretStr(place) for name, place in KEYS.items()})

    assert "https://paper-api.alpaca.markets" == paper.hosts.base_url
    assert "wss://paper-api.alpaca.markets/stream" == paper.hosts.updates_url
    assert "alpaca-paper" == paper.venue
    assert (
        'environment = "live"'
        in faults_of({**KEYS, "base_url": "https://api.alpaca.markets"})["broker.base_url"]
    )
    assert {} == faults_of({**KEYS, "environment": "live"})


def test_a_local_venue_needs_one_address_and_no_key():
    local = AlpacaSettings(environment="local", base_url="http://127.0.0.1:9100/")

    assert (
        "http://127.0.0.1:9100",
        "http://127.0.0.1:9100",
        "ws://127.0.0.1:9100",
    ) == tuple(local.hosts)
    assert "ws://127.0.0.1:9100/stream" == local.hosts.updates_url


def test_keys_are_missed_and_never_sent_in_the_clear():
    assert {"broker.api_key", "broker.secret_key"} == set(faults_of({}))
    assert (
        "not encrypted"
        in faults_of({**KEYS, "data_url": "http://data.alpaca.markets"})["broker.data_url"]
    )


@pytest.mark.parametrize(
    ("symbol", "is_good"),
    [
        ("AAPL", True),
        ("BRK.B", True),
        ("BTC/USD", True),
        ("AAPL261218C00230000", True),
        ("aapl", False),
        ("BTC-USD", False),
    ],
)
def test_symbols_are_spelt_as_alpaca_spells_them(symbol, is_good):
    assert is_good == ("symbols[0]" not in faults_of({"environment": "local"}, (symbol,)))


def test_a_secret_shows_in_no_text():
    keys = Keys("key-1", "secret-1")

    assert "secret-1" not in repr(keys) + str(keys)


def test_row_65_certificates_and_host_names_are_verified_whatever_is_configured():
    adapter = AlpacaAdapter(AlpacaSettings(environment="local"), symbols=["AAPL"])

    tls = adapter._dial.tls

    assert tls is not None
    assert (True, ssl.CERT_REQUIRED) == (tls.check_hostname, tls.verify_mode)
