"""Q: what must come of messages that go out, and of those that come in."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal

from regimeflow._core.messages import LiveMessage, Quote, SystemMessage
from regimeflow.adapters.queues.registry import create_message_queue_adapter
from regimeflow.ports.message_queue import MessageQueueAdapter
from regimeflow.testing.queues.bench import QueueBench
from regimeflow.testing.queues.desk import QueueDesk, outgoing, per_origin
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.enums import LiveTopic
from regimeflow.types.errors import NetworkError


class Contract:
    """What each test begins with."""

    def make_bench(self) -> QueueBench:
        """Return the bench; it is the author's to say."""
        text = f"{type(self).__name__} says which queue it is for: def make_bench(self)"
        raise TypeError(text)

    def make_adapter(self) -> Callable[[MessageQueueConfig], MessageQueueAdapter]:
        """Return what makes an adapter of a configuration."""
        return create_message_queue_adapter

    @contextlib.contextmanager
    def desk(self) -> Iterator[QueueDesk]:
        """Open a queue that nobody has used."""
        bench = self.make_bench()
        bench.open()
        try:
            with tempfile.TemporaryDirectory() as folder:
                desk = QueueDesk(bench, self.make_adapter(), folder)
                try:
                    yield desk
                finally:
                    desk.close()
        finally:
            bench.close()


class DeliveryContract(Contract):
    """Going out, coming in."""

    def test_q01_what_goes_out_comes_in_once_in_order_and_says_from_whom(self) -> None:
        with self.desk() as desk:
            reader = desk.host("desk-b").connect()
            sender = desk.sender()
            sender.add(300)
            sender.finish()

            expected = [("desk-a", number) for number in range(1, 301)]
            reader.hear(300)
            assert expected == list(per_origin(reader.heard))

    def test_q02_our_own_messages_never_come_back(self) -> None:
        with self.desk() as desk:
            host = desk.host("desk-a").connect()
            message = LiveMessage(LiveTopic.SYSTEM, SystemMessage("ours", value=1))
            assert host.queue.publish(message)
            assert host.queue.flush(10.0)
            sender = desk.sender("desk-b")
            sender.add(1)
            sender.finish()

            assert [1] == host.hear(1)
            host.settle()
            assert ["desk-b"] == [each.origin for each in host.heard]

    def test_q03_a_message_of_another_host_is_not_ours_to_publish(self) -> None:
        with self.desk() as desk:
            host = desk.host("desk-a").connect()
            foreign = LiveMessage(LiveTopic.SYSTEM, SystemMessage("theirs"), origin="desk-b")

            assert not host.queue.publish(foreign)
            assert host.queue.last_error

    def test_q04_a_topic_that_is_not_wanted_does_not_come_in(self) -> None:
        with self.desk() as desk:
            reader = desk.host("desk-b").connect()
            sender = desk.sender()
            quote = Quote(
                "BTCUSDT",
                bid_px="65432.123456789",
                bid_qty=1,
                ask_px=65433,
                ask_qty=2,
                ts_event_ns=1,
                ts_recv_ns=2,
            )
            sender.log.append(outgoing("desk-a~0000000a", 1, quote, 2))
            sender.add(1)
            sender.finish()

            assert [2] == reader.hear(1)

    def test_q05_a_price_comes_in_as_it_went_out(self) -> None:
        with self.desk() as desk:
            reader = desk.host("desk-b", consume=("market_data",)).connect()
            sender = desk.sender()
            quote = Quote(
                "BTCUSDT",
                bid_px="65432.123456789",
                bid_qty="0.00000001",
                ask_px=65433,
                ask_qty=2,
                ts_event_ns=1,
                ts_recv_ns=2,
            )
            sender.log.append(outgoing("desk-a~0000000a", 1, quote, 2))
            sender.finish()

            reader.until(lambda: reader.heard)
            (heard,) = reader.heard
            assert quote == heard.payload
            assert isinstance(heard.payload, Quote)
            assert Decimal("65432.123456789") == heard.payload.bid_px_dec


class RepeatContract(Contract):
    """What comes again."""

    def test_q06_what_was_sent_twice_is_taken_once(self) -> None:
        with self.desk() as desk:
            reader = desk.host("desk-b").connect()
            sender = desk.sender()
            sender.add(50)
            sender.finish()
            sender.host.queue.publish_batch(sender.log)  # as after a crash before the cursor
            sender.host.queue.flush(10.0)
            sender.add(1)
            sender.at = len(sender.log) - 1
            sender.finish()

            assert list(range(1, 52)) == reader.hear(51)

    def test_q07_a_reader_that_starts_again_takes_what_is_new(self) -> None:
        with self.desk() as desk:
            sender = desk.sender()
            first = desk.host("desk-b", group="strategies").connect()
            sender.add(20)
            sender.finish()
            assert list(range(1, 21)) == first.hear(20)
            first.queue.disconnect()
            sender.add(20)
            sender.finish()

            second = desk.host("desk-b", group="strategies").connect()
            assert list(range(21, 41)) == second.hear(20)
            second.settle()
            assert 20 == len(second.heard)

    def test_q08_numbers_that_begin_again_with_another_journal_are_no_repeats(self) -> None:
        with self.desk() as desk:
            reader = desk.host("desk-b").connect()
            old = desk.sender(mark="0000000a")
            old.add(5)
            old.finish()
            reader.hear(5)
            old.host.queue.disconnect()
            new = desk.sender(mark="0000000b")
            new.add(5)
            new.finish()

            assert [1, 2, 3, 4, 5] * 2 == reader.hear(10)

    def test_q09_a_message_that_is_not_taken_now_comes_again_in_its_place(self) -> None:
        with self.desk() as desk:
            reader = desk.host("desk-b")
            refused = [3, 3, 4]
            taken: list[int] = []

            def take(message: LiveMessage) -> bool:
                assert isinstance(message.payload, SystemMessage)
                if refused and message.payload.value == refused[0]:
                    refused.pop(0)
                    return False
                taken.append(message.payload.value)
                return True

            reader.queue.on_message(take)
            reader.connect()
            sender = desk.sender()
            sender.add(6)
            sender.finish()

            reader.until(lambda: len(taken) >= 6)
            assert [1, 2, 3, 4, 5, 6] == taken

    def test_q10_nothing_is_done_with_before_its_effect_is_there(self) -> None:
        with self.desk() as desk:
            first = desk.host("desk-b", group="strategies")
            first.queue.on_taken(lambda: False)
            first.connect()
            sender = desk.sender()
            sender.add(5)
            sender.finish()
            first.hear(5)
            first.queue.disconnect()

            second = desk.host("desk-b", group="strategies").connect()
            assert [1, 2, 3, 4, 5] == second.hear(5)


