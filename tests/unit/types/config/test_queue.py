"""The table [queue]."""

from __future__ import annotations

import pytest

from regimeflow.types.config import LiveConfig, MessageQueueConfig
from regimeflow.types.errors import ConfigError


def faults_of(**given):
    with pytest.raises(ConfigError) as caught:
        MessageQueueConfig(**given)
    return {fault.path: fault.text for fault in caught.value.faults}


def test_a_configuration_without_the_table_has_no_queue():
    assert LiveConfig(symbols=["BTCUSDT"]).frozen().queue is None


def test_a_table_of_a_file_is_read_and_its_folders_are_whole(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('symbols = ["BTCUSDT"]\n[queue]\nurl = "others"\nconsume = ["system"]\n')

    queue = LiveConfig.from_file(path).frozen().queue

    assert ("journal", str(tmp_path / "others")) == (queue.type, queue.url)
    assert ("system",) == queue.consume


def test_what_is_described_reads_back_equal(monkeypatch):
    monkeypatch.setenv("QUEUE_PASSWORD", "hunter2")
    config = LiveConfig(
        symbols=["BTCUSDT"],
        queue=MessageQueueConfig(
            type="kafka",
            servers="localhost:9092",
            password="env:QUEUE_PASSWORD",  # noqa: S106  # where it is, not what it is
            options={"security.protocol": "SASL_SSL"},
            secret_options={"ssl.key.password": "env:QUEUE_PASSWORD"},
        ),
    ).frozen()

    text = config.describe()

    import tomllib

    assert "hunter2" not in text
    assert config.queue == LiveConfig.from_dict(tomllib.loads(text)).frozen().queue


def test_market_data_goes_out_only_when_it_is_asked_for():
    assert "market_data" not in MessageQueueConfig().publish


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"type": "kafka"}, "servers"),
        ({"type": "redis"}, "url"),
        ({"type": "redis", "url": "http://localhost"}, "url"),
        ({"type": "redis", "url": "redis://user:hunter2@localhost"}, "url"),
        ({"reconnect_initial_ms": 10, "reconnect_max_ms": 5}, "reconnect_max_ms"),
        ({"origin": "a host with blanks"}, "origin"),
        ({"origin": "x" * 23}, "origin"),
        ({"publish": ["quotes"]}, "publish[0]"),
    ],
)
def test_what_cannot_work_is_refused_with_its_key(given, where):
    faults = faults_of(**given)

    assert [where] == list(faults)
    assert "hunter2" not in str(faults)
