from __future__ import annotations

import threading

import pytest

from regimeflow.adapters.brokers._shared.leased import LeasedBroker
from regimeflow.adapters.gateway.lease import Lease, LeaseKeeper
from regimeflow.adapters.queues._shared.faults import Lost
from regimeflow.types.errors import NetworkError, Outcome

S = 1_000_000_000
LEASE_S = 10


class Store:
    """One key that expires by a clock of the test's."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.slow_ns = 0
        self.is_away = False
        self.owner = self.count = self.ends_ns = 0

    def clock(self) -> int:
        return self.now_ns

    def take(self, lease_s: float) -> int:
        self._reach()
        if self.now_ns < self.ends_ns:
            return 0
        self.count += 1
        self.owner, self.ends_ns = self.count, self.now_ns + int(lease_s * S)
        return self.owner

    def renew(self, token: int, lease_s: float) -> bool:
        self._reach()
        is_ours = token == self.owner and self.now_ns < self.ends_ns
        if is_ours:
            self.ends_ns = self.now_ns + int(lease_s * S)
        return is_ours

    def give_back(self, token: int) -> None:
        self._reach()
        if token == self.owner:
            self.ends_ns = 0

    def _reach(self) -> None:
        if self.is_away:
            raise Lost("it is away")
        self.now_ns += self.slow_ns


def lease(store: Store) -> Lease:
    return Lease(store, LEASE_S, store.clock)


def test_one_of_two_has_it_and_the_other_once_it_is_given_back_under_a_higher_token():
    store = Store()
    one, other = lease(store), lease(store)

    assert one.try_take()
    assert not other.try_take()
    assert (True, False) == (one.is_held, other.is_held)

    one.give_back()
    assert other.try_take()
    assert (False, True) == (one.is_held, other.is_held)
    assert other.token > one.token


def test_it_holds_no_longer_than_its_deadline_and_as_long_as_it_is_renewed():
    store = Store()
    owner = lease(store)
    assert owner.try_take()
    for _ in range(5):
        store.now_ns += 9 * S
        assert owner.is_held
        owner.renew()

    store.now_ns += 10 * S
    assert not owner.is_held


def test_who_was_paused_knows_it_before_he_asks_anybody():
    store = Store()
    paused, other = lease(store), lease(store)
    assert paused.try_take()
    store.now_ns += 11 * S
    assert other.try_take()

    assert not paused.is_held
    paused.renew()
    assert paused.is_lost
    store.now_ns += 11 * S  # even when it would be free again
    paused.renew()
    assert not paused.is_held


def test_our_deadline_is_never_behind_the_stores():
    store = Store()
    owner, other = lease(store), lease(store)
    store.slow_ns = 4 * S
    assert owner.try_take()
    owner.renew()
    store.slow_ns = 0
    while owner.is_held:
        assert not other.try_take()
        store.now_ns += S // 10

    assert not other.try_take()


def test_a_store_that_is_away_costs_nothing_before_the_deadline_and_all_behind_it():
    store = Store()
    owner = lease(store)
    assert owner.try_take()
    store.is_away = True
    store.now_ns += 9 * S
    owner.renew()

    assert owner.is_held
    assert "it is away" == owner.fault
    store.now_ns += 1 * S
    assert not owner.is_held

    store.is_away = False
    assert not lease(Store()).is_held
    owner.renew()
    assert not owner.is_held  # it had ended, and might have been another's


def test_a_keeper_tells_once_that_it_is_lost():
    store = Store()
    owner = Lease(store, 0.03, store.clock)
    assert owner.try_take()
    store.owner = 7
    told = threading.Event()
    keeper = LeaseKeeper(owner, 0.03, told.set)
    keeper.start()

    assert told.wait(30)
    keeper.stop()
    assert owner.is_lost


class Venue:
    """A broker that notes what reaches it."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __getattr__(self, name: str) -> object:
        return lambda *_: self.heard.append(name)

    def capabilities(self) -> object:
        return type("Abilities", (), {"venue": "there"})


def test_a_broker_is_written_to_only_while_the_lease_is_held():
    store, venue = Store(), Venue()
    owner = lease(store)
    broker = LeasedBroker(venue, lambda: owner.is_held)
    assert owner.try_take()
    broker.submit_order("order")
    broker.cancel_order("1")
    broker.modify_order("1", "change")
    assert ["submit_order", "cancel_order", "modify_order"] == venue.heard

    store.now_ns += 10 * S
    for command in (broker.submit_order, broker.cancel_order):
        with pytest.raises(NetworkError, match="lease") as error:
            command("x")
        assert Outcome.NOT_SENT is error.value.outcome
    with pytest.raises(NetworkError, match="lease"):
        broker.modify_order("1", "change")
    broker.get_open_orders()
    assert ["get_open_orders"] == venue.heard[3:]
