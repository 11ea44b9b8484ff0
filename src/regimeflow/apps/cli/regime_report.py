"""``regimeflow-live report``: the regimes of a session, and the price beneath them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from regimeflow.apps.cli.exits import Exit
from regimeflow.apps.cli.regime_market import Market
from regimeflow.apps.cli.sources import journal_of
from regimeflow.apps.cli.text import utc
from regimeflow.types.errors import NotFound
from regimeflow.types.records import Record, made

if TYPE_CHECKING:
    from regimeflow._core.messages import Bar, Quote, Tick
    from regimeflow.types.snapshots import RegimeTransition

_NS_PER_S: Final = 1_000_000_000
_MOST_POINTS: Final = 8_192


class Change(Record):
    """A change of regime."""

    ts_ns: int
    before: str
    after: str
    confidence: float
    duration_ns: int


class Story(Record, frozen=False, kw_only=True):
    """What a session's market did: price by time, thinned out, and the changes of regime."""

    symbol: str
    times_ns: list[int] = made(list)
    prices: list[float] = made(list)
    changes: list[Change] = made(list)
    first: str = "unknown"
    begin_ns: int = 0
    end_ns: int = 0
    every: int = 1
    _seen: int = 0

    def price(self, ts_ns: int, px: float) -> None:
        """Take a price."""
        self.begin_ns = self.begin_ns or ts_ns
        self.end_ns = max(self.end_ns, ts_ns)
        self._seen += 1
        if self._seen % self.every:
            return
        self.times_ns.append(ts_ns)
        self.prices.append(px)
        if len(self.times_ns) > _MOST_POINTS:  # half of them, however long it goes on
            self.every *= 2
            del self.times_ns[::2], self.prices[::2]

    def look(self, message: Bar | Tick | Quote) -> None:
        """Take the price that a message tells."""
        kind = type(message).__name__
        if message.symbol == self.symbol and kind == "Quote":
            mid = getattr(message, "mid_px", 0.0)
            if mid:
                self.price(message.ts_recv_ns or message.ts_event_ns, mid)

    def told(self, transition: RegimeTransition) -> None:
        """Take a change of regime."""
        before, after = transition.before, transition.after
        self.change(
            Change(
                after.since_ns, before.name, after.name, after.confidence, transition.duration_ns
            )
        )

    def change(self, change: Change) -> None:
        """Take a change of regime."""
        if not self.changes:
            self.first = change.before
        self.changes.append(change)
        self.end_ns = max(self.end_ns, change.ts_ns)

    def bands(self) -> list[tuple[int, int, str]]:
        """Return from when to when which regime was."""
        times = [self.begin_ns, *(each.ts_ns for each in self.changes), self.end_ns]
        names = [self.first, *(each.after for each in self.changes)]
        return [(times[i], times[i + 1], name) for i, name in enumerate(names)]


def show_report(source: str, *, png: str | None, session: int | None, as_json: bool) -> int:
    """Tell the regimes of a session, and draw them; return the exit code."""
    market = Market(source)
    story = _played(market) if market.is_played else _journalled(source, session)
    if not story.times_ns:
        raise NotFound(f"{source}: found no quotes of {story.symbol}; there is nothing to show")
    if png is not None:
        from regimeflow.apps.cli.regime_plot import draw

        draw(story, png)
    if as_json:
        sys.stdout.write(json.dumps(_values(story, png)) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(story, png)) + "\n")
    return Exit.OK


def _played(market: Market) -> Story:
    assert market.config is not None  # noqa: S101 - only a configuration is played
    config = market.config
    story = Story(symbol=config.regime.symbol or config.symbols[0])
    story.first = config.regime.regime if config.regime.detector == "constant" else "unknown"
    market.play(story.look, on_change=story.told)
    return story


def _journalled(source: str, session: int | None) -> Story:
    from regimeflow._core.frames import RegimeChange, SessionStart
    from regimeflow._core.journal_reader import JournalReader
    from regimeflow._core.messages import LiveMessage, Quote
    from regimeflow.engine.journal.answers import load

    folder, _ = journal_of(source)
    story: Story | None = None
    count = 0
    for frame in JournalReader(folder):
        thing = frame.message
        if isinstance(thing, SessionStart):
            if count and count == session:
                break
            count += 1
            story = _begun(load(thing.info))
        elif story is not None and isinstance(thing, RegimeChange):
            lasted = thing.now_ns - thing.before_since_ns if thing.before_since_ns else 0
            story.symbol = thing.symbol or story.symbol
            story.change(
                Change(
                    thing.now_ns,
                    thing.before_name,
                    thing.after_name,
                    thing.after_confidence,
                    lasted,
                )
            )
        elif story is not None and isinstance(thing, LiveMessage) and not thing.origin:
            payload = thing.payload
            if isinstance(payload, Quote):
                story.look(payload)
    if story is None or (session is not None and count != session):
        raise NotFound(f"{folder} has {count} sessions; there is no number {session or 1}")
    return story


def _begun(info: dict[str, object]) -> Story:
    import tomllib

    config = tomllib.loads(str(info.get("config", "")))
    regime = config.get("regime", {})
    symbols = info.get("symbols")
    first = symbols[0] if isinstance(symbols, list) and symbols else ""
    story = Story(symbol=str(regime.get("symbol") or first))
    if regime.get("detector", "constant") == "constant":
        story.first = str(regime.get("regime", "neutral"))
    return story


def _shares(story: Story) -> dict[str, float]:
    """Return how much of the time each regime was."""
    spans: dict[str, int] = {}
    for begin_ns, end_ns, name in story.bands():
        spans[name] = spans.get(name, 0) + end_ns - begin_ns
    total = sum(spans.values())
    return {name: span / total if total else 0.0 for name, span in spans.items()}


def _lines(story: Story, png: str | None) -> list[str]:
    width = max([len(name) for _, _, name in story.bands()])
    lines = [
        (
            f"{story.symbol}: {utc(story.begin_ns)} to {utc(story.end_ns)},"
            f" {len(story.changes)} changes of regime"
        )
    ]
    lines += [
        f"{utc(each.ts_ns)}  {each.before:<{width}} -> {each.after:<{width}}"
        f"  {each.confidence:.3f}  after {each.duration_ns / _NS_PER_S:.1f} s"
        for each in story.changes
    ]
    lines += [
        f"{name:<{width}}  {share:6.1%} of the time" for name, share in _shares(story).items()
    ]
    return lines if png is None else [*lines, f"drawn: {png}"]


def _values(story: Story, png: str | None) -> dict[str, object]:
    return {
        "symbol": story.symbol,
        "begin_ns": story.begin_ns,
        "end_ns": story.end_ns,
        "changes": [
            {
                "ts_ns": each.ts_ns,
                "before": each.before,
                "after": each.after,
                "confidence": each.confidence,
                "duration_s": each.duration_ns / _NS_PER_S,
            }
            for each in story.changes
        ],
        "shares": _shares(story),
        "png": png,
    }
