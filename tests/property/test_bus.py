"""The event bus against a plain model, with callbacks that publish, subscribe and unsubscribe."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow._core.bus import EventBus
from regimeflow._core.bus_errors import BusHalted
from regimeflow._core.messages import (
    ExecutionReport,
    LiveMessage,
    OrderBook,
    Payload,
    Quote,
    SystemMessage,
)
from regimeflow.types.enums import LiveTopic
from tests.support.stream import a_book, a_notice, a_quote, a_report

EXECUTIONS, MARKET, REST = range(3)
SYMBOLS = ("BTC", "ETH", "SOL")
TOPICS = (LiveTopic.MARKET_DATA, LiveTopic.EXECUTION_REPORT, LiveTopic.SYSTEM)

# (what, which): publish a kind, subscribe to a topic, unsubscribe the nth, drain so many.
publishes = st.tuples(st.sampled_from(("quote", "book", "report", "notice")), st.integers(0, 2))
changes = st.tuples(st.sampled_from(("subscribe", "unsubscribe")), st.integers(0, 6))
drains = st.tuples(st.just("drain"), st.integers(0, 12))
from_outside = st.lists(st.one_of(publishes, publishes, publishes, changes, drains), max_size=60)
# What callbacks do at their nth call, counted over all of them.
from_inside = st.dictionaries(st.integers(0, 40), st.one_of(publishes, changes), max_size=20)

Action = tuple[str, int]


def lane_of(payload: Payload) -> int:
    if isinstance(payload, ExecutionReport):
        return EXECUTIONS
    return REST if isinstance(payload, SystemMessage) else MARKET


@dataclass(eq=False)
class Waiting:
    """A place in a lane; conflation changes what stands in it."""

    payload: Payload


@dataclass(eq=False)
class Subscriber:
    world: World
    topic: LiveTopic
    subscription: int = 0
    is_active: bool = True

    def __call__(self, message: LiveMessage) -> None:
        self.world.called(self, message)


@dataclass
class World:
    """A bus and what we believe about it; every call is checked when it comes."""

    bus: EventBus
    conflates: bool
    reactions: dict[int, Action]
    lanes: tuple[deque[Waiting], ...] = field(default_factory=lambda: (deque(), deque(), deque()))
    dirty: dict[tuple[type, str], Waiting] = field(default_factory=dict)
    subscribers: list[Subscriber] = field(default_factory=list)
    due: list[Subscriber] = field(default_factory=list)
    seq: int = 0
    calls: int = 0
    published: int = 0
    is_stopping: bool = False

    def publish(self, kind: str, which: int) -> None:
        self.published += 1
        number, symbol = self.published, SYMBOLS[which]
        payload: Payload
        if kind == "quote":
            payload = a_quote(number, symbol)
        elif kind == "book":
            payload = a_book(number, symbol)
        else:
            payload = a_report(number) if kind == "report" else a_notice(number, "x" * which * 99)
        accepted = self.bus.publish(payload)
        key = (type(payload), symbol)
        if not accepted:
            assert self.bus.halted or self.is_stopping
        elif self.conflates and isinstance(payload, Quote | OrderBook):
            if key in self.dirty:
                self.dirty[key].payload = payload
            else:
                self.dirty[key] = Waiting(payload)
                self.lanes[MARKET].append(self.dirty[key])
        else:
            self.lanes[lane_of(payload)].append(Waiting(payload))

    def act(self, action: Action) -> None:
        what, which = action
        if what == "subscribe":
            fresh = Subscriber(self, TOPICS[which % 3])
            self.subscribers.append(fresh)
            fresh.subscription = self.bus.subscribe(fresh.topic, fresh)
        elif what == "unsubscribe":
            # The first three see every message, so that the model knows when one begins.
            for gone in self.subscribers[3 + which : 4 + which]:
                self.subscribers.remove(gone)
                gone.is_active = False
                self.bus.unsubscribe(gone.subscription)
        else:
            self.publish(what, which)

    def drain(self, limit: int) -> None:
        before = self.seq
        drained = self.bus.drain(limit)
        assert self.seq - before == drained <= limit
        assert not [subscriber for subscriber in self.due if subscriber.is_active]

    def called(self, subscriber: Subscriber, message: LiveMessage) -> None:
        if message.seq != self.seq:
            self.begin(message)
        while not self.due[0].is_active:
            self.due.pop(0)
        assert self.due.pop(0) is subscriber
        self.calls += 1
        if reaction := self.reactions.get(self.calls):
            self.act(reaction)

    def begin(self, message: LiveMessage) -> None:
        assert not [subscriber for subscriber in self.due if subscriber.is_active]
        self.seq += 1
        payload = message.payload
        lane = lane_of(payload)
        assert lane == EXECUTIONS or not self.lanes[EXECUTIONS]
        assert payload == self.lanes[lane].popleft().payload
        self.dirty.pop((type(payload), message.symbol), None)
        assert self.seq == message.seq
        self.due = [one for one in self.subscribers if one.topic == message.topic]


@given(
    outside=from_outside,
    inside=from_inside,
    capacity=st.sampled_from([1, 4, 7, 64, 4096]),
    conflates=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_every_message_reaches_its_subscribers_once_and_in_order(
    outside: list[Action], inside: dict[int, Action], capacity: int, conflates: bool
) -> None:
    bus = EventBus(capacity, conflate=conflates)
    errors: list[BaseException] = []
    bus.on_error(lambda error, _: errors.append(error))
    world = World(bus, conflates, inside)
    for index in range(3):
        world.act(("subscribe", index))

    for action in outside:
        if action[0] == "drain":
            world.drain(action[1])
        else:
            world.act(action)
    world.is_stopping = True
    bus.stop()

    assert [] == [error for error in errors if not isinstance(error, BusHalted)]
    assert [0, 0, 0] == [len(lane) for lane in world.lanes]
    assert not [subscriber for subscriber in world.due if subscriber.is_active]
    assert world.seq == bus.stats().delivered
