"""Handshake, start-up, client ids, pacing, segments: what a connection to TWS is like."""

from __future__ import annotations

import asyncio

import pytest

from regimeflow.apps.venues.ib.framing import frame
from tests.support.ib_tws import HOST, RawClient, a_tws
from tests.support.in_loop import in_loop


@pytest.mark.parametrize(("highest", "agreed"), [(157, 157), (176, 176), (178, 178), (226, 178)])
@in_loop
async def test_the_lower_of_both_highest_versions_is_spoken(highest, agreed):
    async with a_tws() as local:
        client = await RawClient.connect(local, version=highest)

        assert agreed == client.version
        await client.close()


@in_loop
async def test_a_client_that_starts_is_told_accounts_first_id_and_farms():
    async with a_tws("DU1", "DU2") as local:
        client = await RawClient.connect(local, client_id=None)
        client.send(71, 2, 5, "")
        told = [await client.next() for _ in range(5)]
        await client.close()

    assert ["15", "1", "DU1,DU2"] == told[0]
    assert ["9", "1", "1"] == told[1]
    assert ["2104", "2106", "2158"] == [fields[3] for fields in told[2:]]


@in_loop
async def test_nothing_is_answered_before_a_client_says_who_it_is():
    async with a_tws() as local:
        client = await RawClient.connect(local, client_id=None)
        client.send(61, 1)
        error = await client.next()
        await client.close()

    assert ["4", "2", "-1", "505"] == error[:4]


@in_loop
async def test_a_client_id_is_free_again_when_its_client_is_gone():
    async with a_tws() as local:
        first = await RawClient.connect(local, client_id=4)
        second = await RawClient.connect(local, client_id=None)
        second.send(71, 2, 4, "")
        refused = await second.next()
        ended = await second.ended()
        await first.close()
        third = await RawClient.connect(local, client_id=4)
        await third.close()
        await second.close()

    assert (["4", "2", "-1", "326"], True) == (refused[:4], ended)


@in_loop
async def test_a_client_id_may_be_held_after_a_crash():
    async with a_tws() as local:
        local.faults.set("client_id_in_use", count=1)
        client = await RawClient.connect(local, client_id=None)
        client.send(71, 2, 4, "")
        refused = await client.next()
        await client.close()
        again = await RawClient.connect(local, client_id=4)
        await again.close()

    assert "326" == refused[3]


@in_loop
async def test_more_than_fifty_messages_a_second_are_lost_and_the_third_time_end_it():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        local.clock.step_ns = 0
        for _ in range(53):
            client.send(49, 1)
        answers = [await client.next() for _ in range(52)]
        await client.close()

    errors = [fields for fields in answers if fields[0] == "4"]
    assert 49 == sum(fields[0] == "49" for fields in answers)  # startApi was the first of fifty
    assert ["max=50 rec=51 (1)", "max=50 rec=52 (2)", "max=50 rec=53 (3)"] == [
        fields[4].split(": ")[1] for fields in errors
    ]


@in_loop
async def test_an_order_lost_to_pacing_never_was():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        local.faults.set("pacing", count=1)
        client.place(1)
        found = await client.answers(3, 4)
        await client.close()

    assert ["100"] == [fields[3] for fields in found]
    assert [] == list(local.tws.desk)


@pytest.mark.parametrize("length", [1, 3, 50])
@in_loop
async def test_messages_come_whole_whatever_segments_carry_them(length):
    async with a_tws() as local:
        local.faults.set("split_segments", bytes=length)
        client = await RawClient.connect(local)
        client.place(1)
        found = await client.answers(5, 3)
        await client.close()

    assert ["PreSubmitted", "Submitted"] == [fields[2] for fields in found if fields[0] == "3"]


@in_loop
async def test_requests_may_arrive_split_and_joined():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        stream = frame(["49", "1"]) + frame(["8", "1", "1"]) + frame(["17", "1"])
        for byte in stream:
            client._writer.write(bytes([byte]))
            await client._writer.drain()
        answers = [(await client.next())[0] for _ in range(3)]
        await client.close()

    assert ["49", "9", "15"] == answers


@in_loop
async def test_who_speaks_something_else_is_hung_up_on():
    async with a_tws() as local:
        reader, writer = await asyncio.open_connection(HOST, local.port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        answer = await reader.read()
        writer.close()

    assert b"" == answer


@pytest.mark.parametrize(
    "fields", [["3", "1"], ["3", "x"], ["7777", "1"], ["1", "11", "5", "AAPL"], ["20", "6", "0"]]
)
@in_loop
async def test_a_message_that_makes_no_sense_gets_an_error_and_the_rest_goes_on(fields):
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.send(*fields)
        found = await client.answers(4)
        await client.close()

    assert 1 == len(found)
    assert found[0][3] in {"321", "505"}


@in_loop
async def test_a_silent_socket_stays_open_and_says_nothing():
    async with a_tws() as local:
        local.faults.set("silent", where={"at": "place"})
        client = await RawClient.connect(local)
        client.place(1)
        client.send(49, 1)
        other = await RawClient.connect(local, client_id=2)
        seen_by_other = await other.answers()

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.next()
        assert ["49"] == [fields[0] for fields in seen_by_other]
        assert [] == list(local.tws.desk)
        await client.close()
        await other.close()


@in_loop
async def test_a_restart_closes_every_socket_and_takes_nobody_for_a_while():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        await local.venue.act("restart", {"seconds": 60})
        ended = await client.ended()
        reader, writer = await asyncio.open_connection(HOST, local.port)
        try:
            refused = await reader.read() == b""
        except ConnectionResetError:
            refused = True
        writer.close()
        await client.close()

    assert (True, True) == (ended, refused)


@in_loop
async def test_an_unknown_action_says_which_there_are():
    async with a_tws() as local:
        with pytest.raises(ValueError, match="outage, restore, restart"):
            await local.venue.act("explode", {})


@in_loop
async def test_news_of_connections_can_be_told_to_everyone():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        await local.venue.act("tell", {"code": 2110, "text": "TWS lost its server"})
        found = await client.answers(4)
        await client.close()

    assert [["4", "2", "-1", "2110", "TWS lost its server", ""]] == found


@in_loop
async def test_tws_restarts_once_a_day_when_told_so():
    async with a_tws("DU1", daily_restart="12:00", time_zone="US/Eastern") as local:
        client = await RawClient.connect(local)
        local.venue.time_passed()
        before = await client.answers()
        local.clock.now_ns += 2 * 3600 * 10**9
        local.clock.now_ns -= local.clock.now_ns % (60 * 10**9)
        local.venue.time_passed()
        ended = await client.ended()
        await client.close()

    assert (["49"], True) == ([fields[0] for fields in before], ended)
