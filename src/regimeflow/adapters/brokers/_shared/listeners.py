"""Who is told what an adapter hears."""

from __future__ import annotations

from regimeflow._core.messages import AccountInfo, ExecutionReport, Position, SystemMessage
from regimeflow.ports.broker import OnExecutionReport, OnMarketData, OnPositionUpdate


class Listeners:
    """Keeps the three callbacks of ``BrokerAdapter``; before they are set nobody is told."""

    def __init__(self) -> None:
        self._on_market: OnMarketData = _nobody
        self._on_report: OnExecutionReport = _nobody
        self._on_position: OnPositionUpdate = _nobody

    def on_market_data(self, cb: OnMarketData) -> None:
        """Say where market data and news of the feed go."""
        self._on_market = cb

    def on_execution_report(self, cb: OnExecutionReport) -> None:
        """Say where execution reports go."""
        self._on_report = cb

    def on_position_update(self, cb: OnPositionUpdate) -> None:
        """Say where changes of what is held go."""
        self._on_position = cb

    def market_sink(self) -> OnMarketData:
        """Where market data goes: the callback itself, for it may be the engine's intake, in C."""
        return self._on_market

    def tell_market(self, message: SystemMessage) -> None:
        """Tell news of the feed."""
        self._on_market(message)

    def tell_report(self, report: ExecutionReport) -> None:
        """Tell news of an order."""
        self._on_report(report)

    def tell_position(self, position: Position | AccountInfo) -> None:
        """Tell what is held."""
        self._on_position(position)


def _nobody(_: object) -> None:
    """Who is told before anybody asked."""
