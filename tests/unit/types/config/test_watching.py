"""The tables [dashboard], [metrics] and [alerts]."""

from __future__ import annotations

import pytest

from regimeflow.types.config import (
    AlertSettings,
    DashboardSettings,
    LiveConfig,
    MetricsSettings,
)
from regimeflow.types.errors import ConfigError

TOKEN, ONE, LITERAL = "env:TOKEN", "env:ONE", "hunter2hunter2hunter2"


def faults_of(table, **given):
    with pytest.raises(ConfigError) as caught:
        table(**given)
    return {fault.path: fault.text for fault in caught.value.faults}


def test_nothing_is_served_and_nobody_is_told_unless_a_file_says_so():
    config = LiveConfig(symbols=["BTCUSDT"]).frozen()

    assert (False, False) == (config.dashboard.enabled, config.metrics.enabled)
    assert (None, ()) == (config.alerts.webhook, tuple(config.alerts.email_command))


@pytest.fixture(autouse=True)
def tokens(monkeypatch):
    monkeypatch.setenv("TOKEN", "t" * 32)
    monkeypatch.setenv("ONE", "o" * 32)


@pytest.mark.parametrize("table", [DashboardSettings, MetricsSettings])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104
def test_an_address_that_others_can_reach_needs_a_token(table, host):
    assert "can be reached from other machines" in faults_of(table, host=host)["token"]
    assert host == table(host=host, token=TOKEN).host


@pytest.mark.parametrize("table", [DashboardSettings, MetricsSettings])
@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "::1"])
def test_loopback_needs_none(table, host):
    assert host == table(host=host).host


def test_a_token_stands_elsewhere_and_is_never_shown():
    faults = faults_of(DashboardSettings, token=LITERAL)

    assert "a reference to a secret" in faults["token"]
    assert "hunter2" not in str(faults)


def test_whoever_may_look_has_another_token_than_whoever_may_press_buttons():
    faults = faults_of(DashboardSettings, token=ONE, read_only_token=ONE)

    assert {"read_only_token": "is the token itself; expected another one"} == faults


def test_a_kind_of_alert_that_there_is_not_is_refused():
    assert "kinds[0]" in faults_of(AlertSettings, kinds=["panic"])
