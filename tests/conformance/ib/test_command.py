"""``regimeflow-live venue ib``, as a user runs it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from regimeflow.apps.cli.commands import main
from regimeflow.apps.venues.ib import app
from regimeflow.apps.venues.ib.actions import ACTIONS
from regimeflow.apps.venues.server.run import VenueServer, Wishes
from tests.support.ib_clients import connected, ib_async, until
from tests.support.ib_tws import LocalTws
from tests.support.in_loop import in_loop

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "ib-venue.md").read_text()


def ask(port: int, token: str, path: str, body: object = None) -> object:
    data = None if body is None else json.dumps(body).encode()
    request = Request(  # our own server
        f"http://127.0.0.1:{port}/control/{path}", data, {"X-Control-Token": token}
    )
    with urlopen(request, timeout=10) as answer:  # noqa: S310  # the same
        return json.loads(answer.read())


@pytest.mark.parametrize("name", [*(fault.name for fault in app.FAULTS), *ACTIONS])
def test_every_fault_and_action_is_on_the_page(name):
    assert f"`{name}`" in PAGE


def test_the_command_lists_the_faults(capsys):
    status = main(["venue", "ib", "--list-faults"])

    told = capsys.readouterr().out.splitlines()
    assert (0, [fault.name for fault in app.FAULTS]) == (
        status,
        [line.partition(":")[0] for line in told],
    )


@in_loop
async def test_clients_of_tws_and_of_the_control_endpoint_share_a_port():
    server = VenueServer(app, Wishes(speed=None, seed=3))
    port = await server.start()
    local = LocalTws.__new__(LocalTws)
    local.port = port
    try:
        async with connected(local) as ib:
            contracts = [
                ib_async.Stock("AAPL", "SMART", "USD"),
                ib_async.Forex("EURUSD"),
            ]
            await ib.qualifyContractsAsync(*contracts)
            tickers = [ib.reqMktData(contract) for contract in contracts]
            await until(ib, lambda: all(each.hasBidAsk() for each in tickers))
            trade = ib.placeOrder(contracts[0], ib_async.MarketOrder("BUY", 5, orderRef="mine"))
            await until(ib, lambda: trade.orderStatus.status == "Filled")
            truth = await asyncio.to_thread(ask, port, server.token, "truth")
            gone = ib.disconnectedEvent
            restart = {"name": "restart"}
            asking = asyncio.create_task(
                asyncio.to_thread(ask, port, server.token, "action", restart)
            )
            await gone
            await asking
    finally:
        await server.stop()

    assert {"DU1": {"AAPL": "5"}} == truth["ib"]["positions"]
    assert ["mine"] == [order["orderRef"] for order in truth["ib"]["orders"]]
