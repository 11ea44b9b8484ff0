"""``keyring:SERVICE/USER``: the keyring of the machine's user."""

from __future__ import annotations

import keyring

from regimeflow.adapters.secrets.places import refused


def fetch(place: str) -> str:
    """Return a password of the keyring.

    Source: https://pypi.org/project/keyring, 25.7.0, get_password (read 2026-11-23).
    """
    service, _, user = place.rpartition("/")
    if not service or not user:
        raise refused("expected keyring:SERVICE/USER")
    found: str | None = keyring.get_password(service, user)
    if found is None:
        raise refused("the keyring has no such password")
    return found
