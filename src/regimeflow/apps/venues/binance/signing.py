"""Keys and signatures: HMAC-SHA256, RSA (PKCS#1 v1.5, SHA-256) and Ed25519.

REST signs what was sent, word for word: the query string and the body behind it, with nothing
between, percent-encoded as on the wire. The WebSocket API signs the parameters sorted by name, as
plain text, the key among them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Protocol

from regimeflow.apps.venues.binance import refusals

HEX = re.compile(r"[0-9a-fA-F]{64}")
SIGNATURE = re.compile(r"(^|&)signature=[^&]*")


class Verifier(Protocol):
    """Knows whether a signature belongs to a payload."""

    kind: str

    def accepts(self, payload: bytes, signature: str) -> bool:
        """Whether the holder of the key signed this."""
        ...


class HmacKey:
    """A shared secret; the signature is hexadecimal, in capitals or not."""

    kind = "HMAC"

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def accepts(self, payload: bytes, signature: str) -> bool:
        """Whether the holder of the secret signed this."""
        expected = hmac.new(self._secret, payload, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.lower().encode())


class PublicKey:
    """An RSA or Ed25519 key of which only the public half is known here.

    Args:
        pem: As handed to Binance: ``-----BEGIN PUBLIC KEY-----`` and what follows.
    """

    def __init__(self, pem: str) -> None:
        from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        key = load_pem_public_key(pem.encode())
        if not isinstance(key, ed25519.Ed25519PublicKey | rsa.RSAPublicKey):
            raise TypeError(f"a key of Binance is RSA or Ed25519, not {type(key).__name__}")
        self._key = key
        self.kind = "RSA" if isinstance(key, rsa.RSAPublicKey) else "ED25519"

    def accepts(self, payload: bytes, signature: str) -> bool:
        """Whether the holder of the private half signed this."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives.hashes import SHA256

        try:
            signed = base64.b64decode(signature, validate=True)
            if isinstance(self._key, rsa.RSAPublicKey):
                self._key.verify(signed, payload, padding.PKCS1v15(), SHA256())
            else:
                self._key.verify(signed, payload)
        except (binascii.Error, InvalidSignature):
            return False
        return True


def verifier_of(secret: str) -> Verifier:
    """Return what checks signatures, from a secret or from a public key."""
    return PublicKey(secret) if secret.lstrip().startswith("-----BEGIN") else HmacKey(secret)


def rest_payload(query: str, body: str) -> bytes:
    """Return what a REST request signs: all that was sent but the signature itself."""
    return (SIGNATURE.sub("", query) + SIGNATURE.sub("", body)).encode()


def websocket_payload(parameters: Mapping[str, str]) -> bytes:
    """Return what a request of the WebSocket API signs."""
    return "&".join(
        f"{name}={parameters[name]}" for name in sorted(parameters) if name != "signature"
    ).encode()


def check(verifier: Verifier, payload: bytes, signature: str) -> None:
    """Refuse what the holder of the key did not sign.

    Raises:
        Refusal: -1100 for what cannot be a signature, -1022 for a wrong one.
    """
    if verifier.kind == "HMAC" and not HEX.fullmatch(signature):
        raise refusals.illegal("signature", "^[A-Fa-f0-9]{64}$")
    if not verifier.accepts(payload, signature):
        raise refusals.bad_signature()
