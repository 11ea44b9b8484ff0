"""Signatures: HMAC-SHA256, RSA and Ed25519, by the two rules that Binance has.

Source:
    binance-spot-api-docs a5e0bc3. rest-api.md: the query, percent-encoded and in the order sent, is
    what is signed. web-socket-api.md: all parameters but the signature, ``apiKey`` among them,
    sorted by name, not encoded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from regimeflow.types.config.binance import BinanceSettings
from regimeflow.types.errors import ConfigError, Fault

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

LOCAL_KEY: Final = "local-key"
LOCAL_SECRET: Final = "local-secret"  # noqa: S105  # of the local venue, where money is play

Value = str | int | float | bool


class Signer:
    """One key and its secret. Neither shows in repr; the secret is in no attribute but a closure.

    Args:
        api_key: What names the key.
        sign: Bytes to signature text.
        can_log_on: Whether a session can be logged on with it (Ed25519 only).
    """

    __slots__ = ("_sign", "api_key", "can_log_on")

    def __init__(
        self, api_key: str, sign: Callable[[bytes], str], *, can_log_on: bool = False
    ) -> None:
        self.api_key: Final = api_key
        self._sign: Final = sign
        self.can_log_on: Final = can_log_on

    def __repr__(self) -> str:
        return "Signer('***')"

    def query(self, params: Iterable[tuple[str, Value]]) -> str:
        """Return a REST query with its signature, encoded as it is to be sent."""
        payload = encoded(params)
        signature = quote(self._sign(payload.encode("ascii")), safe="")
        return f"{payload}{'&' if payload else ''}signature={signature}"

    def params(self, params: Mapping[str, Value]) -> dict[str, Value]:
        """Return WebSocket API parameters with key and signature."""
        whole = {**params, "apiKey": self.api_key}
        payload = "&".join(f"{name}={text_of(whole[name])}" for name in sorted(whole))
        return {**whole, "signature": self._sign(payload.encode())}


def text_of(value: Value) -> str:
    """A parameter as it is written in a query: booleans as JSON has them."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def encoded(params: Iterable[tuple[str, Value]]) -> str:
    """A query, percent-encoded, in the order given."""
    return urlencode([(name, text_of(value)) for name, value in params], quote_via=quote, safe="")


def hmac_signer(api_key: str, secret: str) -> Signer:
    """Sign with a secret that both sides know."""
    key = secret.encode()

    def sign(payload: bytes) -> str:
        return hmac.new(key, payload, hashlib.sha256).hexdigest()

    return Signer(api_key, sign)


def key_signer(api_key: str, pem: str, password: str | None = None) -> Signer:
    """Sign with an Ed25519 or RSA key.

    Raises:
        ConfigError: the text is no such key, or the password does not open it.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    key = _loaded(pem, password)
    if isinstance(key, Ed25519PrivateKey):
        ed25519 = key

        def sign_ed25519(payload: bytes) -> str:
            return base64.b64encode(ed25519.sign(payload)).decode()

        return Signer(api_key, sign_ed25519, can_log_on=True)
    if isinstance(key, RSAPrivateKey):
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        rsa = key

        def sign_rsa(payload: bytes) -> str:
            return base64.b64encode(rsa.sign(payload, PKCS1v15(), SHA256())).decode()

        return Signer(api_key, sign_rsa)
    raise _bad_key(f"is a {type(key).__name__}; expected an Ed25519 or RSA key")


def signer_of(settings: BinanceSettings) -> Signer:
    """The signer of a configuration; its secrets are fetched now.

    Raises:
        ConfigError: a secret cannot be had, or is no key.
    """
    api_key = LOCAL_KEY if settings.api_key is None else settings.api_key.reveal()
    if settings.private_key is not None:
        password = settings.private_key_password
        return key_signer(
            api_key, settings.private_key.reveal(), None if password is None else password.reveal()
        )
    if settings.secret_key is not None:
        return hmac_signer(api_key, settings.secret_key.reveal())
    return hmac_signer(api_key, LOCAL_SECRET)


def _loaded(pem: str, password: str | None) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(pem.encode(), None if password is None else password.encode())
    except TypeError:
        given = "is encrypted; set private_key_password" if password is None else "has no password"
        raise _bad_key(given) from None
    except (ValueError, UnsupportedAlgorithm):
        # The library's own text may quote the file.
        raise _bad_key("is no PEM text of a private key, or its password is another") from None


def _bad_key(text: str) -> ConfigError:
    return ConfigError([Fault("broker.private_key", text)])
