"""A dashboard over a stand-in, and clients of each role."""

from __future__ import annotations

import pytest

from tests.support.dashboards import OPERATOR, READER, Client, FakeEngine, a_dashboard, until


@pytest.fixture(autouse=True)
def tokens(monkeypatch, tmp_path):
    monkeypatch.setenv("RF_OPERATOR", OPERATOR)
    monkeypatch.setenv("RF_READER", READER)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def watching(engine):
    with a_dashboard(engine) as found:
        until(lambda: found.board.part("totals") is not None, "no picture was taken")
        yield found


@pytest.fixture
def operator(watching) -> Client:
    return Client(watching.ports["dashboard"], OPERATOR)


@pytest.fixture
def reader(watching) -> Client:
    return Client(watching.ports["dashboard"], READER)


@pytest.fixture
def nobody(watching) -> Client:
    return Client(watching.ports["dashboard"])
