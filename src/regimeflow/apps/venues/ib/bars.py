"""Bars on request: five-second ones as time passes, historical ones at once, and their pacing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.contracts import Contract
from regimeflow.apps.venues.ib.errors import Code, Refusal
from regimeflow.apps.venues.ib.history import History, HistoryRequest, bar_news
from regimeflow.apps.venues.ib.ids import Say
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.tape import BAR_SECONDS, FiveSeconds, Tape
from regimeflow.apps.venues.ib.times import NS, moment

_PRICE_WITHOUT_MARKET: Final = Decimal(100)
_PACING: Final = (
    "Historical Market Data Service error message:API historical data query pacing violation"
)
_NO_BARS: Final = "Historical Market Data Service error message:HMDS query returned no data"
_REQUESTS_IN_TEN_MINUTES: Final = 60
_SAME_CONTRACT_IN_TWO_SECONDS: Final = 6


@dataclass(slots=True, kw_only=True)
class LiveBars:
    """One subscription to bars; ``request`` is set for historical bars that go on."""

    session: Session
    request_id: int
    contract: Contract
    next_begin: int
    is_regular: bool = False
    request: HistoryRequest | None = None


class Bars:
    """All bars of all clients."""

    def __init__(
        self,
        exchange: Exchange,
        tapes: Callable[[str], Tape],
        seed: int,
        now_ns: Callable[[], int],
    ) -> None:
        self._exchange = exchange
        self._tapes = tapes
        self._seed = seed
        self._now_ns = now_ns
        self._live: dict[tuple[Session, int], LiveBars] = {}
        self._asked: dict[Session, deque[tuple[int, HistoryRequest]]] = {}

    def subscribe(
        self, session: Session, request_id: int, contract: Contract, *, is_regular: bool
    ) -> None:
        """Begin to tell five-second bars."""
        now = self._now_ns() // NS
        self._live[session, request_id] = LiveBars(
            session=session,
            request_id=request_id,
            contract=contract,
            next_begin=now // BAR_SECONDS * BAR_SECONDS,
            is_regular=is_regular,
        )

    def unsubscribe(self, session: Session, request_id: int) -> None:
        """Stop telling bars."""
        self._live.pop((session, request_id), None)

    def forget(self, session: Session) -> None:
        """Drop what a client had that is gone."""
        for key in [key for key in self._live if key[0] is session]:
            del self._live[key]
        self._asked.pop(session, None)

    def bust(self, market: str) -> int:
        """Take a trade out of the day: its bars end with 10225; return how many did."""
        ended = [key for key, live in self._live.items() if live.contract.market == market]
        for session, request_id in ended:
            del self._live[session, request_id]
            session.refuse(request_id, Refusal(Code.BARS_BUSTED))
        return len(ended)

    def drop_all(self) -> None:
        """Lose every subscription, as 1101 says."""
        self._live.clear()

    def history(self, session: Session, request_id: int, request: HistoryRequest) -> None:
        """Answer reqHistoricalData.

        Raises:
            Refusal: too much was asked lately, or it cannot be told.
        """
        self._pace(session, request)
        bars = list(self._history(request.contract).bars(request, self._price(request.contract)))
        if not bars:
            raise Refusal(Code.HISTORICAL, f"{_NO_BARS}: {request.contract.symbol}")
        until = request.end_ns // NS
        begin, end = (
            f"{moment(second * NS):%Y%m%d  %H:%M:%S}" for second in (until - request.seconds, until)
        )
        session.send(messages.historical(request_id, begin, end, bars, session.version))
        if request.is_live:
            self._live[session, request_id] = LiveBars(
                session=session,
                request_id=request_id,
                contract=request.contract,
                next_begin=until // BAR_SECONDS * BAR_SECONDS,
                request=request,
            )

    def time_passed(self) -> None:
        """Tell the bars that ended."""
        now = self._now_ns() // NS
        for live in list(self._live.values()):
            while live.next_begin + BAR_SECONDS <= now:
                bar = self._tapes(live.contract.market).bar(live.next_begin)
                live.next_begin += BAR_SECONDS
                if bar is not None and (not live.is_regular or _is_regular(live.contract, bar)):
                    self._tell(live, bar)

    def _tell(self, live: LiveBars, bar: FiveSeconds) -> None:
        version = live.session.version
        if live.request is not None:
            self._tell_update(live, live.request)
            return
        live.session.send(
            messages.of(
                Say.REAL_TIME_BAR,
                3,
                live.request_id,
                bar.began,
                bar.open_px,
                bar.high_px,
                bar.low_px,
                bar.close_px,
                messages.size(bar.volume, version),
                bar.average_px.quantize(live.contract.min_tick / 10),
                bar.count,
            )
        )

    def _tell_update(self, live: LiveBars, request: HistoryRequest) -> None:
        step, now = request.bar_seconds, live.next_begin
        tape = self._tapes(live.contract.market)
        for bar in tape.bars((now - BAR_SECONDS) // step * step, now, step):
            news = bar_news(bar, request, live.contract.min_tick)
            live.session.send(
                messages.of(
                    Say.HISTORICAL_UPDATE,
                    live.request_id,
                    news.count,
                    news.time,
                    news.open_px,
                    news.close_px,
                    news.high_px,
                    news.low_px,
                    news.average_px,
                    messages.size(news.volume, live.session.version),
                )
            )

    def _history(self, contract: Contract) -> History:
        return History(contract, self._tapes(contract.market), self._seed)

    def _price(self, contract: Contract) -> Decimal:
        book = self._exchange.books[contract.market]
        bid, ask = book.best()
        quoted = bid or ask
        return book.last_price or (quoted[0] if quoted else _PRICE_WITHOUT_MARKET)

    def _pace(self, session: Session, request: HistoryRequest) -> None:
        now, asked = self._now_ns(), self._asked.setdefault(session, deque())
        while asked and now - asked[0][0] >= 600 * NS:
            asked.popleft()
        identical = any(now - when < 15 * NS and earlier == request for when, earlier in asked)
        lately = sum(
            now - when < 2 * NS and earlier.contract is request.contract for when, earlier in asked
        )
        asked.append((now, request))
        is_much = (
            len(asked) > _REQUESTS_IN_TEN_MINUTES or lately + 1 >= _SAME_CONTRACT_IN_TWO_SECONDS
        )
        if identical or is_much:
            raise Refusal(Code.HISTORICAL, _PACING)


def _is_regular(contract: Contract, bar: FiveSeconds) -> bool:
    return contract.is_regular(moment(bar.began * NS).astimezone(ZoneInfo(contract.time_zone)))
