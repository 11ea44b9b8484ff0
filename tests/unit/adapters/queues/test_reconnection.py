"""When a connection is tried: without any connection, on a clock that is set by hand."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from regimeflow.adapters.queues._shared.reconnection import LinkState, Reconnection

MS = 1_000_000


def reconnection(*, initial_ms=100.0, max_ms=1_000.0, max_attempts=None, seed=1):
    dice = random.Random(seed)
    return Reconnection(initial_ms=initial_ms, max_ms=max_ms, max_attempts=max_attempts, dice=dice)


def connected(link, now_ns=0):
    link.want(now_ns)
    assert link.begin(now_ns)
    link.opened(now_ns)


def test_the_first_try_is_due_at_once():
    link = reconnection()

    link.want(5 * MS)

    assert 0 == link.wait_ns(5 * MS)
    assert link.begin(5 * MS)
    assert LinkState.CONNECTING is link.state


def test_a_try_is_not_begun_twice():
    link = reconnection()
    link.want(0)
    link.begin(0)

    assert not link.begin(0)


def test_a_connection_that_nobody_wants_any_more_does_not_open():
    link = reconnection()
    link.want(0)
    link.begin(0)
    link.close()

    link.opened(1)
    link.failed(2, "cut")

    assert LinkState.CLOSED is link.state
    assert link.wait_ns(3) is None


def test_what_is_refused_for_good_is_not_tried_again_until_it_is_wanted_anew():
    link = reconnection()
    link.want(0)
    link.begin(0)

    link.failed(0, "wrong password", for_good=True)

    assert LinkState.GIVEN_UP is link.state
    assert link.wait_ns(10**15) is None
    link.want(1)
    assert 0 == link.wait_ns(1)


def test_it_is_given_up_after_as_many_failures_in_a_row_as_allowed():
    link = reconnection(max_attempts=3)
    link.want(0)
    now_ns, tries = 0, 0

    while (wait_ns := link.wait_ns(now_ns)) is not None:
        now_ns += wait_ns
        link.begin(now_ns)
        tries += 1
        link.failed(now_ns, "refused")

    assert LinkState.GIVEN_UP is link.state
    assert 4 == tries
    assert "refused" == link.why


def test_a_loss_after_proof_begins_with_the_shortest_wait():
    link = reconnection()
    connected(link)
    for _ in range(6):
        link.failed(0, "cut")
        link.begin(wait_ns := 10**12)
        link.opened(wait_ns)

    link.proved()
    link.failed(10**12, "cut")

    assert 1 == link.failures
    wait = link.wait_ns(10**12)
    assert wait is not None
    assert wait <= 100 * MS


def test_age_is_proof_too():
    link = reconnection(max_attempts=1)
    now_ns = 0
    connected(link)

    for _ in range(5):
        now_ns += 1_000 * MS
        link.failed(now_ns, "cut")
        assert LinkState.WAITING is link.state
        now_ns += 1_000 * MS
        assert link.begin(now_ns)
        link.opened(now_ns)


@given(
    seed=st.integers(0, 2**32),
    lives_ms=st.lists(st.integers(0, 999), min_size=10, max_size=40),
)
def test_a_connection_that_flaps_is_tried_no_more_often_than_one_that_is_refused(seed, lives_ms):
    link = reconnection(seed=seed)
    connected(link)
    now_ns = 0

    for number, life_ms in enumerate(lives_ms):
        now_ns += life_ms * MS
        link.failed(now_ns, "dropped at once")
        bound_ms = min(1_000, 100 * 2**number)
        wait_ns = link.wait_ns(now_ns)
        assert wait_ns is not None
        assert bound_ms / 2 * MS <= wait_ns <= bound_ms * MS
        assert not link.begin(now_ns + wait_ns - 1)
        now_ns += wait_ns
        assert link.begin(now_ns)
        link.opened(now_ns)


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from("want begin opened proved failed refused close".split()),
            st.integers(0, 3_000),
        ),
        max_size=60,
    ),
    seed=st.integers(0, 2**32),
)
def test_whatever_happens_it_is_tried_only_when_due_and_never_when_not_wanted(steps, seed):
    link = reconnection(max_attempts=4, seed=seed)
    now_ns = 0
    for verb, passes_ms in steps:
        now_ns += passes_ms * MS
        before, wait_ns = link.state, link.wait_ns(now_ns)
        match verb:
            case "begin":
                assert link.begin(now_ns) is (wait_ns == 0)
            case "opened":
                link.opened(now_ns)
                opens = before in {LinkState.CONNECTING, LinkState.OPEN}
                assert opens is (link.state is LinkState.OPEN)
            case "failed" | "refused":
                link.failed(now_ns, "why", for_good=verb == "refused")
            case "want":
                link.want(now_ns)
            case "proved":
                link.proved()
            case _:
                link.close()
                assert LinkState.CLOSED is link.state
        assert link.failures <= 5
        assert (link.wait_ns(now_ns) is not None) is (link.state is LinkState.WAITING)
        assert (link.wait_ns(now_ns) or 0) <= 1_000 * MS
