"""Secrets, which a configuration only points at."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import ClassVar, Final, final

from regimeflow.types.errors import ConfigError, Fault

_LARGEST_FILE_BYTES: Final = 64 * 1024

# Stores that a reference may name; told apart from a literal secret that has a colon in it.
_STORES: Final = ("keyring", "vault", "aws-sm", "gcp-sm", "azure-kv")
_UNKNOWN: Final = ("aws-ssm", "op", "sops")  # which somebody may try
_fetchers: Final[dict[str, Callable[[str], str]]] = {}


def register_stores(fetchers: Mapping[str, Callable[[str], str]]) -> None:
    """Say what fetches a secret from a store: by scheme, called with what stands behind it."""
    _fetchers.update(fetchers)


@final
class SecretStr:
    """A reference to a secret: ``env:NAME``, ``file:PATH``, or a place in a store.

    The value itself is never kept here: ``reveal`` fetches it, so neither repr, pickle nor a copy
    of this object can show it, and a secret of a variable or a file that is rotated is seen at the
    next connect. A store is asked once, when the configuration is read.

    Args:
        reference: Where the secret is. A literal secret is refused, and not repeated in the error.
        folder: What a relative ``file:`` path starts from; None: the working folder.

    Raises:
        ConfigError: not a reference, or to a store that nothing here can ask.
    """

    __slots__ = ("_reference",)

    EXPECTED: ClassVar[str] = "a reference to a secret, env:NAME or file:PATH"

    def __init__(self, reference: str, *, folder: str | None = None) -> None:
        self._reference: Final = _checked(reference, folder)

    @property
    def reference(self) -> str:
        """Where the secret is; this may be shown."""
        return self._reference

    def missing(self) -> str | None:
        """Return why the secret cannot be had now, or None when it can."""
        try:
            self.reveal()
        except ConfigError as error:
            return str(error)
        return None

    def reveal(self) -> str:
        """Fetch the secret.

        Raises:
            ConfigError: the variable is not set, the file cannot be read, or the store cannot be
                asked; says which, never what was in it.
        """
        scheme, _, place = self._reference.partition(":")
        if scheme in _STORES:
            return _from_store(scheme, place)
        return _from_env(place) if scheme == "env" else _from_file(place)

    def __repr__(self) -> str:
        return "SecretStr('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return (
            self._reference == other._reference if isinstance(other, SecretStr) else NotImplemented
        )

    def __hash__(self) -> int:
        return hash(self._reference)

    def __reduce__(self) -> tuple[type[SecretStr], tuple[str]]:
        return SecretStr, (self._reference,)


def _checked(reference: str, folder: str | None) -> str:
    if isinstance(reference, str):
        scheme, colon, place = reference.partition(":")
        if scheme == "env" and place.isascii() and place.isidentifier():
            return reference
        if scheme == "file" and place and place.isprintable():
            return "file:" + os.path.join(folder or "", os.path.expanduser(place))
        if scheme in _STORES and place and place.isprintable():
            return reference
        if colon and scheme in _UNKNOWN:
            known = ", ".join(f"{each}:" for each in ("env", "file", *_STORES))
            raise _refused(f"found a {scheme}: reference; known are {known}")
    raise _refused(f"found a value (hidden) that is not a reference; expected {SecretStr.EXPECTED}")


def _from_store(scheme: str, place: str) -> str:
    fetch = _fetchers.get(scheme)
    if fetch is None:
        raise _refused(f"nothing here asks a store of {scheme}:; import regimeflow.live first")
    return fetch(place)


def _from_env(name: str) -> str:
    secret = os.environ.get(name, "")
    if not secret:
        raise _refused(f"the environment variable {name} is not set")
    return secret


def _from_file(path: str) -> str:
    try:
        with open(path, "rb") as file:
            raw = file.read(_LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise _refused(f"the file {path} cannot be read: {error.strerror}") from None
    if len(raw) > _LARGEST_FILE_BYTES:
        raise _refused(
            f"the file {path} is too large for a secret (over {_LARGEST_FILE_BYTES} bytes)"
        )
    try:
        secret = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise _refused(f"the file {path} is not UTF-8") from None
    if not secret:
        raise _refused(f"the file {path} is empty")
    return secret


def _refused(text: str) -> ConfigError:
    return ConfigError([Fault("", text)])
