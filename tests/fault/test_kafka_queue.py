"""The queue over Kafka's protocol, against brokers that misbehave."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import count

import pytest

from regimeflow.adapters.queues.kafka.adapter import KafkaQueue
from regimeflow.live import ConfigError, NetworkError
from regimeflow.testing.queues.desk import Host, system_outgoing
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.secrets import SecretStr
from tests.support.kafka_cluster import Cluster, kafka_cluster

ORIGIN = "desk-a~0000000a"
PRODUCE = 0  # the number of the request in Kafka's protocol
NOT_LEADER = 6
MESSAGE_TOO_LARGE = 10
_numbers = count(1)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with kafka_cluster(3) as running:
        yield running


@pytest.fixture
def prefix(cluster: Cluster) -> str:
    name = f"fault-{next(_numbers)}"
    cluster.do("topic", f"{name}.system", 4)
    return name


def queue(cluster: Cluster, prefix: str, **changes) -> Host:
    options = {"session.timeout.ms": 2_000, "heartbeat.interval.ms": 200}
    given = {"servers": cluster.address.split(","), "prefix": prefix, "origin": "desk-b"}
    waits = {"reconnect_initial_ms": 10, "reconnect_max_ms": 200, "options": options}
    return Host(KafkaQueue(MessageQueueConfig(type="kafka", **{**given, **waits, **changes})))


def messages(first: int, last: int):
    return [
        system_outgoing(ORIGIN, number, symbol=f"S{number % 5}")
        for number in range(first, last + 1)
    ]


def by_key(numbers: list[int]) -> list[list[int]]:
    return [[each for each in numbers if each % 5 == key] for key in range(5)]


def test_order_within_a_key_outlives_brokers_that_go_leaders_that_move_and_refusals(
    cluster, prefix
):
    reader = queue(cluster, prefix, consume=["system"]).connect()
    host = queue(cluster, prefix, origin="desk-a").connect()
    for number, trouble in enumerate(
        (
            ("down", 1),
            ("errors", PRODUCE, NOT_LEADER, NOT_LEADER),
            ("up", 1),
            ("leader", f"{prefix}.system", 0, 2),
            ("down", 2),
            ("up", 2),
        )
    ):
        host.queue.publish_batch(messages(number * 200 + 1, number * 200 + 200))
        cluster.do(*trouble)
        host.queue.poll()
    host.until(lambda: host.queue.acknowledged() == 1200)

    heard = reader.hear(1200)

    assert by_key(list(range(1, 1201))) == by_key(heard)
    assert 0 == host.queue.counters().dropped
    host.queue.disconnect()
    reader.queue.disconnect()


def test_row_71_a_message_that_a_broker_refuses_for_good_stops_those_behind_it(cluster, prefix):
    reader = queue(cluster, prefix, consume=["system"]).connect()
    host = queue(cluster, prefix, origin="desk-a").connect()
    cluster.do("errors", PRODUCE, MESSAGE_TOO_LARGE)
    host.queue.publish_batch(messages(1, 100))
    host.until(lambda: host.queue.acknowledged() == 100)

    assert by_key(list(range(1, 101))) == by_key(reader.hear(100))
    assert "anew" in host.queue.last_error
    host.queue.disconnect()
    reader.queue.disconnect()


def test_a_full_producer_takes_no_more_and_loses_nothing(cluster, prefix):
    host = queue(cluster, prefix, origin="desk-a", most_unacknowledged=100).connect()
    for broker in (1, 2, 3):
        cluster.do("rtt", broker, 200)
    taken = host.queue.publish_batch(messages(1, 500))
    again = host.queue.publish_batch(messages(taken + 1, 500))
    for broker in (1, 2, 3):
        cluster.do("rtt", broker, 0)

    assert (100, 0) == (taken, again)
    assert host.queue.flush(30)
    assert 100 == host.queue.acknowledged()
    host.queue.disconnect()


def test_an_address_where_nobody_listens_is_told():
    config = MessageQueueConfig(type="kafka", servers=["127.0.0.1:1"])
    with pytest.raises(NetworkError, match="refused"):
        KafkaQueue(config).connect()


def test_options_that_librdkafka_does_not_know_are_told_without_secrets(monkeypatch):
    monkeypatch.setenv("QUEUE_SECRET", "hunter2-secret")
    secret = {"security.protocol": SecretStr("env:QUEUE_SECRET")}
    for wrong in ({"options": {"colour": "red"}}, {"secret_options": secret}):
        config = MessageQueueConfig(type="kafka", servers=["h:1"], **wrong)
        with pytest.raises(ConfigError, match="librdkafka refuses") as told:
            KafkaQueue(config)
        assert "hunter2" not in str(told.value)


def test_a_missing_client_is_told_with_what_to_install():
    script = (
        "import sys; sys.modules['confluent_kafka'] = None\n"
        "from regimeflow.adapters.queues.registry import create_message_queue_adapter as make\n"
        "from regimeflow.types.config.queue import MessageQueueConfig\n"
        "make(MessageQueueConfig(type='kafka', servers=['h:1']))\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "pip install 'regimeflow[kafka]'" in done.stderr
