"""Binance's limits, its clock, its certificates, and reads that fail: over real sockets."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from regimeflow.adapters.brokers._shared.rest import RestClient
from regimeflow.adapters.brokers._shared.tls import tls_context
from regimeflow.adapters.brokers._shared.transports import opener
from regimeflow.adapters.brokers.binance.adapter import BinanceAdapter
from regimeflow.live import BrokerError, NetworkError, NotFound
from regimeflow.types.config.binance import BinanceSettings
from regimeflow.types.errors import Outcome
from regimeflow.types.secrets import SecretStr
from tests.support.binance import an_order, in_session
from tests.support.binance_venue import RunningVenue
from tests.support.keeping import until

READS = {
    "account": lambda adapter, order: adapter.get_account_info(),
    "positions": lambda adapter, order: adapter.get_positions(),
    "open orders": lambda adapter, order: adapter.get_open_orders(),
    "executions": lambda adapter, order: adapter.get_executions(time.time_ns() - 10**12),
    "an order": lambda adapter, order: adapter.find_order(order.client_order_id),
    "bars": lambda adapter, order: adapter.get_bars("BTCUSDT", 0, "1m"),
}


@pytest.fixture
def venue() -> Iterator[RunningVenue]:
    with RunningVenue() as running:
        running.quote()
        yield running


@pytest.mark.parametrize("what", READS)
def test_rows_34_to_36_a_read_that_fails_raises_and_is_never_nothing(venue, what):
    async def act(adapter, heard):
        order = an_order()
        await adapter.submit_order(order)
        venue.fault("server_error", where={"transport": "rest"})

        with pytest.raises(BrokerError) as caught:
            await READS[what](adapter, order)

        assert Outcome.UNKNOWN is caught.value.outcome

    in_session(venue.http, act)


@pytest.mark.parametrize("what", READS)
def test_rows_34_to_36_a_read_without_an_answer_raises(venue, what):
    async def act(adapter, heard):
        order = an_order()
        await adapter.submit_order(order)
        venue.fault("answer_lost", where={"transport": "rest"})

        with pytest.raises(NetworkError):
            await READS[what](adapter, order)

    in_session(venue.http, act)


def test_a_clock_that_is_wrong_is_measured_again_and_the_question_asked_once_more(venue):
    async def act(adapter, heard):
        venue.skew_ns = 60 * 10**9

        await adapter.get_account_info()

        assert 59_000 < adapter.counts()["clock_offset_ms"] < 61_000

    in_session(venue.http, act)


def test_an_order_that_was_refused_for_its_time_is_sent_again_with_the_right_one_and_once(venue):
    async def act(adapter, heard):
        venue.skew_ns = 60 * 10**9
        order = an_order()
        broker_order_id = await adapter.submit_order(order)
        await until(lambda: heard.of(order))

        assert broker_order_id
        assert 1 == len(await adapter.get_open_orders())

    in_session(venue.http, act)


@pytest.mark.parametrize(
    ("fault", "options", "least_s"),
    [("too_many_requests", {"retry_after_s": 30}, 25), ("banned", {"seconds": 90}, 60)],
)
def test_once_told_to_stop_nothing_more_leaves(venue, fault, options, least_s):
    async def act(adapter, heard):
        venue.fault(fault, count=1, where={"transport": "rest"}, **options)
        with pytest.raises(BrokerError) as first:
            await adapter.get_account_info()
        venue.do(lambda _: venue.faults.clear())
        with pytest.raises(BrokerError) as second:
            await adapter.get_account_info()
        with pytest.raises(BrokerError) as third:
            await adapter.submit_order(an_order())

        assert Outcome.REFUSED is first.value.outcome
        assert [Outcome.NOT_SENT] * 2 == [second.value.outcome, third.value.outcome]
        assert least_s < first.value.retry_after_s
        assert least_s < second.value.retry_after_s

    in_session(venue.http, act)


def test_at_the_order_limit_no_order_is_sent_until_it_is_over_and_cancels_still_leave(venue):
    async def act(adapter, heard):
        broker_order_id = await adapter.submit_order(an_order())
        venue.fault("too_many_orders", count=1)
        with pytest.raises(BrokerError, match="-1015"):
            await adapter.submit_order(an_order())
        with pytest.raises(BrokerError, match="order limit") as caught:
            adapter.submit_order(an_order())
        await adapter.cancel_order(broker_order_id)

        assert Outcome.NOT_SENT is caught.value.outcome

    in_session(venue.http, act)


def test_reads_stop_below_the_weight_that_is_configured(venue):
    async def act(adapter, heard):
        for _ in range(4):
            await adapter.get_positions()
        with pytest.raises(BrokerError, match="request weight") as caught:
            await asyncio.gather(*(adapter.get_positions() for _ in range(4)))

        assert Outcome.NOT_SENT is caught.value.outcome
        assert adapter.counts()["weight_used"] <= 200

    in_session(venue.http, act, max_weight_per_minute=170)


def test_a_refused_order_has_the_venues_own_words(venue):
    async def act(adapter, heard):
        with pytest.raises(BrokerError, match="insufficient balance") as caught:
            await adapter.submit_order(an_order("SELL", qty="140", px="61000"))

        assert (Outcome.REFUSED, -2010) == (caught.value.outcome, caught.value.code)

    in_session(venue.http, act)


def test_a_symbol_that_the_venue_has_not_is_not_found(venue):
    async def main() -> None:
        settings = BinanceSettings(environment="local", base_url=venue.http)
        adapter = BinanceAdapter(settings, symbols=["NOPEUSDT"])
        with pytest.raises(NotFound, match="NOPEUSDT"):
            await adapter.connect()
        assert not adapter.is_connected()

    asyncio.run(main())


def test_a_key_that_the_venue_does_not_know_is_refused(venue, monkeypatch):
    async def main() -> None:
        monkeypatch.setenv("KEY", "another")
        settings = BinanceSettings(
            environment="local", base_url=venue.http, api_key=SecretStr("env:KEY")
        )
        adapter = BinanceAdapter(settings, symbols=["BTCUSDT"])
        with pytest.raises(BrokerError) as caught:
            await adapter.connect()
        assert Outcome.REFUSED is caught.value.outcome
        assert not isinstance(caught.value, NetworkError)

    asyncio.run(main())


def test_nobody_listening_is_a_network_error_and_nothing_was_sent():
    async def main() -> None:
        settings = BinanceSettings(environment="local", base_url="http://127.0.0.1:1")
        adapter = BinanceAdapter(settings, symbols=["BTCUSDT"])
        with pytest.raises(NetworkError) as caught:
            await adapter.connect()
        assert Outcome.NOT_SENT is caught.value.outcome

    asyncio.run(main())


def test_row_60_the_loop_goes_on_while_an_answer_is_awaited_and_connections_are_used_again(venue):
    async def act(adapter, heard):
        venue.fault("answer_late", delay_ms=300, where={"transport": "rest"})
        turns = 0
        reading = asyncio.ensure_future(adapter.get_positions())
        while not reading.done():
            turns += 1
            await asyncio.sleep(0)
        venue.do(lambda _: venue.faults.clear())
        for _ in range(3):
            await adapter.get_open_orders()

        assert turns > 10
        pool = adapter._rest._client._session.connector
        assert 1 == sum(map(len, pool._conns.values()))

    in_session(venue.http, act)


# Certificates.


def a_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of a host name, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / f"{name}.pem", folder / f"{name}.key"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_path, key_path


async def tls_server(cert: Path, key: Path) -> tuple[web.AppRunner, int]:
    async def hello(request: web.Request) -> web.StreamResponse:
        if "Upgrade" in request.headers:
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            return socket
        return web.Response(text="{}")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(cert, key)
    await web.TCPSite(runner, "localhost", 0, ssl_context=server_tls).start()
    return runner, runner.addresses[0][1]


@pytest.mark.parametrize(("name", "is_good"), [("localhost", True), ("evil.example.org", False)])
def test_row_65_a_certificate_of_another_host_is_refused(tmp_path, name, is_good):
    cert, key = a_certificate(tmp_path, name)

    async def main() -> tuple[bool, bool]:
        runner, port = await tls_server(cert, key)
        tls = tls_context(str(cert))
        url = f"https://localhost:{port}"
        rest = RestClient("v", url, tls=tls, connect_timeout_s=5, request_timeout_s=5)
        try:
            try:
                await rest.ask("GET", "/")
                over_rest = True
            except NetworkError as error:
                over_rest = error.outcome is not Outcome.NOT_SENT
            try:
                socket = await opener()(
                    f"wss://localhost:{port}/", print, lambda _: None, tls=tls, timeout_s=5
                )
                socket.close()
                over_socket = True
            except OSError:
                over_socket = False
            return over_rest, over_socket
        finally:
            await rest.close()
            await runner.cleanup()

    assert (is_good, is_good) == asyncio.run(main())
