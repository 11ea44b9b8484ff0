"""No setting is ignored: something outside the configuration reads each of them."""

from __future__ import annotations

import re

import pytest

from regimeflow.types.config import (
    AlpacaSettings,
    BinanceSettings,
    HeartbeatPolicy,
    HmmSettings,
    IBContract,
    IBSettings,
    LiveConfig,
    MessageQueueConfig,
    OrderSettings,
    PaperSettings,
    ReconcilePolicy,
    ReconnectPolicy,
    RegimeMember,
    RegimeSettings,
    RiskLimits,
    StrategyConfig,
    VolatilitySettings,
)
from regimeflow.types.kinds import Kind
from regimeflow.types.settings import kinds
from tests.architecture.tree import SRC

TABLES = (
    AlpacaSettings,
    BinanceSettings,
    IBContract,
    IBSettings,
    LiveConfig,
    PaperSettings,
    RiskLimits,
    OrderSettings,
    ReconnectPolicy,
    HeartbeatPolicy,
    ReconcilePolicy,
    RegimeSettings,
    RegimeMember,
    VolatilitySettings,
    HmmSettings,
    StrategyConfig,
    MessageQueueConfig,
)
READERS = [
    path.read_text(encoding="utf-8")
    for path in SRC.rglob("*.py")
    if SRC / "types" not in path.parents
]
READ_BY_NAME = {IBContract}  # what is said of one symbol, else of all
READ_BY_ITSELF = {(IBSettings, "allow_plain_text")}  # what decides whether another one is a fault
OWN = [(SRC / "types" / "config" / "ib.py").read_text(encoding="utf-8")]
HAS_ENGINE = (SRC / "engine" / "live_engine.py").exists()


def leaves_a_choice(kind: Kind) -> bool:
    """A setting with one possible value has nothing to read."""
    return re.fullmatch(r'"\w+"', kind.expected) is None


@pytest.mark.skipif(not HAS_ENGINE, reason="the engine is not here yet")
@pytest.mark.parametrize(
    ("table", "name"),
    [
        pytest.param(table, name, id=f"{table.__name__}.{name}")
        for table in TABLES
        for name, kind in kinds(table).items()
        if leaves_a_choice(kind)
    ],
)
def test_a_setting_is_read_by_something(table, name):
    reads = re.compile(rf'"{name}"' if table in READ_BY_NAME else rf"\.{name}\b")
    readers = OWN if (table, name) in READ_BY_ITSELF else READERS

    assert any(reads.search(text) for text in readers)
