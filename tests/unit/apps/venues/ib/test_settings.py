"""The keys of an accounts file that are this venue's."""

from __future__ import annotations

import pytest

from regimeflow.apps.venues.ib.settings import TwsSettings, settings_of
from regimeflow.types.errors import ConfigError


def test_nothing_said_is_a_usual_tws():
    assert TwsSettings() == settings_of({})


def test_what_is_said_counts():
    said = {"time_zone": "Europe/Berlin", "time_form": "utc", "daily_restart": "23:45"}

    assert TwsSettings(**said) == settings_of(said)


def test_all_faults_are_told_at_once():
    wrong = {
        "time_zone": "Mars",
        "time_form": "sundial",
        "market_data": 1,
        "is_read_only": "no",
        "messages_per_s": -1,
        "master_client_id": True,
        "daily_restart": "late",
        "color": "red",
    }

    with pytest.raises(ConfigError) as caught:
        settings_of(wrong)

    assert set(wrong) == {fault.path for fault in caught.value.faults}
