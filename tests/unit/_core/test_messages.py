"""What is true of every message."""

from __future__ import annotations

import copy
import gc
import pickle

import pytest

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import LiveMessage, OrderBook, Quote, SystemMessage, Tick
from regimeflow._core.ring import Ring
from regimeflow.types.enums import LiveTopic
from tests.support.messages import NAMES, TOPICS, a_report, one_of_each

EACH = pytest.mark.parametrize("message", one_of_each(), ids=lambda message: type(message).__name__)


@EACH
def test_the_repr_can_be_typed_back(message) -> None:
    found = eval(repr(message), NAMES)  # noqa: S307  our own text

    assert message == found
    assert hash(message) == hash(found)
    assert repr(message) == repr(found)


@EACH
def test_pickling_keeps_the_value(message) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert message == pickle.loads(pickle.dumps(message, protocol))  # noqa: S301  our own


@EACH
def test_a_copy_is_the_same_object_because_it_never_changes(message) -> None:
    assert message is copy.copy(message)
    assert message is copy.deepcopy(message)


@EACH
def test_attributes_are_read_only(message) -> None:
    for name in [name for name in dir(message) if not name.startswith("_")]:
        with pytest.raises(AttributeError):
            setattr(message, name, 1)
    with pytest.raises(AttributeError):
        message.something_else = 1


@EACH
def test_a_constructor_runs_once(message) -> None:
    cls, positional, keywords = message.__reduce__()[1]
    before = repr(message)

    with pytest.raises(TypeError, match="never changes"):
        message.__init__(*positional, **keywords)

    assert before == repr(message)
    assert cls is type(message)


@EACH
def test_a_message_differs_from_every_other_kind_and_from_no_message(message) -> None:
    assert 1 == sum(message == other for other in one_of_each())
    assert message != repr(message)
    with pytest.raises(TypeError):
        _ = message < message  # noqa: PLR0124  there is no order


@EACH
def test_no_message_is_tracked_by_the_collector(message) -> None:
    assert not gc.is_tracked(message)


@EACH
def test_a_live_message_carries_any_payload(message) -> None:
    topic = TOPICS[type(message)]

    live, sent = LiveMessage(topic, message), LiveMessage(topic, message, "host-1")

    assert message is live.payload
    assert ("", 0, topic) == (live.origin, live.seq, live.topic)
    assert (message, "host-1", topic) == (sent.payload, "host-1", sent.topic)
    assert live == sent
    assert hash(live) == hash(sent)
    assert live != message
    for each in (live, sent):
        assert each == eval(repr(each), NAMES)  # noqa: S307  our own text
        again = pickle.loads(pickle.dumps(each))  # noqa: S301  our own
        assert (each, each.origin) == (again, again.origin)
    assert (message.ts_event_ns, message.ts_recv_ns) == (live.ts_event_ns, live.ts_recv_ns)
    assert getattr(message, "symbol", "") == live.symbol


@EACH
def test_a_message_of_another_topic_is_refused(message) -> None:
    own = TOPICS[type(message)]
    for topic in LiveTopic:
        if topic is own:
            continue
        with pytest.raises(
            ValueError, match=rf"topic is LiveTopic\.{topic.name}; expected .*{own.name}"
        ):
            LiveMessage(topic, message)


@EACH
def test_a_message_comes_out_of_a_ring_as_it_went_in(message) -> None:
    ring = Ring(64)

    ring.try_publish(message)
    ring.try_publish(LiveMessage(TOPICS[type(message)], message, "host-1"))

    assert [message, message] == ring.reader(0).poll()


@EACH
def test_a_live_message_comes_off_the_bus_as_it_was_published(message) -> None:
    bus, seen = EventBus(), []
    bus.subscribe(TOPICS[type(message)], seen.append)
    published = LiveMessage(TOPICS[type(message)], message, "host-1")

    bus.publish(published)
    bus.publish(message)
    bus.drain()

    assert [published, LiveMessage(TOPICS[type(message)], message)] == seen
    assert ["host-1", ""] == [live.origin for live in seen]
    assert [message, message] == [live.payload for live in seen]
    assert seen[0].payload is seen[0].payload


@pytest.mark.parametrize("topic", [5, -1, 255])
def test_a_topic_that_does_not_exist_is_refused(topic) -> None:
    with pytest.raises(ValueError, match=rf"topic is {topic}; expected 0 to 4"):
        LiveMessage(topic, Quote("BTCUSDT", 1, 1, 1, 1))


