"""What a session did, counted as it goes: nothing here grows with the session."""

from __future__ import annotations

import time
from collections import Counter, deque
from decimal import Decimal

from regimeflow._core.messages import ExecutionReport
from regimeflow._core.tuples import NamedTuple
from regimeflow.domain.orders.order import LiveOrder, OrderError
from regimeflow.domain.portfolio import Portfolio
from regimeflow.engine.parts import Parts
from regimeflow.ports.feed import FeedDriven
from regimeflow.types.account import Trade
from regimeflow.types.enums import LiveOrderStatus, OrderSide, TradingState
from regimeflow.types.events import ExitCause, SessionSummary, StrategySummary

_RECENT_TRADES = 50
_ENDED_LATELY = 10_000
_PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9}

# What an order's line tells; a change of anything else is no news.
_Shown = tuple[LiveOrderStatus, bool, Decimal, Decimal | None, Decimal | None]


class Money(NamedTuple):
    """Profit in the account's currency; None where a price is missing."""

    realized: Decimal | None
    unrealized: Decimal | None
    commission: Decimal | None
    net: Decimal | None


class Tally:
    """Counts of orders, fills and messages, and the lines that tell of them.

    Threading: written on the loop; ``summary`` from any thread once the session has ended.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._started_wall_s = time.monotonic()
        self._started_ns = parts.clock.now_ns()
        self._open: dict[int, _Shown] = {}
        self._ended: Counter[str] = Counter()
        self._orders_by_strategy: Counter[str] = Counter()
        self._fills_by_strategy: Counter[str] = Counter()
        self._fills: Counter[OrderSide] = Counter()
        self._notional: dict[OrderSide, Decimal] = {
            OrderSide.BUY: Decimal(0),
            OrderSide.SELL: Decimal(0),
        }
        self._partial_fill_count = 0
        self._transact_time_ns = 0
        # An order can be heard of again after its end: a late fill. That far back an end is
        # remembered.
        self._ended_lately: dict[int, None] = {}
        self._told_errors: dict[int, OrderError] = {}
        self.recent_trades: deque[Trade] = deque(maxlen=_RECENT_TRADES)

    def count_trade(self, trade: Trade) -> None:
        """Count one fill."""
        self._fills[trade.side] += 1
        self._notional[trade.side] += trade.notional
        self._fills_by_strategy[trade.strategy] += 1
        self.recent_trades.append(trade)
        self._tell_fill(trade)

    def hear(self, report: ExecutionReport) -> None:
        """Note the venue's own time of a report; the order's update follows it at once."""
        self._transact_time_ns = report.ts_event_ns

    def count_order(self, order: LiveOrder) -> None:
        """Count an order's start and its end, and tell of the change."""
        order_id, status = order.order_id, order.status
        shown = (status, order.in_doubt, order.quantity, order.limit_price, order.stop_price)
        before = self._open.get(order_id)
        is_known = before is not None or order_id in self._ended_lately
        if not is_known:
            self._orders_by_strategy[order.strategy] += 1
        if not status.is_terminal:
            self._open[order_id] = shown
        elif before is not None or not is_known:
            self._open.pop(order_id, None)
            self._ended[status.name] += 1
            self._ended_lately[order_id] = None
            if len(self._ended_lately) > _ENDED_LATELY:
                del self._ended_lately[next(iter(self._ended_lately))]
        if self._parts.listeners.event and before != shown:
            self._tell_order(order)

    def has_new_error(self, order: LiveOrder) -> bool:
        """Whether an order failed in a way that was not told yet; asked once for each update."""
        error = order.error
        if error is None or self._told_errors.get(order.order_id) is error:
            return False
        self._told_errors[order.order_id] = error
        if len(self._told_errors) > _ENDED_LATELY:
            del self._told_errors[next(iter(self._told_errors))]
        return True

    def _tell_fill(self, trade: Trade) -> None:
        parts = self._parts
        order = parts.manager.get_order(trade.order_id)
        is_partial = order is not None and order.leaves_qty > 0
        self._partial_fill_count += is_partial
        if not parts.listeners.event:
            return
        part = " (partial)" if is_partial else ""
        cost = f", commission {trade.commission} {trade.commission_currency}"
        is_known = bool(trade.commission or trade.commission_currency)  # some venues tell it later
        parts.say(
            "fill",
            f"{trade.side.name} {trade.quantity} {trade.symbol} at {trade.price}{part}"
            f"{cost if is_known else ''}",
            symbol=trade.symbol,
            side=trade.side.name,
            quantity=trade.quantity,
            price=trade.price,
            commission=trade.commission,
            commission_currency=trade.commission_currency,
            liquidity=trade.liquidity.name,
            order_id=trade.order_id,
            exec_id=trade.exec_id,
            strategy=trade.strategy,
            ts_event_ns=trade.ts_event_ns,
            is_partial=is_partial,
        )

    def summary(
        self, exit_cause: ExitCause, exit_text: str, reconnect_count: int
    ) -> SessionSummary:
        """Return what the session has done so far."""
        parts = self._parts
        broker = parts.broker
        counts = dict(broker.feed_counts()) if isinstance(broker, FeedDriven) else {}
        book_gaps, bad_lines = counts.pop("book_gaps", 0), counts.pop("bad_lines", 0)
        # That the session ends is no news at its end; what held trading before is.
        holds = [hold for hold in parts.switch.holds if hold.cause != "stopping"]
        hold = min(holds, key=lambda each: (each.state, each.since_ns), default=None)
        totals = money_of(parts.portfolio)
        return SessionSummary(
            started_ns=self._started_ns,
            ended_ns=parts.clock.now_ns(),
            wall_s=time.monotonic() - self._started_wall_s,
            messages=counts or parts.intake.counts(),
            orders=dict(self._ended + Counter(shown[0].name for shown in self._open.values())),
            fills=self._fills.total(),
            partial_fills=self._partial_fill_count,
            buy_fills=self._fills[OrderSide.BUY],
            sell_fills=self._fills[OrderSide.SELL],
            buy_notional=self._notional[OrderSide.BUY],
            sell_notional=self._notional[OrderSide.SELL],
            realized_pnl=totals.realized,
            unrealized_pnl=totals.unrealized,
            commission=totals.commission,
            net_pnl=totals.net,
            currency=parts.account.currency if parts.account is not None else "",
            strategies=tuple(self._strategy_summary(each.id) for each in parts.config.strategy),
            latency_ns=self._latency(),
            quotes=self._last_quotes(),
            book_gaps=book_gaps,
            bad_lines=bad_lines,
            feed_faults=tuple(broker.feed_faults()) if isinstance(broker, FeedDriven) else (),
            reconnects=reconnect_count,
            trading_state=hold.state if hold is not None else TradingState.ACTIVE,
            trading_cause=hold.text if hold is not None else "",
            exit_cause=exit_cause,
            exit_text=exit_text,
        )

    def _strategy_summary(self, name: str) -> StrategySummary:
        totals = money_of(self._parts.portfolio, name)
        return StrategySummary(
            name=name,
            orders=self._orders_by_strategy[name],
            fills=self._fills_by_strategy[name],
            realized_pnl=totals.realized,
            unrealized_pnl=totals.unrealized,
            commission=totals.commission,
            net_pnl=totals.net,
            positions={
                position.symbol: position.quantity
                for position in self._parts.portfolio.positions(strategy=name)
            },
        )

    def _latency(self) -> dict[str, int]:
        latency = self._parts.latency
        if not latency.count:
            return {}
        found = {name: latency.percentile(percent) for name, percent in _PERCENTILES.items()}
        return {**found, "max": latency.max_ns}

    def _last_quotes(self) -> dict[str, tuple[Decimal, Decimal]]:
        quotes = ((symbol, self._parts.board.quote(symbol)) for symbol in self._parts.symbols)
        return {
            symbol: (quote.bid_px_dec, quote.ask_px_dec)
            for symbol, quote in quotes
            if quote is not None
        }

    def _tell_order(self, order: LiveOrder) -> None:
        price = "" if order.limit_price is None else f" at {order.limit_price}"
        why = f": {order.error.text}" if order.error is not None else ""
        doubt = " (in doubt)" if order.in_doubt else ""
        self._parts.say(
            "order",
            f"{order.status.name}{doubt} {order.side.name} {order.quantity} {order.symbol}"
            f" {order.type.name}{price} {order.client_order_id}{why}",
            order_id=order.order_id,
            client_order_id=order.client_order_id,
            broker_order_id=order.broker_order_id,
            symbol=order.symbol,
            side=order.side.name,
            type=order.type.name,
            quantity=order.quantity,
            limit_price=order.limit_price,
            stop_price=order.stop_price,
            status=order.status.name,
            cum_qty=order.cum_qty,
            leaves_qty=order.leaves_qty,
            in_doubt=order.in_doubt,
            strategy=order.strategy,
            transact_time_ns=self._transact_time_ns,
        )


def money_of(portfolio: Portfolio, strategy: str | None = None) -> Money:
    """Return what was earned and paid, in the account's currency; None: all of the account."""
    realized = portfolio.in_account_currency(portfolio.realized_pnl(strategy=strategy))
    unrealized = portfolio.in_account_currency(portfolio.unrealized_pnl(strategy=strategy))
    commission = portfolio.in_account_currency(portfolio.commissions(strategy=strategy))
    known = None not in (realized, unrealized, commission)
    return Money(
        realized=realized,
        unrealized=unrealized,
        commission=commission,
        net=realized + unrealized - commission if known else None,  # type: ignore[operator]
    )
