"""Every kind of key at the local venue, which verifies what they sign."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from regimeflow.apps.venues.server.venue import AccountEntry
from regimeflow.types.secrets import SecretStr
from tests.support.binance import a_session, an_order
from tests.support.binance_venue import RunningVenue, accounts
from tests.support.keeping import until

KEYS = {
    "ed25519": Ed25519PrivateKey.generate,
    "rsa": lambda: generate_private_key(65537, 2048),
}


def key_at(path: Path, kind: str) -> AccountEntry:
    """Write a key of a kind; return the account that knows its public half."""
    key = KEYS[kind]()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return AccountEntry(
        name="signed",
        key="the-key",
        public_key=public.decode(),
        balances={"USDT": Decimal(100_000), "BTC": Decimal(1)},
    )


@pytest.mark.parametrize("kind", KEYS)
def test_orders_questions_and_events_work_with_a_key_that_signs(tmp_path, monkeypatch, kind):
    path = tmp_path / "key.pem"
    entry = key_at(path, kind)
    monkeypatch.setenv("THE_KEY", "the-key")

    async def main(venue: RunningVenue) -> None:
        async with a_session(
            venue.http, api_key=SecretStr("env:THE_KEY"), private_key=SecretStr(f"file:{path}")
        ) as (adapter, heard):
            order = an_order()
            broker_order_id = await adapter.submit_order(order)
            await until(lambda: heard.of(order))
            (found,) = await adapter.get_open_orders()
            await adapter.cancel_order(broker_order_id)
            await until(lambda: ("CANCELED", "CANCELLED") in heard.of(order))

            assert broker_order_id == found.broker_order_id
            assert (kind == "ed25519") == adapter._link.connection._is_logged_on

    with RunningVenue([*accounts(), entry]) as venue:
        venue.quote()
        asyncio.run(asyncio.wait_for(main(venue), 30))


def test_a_key_that_is_revoked_ends_the_session_and_says_so(tmp_path, monkeypatch):
    path = tmp_path / "key.pem"
    entry = key_at(path, "ed25519")
    monkeypatch.setenv("THE_KEY", "the-key")

    async def main(venue: RunningVenue) -> None:
        async with a_session(
            venue.http, api_key=SecretStr("env:THE_KEY"), private_key=SecretStr(f"file:{path}")
        ) as (adapter, _):
            venue.act("revoke_key", key="the-key")
            venue.fault("key_revoked")
            await until(lambda: adapter._link.connection is None)
            await until(lambda: not adapter.is_connected())

    with RunningVenue([*accounts(), entry]) as venue:
        asyncio.run(asyncio.wait_for(main(venue), 30))
