"""Messages of other hosts on their way into the stream."""

from __future__ import annotations

import threading

from regimeflow._core.bus import EventBus
from regimeflow._core.journal_writer import JournalWriter
from regimeflow._core.messages import LiveMessage, SystemMessage
from regimeflow.engine.queue.inbound import Inbound
from regimeflow.types.enums import LiveTopic


def foreign(number: int) -> LiveMessage:
    payload = SystemMessage(f"number {number}", value=number)
    return LiveMessage(LiveTopic.SYSTEM, payload, origin="desk-b")


def test_a_message_that_a_killed_process_had_journalled_is_not_taken_again(tmp_path):
    with JournalWriter(str(tmp_path / "j"), segment_bytes=1 << 16) as writer:
        bus = EventBus()
        bus.set_journal(writer)
        bus.dispatch(foreign(1))
    bus, heard = EventBus(), []
    bus.subscribe(LiveTopic.SYSTEM, heard.append)
    inbound = Inbound(bus, lambda act: act(), str(tmp_path / "j"), ["system"])

    assert inbound.take(foreign(1), poss_dup=True)
    assert inbound.take(foreign(2), poss_dup=True)
    assert inbound.take(foreign(1), poss_dup=True)  # once was it there, so this is another one
    assert inbound.take(foreign(1), poss_dup=False)
    assert inbound.wait()

    assert [2, 1, 1] == [each.payload.value for each in heard]


def test_nothing_is_taken_once_the_session_ends():
    inbound = Inbound(EventBus(), lambda act: act(), None, ["system"])
    inbound.is_closed = True

    assert not inbound.take(foreign(1), poss_dup=False)
    assert not inbound.wait()


def test_what_was_put_in_from_the_queues_thread_is_handed_out_before_it_is_done_with():
    bus, heard, acts = EventBus(), [], []
    bus.subscribe(LiveTopic.SYSTEM, heard.append)
    bus.drain()  # this is the loop's thread
    inbound = Inbound(bus, acts.append, None, ["system"])
    done: list[bool] = []

    def work() -> None:
        inbound.take(foreign(1), poss_dup=False)
        done.append(inbound.wait())

    thread = threading.Thread(target=work)
    thread.start()
    while not acts:
        thread.join(0.001)
    assert (0, []) == (len(heard), done)
    acts[0]()
    thread.join()

    assert (1, [True]) == (len(heard), done)
