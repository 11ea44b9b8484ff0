"""Questions to the venue: the account, orders, fills, bars, what may be ordered."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from regimeflow._core.binance_frames import BalanceChanges
from regimeflow._core.messages import AccountInfo, Bar, ExecutionReport, Position
from regimeflow._core.tuples import NamedTuple
from regimeflow.adapters.brokers._shared.answers import Json
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers.binance import translate
from regimeflow.adapters.brokers.binance.errors import (
    ARCHIVED,
    NO_SUCH_ORDER,
    VENUE,
    Refusal,
)
from regimeflow.adapters.brokers.binance.fills import Fills
from regimeflow.adapters.brokers.binance.legs import leg_id, split_leg
from regimeflow.adapters.brokers.binance.orders import Known, KnownOrders, Replacing
from regimeflow.adapters.brokers.binance.rest import BinanceRest, decoded
from regimeflow.adapters.brokers.binance.rules import SymbolRules, order_limits, rules_of
from regimeflow.adapters.brokers.binance.signing import Value
from regimeflow.adapters.brokers.binance.translate import list_of, table_of
from regimeflow.types.errors import BrokerError, NetworkError, NotFound, Outcome
from regimeflow.types.intervals import interval_ns_of

_NS_PER_MS: Final = 1_000_000
_MOST_ROWS: Final = 1_000
_INFO_WEIGHT: Final = 20
_ACCOUNT_WEIGHT: Final = 20
_ORDER_WEIGHT: Final = 4
_OPEN_WEIGHT: Final = 6
_OPEN_ALL_WEIGHT: Final = 80
_BARS_WEIGHT: Final = 2
_TICKERS_WEIGHT: Final = 4
_DEPTH_WEIGHTS: Final = ((100, 5), (500, 25), (1_000, 50), (5_000, 250))
# A question is answered from a memory that may lag the matching engine (errors.md, -2013).
LAG_S: Final = 10.0


class Account(NamedTuple):
    """What an account held when it was last asked for, and what was heard of it since."""

    assets: dict[str, translate.Asset]
    prices: Mapping[str, Decimal]
    as_of_ns: int


class Reads:
    """Asks over REST; a question that fails raises.

    Args:
        rest: The host.
        clock: The venue's time.
        known: The orders of this session.
        rules: Those of each symbol, filled by ``load_rules``.
        currency: What the account is kept in; None: what the first symbol is paid with.
    """

    def __init__(
        self,
        rest: BinanceRest,
        clock: ClockOffset,
        known: KnownOrders,
        rules: dict[str, SymbolRules],
        *,
        currency: str | None,
    ) -> None:
        self._rest: Final = rest
        self._clock: Final = clock
        self._known: Final = known
        self._rules: Final = rules
        self._currency: Final = currency
        self._account: Account | None = None
        self.order_limits: Mapping[str, tuple[int, int]] = {}
        self._fills: Final = Fills(rest, clock, known, ask=self._ask)

    async def load_rules(self, symbols: Sequence[str]) -> None:
        """Learn what may be ordered.

        Raises:
            NotFound: the venue has no such symbol.
            BrokerError: two symbols have one balance between them.
        """
        names = ",".join(f'"{symbol}"' for symbol in symbols)
        path = "/api/v3/exchangeInfo"
        try:
            body = await self._rest.public(path, {"symbols": f"[{names}]"}, weight=_INFO_WEIGHT)
        except Refusal as error:
            if error.code in (-1121, -1100):
                text = f"the venue has no symbol among {', '.join(symbols)}: {error.text}"
                raise NotFound(text) from None
            raise
        info = table_of(decoded(body, f"GET {path}"), f"GET {path}")
        self.order_limits = order_limits(info)
        for each in list_of(info.get("symbols"), f"GET {path}"):
            rules = rules_of(each)
            self._rules[rules.instrument.symbol] = rules
        missing = [symbol for symbol in symbols if symbol not in self._rules]
        if missing:
            raise NotFound(f"the venue has no symbol {', '.join(missing)}")
        self._demand_separate_balances(symbols)

    def rules(self, symbol: str) -> SymbolRules:
        """What may be ordered of a symbol; NotFound for one of no session of ours."""
        found = self._rules.get(symbol)
        if found is None:
            raise NotFound(f"{symbol!r} is none of this session's symbols")
        return found

    async def account(self) -> AccountInfo:
        """The account now, what is held of each traded asset at the middle of its quote."""
        as_of_ns = self._clock.now_ns()
        assets = await self._assets()
        prices = await self._prices()
        self._account = Account({each.name: each for each in assets}, prices, as_of_ns)
        return self._told(self._account, as_of_ns, time.time_ns())

    def account_after(self, changes: BalanceChanges) -> AccountInfo | None:
        """The account with what has changed in it, at the prices of when it was last asked for.

        None: it was not asked for yet, or after the change was made.
        """
        was = self._account
        if was is None or changes.ts_event_ns < was.as_of_ns:
            return None
        for each in changes.balances:
            was.assets[each.asset] = translate.Asset(each.asset, each.free_dec, each.locked_dec)
        return self._told(was, changes.ts_event_ns, changes.ts_recv_ns)

    def _told(self, account: Account, as_of_ns: int, recv_ns: int) -> AccountInfo:
        return translate.account_info(
            account.assets.values(),
            currency=self.currency,
            prices=account.prices,
            as_of_ns=as_of_ns,
            recv_ns=recv_ns,
        )

    async def positions(self) -> list[Position]:
        """What is held of each symbol's base asset."""
        as_of_ns = self._clock.now_ns()
        symbols = {rules.base: symbol for symbol, rules in self._rules.items()}
        assets = await self._assets()
        return translate.positions_of(assets, symbols, as_of_ns=as_of_ns, recv_ns=time.time_ns())

    def symbol_of(self, asset: str) -> str | None:
        """The symbol whose position a balance is."""
        return next((name for name, each in self._rules.items() if each.base == asset), None)

    @property
    def currency(self) -> str:
        """What the account is kept in."""
        return self._currency or next((each.quote for each in self._rules.values()), "")

    async def open_orders(self) -> list[ExecutionReport]:
        """Every open order of the session's symbols, whoever placed it."""
        as_of_ns = self._clock.now_ns()
        rows: list[Json] = []
        path = "/api/v3/openOrders"
        few = len(self._rules) * _OPEN_WEIGHT <= _OPEN_ALL_WEIGHT
        asked: Iterable[tuple[dict[str, Value], int]] = (
            [({"symbol": symbol}, _OPEN_WEIGHT) for symbol in self._rules]
            if few
            else [({}, _OPEN_ALL_WEIGHT)]
        )
        for params, weight in asked:
            answer = await self._rest.read(path, params, weight=weight)
            rows.extend(list_of(answer, f"GET {path}"))
        ours = [row for row in rows if row.get("symbol") in self._rules]
        return [await self._whole(row, as_of_ns) for row in ours]

    async def find(self, client_order_id: str) -> ExecutionReport | None:
        """An order by its own client id, open or not; None when the venue says it has none."""
        known_symbol = self._known.symbol_of(client_order_id)
        symbols = [known_symbol] if known_symbol is not None else list(self._rules)
        for symbol in symbols:
            known = self._known.find(symbol, client_order_id)
            if known is not None and known.replacing is not None:
                return await self._find_replaced(known, known.replacing)
            found = await self._newest_leg(
                symbol, client_order_id, 0 if known is None else known.leg
            )
            if found is not None:
                return found
        return None

    async def executions(self, since_ns: int) -> list[ExecutionReport]:
        """Every fill since a time, oldest first."""
        found: list[ExecutionReport] = []
        for symbol in self._rules:
            rows = await self._fills.since(symbol, since_ns // _NS_PER_MS)
            found.extend(await self._fills.reports(rows))
        return sorted(found, key=lambda report: report.ts_event_ns)

    async def executions_after(self, since_ns: int) -> list[ExecutionReport]:
        """Every fill after the last one that was heard of each symbol, else since a time."""
        found: list[ExecutionReport] = []
        for symbol in self._rules:
            last = self._known.last_trade_ids.get(symbol)
            rows = (
                await self._fills.since(symbol, since_ns // _NS_PER_MS)
                if last is None
                else await self._fills.after(symbol, last + 1)
            )
            found.extend(await self._fills.reports(rows))
        return sorted(found, key=lambda report: report.ts_event_ns)

    async def bars(self, symbol: str, since_ns: int, interval: str) -> list[Bar]:
        """Closed bars since a time, oldest first; since 0: the last thousand."""
        self.rules(symbol)
        interval_ns = interval_ns_of(interval)
        bars: list[Bar] = []
        params: dict[str, Value] = {"symbol": symbol, "interval": interval, "limit": _MOST_ROWS}
        since_ms = since_ns // _NS_PER_MS
        while True:
            if since_ms > 0:
                params["startTime"] = since_ms
            body = await self._rest.public("/api/v3/klines", params, weight=_BARS_WEIGHT)
            rows = decoded(body, "GET /api/v3/klines")
            page = translate.bars_of(
                symbol,
                rows,
                interval_ns=interval_ns,
                now_ns=self._clock.now_ns(),
                recv_ns=time.time_ns(),
            )
            bars.extend(page)
            if since_ms <= 0 or len(page) < _MOST_ROWS - 1:
                return bars
            since_ms = page[-1].ts_event_ns // _NS_PER_MS

    async def depth(self, symbol: str, limit: int) -> bytes:
        """A snapshot of a book, as it comes."""
        weight = next(cost for most, cost in _DEPTH_WEIGHTS if limit <= most)
        params: dict[str, Value] = {"symbol": symbol, "limit": limit}
        return await self._rest.public("/api/v3/depth", params, weight=weight)

    # ---- the parts

    def _demand_separate_balances(self, symbols: Sequence[str]) -> None:
        """A balance is one symbol's position: shared between two it would be nobody's."""
        bases: dict[str, str] = {}
        for symbol in symbols:
            base = self._rules[symbol].base
            if base in bases:
                raise BrokerError(
                    f"{symbol} and {bases[base]} share the balance of {base}, which is the position"
                    " of one of them only; trade them in two sessions, on two accounts",
                    venue=VENUE,
                    outcome=Outcome.NOT_SENT,
                )
            bases[base] = symbol

    async def _assets(self) -> list[translate.Asset]:
        path = "/api/v3/account"
        answer = await self._rest.read(path, {"omitZeroBalances": True}, weight=_ACCOUNT_WEIGHT)
        return translate.assets_of(table_of(answer, f"GET {path}"))

    async def _prices(self) -> dict[str, Decimal]:
        """What one of each base asset is worth in the account's currency."""
        priced = {s: r.base for s, r in self._rules.items() if r.quote == self.currency}
        if not priced:
            return {}
        names = ",".join(f'"{symbol}"' for symbol in priced)
        path = "/api/v3/ticker/bookTicker"
        body = await self._rest.public(path, {"symbols": f"[{names}]"}, weight=_TICKERS_WEIGHT)
        found = {}
        for each in list_of(decoded(body, f"GET {path}"), f"GET {path}"):
            bid = translate.amount(each, "bidPrice", path)
            ask = translate.amount(each, "askPrice", path)
            base = priced.get(str(each.get("symbol")))
            if base is not None and bid and ask:
                found[base] = (bid + ask) / 2
        return found

    async def _ask(self, symbol: str, params: Mapping[str, Value]) -> Json | None:
        path = "/api/v3/order"
        try:
            answer = await self._rest.read(path, {"symbol": symbol, **params}, weight=_ORDER_WEIGHT)
        except Refusal as error:
            if error.code in (NO_SUCH_ORDER, ARCHIVED):
                return None
            raise
        return table_of(answer, f"GET {path}")

    async def _newest_leg(
        self, symbol: str, client_order_id: str, leg: int
    ) -> ExecutionReport | None:
        """The newest leg of an order as the whole order; an earlier one was cancelled for it."""
        as_of_ns = self._clock.now_ns()
        row = await self._ask(symbol, {"origClientOrderId": leg_id(client_order_id, leg)})
        if row is None:
            return None
        while row.get("status") == "CANCELED":
            later = await self._ask(symbol, {"origClientOrderId": leg_id(client_order_id, leg + 1)})
            if later is None:
                break
            row, leg = later, leg + 1
        return await self._whole(row, as_of_ns)

    async def _find_replaced(self, known: Known, replacing: Replacing) -> ExecutionReport | None:
        """An order whose cancel-replace got no answer: is there a new leg?"""
        as_of_ns = self._clock.now_ns()
        name = leg_id(known.client_order_id, replacing.new_leg)
        row = await self._ask(known.symbol, {"origClientOrderId": name})
        if row is not None:
            return await self._whole(row, as_of_ns)
        name = leg_id(known.client_order_id, known.leg)
        row = await self._ask(known.symbol, {"origClientOrderId": name})
        if row is None:
            return None
        if row.get("status") == "CANCELED" and self._clock.now_s() - replacing.since_s < LAG_S:
            text = "the old leg is gone; whether there is a new one cannot be said yet"
            raise NetworkError(text, venue=VENUE, outcome=Outcome.UNKNOWN)
        if replacing.has_failed:
            self._known.replace_failed(known, is_known=True)
        return await self._whole(row, as_of_ns)

    async def _whole(self, row: Json, as_of_ns: int) -> ExecutionReport:
        """A leg as its order, with what the legs before it have filled."""
        report = translate.order_report(row, as_of_ns=as_of_ns, recv_ns=time.time_ns())
        own_id, leg = split_leg(report.client_order_id)
        known = self._known.find(report.symbol, own_id)
        if leg and (known is None or not known.is_whole or known.leg != leg):
            before = Decimal(0)
            for each in range(leg):
                earlier = await self._ask(
                    report.symbol, {"origClientOrderId": leg_id(own_id, each)}
                )
                if earlier is not None:
                    before += translate.amount(earlier, "executedQty", "a question about a leg")
            known = self._known.learn(report, translate.more_of(row))
            self._known.legs_before(known, leg, before)
        known = self._known.learn(report, translate.more_of(row))
        return self._known.whole(report, known)
