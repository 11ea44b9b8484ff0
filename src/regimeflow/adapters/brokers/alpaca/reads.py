"""Questions to the venue: the account, orders, bars, what may be ordered and when."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import quote

from regimeflow._core.messages import AccountInfo, Bar, ExecutionReport, Position
from regimeflow.adapters.brokers._shared.answers import Json
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers._shared.instants import rfc3339
from regimeflow.adapters.brokers.alpaca import translate
from regimeflow.adapters.brokers.alpaca.errors import Meaning, Refusal, not_sent
from regimeflow.adapters.brokers.alpaca.fills import Fills
from regimeflow.adapters.brokers.alpaca.group_legs import BY_CLIENT_ID, GroupLegs
from regimeflow.adapters.brokers.alpaca.hours import Hours
from regimeflow.adapters.brokers.alpaca.known import Known
from regimeflow.adapters.brokers.alpaca.orders import KnownOrders
from regimeflow.adapters.brokers.alpaca.rest import AlpacaRest, Params
from regimeflow.adapters.brokers.alpaca.rules import AssetRules, option_rules, rules_of
from regimeflow.adapters.brokers.alpaca.translate import ANSWERS, OrderRow
from regimeflow.adapters.brokers.alpaca.words import REPLACED
from regimeflow.types.errors import NotFound
from regimeflow.types.intervals import interval_ns_of
from regimeflow.types.option_symbol import option_of
from regimeflow.types.session import SessionCalendar

_MOST_ORDERS: Final = 500
_MOST_BARS: Final = 1_000
_LONGEST_CHAIN: Final = 200
_CALENDAR_DAYS: Final = 370
_EARLIER: Final = timedelta(days=10)
_ORDERS: Final = "/v2/orders"
_CONTRACTS: Final = "/v2/options/contracts"
_BARS: Final = {
    "crypto": "/v1beta3/crypto/us/bars",
    "equity": "/v2/stocks/bars",
    "option": "/v1beta1/options/bars",
}
_NO_NEWS: Final = frozenset({"pending_new", "rejected"})
_FRAMES: Final = {"m": ("Min", 59), "h": ("Hour", 23), "d": ("Day", 1)}


class Reads:
    """Asks over REST; a question that fails raises.

    Args:
        trading: The host of the account.
        data: The host of market data.
        clock: The venue's time.
        known: The orders of this session.
        rules: Those of each symbol, filled by ``load_rules``.
        hours: Filled by ``load_rules``.
        feed: Which stock market data.
    """

    def __init__(
        self,
        trading: AlpacaRest,
        data: AlpacaRest,
        clock: ClockOffset,
        known: KnownOrders,
        *,
        rules: dict[str, AssetRules],
        hours: Hours,
        feed: str,
    ) -> None:
        self._trading: Final = trading
        self._data: Final = data
        self._clock: Final = clock
        self._known: Final = known
        self._rules: Final = rules
        self._hours: Final = hours
        self._feed: Final = feed
        self.symbols: Final[dict[str, str]] = {}  # by every spelling: pairs have two
        self._legs: Final = GroupLegs(
            trading, known, row_of=self.row_of, ask=self._order, learn=self._learn
        )
        self._fills: Final = Fills(
            trading, known, self.symbols, clock, chain=self.chain_of, learn=self.orders_since
        )

    # ---- what may be ordered, and when

    async def load_rules(self, symbols: Sequence[str]) -> None:
        """Learn what may be ordered.

        Raises:
            NotFound: the venue has no such symbol.
        """
        session = await self._session()
        options = {symbol for symbol in symbols if option_of(symbol) is not None}
        shares = [symbol for symbol in symbols if "/" not in symbol and symbol not in options]
        last = await self._last_prices(shares)
        for symbol in symbols:
            path = _CONTRACTS if symbol in options else "/v2/assets"
            try:
                answer = await self._trading.read(f"{path}/{quote(symbol, safe='')}")
            except Refusal as error:
                if error.meaning is not Meaning.MISSING:
                    raise
                raise NotFound(f"the venue has no symbol {symbol}: {error.text}") from None
            asset = {**ANSWERS.table(answer, f"GET {path}"), "symbol": symbol}
            self._rules[symbol] = (
                option_rules(asset, session)
                if symbol in options
                else rules_of(asset, last.get(symbol), session)
            )
            self.symbols[symbol] = self.symbols[symbol.replace("/", "")] = symbol

    async def ask_clock(self, *, is_forced: bool = False) -> None:
        """Ask for the venue's time, and whether its market is open."""
        said = await self._trading.measure_clock(self._clock, is_forced=is_forced)
        self._hours.hear_clock(ANSWERS.table(said, "GET /v2/clock"))

    def rules(self, symbol: str) -> AssetRules:
        """What may be ordered of a symbol; NotFound for one of no session of ours."""
        found = self._rules.get(symbol)
        if found is None:
            raise NotFound(f"{symbol!r} is none of this session's symbols")
        return found

    # ---- the account

    async def account(self) -> AccountInfo:
        """The account now."""
        as_of_ns = self._clock.now_ns()
        answer = ANSWERS.table(await self._trading.read("/v2/account"), "GET /v2/account")
        return translate.account_info(answer, as_of_ns=as_of_ns, recv_ns=time.time_ns())

    async def positions(self) -> list[Position]:
        """Every position of the session's symbols."""
        as_of_ns = self._clock.now_ns()
        rows = ANSWERS.rows(await self._trading.read("/v2/positions"), "GET /v2/positions")
        return translate.positions_of(rows, self.symbols, as_of_ns=as_of_ns, recv_ns=time.time_ns())

    # ---- orders

    def row_of(self, order: Json) -> OrderRow:
        """An order of an answer."""
        return translate.order_row(order, as_of_ns=self._clock.now_ns(), recv_ns=time.time_ns())

    async def open_orders(self) -> list[ExecutionReport]:
        """Every open order of the session's symbols, whoever placed it."""
        rows = await self._listed({"status": "open"})
        ids = {row.report.broker_order_id for row in rows}
        # While a change is under way both legs are open: the old one stands for the order.
        return [await self._whole(row) for row in rows if row.replaces not in ids]

    async def orders_since(self, since_ns: int) -> list[ExecutionReport]:
        """Every order of the session's symbols that was submitted since a time."""
        since = {"after": rfc3339(since_ns)} if since_ns > 0 else {}
        rows = await self._listed({"status": "all", **since})
        # A leg that was replaced has its heir to tell of it; one that was refused never was a leg.
        news = [row for row in rows if row.status not in _NO_NEWS or not row.replaces]
        return [await self._whole(row) for row in news if row.status != REPLACED]

    async def find(self, client_order_id: str) -> ExecutionReport | None:
        """An order by its own client id, open or not; None when the venue says it has none."""
        known = self._known.find(client_order_id)
        if known is not None and known.legs and known.is_whole:
            row = await self._order(f"{_ORDERS}/{known.broker_order_id}")
        else:
            row = await self._legs.find(client_order_id) or await self._order(
                BY_CLIENT_ID, {"client_order_id": client_order_id}
            )
        if row is None:
            return None
        row = await self._newest(row)
        known = self._known.by_broker_id(row.report.broker_order_id) or self._known.learn(row)
        replacing = known.replacing
        if replacing is not None and replacing.has_failed and row.status != "pending_replace":
            self._known.change_failed(known, is_known=True)
        return self._known.whole(row.report, known)

    async def executions(self, since_ns: int) -> list[ExecutionReport]:
        """Every fill of the session's symbols since a time, oldest first."""
        return await self._fills.since(since_ns)

    async def chain_of(self, broker_order_id: str) -> Known | None:
        """Learn an order, with the legs before it, by Alpaca's id; None when there is none."""
        row = await self._order(f"{_ORDERS}/{broker_order_id}")
        if row is None:
            return None
        known = await self._learn(row)
        await self._legs.name([row])
        return known

    # ---- market data

    async def bars(self, symbol: str, since_ns: int, interval: str) -> list[Bar]:
        """Closed bars since a time, oldest first; since 0: the last thousand."""
        rules = self.rules(symbol)
        interval_ns = interval_ns_of(interval)
        path = _BARS[rules.instrument.asset_class]
        params: dict[str, str | int] = {
            "symbols": symbol,
            "timeframe": _timeframe(interval),
            "limit": _MOST_BARS,
            "sort": "asc" if since_ns > 0 else "desc",
        }
        if path == _BARS["equity"]:
            params |= {"feed": self._feed, "adjustment": "raw"}
        # Without a start Alpaca answers of today alone: the latest thousand are asked for by time.
        span_ns = _MOST_BARS * interval_ns * (1 if rules.is_crypto else 5) + 10 * 86_400 * 10**9
        params["start"] = rfc3339(since_ns if since_ns > 0 else self._clock.now_ns() - span_ns)
        bars: list[Bar] = []
        while True:
            answer = ANSWERS.table(await self._data.read(path, params), f"GET {path}")
            found = ANSWERS.table(answer.get("bars") or {}, f"GET {path}").get(symbol) or []
            bars += translate.bars_of(
                symbol,
                ANSWERS.rows(found, f"GET {path}"),
                interval_ns=interval_ns,
                now_ns=self._clock.now_ns(),
                recv_ns=time.time_ns(),
            )
            token = answer.get("next_page_token")
            if not isinstance(token, str) or (since_ns <= 0 and len(bars) >= _MOST_BARS - 1):
                return sorted(bars, key=lambda bar: bar.ts_event_ns)[
                    -_MOST_BARS if since_ns <= 0 else 0 :
                ]
            params["page_token"] = token

    # ---- the parts

    async def _session(self) -> SessionCalendar:
        today = datetime.fromtimestamp(self._clock.now_s(), UTC).date()
        last = today + timedelta(days=_CALENDAR_DAYS)
        asked = {"start": (today - _EARLIER).isoformat(), "end": last.isoformat()}
        rows = await self._trading.read("/v2/calendar", asked)
        return self._hours.hear_calendar(ANSWERS.rows(rows, "GET /v2/calendar"))

    async def _last_prices(self, symbols: Sequence[str]) -> dict[str, Decimal]:
        """What shares traded at last; one that has not traded is left out."""
        if not symbols:
            return {}
        path = "/v2/stocks/trades/latest"
        asked = {"symbols": ",".join(symbols), "feed": self._feed}
        answer = ANSWERS.table(await self._data.read(path, asked), f"GET {path}")
        trades = ANSWERS.table(answer.get("trades") or {}, f"GET {path}")
        return {
            symbol: ANSWERS.amount(ANSWERS.table(trade, path), "p", path)
            for symbol, trade in trades.items()
            if trade is not None
        }

    async def _listed(self, asked: Params) -> list[OrderRow]:
        rows: list[OrderRow] = []
        params: dict[str, str | int] = {**asked, "limit": _MOST_ORDERS, "direction": "asc"}
        while True:
            answer = await self._trading.read(_ORDERS, params)
            page = [self.row_of(each) for each in ANSWERS.rows(answer, f"GET {_ORDERS}")]
            rows += [row for row in page if row.report.symbol in self._rules]
            if len(page) < _MOST_ORDERS:
                await self._legs.name(rows)
                return rows
            params.pop("after", None)  # a cursor is not combined with a time
            params["after_order_id"] = page[-1].report.broker_order_id

    async def _order(self, path: str, params: Params | None = None) -> OrderRow | None:
        try:
            answer = await self._trading.read(path, params)
        except Refusal as error:
            if error.meaning is Meaning.MISSING:
                return None
            raise
        return self.row_of(ANSWERS.table(answer, f"GET {_ORDERS}"))

    async def _newest(self, row: OrderRow) -> OrderRow:
        """Follow an order to its newest leg, and learn all of them."""
        rows = [row]
        while rows[-1].status == REPLACED and rows[-1].replaced_by:
            heir = await self._order(f"{_ORDERS}/{rows[-1].replaced_by}")
            if heir is None or len(rows) > _LONGEST_CHAIN:
                break
            rows.append(heir)
        known = self._known.by_broker_id(row.report.broker_order_id)
        if known is not None and known.is_whole and known.legs:
            for each in rows:
                self._known.learn(each)
        elif rows[0].replaces or len(rows) > 1:
            await self._learn(rows[-1])
        else:
            self._known.learn(row)
        return rows[-1]

    async def _whole(self, row: OrderRow) -> ExecutionReport:
        """A leg as its order, with what the legs before it have filled."""
        return self._known.whole(row.report, await self._learn(row))

    async def _learn(self, row: OrderRow) -> Known:
        known = self._known.by_broker_id(row.report.broker_order_id)
        if known is None and row.replaces:
            known = self._known.by_broker_id(row.replaces)
        if known is None and not row.replaces:
            return self._known.learn(row)
        if known is not None and known.is_whole:
            return self._known.learn(row)
        rows = [row]
        while rows[0].replaces and len(rows) < _LONGEST_CHAIN:
            before = await self._order(f"{_ORDERS}/{rows[0].replaces}")
            if before is None:
                break
            rows.insert(0, before)
        return self._known.chain(rows)


def _timeframe(interval: str) -> str:
    unit, most = _FRAMES.get(interval[-1:], ("", 0))
    if int(interval[:-1]) > most:
        raise not_sent(f"Alpaca has no bars of {interval}; it has 1m to 59m, 1h to 23h, and 1d")
    return f"{interval[:-1]}{unit}"
