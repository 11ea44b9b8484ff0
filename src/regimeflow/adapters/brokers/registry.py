"""Which broker has which adapter; nothing is imported before it is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, cast

from regimeflow.ports.broker import BrokerAdapter
from regimeflow.types.config.brokers import BrokerSettings
from regimeflow.types.errors import NotFound

BROKERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "paper": "regimeflow.adapters.brokers.paper.adapter:PaperAdapter",
        "binance": "regimeflow.adapters.brokers.binance.adapter:BinanceAdapter",
        "alpaca": "regimeflow.adapters.brokers.alpaca.adapter:AlpacaAdapter",
        "ib": "regimeflow.adapters.brokers.ib.adapter:IBAdapter",
        "queue": "regimeflow.adapters.brokers.queue.adapter:QueueAdapter",
    }
)
"""Broker type to ``module:factory``; a factory takes ``(settings, *, symbols)``."""


def create_broker(
    broker_type: str, settings: BrokerSettings, *, symbols: Sequence[str]
) -> BrokerAdapter:
    """Make the adapter of a broker type.

    Raises:
        NotFound: there is no such adapter.
        ConfigError: the settings do not fit the venue.
    """
    place = BROKERS.get(broker_type)
    if place is None:
        raise NotFound(
            f"there is no adapter for broker_type {broker_type!r}; there are {', '.join(BROKERS)}"
        )
    module, _, factory = place.partition(":")
    make = cast("Callable[..., BrokerAdapter]", getattr(importlib.import_module(module), factory))
    return make(settings, symbols=symbols)
