"""Which store of secrets has which library; nothing is imported before it is used."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, cast

from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.secrets import register_stores

STORES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "keyring": ("regimeflow.adapters.secrets.keychain", "keyring"),
        "vault": ("regimeflow.adapters.secrets.vault", "vault"),
        "aws-sm": ("regimeflow.adapters.secrets.aws", "aws"),
        "gcp-sm": ("regimeflow.adapters.secrets.gcp", "gcp"),
        "azure-kv": ("regimeflow.adapters.secrets.azure", "azure"),
    }
)
"""Scheme to the module that asks (its ``fetch`` takes a place), and the extra that it needs."""

_PATIENCE_S: Final = 20.0  # for all that a library may try by itself: credentials, retries


class SecretStores:
    """Asks each store once; what it answered is kept for as long as the process lives.

    Threading: any thread.

    Args:
        patience_s: How long a store may take.
    """

    def __init__(self, patience_s: float = _PATIENCE_S) -> None:
        self._patience_s: Final = patience_s
        self._known: Final[dict[tuple[str, str], str]] = {}
        self._lock: Final = threading.Lock()

    def fetch(self, scheme: str, place: str) -> str:
        """Return a secret.

        Raises:
            ConfigError: it cannot be had; says why in words of ours, never in those of the store.
        """
        with self._lock:
            known = self._known.get((scheme, place))
            if known is None:
                known = self._known[scheme, place] = self._asked(scheme, place)
            return known

    def forget(self) -> None:
        """Ask anew from here on."""
        with self._lock:
            self._known.clear()

    def _asked(self, scheme: str, place: str) -> str:
        found: list[str] = []
        failed: list[str] = []

        def ask() -> None:
            # The words are made here: an exception that left this thread would carry the store's.
            try:
                found.append(_ask(scheme, place))
            except ConfigError as error:
                failed.append(error.faults[0].text)
            except Exception as error:  # noqa: BLE001 - each library has errors of its own
                failed.append(f"it could not be asked: {_kind_of(error)}")

        thread = threading.Thread(target=ask, name="regimeflow secrets", daemon=True)
        thread.start()
        thread.join(self._patience_s)
        if found and found[0]:
            return found[0]
        why = failed[0] if failed else "it is empty"
        if thread.is_alive():
            why = f"no answer came within {self._patience_s:g} s"
        raise ConfigError([Fault("", f"the secret {scheme}:{place}: {why}")])


def _ask(scheme: str, place: str) -> str:
    module, extra = STORES[scheme]
    try:
        fetch = cast("Callable[[str], str]", importlib.import_module(module).fetch)
        return fetch(place)
    except ImportError as error:
        missing = error.name or extra
        text = f"needs {missing}, which is not installed; pip install 'regimeflow[{extra}]'"
        raise ConfigError([Fault("", text)]) from None


def _kind_of(error: Exception) -> str:
    """Return what kind of error it is: texts of stores may repeat what they were sent."""
    answer = getattr(error, "response", None)  # of AWS, whose errors are of one class
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    name = type(error).__name__
    return f"{name} ({code})" if isinstance(code, str) and code.isalnum() else name


_STORES: Final = SecretStores()


def register() -> None:
    """Have references to secrets resolved by the stores of this module."""
    register_stores({scheme: _fetcher(scheme) for scheme in STORES})


def _fetcher(scheme: str) -> Callable[[str], str]:
    return lambda place: _STORES.fetch(scheme, place)
