from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from regimeflow.apps.venues.server.run import VenueServer, Wishes
from tests.support import small_venue

TOKEN = {"X-Control-Token": "t"}


class Client:
    def __init__(self, server: VenueServer, base: str, session: aiohttp.ClientSession) -> None:
        self.server = server
        self._base = base
        self._session = session

    async def ask(self, method, path, body=None, headers=TOKEN):
        request = self._session.request(method, self._base + path, json=body, headers=headers)
        async with request as answer:
            return answer.status, await answer.json()


def with_server(act: Callable[[Client], Awaitable[None]], **wishes: object) -> VenueServer:
    async def run() -> VenueServer:
        server = VenueServer(small_venue, Wishes(**{"control_token": "t", "speed": 0.0, **wishes}))
        port = await server.start()
        try:
            async with aiohttp.ClientSession() as session:
                await act(Client(server, f"http://127.0.0.1:{port}", session))
        finally:
            await server.stop()
        return server

    return asyncio.run(run())


def test_the_venue_answers_beside_its_control_endpoint_and_is_stopped():
    async def act(client: Client) -> None:
        assert client.server.venue.is_started
        assert (200, {}) == await client.ask("GET", "/ping", headers={})

    assert with_server(act).venue.is_stopped


@pytest.mark.parametrize("headers", [{}, {"X-Control-Token": "other"}])
def test_control_asks_for_its_token(headers):
    async def act(client: Client) -> None:
        status, body = await client.ask("GET", "/control/truth", headers=headers)
        assert 401 == status
        assert "X-Control-Token" in body["error"]

    with_server(act)


def test_a_step_plays_so_many_events_and_everything_is_written_then():
    async def act(client: Client) -> None:
        status, body = await client.ask("POST", "/control/market", {"step": 150})
        venue = client.server.venue

        assert (200, 150, "stepped") == (status, body["played"], body["speed"])
        assert venue.flushed == len(venue.events) > 0

        _, body = await client.ask("POST", "/control/market", {"step_seconds": 2})

        assert 150 < body["played"] < 1_000
        _, again = await client.ask("GET", "/control/market")
        assert body == again

    with_server(act)


def test_two_markets_of_one_seed_are_the_same_and_of_another_are_not():
    def seen(seed: int) -> list[str]:
        async def act(client: Client) -> None:
            await client.ask("POST", "/control/market", {"step": 300})

        events = with_server(act, seed=seed).venue.events
        for event in events:
            event.time_ns = 0
        return [repr(event) for event in events]

    assert seen(1) == seen(1)
    assert seen(1) != seen(2)


def test_faults_are_switched_on_shown_and_off():
    async def act(client: Client) -> None:
        status, body = await client.ask("POST", "/control/faults", {"name": "late", "count": 1})
        assert (200, [{"name": "late", "count": 1}]) == (status, body["active"])
        assert client.server.faults.take("late") is not None
        _, body = await client.ask("GET", "/control/faults")
        assert {"late": 1} == body["fired"]
        assert ["late"] == [each["name"] for each in body["declared"]]
        status, body = await client.ask("POST", "/control/faults", {"name": "gone"})
        assert (400, True) == (status, "there are: late" in body["error"])
        _, body = await client.ask("DELETE", "/control/faults?name=late")
        assert [] == body["active"]

    with_server(act)


def test_the_truth_has_what_the_exchange_and_the_venue_know():
    async def act(client: Client) -> None:
        wish = {"account": "one", "asset": "USDT", "amount": "2.5"}
        _, body = await client.ask("POST", "/control/transfer", wish)
        assert {"asset": "USDT", "free": "12.5", "locked": "0"} == body
        _, truth = await client.ask("GET", "/control/truth")
        assert {"USDT": {"free": "12.5", "locked": "0"}} == truth["balances"]["one"]
        assert truth["small"]
        wish["amount"] = "-100"
        status, body = await client.ask("POST", "/control/transfer", wish)
        assert (400, True) == (status, "NO_FUNDS" in body["error"])

    with_server(act)


def test_actions_of_the_venue_are_passed_on():
    async def act(client: Client) -> None:
        asked = {"name": "wave", "to": "me"}
        assert (200, {"waved": {"to": "me"}}) == await client.ask("POST", "/control/action", asked)
        status, body = await client.ask("POST", "/control/action", {"name": "x"})
        assert (400, "there are: wave") == (status, body["error"])

    with_server(act)


@pytest.mark.parametrize(
    "wish", [{"speed": 0}, {"speed": "fast"}, {"step": -1}, {"jump": 1}, {"step": "x"}]
)
def test_what_the_market_cannot_do_is_an_error(wish):
    async def act(client: Client) -> None:
        status, body = await client.ask("POST", "/control/market", wish)
        assert 400 == status
        assert body["error"]

    with_server(act)


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open():
    async def act(client: Client) -> None:
        port = int(client._base.rsplit(":", 1)[1])
        other = VenueServer(small_venue, Wishes(port=port))
        with pytest.raises(OSError, match="address already in use"):
            await other.start()

    with_server(act)


def test_a_client_that_reads_nothing_holds_up_neither_the_market_nor_the_end(monkeypatch):
    monkeypatch.setattr("regimeflow.apps.venues.server.market.PATIENCE_S", 0.01)
    monkeypatch.setattr("regimeflow.apps.venues.server.run._LAST_WORDS_S", 0.01)

    async def act(client: Client) -> None:
        async def never() -> None:
            await asyncio.Event().wait()

        venue = client.server.venue
        monkeypatch.setattr(venue, "stop", never)
        monkeypatch.setattr(venue, "flush", never)
        client.server._market._flush = never
        _, body = await client.ask("POST", "/control/market", {"step": 200})
        assert 200 == body["played"]
        await client.ask("POST", "/control/market", {"speed": "max"})
        while client.server._market.played < 300:
            await client.ask("GET", "/ping", headers={})

    with_server(act)
