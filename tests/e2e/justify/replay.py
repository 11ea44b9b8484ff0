"""Goes through one symbol's recording with the run's orders in it, and judges each fill.

A request that arrives at the instant of an event arrives before it. All of an event's fills are
judged together, in the order of price and time, because the reports may be told in another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from justify.market import BUY, Market, opposite, rank_of
from justify.numbers import shown
from justify.recording import Event, Quote, Trade
from justify.resting import Resting, queue_at
from justify.run import Fill, Story, Terms

ARRIVES, CHANGES, ENDS = range(3)
T1 = "T1 taker, walked the visible levels"
T1_LATER = "T1 taker, released after its arrival"
M1 = "M1 maker, a trade beyond its price"
M2 = "M2 maker, a trade at its price after the queue"
M3 = "M3 maker, the opposite side came to its price"


@dataclass(slots=True)
class Verdict:
    """What was found: each fill (by its line) with its rule, or with why none justifies it."""

    rules: dict[int, str] = field(default_factory=dict)
    unjustified: list[tuple[Fill, str]] = field(default_factory=list)

    def say(self, fill: Fill, rule: str, why: str | None) -> None:
        """Note one fill's judgement: ``why`` None when the rule justifies it."""
        if why is None:
            self.rules[fill.line] = rule
        else:
            self.unjustified.append((fill, why))


