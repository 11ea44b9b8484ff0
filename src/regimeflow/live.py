"""Everything that a user of RegimeFlow imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regimeflow._core.bus import EventBus
from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.messages import (
    AccountInfo,
    Balance,
    Bar,
    ExecutionReport,
    LiveMessage,
    OrderBook,
    Position,
    Quote,
    SystemMessage,
    Tick,
)
from regimeflow.adapters.brokers.paper.adapter import PaperAdapter
from regimeflow.adapters.queues.registry import create_message_queue_adapter
from regimeflow.adapters.secrets.registry import register as _register_stores
from regimeflow.domain.orders.links import Contingency, LinkedOrders, bracket
from regimeflow.domain.orders.order import (
    LiveOrder,
    Order,
    OrderError,
    OrderModification,
    OrderTerms,
)
from regimeflow.domain.regime.detector import RegimeDetector, RegimeVerdict
from regimeflow.domain.strategy.base import Strategy
from regimeflow.domain.strategy.context import StrategyContext
from regimeflow.engine.live_engine import LiveEngine, LiveTradingEngine
from regimeflow.engine.order_manager import LiveOrderManager
from regimeflow.ports.broker import BrokerAdapter, Capabilities, MarketDataUpdate
from regimeflow.ports.message_queue import MessageQueueAdapter, MQAdapter
from regimeflow.types.account import Trade
from regimeflow.types.audit import AuditEvent
from regimeflow.types.config import LiveConfig, MessageQueueConfig
from regimeflow.types.enums import (
    ExecType,
    Liquidity,
    LiveOrderStatus,
    LiveTopic,
    OrderSide,
    OrderType,
    RegimeType,
    SystemCode,
    TimeInForce,
    TradingState,
)
from regimeflow.types.errors import (
    AlreadyExists,
    BrokerError,
    CodecError,
    ConfigError,
    Fault,
    InvalidArgument,
    InvalidState,
    NetworkError,
    NotFound,
    Outcome,
    RegimeFlowError,
    RiskDenied,
)
from regimeflow.types.events import EngineEvent, SessionSummary
from regimeflow.types.instrument import Instrument
from regimeflow.types.snapshots import (
    DashboardSnapshot,
    EngineStatus,
    LiveOrderSummary,
    RegimeState,
    RegimeTransition,
    SystemHealth,
)

if TYPE_CHECKING:
    from regimeflow.adapters.audit.jsonl import AuditLogger
    from regimeflow.adapters.brokers.alpaca.adapter import AlpacaAdapter
    from regimeflow.adapters.brokers.binance.adapter import BinanceAdapter
    from regimeflow.adapters.brokers.ib.adapter import IBAdapter, IbAdapter
    from regimeflow.types.message_json import decode_json, encode_json

_register_stores()

__all__ = [
    "AccountInfo",
    "AlpacaAdapter",
    "AlreadyExists",
    "AuditEvent",
    "AuditLogger",
    "Balance",
    "Bar",
    "BinanceAdapter",
    "BrokerAdapter",
    "BrokerError",
    "Capabilities",
    "CodecError",
    "ConfigError",
    "Contingency",
    "DashboardSnapshot",
    "EngineEvent",
    "EngineStatus",
    "EventBus",
    "ExecType",
    "ExecutionReport",
    "Fault",
    "IBAdapter",
    "IbAdapter",
    "Instrument",
    "InvalidArgument",
    "InvalidState",
    "LinkedOrders",
    "Liquidity",
    "LiveConfig",
    "LiveEngine",
    "LiveMessage",
    "LiveMessageCodec",
    "LiveOrder",
    "LiveOrderManager",
    "LiveOrderStatus",
    "LiveOrderSummary",
    "LiveTopic",
    "LiveTradingEngine",
    "MQAdapter",
    "MarketDataUpdate",
    "MessageQueueAdapter",
    "MessageQueueConfig",
    "NetworkError",
    "NotFound",
    "Order",
    "OrderBook",
    "OrderError",
    "OrderModification",
    "OrderSide",
    "OrderTerms",
    "OrderType",
    "Outcome",
    "PaperAdapter",
    "Position",
    "Quote",
    "RegimeDetector",
    "RegimeFlowError",
    "RegimeState",
    "RegimeTransition",
    "RegimeType",
    "RegimeVerdict",
    "RiskDenied",
    "SessionSummary",
    "Strategy",
    "StrategyContext",
    "SystemCode",
    "SystemHealth",
    "SystemMessage",
    "Tick",
    "TimeInForce",
    "Trade",
    "TradingState",
    "bracket",
    "create_message_queue_adapter",
    "decode_json",
    "encode_json",
]

# Adapters of real venues load their clients: only for those who name them.
_LATER = {
    "AuditLogger": "regimeflow.adapters.audit.jsonl",
    "AlpacaAdapter": "regimeflow.adapters.brokers.alpaca.adapter",
    "BinanceAdapter": "regimeflow.adapters.brokers.binance.adapter",
    "IBAdapter": "regimeflow.adapters.brokers.ib.adapter",
    "IbAdapter": "regimeflow.adapters.brokers.ib.adapter",
    "decode_json": "regimeflow.types.message_json",
    "encode_json": "regimeflow.types.message_json",
}


def __getattr__(name: str) -> object:
    module = _LATER.get(name)
    if module is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    import importlib

    return getattr(importlib.import_module(module), name)
