"""The session as Prometheus reads it, from what the engine counts anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from regimeflow.apps.server.source import Sample
from regimeflow.types.enums import TradingState
from regimeflow.types.events import SessionSummary
from regimeflow.types.snapshots import (
    LATENCY_BOUNDS_NS,
    DashboardSnapshot,
    LatencySummary,
    QueueHealth,
    SystemHealth,
)

_NS_PER_S: Final = 1e9
_LEVELS: Final = frozenset({"dashboard_pages"})
_STATES: Final = ("starting", "running", "silent", "ended")


class SessionCollector(Collector):
    """Makes the series from the newest sample; asks the engine nothing.

    What is not known has no series: never a zero that nobody measured.

    Threading: any thread.

    Args:
        sample: Returns the newest sample.
        labels: What is told of the session once: broker, environment, version.
        extra: Counts of the server's own, by name.
    """

    def __init__(
        self,
        sample: Callable[[], Sample],
        labels: Mapping[str, str],
        extra: Callable[[], Mapping[str, float]],
    ) -> None:
        self._sample: Final = sample
        self._labels: Final = dict(labels)
        self._extra: Final = extra

    def collect(self) -> Iterable[Metric]:
        """Return every series."""
        sample = self._sample()
        yield InfoMetricFamily("regimeflow_session", "What is running.", self._labels)
        states = {state: float(state == sample.state) for state in _STATES}
        yield _by("state", "regimeflow_session_state", "1 at the state it is in.", states)
        for name, value in self._extra().items():
            make = _gauge if name in _LEVELS else _counter
            yield make(f"regimeflow_{name}", "Of what watches the session.", value)
        if sample.snapshot is not None:
            yield from _of_status(sample.snapshot)
            yield from _of_health(sample.snapshot.health)
            yield _latency(sample.snapshot.latency)
        if sample.summary is not None:
            yield from _of_summary(sample.summary)


def exposition(collector: SessionCollector) -> Callable[[], tuple[bytes, str]]:
    """Return what renders a registry of our own: nothing of the host's process is in it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return lambda: (generate_latest(registry), CONTENT_TYPE_LATEST)


def _of_status(snapshot: DashboardSnapshot) -> Iterator[Metric]:
    status = snapshot.status
    yield _gauge("regimeflow_connected", "Whether the broker is.", float(status.connected))
    trading = {each.name: float(each is status.trading_state) for each in TradingState}
    yield _by("state", "regimeflow_trading_state", "1 at the state it is in.", trading)
    regime = {snapshot.regime.name: snapshot.regime.confidence}
    yield _by("regime", "regimeflow_regime", "Confidence in the current regime.", regime)
    for name, money, text in (
        ("equity", status.equity, "Cash and positions at current marks."),
        ("daily_pnl", status.daily_pnl, "Equity less what it was when the UTC day began."),
    ):
        if money is not None:
            yield _gauge(f"regimeflow_{name}", text, float(money))
    yield _gauge("regimeflow_open_orders", "Orders that may trade.", float(status.open_orders))
    held = {each.symbol: float(each.quantity) for each in snapshot.positions}
    yield _by("symbol", "regimeflow_position", "What is held; short is below zero.", held)


