"""[broker] of broker_type binance."""

from __future__ import annotations

import pytest

from regimeflow.adapters.brokers.binance.adapter import BinanceAdapter
from regimeflow.live import ConfigError, LiveConfig
from regimeflow.types.config.binance import BinanceSettings
from regimeflow.types.secrets import SecretStr

KEYS = {"api_key": SecretStr("env:A"), "secret_key": SecretStr("env:B")}


@pytest.mark.parametrize("environment", ["testnet", "demo", "live"])
def test_each_environment_has_hosts_of_its_own(environment):
    hosts = BinanceSettings(environment=environment, **KEYS).hosts

    assert all(url.startswith(("https://", "wss://")) for url in hosts)
    assert (environment == "live") == (hosts.base_url == "https://api.binance.com")


def test_play_money_and_money_have_names_of_their_own():
    names = {e: BinanceSettings(environment=e, **KEYS).venue for e in ("live", "testnet", "demo")}

    assert {"live": "binance", "testnet": "binance-testnet", "demo": "binance-demo"} == names


def test_the_default_is_play_money():
    assert "testnet" in BinanceSettings(**KEYS).hosts.base_url


def test_streams_follow_a_loopback_address():
    hosts = BinanceSettings(environment="local", base_url="http://127.0.0.1:7/").hosts

    assert ("http://127.0.0.1:7", "ws://127.0.0.1:7", "ws://127.0.0.1:7/ws-api/v3") == hosts


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"base_url": "https://api.binance.com", **KEYS}, 'environment = "live"'),
        ({"environment": "local", "base_url": "https://api3.binance.com"}, 'environment = "live"'),
        ({"environment": "live", "base_url": "http://api.binance.com", **KEYS}, "not encrypted"),
        ({"environment": "live"}, "api_key"),
        ({"api_key": SecretStr("env:A")}, "secret_key"),
        ({**KEYS, "private_key": SecretStr("file:k")}, "one of them"),
        ({"environment": "local", "stream_url": "http://127.0.0.1"}, "wss://HOST"),
        ({"environment": "local", "bar_interval": "7m"}, "1m"),
        ({"environment": "local", "book_interval_ms": 250}, "100 or 1000"),
        ({"environment": "local", "recv_window_ms": 60_001}, "60000"),
    ],
)
def test_what_is_not_safe_or_cannot_be_is_refused(given, why):
    with pytest.raises(ConfigError, match=why):
        BinanceSettings(**given)


def test_a_symbol_is_spelt_as_binance_spells_it():
    config = LiveConfig(
        broker_type="binance", symbols=["BTC-USDT"], broker={"environment": "local"}
    )

    with pytest.raises(ConfigError, match='such as "BTCUSDT"'):
        config.validate()


def test_row_65_certificates_and_host_names_are_verified_whatever_is_configured():
    adapter = BinanceAdapter(BinanceSettings(environment="local"), symbols=["BTCUSDT"])

    tls = adapter._tls
    assert tls.check_hostname
    assert 2 == tls.verify_mode  # CERT_REQUIRED


def test_secrets_show_nowhere(monkeypatch):
    monkeypatch.setenv("A", "the-key-itself")
    monkeypatch.setenv("B", "the-secret-itself")
    settings = BinanceSettings(**KEYS)
    adapter = BinanceAdapter(settings, symbols=["BTCUSDT"])

    for text in (repr(settings), repr(adapter), repr(vars(adapter))):
        assert "the-key-itself" not in text
        assert "the-secret-itself" not in text


def test_a_bundle_that_holds_no_certificates_is_refused(tmp_path):
    path = tmp_path / "ca.pem"
    path.write_text("nothing")

    with pytest.raises(ConfigError, match="ca_bundle"):
        BinanceAdapter(
            BinanceSettings(environment="local", ca_bundle=str(path)), symbols=["BTCUSDT"]
        )