class Replay:
    """One symbol's recording, with our orders at their times."""

    def __init__(self, symbol: str, *, lot: int, orders: list[Story], verdict: Verdict) -> None:
        self.symbol = symbol
        self.market = Market(lot)
        self.verdict = verdict
        self._orders = orders
        self._resting: dict[str, Resting] = {}
        self._taken_on_arrival: defaultdict[tuple[str, int], list[Fill]] = defaultdict(list)
        self._by_event: defaultdict[int, list[tuple[Story, Fill]]] = defaultdict(list)
        self._venue_filled: Counter[str] = Counter()

    def run(self, events: list[Event]) -> None:
        """Judge every fill of the symbol."""
        requests = sorted(self._requests(), key=lambda request: request[:2])
        self._sort_fills()
        position = 0
        for event in events:
            while position < len(requests) and requests[position][0] <= event.ns:
                self._request(*requests[position][2:])
                position += 1
            self._event(event)
        for request in requests[position:]:
            self._request(*request[2:])
        for pairs in self._by_event.values():
            self._without_event(pairs)
        for (key, ns), fills in self._taken_on_arrival.items():
            for fill in fills:
                self.verdict.say(fill, "", f"no request of order {key} arrived at {ns}")

    def _requests(self) -> Iterator[tuple[int, int, int, Story, Terms]]:
        """Yield time, line, kind, order and terms; of one instant, they were told in order."""
        for story in self._orders:
            first = story.terms[0]
            arrived_ns = story.arrived_ns
            if arrived_ns is None and story.fills:
                # No line says when: no later than it traded, and a taker traded as it came.
                arrived_ns = min(fill.ns for fill in story.fills)
            if arrived_ns is None:
                continue
            yield arrived_ns, first.line, ARRIVES, story, first
            for terms in story.terms[1:]:
                yield terms.ns, terms.line, CHANGES, story, terms
            if story.ended_ns is not None:
                yield story.ended_ns, story.ended_at, ENDS, story, story.terms[-1]

    def _sort_fills(self) -> None:
        for story in self._orders:
            arrivals = {story.arrived_ns, *(terms.ns for terms in story.terms[1:])}
            if story.arrived_ns is None and story.fills:
                arrivals.add(min(fill.ns for fill in story.fills))
            for fill in story.fills:
                if fill.liquidity == "TAKER" and fill.ns in arrivals:
                    self._taken_on_arrival[story.order_id, fill.ns].append(fill)
                else:
                    self._by_event[fill.ns].append((story, fill))

    def _request(self, kind: int, story: Story, terms: Terms) -> None:
        key = story.order_id
        if kind == ENDS:
            self._resting.pop(key, None)
            return
        arrival_ns = terms.ns if kind == CHANGES else story.arrived_ns
        if arrival_ns is None:
            arrival_ns = min(fill.ns for fill in story.fills)
        fills = self._taken_on_arrival.pop((key, arrival_ns), [])
        # Several requests may arrive at one instant: each fill was told after its own.
        next_lines = [t.line for t in story.terms if t.ns == arrival_ns and t.line > terms.line]
        later = [fill for fill in fills if next_lines and fill.line > next_lines[0]]
        if later:
            self._taken_on_arrival[key, arrival_ns] = later
            fills = [fill for fill in fills if fill not in later]
        self._walk(story, terms, fills, T1)
        resting = self._resting.get(key)
        if resting is not None:
            resting.filled = self._venue_filled[key]
            resting.change(terms, self.market)
        elif self._venue_filled[key] < terms.quantity and kind == ARRIVES:
            self._rest(story, terms, arrival_ns)

    def _rest(self, story: Story, terms: Terms, ns: int) -> None:
        if terms.price is None:
            return
        rank = rank_of(story.side, terms.price)
        queue, read_time = queue_at(self.market, story.side, rank)
        if story.takes_later:
            queue, read_time = 0, 0  # it rests from its release on, which no line tells
        filled = self._venue_filled[story.order_id]
        self._resting[story.order_id] = Resting(
            story, terms.price, terms.quantity, rank, ns, queue, read_time, filled
        )

    def _walk(self, story: Story, terms: Terms, fills: list[Fill], rule: str) -> None:
        """Judge the takings of one order at one moment (T1), and take what they took."""
        side = opposite(story.side)
        last = None if terms.price is None else rank_of(side, terms.price)
        fills = sorted(fills, key=lambda fill: rank_of(side, fill.price))
        levels = [list(group) for _, group in groupby(fills, key=lambda fill: fill.price)]
        for number, group in enumerate(levels):
            rank = rank_of(side, group[0].price)
            wanted = sum(fill.quantity for fill in group)
            why = self._level_fault(side, rank, last=last, wanted=wanted)
            left = self.market.at_least(side, rank) - wanted
            if why is None and number + 1 < len(levels) and left > 0:
                why = f"it went on to a worse price with {shown(left)} left here"
            for fill in group:
                self.verdict.say(fill, rule, self._too_much(story, fill) or why)
            self.market.take(side, rank, wanted)

    def _level_fault(self, side: str, rank: int, *, last: int | None, wanted: int) -> str | None:
        if last is not None and rank > last:
            return "the price is beyond its limit"
        best, most = self.market.best_certain(side), self.market.at_most(side, rank)
        if best is not None and best[0] < rank:
            return f"the best visible price was {shown(abs(best[0]))}"
        if most < wanted:
            return f"only {shown(most)} was offered there, it took {shown(wanted)}"
        return None

    def _too_much(self, story: Story, fill: Fill) -> str | None:
        """Count a fill at the venue; say when it overfills its order or comes after its end."""
        self._venue_filled[story.order_id] += fill.quantity
        if resting := self._resting.get(story.order_id):
            resting.filled = self._venue_filled[story.order_id]
        if story.arrived_ns is not None and fill.ns < story.arrived_ns:
            return f"before its order arrived at {story.arrived_ns}"
        if story.ended_ns is not None and (
            fill.ns > story.ended_ns or (fill.ns == story.ended_ns and fill.liquidity == "MAKER")
        ):
            return f"after its order was ended at {story.ended_ns}"
        done, quantity = self._venue_filled[story.order_id], story.quantity_at(fill.ns)
        if done > quantity:
            return f"its order is filled to {shown(done)} of {shown(quantity)}"
        return None

    def _event(self, event: Event) -> None:
        self.market.apply(event)
        left = {key: order.shorten(event, self.market) for key, order in self._resting.items()}
        pairs = self._by_event.pop(event.ns, None)
        if pairs is None:
            return
        pairs.sort(key=lambda pair: self._priority(pair[0]))
        makers = []
        for story, group in groupby(pairs, key=lambda pair: pair[0]):
            fills = [fill for _, fill in group]
            takers = [fill for fill in fills if fill.liquidity == "TAKER"]
            makers += [(story, fill) for fill in fills if fill.liquidity != "TAKER"]
            self._release(story, takers, event)
        if makers and isinstance(event, Trade):
            self._from_trade(event, makers, left)
        elif makers:
            self._from_offers(makers)
        for story, _ in pairs:
            order = self._resting.get(story.order_id)
            if order is not None and order.leaves <= 0:
                del self._resting[story.order_id]

    def _priority(self, story: Story) -> tuple[bool, int, int, str]:
        resting = self._resting.get(story.order_id)
        if resting is None:
            return True, 0, 0, story.order_id
        return False, resting.rank, resting.rested_ns, story.order_id

    def _from_trade(
        self, trade: Trade, pairs: list[tuple[Story, Fill]], left: dict[str, int]
    ) -> None:
        """Judge what one trade gave to our resting orders (M1, M2, M4)."""
        remaining = trade.quantity
        for story, fill in pairs:
            too_much = self._too_much(story, fill)
            order = self._resting.get(story.order_id)
            rule, why = M1, too_much or self._maker_fault(story, fill)
            if why is None and order is not None:
                beyond = rank_of(story.side, trade.price) > order.rank
                rule = M1 if beyond else M2
                most = remaining if beyond else min(remaining, left.get(story.order_id, 0))
                if fill.quantity > most:
                    why = self._why_not(trade, order, most)
                left[story.order_id] = left.get(story.order_id, 0) - fill.quantity
                why = why or self._skipped(order)
            remaining -= fill.quantity
            self.verdict.say(fill, rule, why)

    def _why_not(self, trade: Trade, order: Resting, most: int) -> str:
        said = f"trade {trade.trade_id} of {shown(trade.quantity)} at {shown(trade.price)}"
        rank = rank_of(order.story.side, trade.price)
        if rank < order.rank:
            return f"{said} did not reach its price"
        if rank == order.rank and trade.buyer_is_maker != (order.story.side == BUY):
            return f"{said}: the aggressor came from its own side"
        if rank == order.rank and trade.own_time <= order.read_time:
            return f"{said} is older than the book that its queue was read from"
        return f"{said} leaves at most {shown(most)} for it (queue ahead: {shown(order.queue)})"

    def _from_offers(self, pairs: list[tuple[Story, Fill]]) -> None:
        """Judge what the opposite side, having come to our prices, gave to our orders (M3)."""
        for story, fill in pairs:
            why = self._too_much(story, fill) or self._maker_fault(story, fill)
            order = self._resting.get(story.order_id)
            if order is not None:
                side = opposite(story.side)
                last = rank_of(side, order.price)
                missing = self.market.take_up_to(side, last, fill.quantity)
                if missing and why is None:
                    offered = shown(fill.quantity - missing)
                    why = f"the opposite side offered {offered} up to its price"
                why = why or self._skipped(order)
            self.verdict.say(fill, M3, why)

    def _maker_fault(self, story: Story, fill: Fill) -> str | None:
        order = self._resting.get(story.order_id)
        if order is None:
            return "its order was not resting then"
        if fill.price != order.price:
            return f"a maker at {shown(order.price)} is filled at its own price"
        return None

    def _skipped(self, order: Resting) -> str | None:
        """Say which better priced order of ours still had something open (M4)."""
        for other in self._resting.values():
            if (
                other.story.side == order.story.side
                and other.rank < order.rank
                and not other.story.takes_later
                and other.leaves > 0
            ):
                return f"order {other.story.order_id} at a better price was still open"
        return None

    def _release(self, story: Story, fills: list[Fill], event: Event) -> None:
        """Judge takings that an event set free: stops, orders for the open or close."""
        if not fills:
            return
        why = None
        if not story.takes_later:
            why = f"a {story.type} order takes on its arrival, at {story.arrived_ns}"
        elif story.type.startswith("STOP") and not self._triggers(story, event):
            why = "nothing triggered its stop then"
        if why is not None:
            for fill in fills:
                self.verdict.say(fill, T1_LATER, self._too_much(story, fill) or why)
            return
        self._walk(story, self._terms_at(story, event.ns), fills, T1_LATER)

    def _triggers(self, story: Story, event: Event) -> bool:
        sign = 1 if story.side == BUY else -1
        if isinstance(event, Trade):
            return story.stop_price is None or sign * event.price >= sign * story.stop_price
        if self.market.last_trade is not None or not isinstance(event, Quote):
            return False
        price = event.ask if story.side == BUY else event.bid
        return story.stop_price is None or sign * price >= sign * story.stop_price

    def _terms_at(self, story: Story, ns: int) -> Terms:
        return [story.terms[0], *(terms for terms in story.terms[1:] if terms.ns <= ns)][-1]

    def _without_event(self, pairs: list[tuple[Story, Fill]]) -> None:
        """Judge fills at a time at which the recording has nothing."""
        for story, fill in pairs:
            why = f"the recording has nothing of {self.symbol} at {fill.ns}"
            self.verdict.say(fill, "", self._too_much(story, fill) or why)
