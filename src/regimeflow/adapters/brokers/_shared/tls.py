"""TLS as every adapter uses it: certificate and host name verified, whatever the settings."""

from __future__ import annotations

import ssl

from regimeflow.types.errors import ConfigError, Fault


def tls_context(ca_bundle: str | None = None) -> ssl.SSLContext:
    """Return a context that verifies the certificate's chain and its host name.

    Args:
        ca_bundle: A file of certificates to trust instead of the system's.

    Raises:
        ConfigError: the file holds none.
    """
    try:
        context = ssl.create_default_context(cafile=ca_bundle)
    except (OSError, ssl.SSLError) as error:
        text = f"{ca_bundle} is no file of certificates: {error}"
        raise ConfigError([Fault("broker.ca_bundle", text)]) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