@pytest.mark.parametrize("payload", [None, "text", 1, Quote, LiveMessage(4, SystemMessage("x"))])
def test_what_is_no_payload_is_refused(payload) -> None:
    with pytest.raises(TypeError, match=r"expected .*Quote"):
        LiveMessage(LiveTopic.SYSTEM, payload)


def test_an_object_that_no_constructor_filled_is_no_message() -> None:
    with pytest.raises(TypeError, match="no message"):
        LiveMessage(LiveTopic.MARKET_DATA, Quote.__new__(Quote))
    with pytest.raises(TypeError, match="no message"):
        Ring(64).try_publish(LiveMessage.__new__(LiveMessage))


def test_an_object_that_no_constructor_filled_reads_without_harm() -> None:
    for cls in [*TOPICS, LiveMessage]:
        empty = cls.__new__(cls)
        for name in [name for name in dir(empty) if not name.startswith("_")]:
            try:
                getattr(empty, name)
            except (TypeError, ValueError):
                continue


def test_messages_are_final() -> None:
    for cls in [*TOPICS, LiveMessage]:
        with pytest.raises(TypeError, match="not an acceptable base type"):
            type("Mine", (cls,), {})


def test_a_kept_message_never_changes_when_others_are_made() -> None:
    ring, kept = Ring(64), []
    for number in range(1000):
        ring.try_publish(Tick("BTCUSDT", number, number))
        kept += ring.reader(0).poll()

    assert list(range(1000)) == [tick.last_px for tick in kept]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Quote("BTCUSDT", "abc", 1, 1, 1), "bid_px is 'abc'"),
        (lambda: Quote("BTCUSDT", 1, float("nan"), 1, 1), "bid_qty is nan; expected a finite"),
        (lambda: Quote("BTCUSDT", 1, 1, 10**17, "0.001"), "^$"),
        (lambda: Quote("BTCUSDT", 10**17, 1, "0.001", 1), "bid_px, ask_px are 100000000000000000"),
        (lambda: Quote("", 1, 1, 1, 1), "symbol is ''"),
        (
            lambda: Quote("BTCUSDT", 1, 1, 1, 1, ts_event_ns=2**63),
            "ts_event_ns is 9223372036854775808",
        ),
        (lambda: Tick("BTCUSDT", 1, 1, side=3), "side is 3; expected 0 to 2"),
        (
            lambda: OrderBook("BTCUSDT", [(1, 1)] * 11, []),
            "bids has 11 levels; expected at most 10",
        ),
        (lambda: OrderBook("BTCUSDT", [], [(1, 1), (1, "x")]), r"asks\[1\]\[1\] is 'x'"),
        (lambda: a_report(exec_type=18), "exec_type is 18; expected 0 to 17"),
        (lambda: a_report(exec_id="x" * 65), "exec_id has 65 bytes .*expected at most 64"),
        (lambda: a_report(text="x" * 1025), "text has 1025 bytes .*expected at most 1024"),
        (lambda: a_report(client_order_id="\ud800"), "client_order_id .* lone surrogate"),
        (lambda: SystemMessage("x", level=25), "level is 25; expected a multiple of ten"),
    ],
)
def test_a_fault_names_the_field_what_was_found_and_what_was_expected(made, words) -> None:
    if words == "^$":
        made()  # prices and quantities have exponents of their own
        return
    with pytest.raises(ValueError, match=words):
        made()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Quote("BTCUSDT", True, 1, 1, 1), "bid_px is True of type bool"),
        (lambda: Quote("BTCUSDT", 1, 1, None, 1), "ask_px is None"),
        (lambda: Quote(b"BTCUSDT", 1, 1, 1, 1), "symbol is b'BTCUSDT' of type bytes"),
        (lambda: Quote("BTCUSDT", 1, 1, 1, 1, update_id=True), "update_id is True of type bool"),
        (lambda: Quote("BTCUSDT", 1, 1, 1, 1, ts_recv_ns=1.0), "ts_recv_ns is 1.0 of type float"),
        (lambda: OrderBook("BTCUSDT", [1], []), r"bids\[0\] is 1; expected a pair"),
        (lambda: a_report(exec_id=b"e"), "exec_id is b'e' of type bytes; expected str"),
        (lambda: a_report(last_px=False), "last_px is False of type bool"),
        (lambda: LiveMessage(0, Quote("BTCUSDT", 1, 1, 1, 1), None), "origin is None"),
    ],
)
def test_a_wrong_type_is_named(made, words) -> None:
    with pytest.raises(TypeError, match=words):
        made()