class TroubleContract(Contract):
    """What goes wrong."""

    def test_q11_bytes_that_are_no_message_end_nothing(self) -> None:
        """original.md, row 69: one bad payload killed the engine."""
        with self.desk() as desk:
            reader = desk.host("desk-b").connect()
            for body in (b"", b"\x00", b"not a message", b'{"a": 1}' * 9, bytes(300), b"\xff" * 99):
                desk.bench.write_garbage(body)
            sender = desk.sender()
            sender.add(3)
            sender.finish()

            assert [1, 2, 3] == reader.hear(3)
            assert 6 == reader.queue.counters().bad
            assert reader.queue.last_error

    def test_q12_a_callback_that_raises_is_told_and_ends_nothing(self) -> None:
        with self.desk() as desk:
            reader = desk.host("desk-b")
            heard: list[LiveMessage] = []

            def fail(message: LiveMessage) -> None:
                heard.append(message)
                raise ValueError("a bug of the host")

            reader.queue.on_message(fail)
            reader.connect()
            sender = desk.sender()
            sender.add(3)
            sender.finish()

            reader.until(lambda: len(heard) >= 3)
            reader.settle()
            assert 3 == len(heard)
            assert 3 == reader.queue.counters().callback_errors
            assert "a bug of the host" in reader.queue.last_error

    def test_q13_nothing_is_said_to_be_sent_that_was_not(self) -> None:
        """original.md, row 71: losses were reported as success."""
        with self.desk() as desk:
            host = desk.host("desk-a")
            message = LiveMessage(LiveTopic.SYSTEM, SystemMessage("lost?"))

            assert not host.queue.is_connected()
            assert not host.queue.publish(message)
            assert 0 == host.queue.publish_batch([])
            assert 0 == host.queue.counters().published

    def test_q14_no_more_is_under_way_than_is_allowed(self) -> None:
        with self.desk() as desk:
            sender = desk.sender(most_unacknowledged=10)
            sender.add(100)
            while sender.acknowledged < 100:
                sender.push()
                assert sender.host.queue.counters().backlog <= 10
                sender.host.queue.flush(0.05)

            counters = sender.host.queue.counters()
            assert (100, 100, 0) == (counters.published, counters.acknowledged, counters.dropped)

    def test_q15_opening_and_closing_twice_is_harmless(self) -> None:
        with self.desk() as desk:
            host = desk.host("desk-a")
            host.queue.disconnect()
            host.connect().connect()
            assert host.queue.is_connected()
            host.queue.disconnect()
            host.queue.disconnect()
            assert not host.queue.is_connected()
            host.connect()
            assert host.queue.is_connected()

    def test_q16_reading_can_begin_at_a_time(self) -> None:
        with self.desk() as desk:
            sender = desk.sender()
            sender.add(10)
            sender.finish()
            reader = desk.host("desk-b", state_folder=None)
            reader.queue.seek(0)
            reader.connect()
            assert list(range(1, 11)) == reader.hear(10)

    def test_q17_a_server_that_is_away_is_said_to_be(self) -> None:
        with self.desk() as desk:
            if not desk.bench.can_be_away:
                return
            host = desk.host("desk-a", reconnect_max_attempts=2)
            desk.bench.go_away()
            try:
                host.queue.connect()
            except NetworkError:
                host.until(lambda: host.queue.has_given_up)
                assert host.queue.last_error
            else:
                raise AssertionError("nobody is there, and the connection is said to be open")
            finally:
                desk.bench.come_back()

    def test_q18_an_outage_loses_nothing_doubles_nothing_and_keeps_the_order(self) -> None:
        with self.desk() as desk:
            if not desk.bench.can_be_away:
                return
            reader = desk.host("desk-b").connect()
            sender = desk.sender()
            sender.add(200)
            sender.push()
            for _ in range(2):
                desk.bench.go_away()
                sender.add(100)
                for _ in range(3):
                    sender.push()
                    reader.queue.poll()
                desk.bench.come_back()
                sender.push()
            sender.finish()

            assert list(range(1, 401)) == reader.hear(400)
            reader.settle()
            assert 400 == len(reader.heard)
            assert sender.host.queue.counters().reconnects


class QueueContract(DeliveryContract, RepeatContract, TroubleContract):
    """Every adapter passes all of it."""
