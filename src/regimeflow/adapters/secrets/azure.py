"""``azure-kv://VAULT/NAME`` and ``/VERSION``, ``#FIELD``: Azure Key Vault.

VAULT is its name or, in other clouds, its host. Credentials are found as Azure's libraries do.
"""

from __future__ import annotations

from typing import Final

from regimeflow.adapters.secrets.places import read_place

_TIMEOUT_S: Final = 5
_WITH_VERSION: Final = 3  # parts


def fetch(place: str) -> str:
    """Return a version of a secret, the latest unless told otherwise, or a field of it.

    Source: azure-keyvault-secrets, SecretClient.get_secret.
    """
    from azure.identity import DefaultAzureCredential
    from azure.keyvault.secrets import SecretClient

    expected = "azure-kv://VAULT/NAME, then /VERSION or #FIELD if need be"
    found = read_place(place, expected, 2, _WITH_VERSION)
    vault, name, version = (*found.parts, None)[:_WITH_VERSION]
    host = vault if "." in str(vault) else f"{vault}.vault.azure.net"
    with DefaultAzureCredential() as credential:
        client = SecretClient(
            vault_url=f"https://{host}",
            credential=credential,
            connection_timeout=_TIMEOUT_S,
            read_timeout=_TIMEOUT_S,
            retry_total=1,
        )
        with client:
            return found.pick(client.get_secret(str(name), version).value or "")
