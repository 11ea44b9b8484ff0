"""The configuration of a live session: one frozen table per concern, ``LiveConfig`` above them."""

from regimeflow.types.config.alpaca import AlpacaSettings
from regimeflow.types.config.binance import BinanceSettings
from regimeflow.types.config.brokers import BrokerSettings, InstrumentOverride, PaperSettings
from regimeflow.types.config.gateway import GatewaySettings, QueueBrokerSettings
from regimeflow.types.config.ib import IBContract, IBSettings
from regimeflow.types.config.live import LiveConfig
from regimeflow.types.config.policies import (
    AuditSettings,
    HeartbeatPolicy,
    JournalSettings,
    OrderSettings,
    ReconcilePolicy,
    ReconnectPolicy,
)
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.config.regime import (
    HmmSettings,
    RegimeMember,
    RegimeSettings,
    VolatilitySettings,
)
from regimeflow.types.config.risk import (
    CorrelatedPair,
    RegimeLimits,
    RiskLimits,
    limit_for,
)
from regimeflow.types.config.stops import StopSettings
from regimeflow.types.config.strategy import BUILT_IN_STRATEGIES, StrategyConfig
from regimeflow.types.config.watching import AlertSettings, DashboardSettings, MetricsSettings

__all__ = [
    "BUILT_IN_STRATEGIES",
    "AlertSettings",
    "AlpacaSettings",
    "AuditSettings",
    "BinanceSettings",
    "BrokerSettings",
    "CorrelatedPair",
    "DashboardSettings",
    "GatewaySettings",
    "HeartbeatPolicy",
    "HmmSettings",
    "IBContract",
    "IBSettings",
    "InstrumentOverride",
    "JournalSettings",
    "LiveConfig",
    "MessageQueueConfig",
    "MetricsSettings",
    "OrderSettings",
    "PaperSettings",
    "QueueBrokerSettings",
    "ReconcilePolicy",
    "ReconnectPolicy",
    "RegimeLimits",
    "RegimeMember",
    "RegimeSettings",
    "RiskLimits",
    "StopSettings",
    "StrategyConfig",
    "VolatilitySettings",
    "limit_for",
]
