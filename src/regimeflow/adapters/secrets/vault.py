"""``vault://MOUNT/PATH#FIELD``: version 2 of the KV engine of HashiCorp Vault, or OpenBao.

The address, the token and the namespace are those of Vault's own command: ``VAULT_ADDR``,
``VAULT_TOKEN`` or ``~/.vault-token``, ``VAULT_NAMESPACE``.
"""

from __future__ import annotations

import os
from typing import Final

import hvac

from regimeflow.adapters.secrets.places import read_place, refused
from regimeflow.types.config.hosts import is_loopback

_TIMEOUT_S: Final = 5


def fetch(place: str) -> str:
    """Return a field of the newest version of a secret.

    Source: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2, and hvac 2.4.0 (read
    2026-11-23).
    """
    found = read_place(place, "vault://MOUNT/PATH#FIELD", 2)
    if not found.field:
        raise refused("expected vault://MOUNT/PATH#FIELD")
    address = os.environ.get("VAULT_ADDR", "")
    if not address.startswith("https://") and not is_loopback(address):
        raise refused("VAULT_ADDR must be an address with https://, or one on this machine")
    client = hvac.Client(
        url=address,
        namespace=os.environ.get("VAULT_NAMESPACE") or None,
        timeout=_TIMEOUT_S,
        allow_redirects=False,  # the token would go along
    )
    mount, *path = found.parts
    answer = client.secrets.kv.v2.read_secret_version(
        path="/".join(path), mount_point=mount, raise_on_deleted_version=True
    )
    return found.take(answer["data"]["data"])
