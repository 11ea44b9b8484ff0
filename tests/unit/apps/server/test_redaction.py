"""Secrets are taken out however they are spelt, and nothing else is."""

from __future__ import annotations

import base64

import pytest

from regimeflow.apps.server.redaction import Redactor, secrets_of
from regimeflow.types.config import LiveConfig

SPELT = 'p4ss/wörd+"x y'


@pytest.mark.parametrize(
    "spelt",
    [
        SPELT,
        "p4ss%2Fw%C3%B6rd%2B%22x%20y",
        "p4ss%2Fw%C3%B6rd%2B%22x+y",
        'p4ss/w\\u00f6rd+\\"x y',
        base64.b64encode(SPELT.encode()).decode(),
    ],
)
def test_row_80_a_secret_is_found_however_it_is_spelt(spelt):
    """original.md, row 80: a secret inside an address was not redacted."""
    text = f"POST /orders?key={spelt}&x=1"

    assert "POST /orders?key=***&x=1" == Redactor([SPELT]).text(text)
    assert b"POST /orders?key=***&x=1" == Redactor([SPELT]).data(text.encode())


@pytest.mark.parametrize("secret", ["", "a", "1", "abc", "\n"])
def test_row_80_a_short_secret_leaves_the_text_readable(secret):
    """original.md, row 80: a secret of one character shredded every line."""
    assert "a fill at 100.1" == Redactor([secret]).text("a fill at 100.1")


def test_the_lines_of_a_key_are_taken_out_one_by_one():
    pem = "-----BEGIN KEY-----\nMIIabcdefgh\nijklmnop\n-----END KEY-----\n"

    assert "bad: *** ***" == Redactor([pem]).text("bad: MIIabcdefgh ijklmnop")


def test_every_secret_of_a_configuration_is_found(monkeypatch):
    for name in ("A_KEY", "A_SECRET", "A_TOKEN", "A_HOOK", "A_PASSWORD"):
        monkeypatch.setenv(name, f"value-of-{name}")
    config = LiveConfig.from_dict(
        {
            "broker_type": "binance",
            "symbols": ["BTCUSDT"],
            "broker": {"api_key": "env:A_KEY", "secret_key": "env:A_SECRET"},
            "dashboard": {"token": "env:A_TOKEN"},
            "alerts": {"webhook": "env:A_HOOK"},
            "queue": {"type": "memory", "secret_options": {"sasl.password": "env:A_PASSWORD"}},
        }
    ).frozen()
    monkeypatch.delenv("A_HOOK")

    found = {*secrets_of(config)}

    assert {f"value-of-A_{name}" for name in ("KEY", "SECRET", "TOKEN", "PASSWORD")} == found
