"""Market data as accounts with and without subscriptions see it."""

from __future__ import annotations

import pytest

from tests.support.ib_tws import LocalTws, RawClient, a_tws
from tests.support.in_loop import in_loop


def ask_for(client: RawClient, request_id: int, *, snapshot: bool = False) -> None:
    contract = (265598, *[""] * 6, "SMART", "", "", "", "")
    client.send(1, 11, request_id, *contract, 0, "", int(snapshot), 0, "")


def ticks(found: list[list[str]]) -> dict[str, list[str]]:
    return {fields[3]: fields[4:] for fields in found if fields[0] == "1"}


async def a_traded_market(local: LocalTws, client: RawClient) -> None:
    ask_for(client, 5)
    await client.answers()
    local.trade("AAPL", "200.00", "10")


@in_loop
async def test_a_line_tells_what_it_is_and_what_changes():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        ask_for(client, 5)
        first = await client.answers()
        local.trade("AAPL", "200.00", "10")
        second = await client.answers()
        client.send(2, 2, 5)
        await client.answers()
        local.quote("AAPL", "199.00", "1", "199.01", "1")
        third = await client.answers(1, 2)
        await client.close()

    assert ["58", "81"] == [fields[0] for fields in first[:2]]
    assert {"1": ["200", "500", "1"], "2": ["200.02", "500", "1"]} == ticks(first)
    assert ["200", "10", "0"] == ticks(second)["4"]
    assert {("0", "490"), ("8", "10")} <= {tuple(f[3:5]) for f in second if f[0] == "2"}
    assert ["45"] == [fields[3] for fields in second if fields[0] == "46"]
    assert [] == third


@in_loop
async def test_a_snapshot_ends_by_itself():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        ask_for(client, 5, snapshot=True)
        found = await client.answers(1, 57)
        local.quote("AAPL", "199.00", "1", "199.01", "1")
        later = await client.answers(1, 2)
        await client.close()

    assert ["1", "1", "57"] == [fields[0] for fields in found]
    assert [] == later


@pytest.mark.parametrize(
    ("right", "kind", "code", "bid"),
    [
        ("live", 1, None, "1"),
        ("live", 3, None, "1"),
        ("delayed", 1, "354", None),
        ("delayed", 3, "10167", "66"),
        ("none", 3, "354", None),
    ],
)
@in_loop
async def test_what_an_account_may_see(right, kind, code, bid):
    async with a_tws("DU1", market_data=right) as local:
        client = await RawClient.connect(local)
        client.send(59, 1, kind)
        ask_for(client, 5)
        found = await client.answers(1, 4)
        await client.close()

    assert ([code] if code else []) == [fields[3] for fields in found if fields[0] == "4"]
    assert (bid in ticks(found)) == (bid is not None)


@pytest.mark.parametrize(
    ("fault", "code"), [("no_market_data", "354"), ("competing_session", "10197")]
)
@in_loop
async def test_market_data_may_be_refused_for_a_symbol(fault, code):
    async with a_tws() as local:
        local.faults.set(fault, where={"symbol": "AAPL"}, count=1)
        client = await RawClient.connect(local)
        ask_for(client, 5)
        found = await client.answers(1, 4)
        await client.close()

    assert [code] == [fields[3] for fields in found]


@in_loop
async def test_a_depth_may_be_reset_and_begins_anew():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        contract = (265598, *[""] * 6, "SMART", "", "", "", "")
        client.send(10, 5, 6, *contract, 5, 0, "")
        await client.answers()
        local.faults.set("depth_reset", count=1)
        local.quote("AAPL", "200.00", "7", "200.02", "500")
        found = await client.answers(4, 12)
        await client.close()

    assert "317" == found[0][3]
    assert [["12", "1", "6", "0", "0"]] * 2 == [fields[:5] for fields in found[1:]]


@in_loop
async def test_lines_and_depths_are_limited():
    async with a_tws("DU1", market_data_lines=1) as local:
        client = await RawClient.connect(local)
        ask_for(client, 5)
        ask_for(client, 6)
        for request_id in range(10, 14):
            contract = (265598, *[""] * 6, "SMART", "", "", "", "")
            client.send(10, 5, request_id, *contract, 5, 0, "")
        client.send(2, 2, 99)
        found = await client.answers(4)
        await client.close()

    assert [("6", "101"), ("13", "309"), ("99", "300")] == [tuple(f[2:4]) for f in found]


@in_loop
async def test_the_same_history_twice_in_fifteen_seconds_is_a_pacing_violation():
    ask = (
        20,
        8,
        265598,
        *[""] * 6,
        "SMART",
        "",
        "",
        "",
        "",
        0,
        "20261120 16:00:00",
        "1 day",
        "5 D",
    )
    async with a_tws() as local:
        client = await RawClient.connect(local)
        for _ in range(2):
            client.send(*ask, 1, "TRADES", 1, 0, "")
        first, second = await client.answers(17, 4)
        local.clock.now_ns += 15_000_000_000
        client.send(*ask, 1, "TRADES", 1, 0, "")
        (third,) = await client.answers(17, 4)
        await client.close()

    assert ("17", "162") == (first[0], second[3])
    assert first == third
    assert "pacing violation" in second[4]


@pytest.mark.parametrize(
    ("bar", "duration", "what"),
    [
        ("7 mins", "1 D", "TRADES"),
        ("1 min", "1 C", "TRADES"),
        ("1 secs", "1 Y", "TRADES"),
        ("1 min", "1 D", "NEWS"),
    ],
)
@in_loop
async def test_histories_that_cannot_be_told_are_refused(bar, duration, what):
    async with a_tws() as local:
        client = await RawClient.connect(local)
        contract = (265598, *[""] * 6, "SMART", "", "", "", "")
        client.send(20, 8, *contract, 0, "", bar, duration, 1, what, 1, 0, "")
        (error,) = await client.answers(17, 4)
        await client.close()

    assert error[3] in {"162", "321"}


@in_loop
async def test_a_contract_that_is_none_or_several_is_refused_with_200():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.send(
            1, 11, 1, 0, "NOSUCH", "STK", *[""] * 4, "SMART", "", "USD", "", "", 0, "", 0, 0, ""
        )
        client.send(1, 11, 2, 0, "AAPL", "STK", *[""] * 4, "SMART", "", "", "", "", 0, "", 0, 0, "")
        found = await client.answers(4)
        await client.close()

    assert [("1", "200"), ("2", "200")] == [tuple(fields[2:4]) for fields in found]
    assert "ambiguous" in found[1][4]
