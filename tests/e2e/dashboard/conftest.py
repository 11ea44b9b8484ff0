"""A dashboard over a stand-in, and clients of each role."""

from __future__ import annotations

import pytest

from tests.support.dashboards import OPERATOR, READER, Client, FakeEngine, a_dashboard, until


@pytest.fixture(scope="module", autouse=True)
def tokens(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RF_OPERATOR", OPERATOR)
        patch.setenv("RF_READER", READER)
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        yield


@pytest.fixture(scope="module")
def served():
    """One dashboard for the tests of a module."""
    engine = FakeEngine()
    with a_dashboard(engine) as found:
        until(lambda: found.board.part("totals") is not None, "no picture was taken")
        yield engine, found


@pytest.fixture
def engine(served) -> FakeEngine:
    served[0].presses.clear()
    served[0].is_silent = False
    return served[0]


@pytest.fixture
def watching(served):
    return served[1]


@pytest.fixture
def operator(watching) -> Client:
    return Client(watching.ports["dashboard"], OPERATOR)


@pytest.fixture
def reader(watching) -> Client:
    return Client(watching.ports["dashboard"], READER)


@pytest.fixture
def nobody(watching) -> Client:
    return Client(watching.ports["dashboard"])
