"""The queue over Redis Streams, against a real server that misbehaves."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from regimeflow.adapters.queues.redis.adapter import RedisQueue
from regimeflow.live import ConfigError, NetworkError
from regimeflow.testing.queues.desk import Host, system_outgoing
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.secrets import SecretStr
from tests.support.relay import Relay
from tests.support.servers import Server, redis_server
from tests.support.threads import wait_until

ORIGIN = "desk-a~0000000a"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = redis_server(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def server(running: Server) -> Server:
    with redis.Redis(port=running.port) as client:
        client.flushall()
        client.config_set("maxmemory", 0)
        client.config_set("requirepass", "")
    return running


def queue(server: Server, *, port: int | None = None, scheme: str = "redis", **changes) -> Host:
    url = f"{scheme}://127.0.0.1:{port or server.port}/0"
    waits = {"reconnect_initial_ms": 10, "reconnect_max_ms": 100}
    config = MessageQueueConfig(type="redis", url=url, **{**waits, "origin": "desk-b", **changes})
    return Host(RedisQueue(config))


def messages(first: int, last: int):
    return [system_outgoing(ORIGIN, number) for number in range(first, last + 1)]


def publish(server: Server, first: int, last: int, **changes) -> None:
    host = queue(server, origin="desk-a", **changes).connect()
    assert last - first + 1 == host.queue.publish_batch(messages(first, last))
    assert host.queue.flush(30)
    host.queue.disconnect()


def entries(server: Server) -> list[int]:
    with redis.Redis(port=server.port) as client:
        return [int(fields[b"seq"]) for _, fields in client.xrange("{regimeflow}.system")]


def test_row_71_a_batch_of_which_the_server_refuses_one_is_not_taken_by_halves(server):
    host = queue(server, origin="desk-a").connect()
    with redis.Redis(port=server.port) as client:
        client.config_set("maxmemory", 1)
        host.queue.publish_batch(messages(1, 50))
        wait_until(lambda: not host.queue.is_connected())
        assert "OOM" in host.queue.last_error
        assert 0 == host.queue.acknowledged()
        assert [] == entries(server)
        client.config_set("maxmemory", 0)

    host.until(lambda: host.queue.acknowledged() == 50)

    assert list(range(1, 51)) == entries(server)
    host.queue.disconnect()


def test_row_71_an_answer_without_an_id_is_no_acknowledgement(server):
    with Relay(server.port) as relay:
        # "Nothing was done", where the ids of the entries are awaited.
        relay.change_answers(b"*1\r\n$", b"*-1\r\n$")
        quick = {"port": relay.port, "flush_timeout_s": 0.1}
        host = queue(server, origin="desk-a", **quick).connect()
        host.queue.publish_batch(messages(1, 1))

        assert not host.queue.flush(1.0)
        assert 0 == host.queue.acknowledged()
        assert 0 == host.queue.counters().acknowledged
        host.queue.disconnect()


def test_what_was_on_its_way_when_the_line_was_cut_is_sent_again_and_taken_once(server):
    reader = queue(server, consume=["system"]).connect()
    with Relay(server.port) as relay:
        host = queue(server, port=relay.port, origin="desk-a").connect()
        for first in range(1, 1001, 100):
            relay.swallow_answers()  # the server has it, and nobody learns of it
            host.queue.publish_batch(messages(first, first + 99))
            host.queue.poll()
            wait_until(lambda count=first + 99: len(set(entries(server))) == count)
            relay.cut()
            host.until(lambda last=first + 99: host.queue.acknowledged() == last)
        host.queue.disconnect()

    assert list(range(1, 1001)) == reader.hear(1000)
    reader.settle()
    assert 1000 == len(reader.heard)
    assert reader.queue.counters().repeats >= 1000
    reader.queue.disconnect()


def test_row_73_what_a_dead_member_had_read_is_taken_by_the_next_one_first(server, tmp_path):
    publish(server, 1, 20)
    options = {"lease_ms": 300}
    shared = {"consume": ["system"], "group": "g", "options": options}
    dead = queue(server, consumer="one", **shared).connect()
    dead.queue.on_taken(lambda: False)  # it has read them, and nothing came of it
    dead.hear(20)
    with redis.Redis(port=server.port) as client:
        assert 20 == client.xpending("{regimeflow}.system", "g")["pending"]

    other = queue(server, origin="desk-c", consumer="two", **shared).connect()
    publish(server, 21, 30)

    assert list(range(1, 31)) == other.hear(30)
    with redis.Redis(port=server.port) as client:
        wait_until(lambda: client.xpending("{regimeflow}.system", "g")["pending"] == 0)
    other.queue.disconnect()
    dead.queue.disconnect()


def test_a_member_that_was_paused_takes_nothing_once_its_lease_is_over(server):
    publish(server, 1, 5)
    shared = {"consume": ["system"], "group": "g", "options": {"lease_ms": 200}}
    paused = queue(server, consumer="one", **shared)
    other = queue(server, origin="desk-c", consumer="two", **shared)

    def pause(message):
        paused.heard.append(message)
        if len(paused.heard) == 2:
            other.connect()
            other.hear(3)  # the lease is over, and another one reads on

    paused.queue.on_message(pause)
    paused.connect()
    paused.until(lambda: len(paused.heard) >= 2)
    paused.settle()

    # The first two were taken before it was paused; of those, what was not confirmed comes again.
    assert 2 == len(paused.heard)
    assert [1, 2, 3, 4, 5][-3:] == other.hear(5)[-3:]
    paused.queue.disconnect()
    other.queue.disconnect()


def test_row_73_streams_are_bounded_and_what_was_trimmed_unread_is_told(server):
    reader = queue(server, consume=["system"]).connect()
    publish(server, 1, 10)
    reader.hear(10)
    host = queue(server, origin="desk-a", options={"max_len": 100}).connect()
    for first in range(11, 2011, 500):
        host.queue.publish_batch(messages(first, first + 499))
        assert host.queue.flush(30)
    host.queue.disconnect()
    assert len(entries(server)) < 400

    reader.until(lambda: reader.numbers()[-1] == 2010)

    assert reader.queue.counters().missed
    assert "no longer had" in reader.queue.last_error
    reader.queue.disconnect()


def test_row_69_bytes_that_are_no_message_end_nothing(server):
    reader = queue(server, consume=["system"]).connect()
    with redis.Redis(port=server.port) as client:
        for number, body in enumerate((b"", b"?", b"not a message", bytes(300)), 1):
            fields = {"origin": "stranger~1", "seq": number, "body": body}
            client.xadd("{regimeflow}.system", fields)
        client.xadd("{regimeflow}.system", {b"\xff": b"\xff", "seq": "-1", "origin": b"\xfe"})
    publish(server, 1, 3)

    assert [1, 2, 3] == reader.hear(3)
    assert 5 == reader.queue.counters().bad
    reader.queue.disconnect()


def test_row_72_a_server_that_was_killed_is_found_again(server):
    host = queue(server, origin="desk-a").connect()
    reader = queue(server, consume=["system"]).connect()
    for first in (1, 101, 201):
        host.queue.publish_batch(messages(first, first + 99))
        server.crash()
        wait_until(lambda: not host.queue.is_connected())
        server.start()
        host.until(lambda last=first + 99: host.queue.acknowledged() == last)

    assert list(range(1, 301)) == reader.hear(300)
    assert 3 == host.queue.counters().reconnects
    reader.queue.disconnect()
    host.queue.disconnect()


def test_row_70_our_own_messages_do_not_come_back(server):
    publish(server, 1, 5)
    us = queue(server, origin="desk-a", consume=["system"]).connect()
    us.settle()

    assert [] == us.heard
    assert 5 == us.queue.counters().received
    us.queue.disconnect()


def test_a_wrong_password_is_told_without_the_password(server, monkeypatch):
    monkeypatch.setenv("QUEUE_PASSWORD", "hunter2-secret")
    with redis.Redis(port=server.port) as client:
        client.config_set("requirepass", "right")
        host = queue(server, password=SecretStr("env:QUEUE_PASSWORD"))
        with pytest.raises(ConfigError, match="does not let us in") as wrong:
            host.queue.connect()
        with pytest.raises(ConfigError, match=r"NOAUTH|does not let us in|refuses"):
            queue(server).queue.connect()
        monkeypatch.setenv("QUEUE_PASSWORD", "right")
        again = queue(server, password=SecretStr("env:QUEUE_PASSWORD")).connect()
        client.execute_command("AUTH", "right")
        client.config_set("requirepass", "")

    assert "hunter2" not in str(wrong.value)
    assert again.queue.is_connected()
    again.queue.disconnect()


def test_an_address_where_nobody_listens_is_told(server):
    with pytest.raises(NetworkError, match="refused"):
        queue(server, port=1).queue.connect()


def test_options_that_redis_py_does_not_know_are_told_before_anything_connects(server):
    with pytest.raises(ConfigError, match="colour"):
        queue(server, options={"colour": "red"})
    with pytest.raises(ConfigError, match="max_len"):
        queue(server, options={"max_len": -1})


def test_a_missing_client_is_told_with_what_to_install():
    script = (
        "import sys; sys.modules['redis'] = None\n"
        "from regimeflow.adapters.queues.registry import create_message_queue_adapter as make\n"
        "from regimeflow.types.config.queue import MessageQueueConfig\n"
        "make(MessageQueueConfig(type='redis', url='redis://h/0'))\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "pip install 'regimeflow[redis]'" in done.stderr
    assert "ConfigError" in done.stderr


def certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "queue")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "queue.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_tls_carries_messages_and_a_certificate_that_is_not_trusted_is_refused(server, tmp_path):
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with Relay(server.port, context) as relay:
        with pytest.raises(ConfigError, match=r"(?i)certificate"):
            queue(server, port=relay.port, scheme="rediss").queue.connect()
        trust = {"options": {"ssl_ca_certs": str(pem)}}
        far = {"port": relay.port, "scheme": "rediss"}
        host = queue(server, origin="desk-a", **far, **trust).connect()
        reader = queue(server, consume=["system"], **far, **trust).connect()
        host.queue.publish_batch(messages(1, 2000))
        assert host.queue.flush(30)

        assert list(range(1, 2001)) == reader.hear(2000)
        reader.queue.disconnect()
        host.queue.disconnect()


def test_a_server_that_stands_still_holds_up_no_longer_than_its_patience(server):
    host = queue(server, origin="desk-a", options={"socket_timeout": 0.3}).connect()
    reader = queue(server, consume=["system"], options={"socket_timeout": 0.3}).connect()
    server.pause()
    wake = threading.Timer(1.0, server.wake)
    wake.start()
    try:
        host.queue.publish_batch(messages(1, 100))
        host.until(lambda: host.queue.acknowledged() == 100)
    finally:
        wake.join()

    assert list(range(1, 101)) == reader.hear(100)
    reader.queue.disconnect()
    host.queue.disconnect()
