"""A cluster of three Kafka brokers in a process of its own: librdkafka's own mock, by ctypes.

It keeps what was acknowledged while its process lives, whichever of its brokers is down, and knows
groups of every protocol. ``python -m tests.support.kafka_cluster BROKERS`` prints its addresses and
takes one command a line: ``topic NAME PARTITIONS``, ``down N``, ``up N``, ``leader TOPIC PART N``,
``rtt N MS``, ``errors API CODE ...``, ``trim TOPIC PART OFFSET``; it answers each with its result.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parents[2]
_TEXT, _INT, _PLACE = ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p
_CALLS = {
    "conf_new": (_PLACE, []),
    "new": (_PLACE, [_INT, _PLACE, _TEXT, ctypes.c_size_t]),
    "mock_cluster_new": (_PLACE, [_PLACE, _INT]),
    "mock_cluster_bootstraps": (_TEXT, [_PLACE]),
    "mock_topic_create": (_INT, [_PLACE, _TEXT, _INT, _INT]),
    "mock_group_initial_rebalance_delay_ms": (None, [_PLACE, ctypes.c_int32]),
    "mock_broker_set_down": (_INT, [_PLACE, ctypes.c_int32]),
    "mock_broker_set_up": (_INT, [_PLACE, ctypes.c_int32]),
    "mock_broker_set_rtt": (_INT, [_PLACE, ctypes.c_int32, _INT]),
    "mock_partition_set_leader": (_INT, [_PLACE, _TEXT, ctypes.c_int32, ctypes.c_int32]),
    "mock_partition_delete_records": (_INT, [_PLACE, _TEXT, ctypes.c_int32, ctypes.c_int64]),
    "mock_push_request_errors_array": (
        None,
        [_PLACE, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(_INT)],
    ),
}


class MockCluster:
    """The cluster in this process."""

    def __init__(self, brokers: int) -> None:
        import confluent_kafka

        beside = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
        self._library = ctypes.CDLL(str(next(beside.glob("librdkafka-*.so*"))))
        for name, (result, arguments) in _CALLS.items():
            function = getattr(self._library, f"rd_kafka_{name}")
            function.restype, function.argtypes = result, arguments
        error = ctypes.create_string_buffer(512)
        handle = self._call("new", 0, self._call("conf_new"), error, 512)
        assert handle, error.value
        self._cluster = self._call("mock_cluster_new", handle, brokers)
        self._call("mock_group_initial_rebalance_delay_ms", self._cluster, 0)

    def _call(self, name: str, *arguments: object) -> object:
        return getattr(self._library, f"rd_kafka_{name}")(*arguments)

    @property
    def addresses(self) -> str:
        found = self._call("mock_cluster_bootstraps", self._cluster)
        assert isinstance(found, bytes)
        return found.decode()

    def act(self, verb: str, *words: str) -> object:
        cluster = self._cluster
        match verb, [int(word) if word.lstrip("-").isdigit() else word for word in words]:
            case "topic", [str(name), int(partitions)]:
                return self._call("mock_topic_create", cluster, name.encode(), partitions, 3)
            case "down" | "up", [int(broker)]:
                return self._call(f"mock_broker_set_{verb}", cluster, broker)
            case "rtt", [int(broker), int(millis)]:
                return self._call("mock_broker_set_rtt", cluster, broker, millis)
            case "leader", [str(topic), int(part), int(broker)]:
                place = (topic.encode(), part, broker)
                return self._call("mock_partition_set_leader", cluster, *place)
            case "trim", [str(topic), int(part), int(offset)]:
                place = (topic.encode(), part, offset)
                return self._call("mock_partition_delete_records", cluster, *place)
            case "errors", [int(api), *codes]:
                array = (_INT * len(codes))(*map(int, codes))
                self._call("mock_push_request_errors_array", cluster, api, len(codes), array)
                return 0
        return f"no such command: {verb} {words}"


class Cluster:
    """The cluster in its own process, by its commands."""

    def __init__(self, brokers: int = 3) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.kafka_cluster", str(brokers)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.address = self._line(self.process.stdout)

    def do(self, *words: object) -> None:
        """Have it do something; fails when it cannot."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        said = self._line(self.process.stdout)
        assert said == "0", (words, said)

    @staticmethod
    def _line(stream: TextIO | None) -> str:
        assert stream is not None
        return stream.readline().strip()

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def kafka_cluster(brokers: int = 3) -> Iterator[Cluster]:
    cluster = Cluster(brokers)
    try:
        yield cluster
    finally:
        cluster.stop()


def main() -> None:
    cluster = MockCluster(int(sys.argv[1]))
    print(cluster.addresses, flush=True)
    for line in sys.stdin:
        print(cluster.act(*line.split()), flush=True)


if __name__ == "__main__":
    main()
