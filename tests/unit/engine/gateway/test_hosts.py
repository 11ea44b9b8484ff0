from __future__ import annotations

from regimeflow.domain.orders.client_order_ids import (
    ClientOrderIds,
    host_mark,
    is_of_our_making,
    mark_of,
)
from regimeflow.engine.gateway.hosts import Hosts
from regimeflow.engine.journal.books import Books

S = 1_000_000_000
NOW = 1_795_441_887_199_895_299


def some_hosts(*allowed: str) -> Hosts:
    return Hosts(Books(id_prefix="rf-").table, allowed, dead_after_s=10)


def test_hosts_that_begin_at_the_same_moment_make_different_ids_that_say_whose_they_are():
    one, other = (
        ClientOrderIds.booted_at(NOW).marked(host_mark(name)).make(1)
        for name in ("desk-a", "desk-b")
    )

    assert one != other
    assert (host_mark("desk-a"), host_mark("desk-b")) == (mark_of(one), mark_of(other))
    assert is_of_our_making(one)
    assert len(one) <= 36


def test_ids_of_a_session_that_is_no_host_and_of_strangers_have_no_mark():
    assert "" == mark_of(ClientOrderIds.booted_at(NOW).make(1))
    assert ["", "", ""] == [mark_of(each) for each in ("", "mine", "a" * 22 + "-0000000000001")]


def test_a_host_is_dead_once_when_it_was_silent_for_too_long():
    hosts = some_hosts()
    hosts.heard("desk-a", 1 * S)
    hosts.heard("desk-b", 9 * S)
    silent = [hosts.dead(at * S, can_hear=True) for at in range(1, 16)]

    assert [["desk-a"]] == [each for each in silent if each]


def test_nobody_is_dead_because_we_could_not_hear_or_stood_still_ourselves():
    hosts = some_hosts()
    hosts.heard("desk-a", 1 * S)
    deaf = [hosts.dead(at * S, can_hear=False) for at in range(1, 60)]

    assert [] == [each for each in deaf if each]
    assert [] == hosts.dead(600 * S, can_hear=True)
    assert [] == hosts.dead(604 * S, can_hear=True)


def test_a_host_that_said_goodbye_is_never_dead():
    hosts = some_hosts()
    hosts.heard("desk-a", 1 * S)
    hosts.left("desk-a")

    assert [] == [each for at in range(1, 60) for each in hosts.dead(at * S, can_hear=True)]


def test_only_the_newest_session_of_a_host_is_the_host():
    hosts = some_hosts()
    hosts.begin("desk-a", "first")
    hosts.begin("desk-a", "second")

    assert hosts.is_current("desk-a", "second")
    assert not hosts.is_current("desk-a", "first")
    assert not hosts.is_current("desk-b", "second")


def test_who_is_not_allowed_or_marks_its_orders_as_another_may_not_trade(monkeypatch):
    assert "" == some_hosts("desk-a").fault_of("desk-a")
    assert "desk-b is not among" in some_hosts("desk-a").fault_of("desk-b")

    hosts = some_hosts()
    assert "" == hosts.fault_of("desk-a")
    monkeypatch.setattr("regimeflow.engine.gateway.hosts.host_mark", lambda _: host_mark("desk-a"))
    assert "marks its orders as desk-a" in hosts.fault_of("desk-b")
