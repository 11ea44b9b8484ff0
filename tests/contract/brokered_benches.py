"""Queues behind servers that the tests start: Valkey or Redis, and a cluster of Kafka."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from pathlib import Path

import redis
from confluent_kafka import Producer

from regimeflow.types.config.queue import MessageQueueConfig
from tests.support.kafka_cluster import Cluster
from tests.support.servers import Server, redis_server

STRANGER = "stranger~00000001"
_numbers = itertools.count(1)


class RedisBench:
    """One server for all tests, under a prefix of its own for each."""

    can_be_away = True
    _server: Server | None = None
    _folder = ""

    def __init__(self) -> None:
        self._prefix = f"contract-{next(_numbers)}"
        self._written = 0

    @classmethod
    def server(cls) -> Server:
        if RedisBench._server is None:
            RedisBench._folder = tempfile.mkdtemp(prefix="regimeflow-redis-")
            RedisBench._server = redis_server(Path(RedisBench._folder))
        return RedisBench._server

    @classmethod
    def stop(cls) -> None:
        if RedisBench._server is not None:
            RedisBench._server.stop()
            shutil.rmtree(RedisBench._folder)
            RedisBench._server = None

    def open(self) -> None:
        self.server()

    def close(self) -> None: ...

    def config(self) -> MessageQueueConfig:
        url = f"redis://{self.server().address}/0"
        return MessageQueueConfig(type="redis", url=url, prefix=self._prefix)

    def go_away(self) -> None:
        self.server().crash()

    def come_back(self) -> None:
        self.server().start()

    def write_garbage(self, body: bytes) -> None:
        self._written += 1
        fields = {"origin": STRANGER, "seq": self._written, "body": body}
        with redis.Redis(port=self.server().port) as client:
            client.xadd(f"{{{self._prefix}}}.system", fields)


class KafkaBench:
    """One cluster for all tests; away are its brokers, all at once."""

    can_be_away = True
    _cluster: Cluster | None = None

    def __init__(self) -> None:
        self._prefix = f"contract-{next(_numbers)}"
        self._written = 0

    @classmethod
    def cluster(cls) -> Cluster:
        if KafkaBench._cluster is None:
            KafkaBench._cluster = Cluster(3)
        return KafkaBench._cluster

    @classmethod
    def stop(cls) -> None:
        if KafkaBench._cluster is not None:
            KafkaBench._cluster.stop()
            KafkaBench._cluster = None

    def open(self) -> None:
        for lane in ("system", "market_data"):
            self.cluster().do("topic", f"{self._prefix}.{lane}", 2)

    def close(self) -> None: ...

    def config(self) -> MessageQueueConfig:
        servers = self.cluster().address.split(",")
        # The mock lets the members of a group that has had some wait for as long as a session.
        options = {"session.timeout.ms": 2_000, "heartbeat.interval.ms": 200}
        config = {"type": "kafka", "servers": servers, "options": options}
        return MessageQueueConfig(prefix=self._prefix, **config)

    def go_away(self) -> None:
        for broker in (1, 2, 3):
            self.cluster().do("down", broker)

    def come_back(self) -> None:
        for broker in (1, 2, 3):
            self.cluster().do("up", broker)

    def write_garbage(self, body: bytes) -> None:
        self._written += 1
        headers = [("origin", STRANGER.encode()), ("seq", b"%d" % self._written)]
        producer = Producer(
            {"bootstrap.servers": self.cluster().address, "partitioner": "murmur2_random"}
        )
        # By the key of what the contract publishes next, which then is behind it.
        producer.produce(f"{self._prefix}.system", body, b"BTCUSDT", headers=headers)
        assert producer.flush(30) == 0
