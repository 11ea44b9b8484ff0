"""Signatures: Binance's published vectors, and what is signed at each door."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from regimeflow.apps.venues.binance import signing
from regimeflow.apps.venues.binance.refusals import Refusal

# Published as an example.
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"  # noqa: S105
API_KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
WHOLE = (
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
    "&recvWindow=5000&timestamp=1499827319559"
)
# rest-api.md, SIGNED endpoint examples: as a whole, and split over query and body.
REST_VECTORS = [
    (WHOLE, "", "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"),
    ("", WHOLE, "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"),
    (
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC",
        "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
        "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77",
    ),
]
# web-socket-api.md, the order.place sample.
PLACED = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01000000",
    "price": "52000.00",
    "newOrderRespType": "ACK",
    "recvWindow": "100",
    "timestamp": "1645423376532",
    "apiKey": API_KEY,
    "signature": "cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a",
}


def pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


@pytest.mark.parametrize(("query", "body", "signature"), REST_VECTORS)
def test_the_published_hmac_signatures_are_accepted(query, body, signature):
    payload = signing.rest_payload(query, body)

    assert signing.HmacKey(SECRET).accepts(payload, signature)
    assert signing.HmacKey(SECRET).accepts(payload, signature.upper())


def test_the_published_signature_of_the_websocket_api_is_accepted():
    payload = signing.websocket_payload(PLACED)

    assert payload.startswith(b"apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7")
    assert signing.HmacKey(SECRET).accepts(payload, PLACED["signature"])


def test_the_two_doors_sign_different_texts():
    rest = signing.rest_payload(WHOLE, "")
    names = dict(pair.split("=") for pair in WHOLE.split("&"))

    assert rest != signing.websocket_payload(names)


@pytest.mark.parametrize("place", ["a=1&b=2&signature=xy", "signature=xy&a=1&b=2"])
def test_the_signature_itself_is_not_signed(place):
    assert b"a=1&b=2" == signing.rest_payload(place, "").lstrip(b"&")


def test_an_ed25519_signature_is_accepted_and_no_other():
    private = ed25519.Ed25519PrivateKey.generate()
    key = signing.verifier_of(pem(private))

    signed = base64.b64encode(private.sign(b"timestamp=1")).decode()

    assert "ED25519" == key.kind
    assert key.accepts(b"timestamp=1", signed)
    assert not key.accepts(b"timestamp=2", signed)
    assert not key.accepts(b"timestamp=1", "not base64!")


def test_an_rsa_signature_is_accepted_and_no_other():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key = signing.verifier_of(pem(private))

    signed = private.sign(b"timestamp=1", padding.PKCS1v15(), hashes.SHA256())

    assert "RSA" == key.kind
    assert key.accepts(b"timestamp=1", base64.b64encode(signed).decode())
    assert not key.accepts(b"timestamp=2", base64.b64encode(signed).decode())


def test_what_cannot_be_a_signature_is_refused_otherwise_than_a_wrong_one():
    key = signing.HmacKey(SECRET)

    with pytest.raises(Refusal) as malformed:
        signing.check(key, b"a=1", "short")
    with pytest.raises(Refusal) as wrong:
        signing.check(key, b"a=1", "0" * 64)

    assert -1100 == malformed.value.code
    assert -1022 == wrong.value.code
