"""Signatures of an audit log: Ed25519, by a key that only who runs the engine has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from regimeflow.types.errors import ConfigError, Fault


class Signer:
    """Signs with the key in a PEM file.

    Raises:
        ConfigError: there is no Ed25519 key in the file, or it has a password.
    """

    def __init__(self, path: str) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        def load(data: bytes) -> object:
            return serialization.load_pem_private_key(data, password=None)

        key = _key_of(path, load)
        if not isinstance(key, Ed25519PrivateKey):
            raise _wrong(path, f"a key of another kind, {type(key).__name__}")
        self._key: Final = key

    def sign(self, text: str) -> str:
        """Return the signature of a text, in hexadecimal."""
        return self._key.sign(text.encode()).hex()


class Checker:
    """Checks signatures by the public key in a PEM file; as ``Signer``."""

    def __init__(self, path: str) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        key = _key_of(path, serialization.load_pem_public_key)
        if not isinstance(key, Ed25519PublicKey):
            raise _wrong(path, f"a key of another kind, {type(key).__name__}")
        self._key: Final = key

    def holds(self, text: str, signature: str) -> bool:
        """Whether a signature is of this text, by this key."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(bytes.fromhex(signature), text.encode())
        except (InvalidSignature, ValueError):  # ValueError: it is no hexadecimal
            return False
        return True


def _key_of(path: str, load: Callable[[bytes], object]) -> object:
    """Return a file's key; nothing of what is in the file is ever told."""
    try:
        return load(Path(path).read_bytes())
    except OSError as error:
        raise _wrong(path, error.strerror or type(error).__name__) from None
    except (ValueError, TypeError):  # TypeError: it has a password
        raise _wrong(path, "no key without a password in PEM form") from None


def _wrong(path: str, found: str) -> ConfigError:
    return ConfigError([Fault(path, f"found {found}; expected an Ed25519 key in PEM form")])
