"""What the run's own lines must agree on, whatever the market did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise

from justify.numbers import CUT, EXACT, shown
from justify.recording import Recording
from justify.run import ENDS, Fill, Run, Story

FINEST_MONEY = Decimal("1e-12")  # a commission that is finer is cut to it
LEAST_NS = 1_000  # a latency in milliseconds is rounded to ns somewhere; be no stricter than this


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the venue was configured to; latencies None: not checked."""

    maker_rate: Decimal
    taker_rate: Decimal
    latency_ns: int | None = None
    jitter_ns: int = 0
    steps: dict[str, tuple[int, int]]  # symbol -> tick, lot


Fault = tuple[Fill | None, str]


def faults_of(run: Run, settings: Settings) -> Iterator[Fault]:
    """Yield each disagreement of the lines, with the fill that it concerns."""
    yield from _identities(run)
    for fill in run.fills:
        yield from ((fill, why) for why in _fill_faults(fill, run, settings))
    for story in run.orders.values():
        yield from ((None, f"order {story.order_id}: {why}") for why in _sums(story))
        yield from _progress(story)
        if settings.latency_ns is not None:
            latency = _latency(story, settings.latency_ns, settings.jitter_ns)
            yield from ((None, f"order {story.order_id}: {why}") for why in latency)
    yield from ((None, f"summary: {why}") for why in _summary(run))


def steps_of(recording: Recording, given: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Return tick and lot of each symbol: those given, else the steps that the recording is on."""
    found = {symbol: recording.tick_and_lot(symbol) for symbol in recording.events}
    return found | given


def _identities(run: Run) -> Iterator[Fault]:
    seen: dict[str, Fill] = {}
    for fill in run.fills:
        first = seen.setdefault(fill.exec_id, fill)
        if first is not fill:
            yield fill, f"exec id {fill.exec_id} was on line {first.line} already"


def _fill_faults(fill: Fill, run: Run, settings: Settings) -> Iterator[str]:
    if fill.quantity <= 0:
        yield "the quantity is not above zero"
    tick, lot = settings.steps.get(fill.symbol, (1, 1))
    if fill.price % tick:
        yield f"the price is not on the tick {shown(tick)}"
    if fill.quantity % lot:
        yield f"the quantity is not on the lot {shown(lot)}"
    rate = settings.maker_rate if fill.liquidity == "MAKER" else settings.taker_rate
    whole = EXACT.multiply(EXACT.multiply(fill.price_dec, fill.quantity_dec), rate)
    commission = whole.quantize(FINEST_MONEY, ROUND_DOWN, CUT)
    if commission != fill.commission:
        yield f"commission {fill.commission}, price x quantity x {rate} is {whole}"
    if fill.liquidity not in {"MAKER", "TAKER"}:
        yield f"liquidity is {fill.liquidity}"
    story = run.orders.get(fill.order_id)
    if story is None:
        yield "no line tells of its order"
        return
    if (fill.symbol, fill.side) != (story.symbol, story.side):
        yield f"its order is {story.side} {story.symbol}"
    if story.status == "REJECTED":
        yield "its order was rejected"
    if settings.latency_ns is not None and fill.heard_ns is not None:
        delay = fill.heard_ns - fill.ns
        if delay < settings.latency_ns - LEAST_NS:
            yield f"heard {delay} ns after it happened, sooner than the latency"


def _sums(story: Story) -> Iterator[str]:
    total = sum(fill.quantity for fill in story.fills)
    told = sum(fill.quantity for fill in story.fills if fill.line < story.cum_at)
    quantity = story.terms[-1].quantity
    if total > max(terms.quantity for terms in story.terms):
        yield f"fills of {shown(total)} are more than its quantity {shown(quantity)}"
    if story.status in ENDS and total != story.cum_qty:
        yield f"fills of {shown(total)}, final cum_qty {shown(story.cum_qty)}"
    if not told <= story.cum_qty <= total:
        yield f"cum_qty {shown(story.cum_qty)} after fills of {shown(told)} (of {shown(total)})"
    if story.status == "FILLED" and story.cum_qty != quantity:
        yield f"FILLED at {shown(story.cum_qty)} of {shown(quantity)}"
    leaves = 0 if story.status in ENDS else story.told_qty - story.cum_qty
    if story.leaves_qty != leaves:
        yield f"leaves_qty {shown(story.leaves_qty)}, expected {shown(leaves)}"


def _progress(story: Story) -> Iterator[Fault]:
    """Fills in the order in which they were told: venue's time, and what they left open."""
    done = 0
    for fill in story.fills:
        done += fill.quantity
        if len(story.terms) == 1 and fill.is_partial is not None:
            partial = done < story.terms[0].quantity
            if fill.is_partial is not partial:
                yield fill, f"is_partial is {fill.is_partial} after {shown(done)} in all"
    for before, after in pairwise(story.fills):
        if after.ns < before.ns:
            yield after, f"it happened before the fill told on line {before.line}"


def _latency(story: Story, latency_ns: int, jitter_ns: int) -> Iterator[str]:
    ways = (
        ("arrived after", story.submitted_ns, story.arrived_ns),
        ("was heard of after", story.arrived_ns, story.heard_new_ns),
    )
    for words, start, end in ways:
        if start is None or end is None:
            continue
        if not latency_ns - LEAST_NS <= end - start <= latency_ns + jitter_ns + LEAST_NS:
            yield f"{words} {end - start} ns: not within the latency and its jitter"


def _summary(run: Run) -> Iterator[str]:
    sums = {
        "fills": Decimal(len(run.fills)),
        "buy_fills": Decimal(sum(fill.side == "BUY" for fill in run.fills)),
        "sell_fills": Decimal(sum(fill.side == "SELL" for fill in run.fills)),
        "partial_fills": Decimal(sum(bool(fill.is_partial) for fill in run.fills)),
        "buy_notional": _notional(run, "BUY"),
        "sell_notional": _notional(run, "SELL"),
        "commission": sum((fill.commission for fill in run.fills), Decimal(0)),
    }
    for name, expected in sums.items():
        said = run.summary.get(name)
        if said is not None and Decimal(str(said)) != expected:
            yield f"{name} is {said}, the fills make {expected}"


def _notional(run: Run, side: str) -> Decimal:
    total = Decimal(0)
    for fill in run.fills:
        if fill.side == side:
            total = EXACT.add(total, EXACT.multiply(fill.price_dec, fill.quantity_dec))
    return total
