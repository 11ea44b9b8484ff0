"""Which addresses cannot leave this machine."""

from __future__ import annotations

import pytest

from regimeflow.types.config.hosts import is_loopback, is_loopback_host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "127.255.255.254", "localhost", "[::1]"])
def test_loopback_is_known_by_its_names(host: str) -> None:
    assert is_loopback(f"http://{host}:8200/v1")
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "127.evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "10.0.0.1",
        "128.0.0.1",
    ],
)
def test_a_name_that_begins_like_loopback_is_another_machine(host: str) -> None:
    assert not is_loopback(f"http://{host}:8200/v1")
    assert not is_loopback_host(host)
