"""A session and its message queue: what goes out, what comes in, and what a dead queue costs."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.messages import LiveMessage
from regimeflow.adapters.queues.memory import memory_broker
from regimeflow.engine.journal.recovery import read_books
from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import (
    ConfigError,
    ExecType,
    ExecutionReport,
    LiveOrderStatus,
    LiveTopic,
    MessageQueueConfig,
    OrderSide,
    Quote,
    SystemMessage,
    create_message_queue_adapter,
)
from regimeflow.testing.queues.desk import outgoing
from tests.support.engines import Run, a_config

_names = itertools.count(1)


@pytest.fixture
def name() -> str:
    return f"e2e-{next(_names)}"


def a_run(tmp_path: Path, queue: dict[str, object], *strategies: str, **tables: object) -> Run:
    journal = {"enabled": "yes", "folder": str(tmp_path / "j"), "segment_mb": 1}
    return Run(a_config(*strategies, journal=journal, queue={"origin": "desk-a"} | queue, **tables))


def until(is_so: Callable[[], object]) -> None:
    until_s = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.005)


def own_messages(folder: Path, topics: set[LiveTopic]) -> list[int]:
    frames = JournalReader(folder)
    messages = [each.message for each in frames if isinstance(each.message, LiveMessage)]
    return [each.seq for each in messages if each.topic in topics and not each.origin]


LOSSLESS = set(LiveTopic) - {LiveTopic.MARKET_DATA}


def test_everything_of_the_lossless_topics_goes_out_once_and_in_order(tmp_path, name):
    run = a_run(tmp_path, {"type": "memory", "url": name}, "TradesAll")
    asyncio.run(run.engine.run())

    sent = [each.sequence for each in memory_broker(name).log]

    assert sent
    assert own_messages(tmp_path / "j", LOSSLESS) == sent
    assert {"desk-a"} == {each.origin.partition("~")[0] for each in memory_broker(name).log}


def test_market_data_goes_out_when_it_is_asked_for(tmp_path, name):
    queue = {"type": "memory", "url": name, "publish": ["market_data"]}
    run = a_run(tmp_path, queue)
    asyncio.run(run.engine.run())

    sent = [each.sequence for each in memory_broker(name).log]

    assert len(sent) > 10
    assert own_messages(tmp_path / "j", {LiveTopic.MARKET_DATA}) == sent


def test_a_session_goes_on_sending_where_the_one_before_was(tmp_path, name):
    for _ in range(2):
        run = a_run(tmp_path, {"type": "memory", "url": name}, "TradesAll")
        asyncio.run(run.engine.run())

    sent = [each.sequence for each in memory_broker(name).log]

    assert own_messages(tmp_path / "j", LOSSLESS) == sent


def test_a_dead_queue_holds_nothing_up_and_gets_everything_later(tmp_path, name):
    queue = {"type": "memory", "url": name, "reconnect_initial_ms": 5, "flush_timeout_s": 30}
    memory_broker(name).is_up = False
    first = a_run(tmp_path, queue | {"flush_timeout_s": 0}, "TradesAll")
    asyncio.run(first.engine.run())
    assert [] == memory_broker(name).log
    assert first.engine.get_system_health().queue.last_error

    memory_broker(name).is_up = True
    second = a_run(tmp_path, queue, "TradesAll")
    asyncio.run(second.engine.run())

    sent = [each.sequence for each in memory_broker(name).log]
    assert own_messages(tmp_path / "j", LOSSLESS) == sent


def test_the_health_says_how_the_queue_is_doing(tmp_path, name):
    run = a_run(tmp_path, {"type": "memory", "url": name}, "TradesAll")
    asyncio.run(run.engine.run())

    health = run.engine.get_system_health().queue

    assert health.published == health.acknowledged == len(memory_broker(name).log)
    assert (0.0, "memory") == (health.lag_s, health.type)


def foreign(number: int, payload: object, now_ns: int) -> object:
    return outgoing("desk-b~0000000b", number, payload, now_ns)


def test_messages_of_other_hosts_come_in_marked_and_are_nobodys_orders(tmp_path, name):
    """original.md, row 70: our own messages came back as market data: every tick twice."""
    queue = {
        "type": "memory",
        "url": name,
        "consume": ["market_data", "execution_report", "system"],
        "publish": ["market_data", "execution_report", "system"],
    }
    far_ns = 4_000_000_000_000_000_000  # in 2096: another host's clock is not ours
    quote = Quote("BTCUSDT", bid_px=1, bid_qty=1, ask_px=2, ask_qty=1, ts_recv_ns=far_ns)
    report = ExecutionReport(
        symbol="BTCUSDT",
        order_id=0,
        client_order_id="theirs-1",
        exec_id="X1",
        exec_type=ExecType.TRADE,
        ord_status=LiveOrderStatus.FILLED,
        side=OrderSide.BUY,
        last_qty=1,
        last_px=10,
        cum_qty=1,
        leaves_qty=0,
        ts_recv_ns=far_ns,
    )
    note = SystemMessage("hello", ts_recv_ns=far_ns)
    memory_broker(name).append(
        [foreign(n, each, far_ns) for n, each in enumerate((quote, report, note), 1)]
    )
    run = a_run(tmp_path, queue, "TradesAll", broker={"speed": 20.0, "duration_s": 5})
    heard: list[LiveMessage] = []
    for topic in LiveTopic:
        run.engine.event_bus.subscribe(topic, heard.append)
    with run.engine:
        until(lambda: sum(bool(each.origin) for each in heard) >= 3)
        until(lambda: not run.engine.is_running())
        position = run.engine.portfolio.position("BTCUSDT")

    theirs = [each for each in heard if each.origin]
    ours = [each for each in heard if not each.origin]
    assert {"desk-b"} == {each.origin for each in theirs}
    assert {quote, report, note} == {each.payload for each in theirs}
    assert 3 == len(theirs)
    sent = [each.sequence for each in memory_broker(name).log if each.origin[:6] == "desk-a"]
    assert len(sent) == len(set(sent))
    assert len([each for each in ours if each.topic in (0, 1, 4)]) == len(sent)
    assert run.engine.get_status().last_update_ns < far_ns
    assert not [text for text in run.texts("warning") if "theirs-1" in text]
    assert position is None or abs(position.quantity_dec) < 1
    books = read_books(str(tmp_path / "j"), id_prefix="x-").books
    assert books.last_ns < far_ns
    assert all(books.table.get(each).client_order_id != "theirs-1" for each in books.table.ids())


def test_a_session_with_messages_of_others_replays(tmp_path, name):
    queue = {"type": "memory", "url": name, "consume": ["system"]}
    memory_broker(name).append(
        [foreign(n, SystemMessage(f"hello {n}", ts_recv_ns=5), 5) for n in range(1, 20)]
    )
    run = a_run(tmp_path, queue, "TradesAll", broker={"speed": 20.0, "duration_s": 5})
    with run.engine:
        until(lambda: run.engine.get_system_health().queue.received >= 19)
        until(lambda: not run.engine.is_running())

    marked = [
        frame
        for frame in JournalReader(tmp_path / "j")
        if isinstance(frame.message, LiveMessage) and frame.message.origin == "desk-b"
    ]
    assert 19 == len(marked)
    assert replay_session(str(tmp_path / "j")).difference is None


def test_another_process_follows_the_journal_of_a_session(tmp_path):
    run = a_run(tmp_path, {"type": "journal"}, "TradesAll")
    asyncio.run(run.engine.run())
    follower = create_message_queue_adapter(
        MessageQueueConfig(
            url=str(tmp_path / "j"), origin="desk-b", consume=["execution_report", "system"]
        )
    )
    heard: list[LiveMessage] = []
    follower.on_message(heard.append)
    follower.connect()
    while follower.poll():
        pass
    follower.disconnect()

    topics = {LiveTopic.EXECUTION_REPORT, LiveTopic.SYSTEM}
    assert heard
    assert len(own_messages(tmp_path / "j", topics)) == len(heard)
    assert {"desk-a"} == {each.origin for each in heard}


@pytest.mark.parametrize(
    ("tables", "where"),
    [
        ({"journal": {"enabled": "no"}, "queue": {}}, "queue.publish"),
        (
            {
                "journal": {"enabled": "yes", "market_data": False},
                "queue": {"type": "memory", "publish": ["market_data"]},
            },
            "queue.publish",
        ),
        ({"journal": {"enabled": "yes"}, "queue": {"consume": ["system"]}}, "queue.url"),
    ],
)
def test_a_queue_that_cannot_be_had_is_said_before_anything_connects(tmp_path, tables, where):
    tables["journal"]["folder"] = str(tmp_path / "j")
    if tables["journal"]["enabled"] == "no":
        del tables["journal"]["folder"]
    run = Run(a_config(**tables))

    with pytest.raises(ConfigError, match=where):
        run.engine.start()