def _of_health(health: SystemHealth) -> Iterator[Metric]:
    for name, text, value in (
        ("uptime_seconds", "Since the engine was made.", health.uptime_s),
        ("cpu_ratio", "This process's share of one core, lately.", health.cpu_pct / 100),
        ("memory_bytes", "Resident memory of this process.", float(health.memory_bytes)),
        ("threads", "Threads of this process.", float(health.threads)),
        ("halted", "Whether the bus had to refuse a message.", float(health.halted)),
        ("lane_capacity", "Messages that a lane holds.", float(health.ring_capacity)),
    ):
        yield _gauge(f"regimeflow_{name}", text, value)
    depth = {lane: float(count) for lane, count in health.ring_depth.items()}
    yield _by("lane", "regimeflow_lane_depth", "Messages that wait for the loop.", depth)
    lag = health.loop_lag
    lags = {"0.5": lag.p50_ns, "0.99": lag.p99_ns, "1": lag.max_ns}
    found = {quantile: ns / _NS_PER_S for quantile, ns in lags.items()}
    yield _by("quantile", "regimeflow_loop_lag_seconds", "How late the loop ran.", found)
    heard = {symbol: ns / _NS_PER_S for symbol, ns in health.last_data_ns.items() if ns}
    text = "When market data last came."
    yield _by("symbol", "regimeflow_last_data_timestamp_seconds", text, heard)
    for name, text, count in (
        ("dropped", "Messages lost.", health.drops),
        ("conflated", "Quotes replaced by newer ones.", health.conflated),
        ("waits", "How often another thread waited for room.", health.waits),
        ("callback_errors", "Callbacks that raised.", health.callback_errors),
        ("messages_delivered", "Messages of the stream.", health.messages),
    ):
        yield _counter(f"regimeflow_{name}", text, count)
    if health.queue is not None:
        yield from _of_queue(health.queue)


def _of_queue(queue: QueueHealth) -> Iterator[Metric]:
    for name, text, value in (
        ("connected", "Whether the queue is.", float(queue.connected)),
        ("backlog", "Messages on their way.", float(queue.backlog)),
        ("lag_seconds", "Age of the oldest message that it does not have.", queue.lag_s),
        ("behind_bytes", "How much of the journal that is.", float(queue.behind_bytes)),
    ):
        yield _gauge(f"regimeflow_queue_{name}", text, value)
    for name in (
        "published", "acknowledged", "received", "repeats", "bad", "missed", "reconnects"
    ):  # fmt: skip
        text = f"Of the queue: {name}."
        yield _counter(f"regimeflow_queue_{name}", text, getattr(queue, name))


def _of_summary(summary: SessionSummary) -> Iterator[Metric]:
    kinds = {kind: float(count) for kind, count in summary.messages.items()}
    found = CounterMetricFamily("regimeflow_messages", "By kind.", labels=["kind"])
    for kind, value in kinds.items():
        found.add_metric([kind], value)
    yield found
    orders = {status.lower(): float(count) for status, count in summary.orders.items()}
    yield _by("status", "regimeflow_orders", "Orders of the session, by status.", orders)
    fills = CounterMetricFamily("regimeflow_fills", "Fills that counted.", labels=["side"])
    fills.add_metric(["buy"], summary.buy_fills)
    fills.add_metric(["sell"], summary.sell_fills)
    yield fills
    traded = CounterMetricFamily("regimeflow_traded_notional", "By side.", labels=["side"])
    traded.add_metric(["buy"], float(summary.buy_notional))
    traded.add_metric(["sell"], float(summary.sell_notional))
    yield traded
    yield _counter("regimeflow_reconnects", "Sessions opened again.", summary.reconnects)
    yield _counter("regimeflow_book_gaps", "Books that lost their thread.", summary.book_gaps)
    for name in ("realized_pnl", "unrealized_pnl", "commission", "net_pnl"):
        money = getattr(summary, name)
        if money is not None:
            text = "Of the session, in the account's currency."
            yield _gauge(f"regimeflow_{name}", text, float(money))


def _latency(latency: LatencySummary) -> Metric:
    counts = [*latency.within, latency.count]
    bounds = [*(f"{ns / _NS_PER_S:g}" for ns in LATENCY_BOUNDS_NS), "+Inf"]
    return HistogramMetricFamily(
        "regimeflow_message_latency_seconds",
        "From a message's receipt to its last handler's return.",
        buckets=list(zip(bounds, map(float, counts), strict=True)),
        sum_value=latency.sum_ns / _NS_PER_S,
    )


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _by(label: str, name: str, text: str, values: Mapping[str, float]) -> Metric:
    found = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        found.add_metric([key], value)
    return found
