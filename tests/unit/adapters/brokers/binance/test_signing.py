"""Signatures, by Binance's own vectors."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from regimeflow.adapters.brokers.binance.signing import hmac_signer, key_signer, signer_of
from regimeflow.live import ConfigError
from regimeflow.types.config.binance import BinanceSettings
from regimeflow.types.secrets import SecretStr

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"  # noqa: S105
REST_VECTOR = (
    ("symbol", "LTCBTC"),
    ("side", "BUY"),
    ("type", "LIMIT"),
    ("timeInForce", "GTC"),
    ("quantity", "1"),
    ("price", "0.1"),
    ("recvWindow", 5000),
    ("timestamp", 1499827319559),
)
WS_VECTOR = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01000000",
    "price": "52000.00",
    "recvWindow": 100,
    "timestamp": 1645423376532,
}


def pem_of(key, password: bytes | None = None) -> str:
    sealed = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed).decode()


def test_a_query_is_signed_as_the_official_vector_has_it():
    query = hmac_signer(KEY, SECRET).query(REST_VECTOR)

    signature = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
    assert query.endswith(f"timestamp=1499827319559&signature={signature}")


def test_parameters_of_the_websocket_api_are_signed_as_the_official_vector_has_them():
    params = hmac_signer(KEY, SECRET).params(WS_VECTOR)

    assert params["signature"] == "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"
    assert KEY == params["apiKey"]


def test_what_is_signed_is_what_is_sent_encoded_first():
    key = Ed25519PrivateKey.generate()
    query = key_signer(KEY, pem_of(key)).query([("symbol", "幣USDT"), ("timestamp", 1)])
    payload, _, signature = query.partition("&signature=")

    key.public_key().verify(
        base64.b64decode(signature.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")),
        payload.encode(),
    )
    assert "symbol=%E5%B9%A3USDT&timestamp=1" == payload
    assert set() == set("=+/") & set(signature)


def test_an_ed25519_key_signs_and_can_log_a_session_on():
    key = Ed25519PrivateKey.generate()
    signer = key_signer(KEY, pem_of(key))
    params = signer.params({"timestamp": 1})

    assert signer.can_log_on
    key.public_key().verify(
        base64.b64decode(str(params["signature"])), f"apiKey={KEY}&timestamp=1".encode()
    )


def test_an_rsa_key_signs_and_cannot_log_a_session_on():
    key = generate_private_key(65537, 2048)
    signer = key_signer(KEY, pem_of(key, b"pass"), "pass")
    params = signer.params({"timestamp": 1})

    assert not signer.can_log_on
    key.public_key().verify(
        base64.b64decode(str(params["signature"])),
        f"apiKey={KEY}&timestamp=1".encode(),
        PKCS1v15(),
        SHA256(),
    )


@pytest.mark.parametrize(
    ("pem", "password", "why"),
    [
        ("not a key", None, "no PEM text"),
        (pem_of(Ed25519PrivateKey.generate(), b"right"), "wrong", "another"),
        (pem_of(Ed25519PrivateKey.generate(), b"right"), None, "private_key_password"),
    ],
)
def test_a_key_that_is_none_is_a_configuration_error_that_does_not_repeat_it(pem, password, why):
    with pytest.raises(ConfigError, match=why) as caught:
        key_signer(KEY, pem, password)

    assert "BEGIN" not in str(caught.value)
    assert "not a key" not in str(caught.value)


def test_neither_key_nor_secret_show_in_a_signer():
    signer = hmac_signer(KEY, SECRET)

    assert KEY not in repr(signer)
    assert SECRET not in repr(signer) + str(signer)
    assert not hasattr(signer, "__dict__")


def test_a_secret_is_fetched_from_where_it_is(monkeypatch, tmp_path):
    path = tmp_path / "key.pem"
    path.write_text(pem_of(Ed25519PrivateKey.generate()))
    monkeypatch.setenv("BINANCE_KEY", KEY)

    settings = BinanceSettings(
        environment="testnet",
        api_key=SecretStr("env:BINANCE_KEY"),
        private_key=SecretStr(f"file:{path}"),
    )

    assert KEY == signer_of(settings).api_key
    assert signer_of(settings).can_log_on


def test_a_local_venue_needs_no_key():
    signer = signer_of(BinanceSettings(environment="local"))

    assert "local-key" == signer.api_key
