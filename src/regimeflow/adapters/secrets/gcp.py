"""``gcp-sm://PROJECT/NAME`` and ``/VERSION``, ``#FIELD``: Google Cloud Secret Manager.

Credentials are found as Google's libraries find them.
"""

from __future__ import annotations

from typing import Final

from regimeflow.adapters.secrets.places import read_place

_TIMEOUT_S: Final = 5.0
_WITH_VERSION: Final = 3  # parts


def fetch(place: str) -> str:
    """Return a version of a secret, the latest unless told otherwise, or a field of it.

    Source: google-cloud-secret-manager, SecretManagerServiceClient.access_secret_version.
    """
    from google.cloud import secretmanager

    expected = "gcp-sm://PROJECT/NAME, then /VERSION or #FIELD if need be"
    found = read_place(place, expected, 2, _WITH_VERSION)
    project, secret, version = (*found.parts, "latest")[:_WITH_VERSION]
    client = secretmanager.SecretManagerServiceClient()
    answer = client.access_secret_version(
        request={"name": f"projects/{project}/secrets/{secret}/versions/{version}"},
        timeout=_TIMEOUT_S,
        retry=None,
    )
    return found.pick(answer.payload.data.decode("utf-8"))
