"""The regimes of a session as a picture: the price, a band behind it, a line at each change."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regimeflow.types.errors import InvalidState

if TYPE_CHECKING:
    from regimeflow.apps.cli.regime_report import Story

_COLOURS: Final = {
    "bull": "#7fbf7b",
    "neutral": "#c7c7c7",
    "bear": "#f1a340",
    "crisis": "#d7594f",
    "unknown": "#ffffff",
}
_OTHERS: Final = ("#8da0cb", "#e78ac3", "#a6d854", "#ffd92f", "#66c2a5")
_NS_PER_DAY: Final = 86_400 * 1_000_000_000


def draw(story: Story, path: str) -> None:
    """Write a picture (PNG) to a file.

    Raises:
        InvalidState: matplotlib is not installed.
        OSError: it cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
        from matplotlib.figure import Figure
    except ModuleNotFoundError as missing:
        text = "a picture needs matplotlib: pip install 'regimeflow[report]'"
        raise InvalidState(text) from missing
    figure = Figure(figsize=(12, 6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    shown: set[str] = set()
    for begin_ns, end_ns, name in story.bands():
        label = None if name in shown else name
        shown.add(name)
        axes.axvspan(
            _time(begin_ns),
            _time(end_ns),
            color=_colour(name, shown),
            alpha=0.45,
            lw=0,
            label=label,
        )
    for each in story.changes:
        axes.axvline(_time(each.ts_ns), color="#444444", lw=0.7, ls="--")
    axes.plot([_time(each) for each in story.times_ns], story.prices, color="#1b3a57", lw=0.9)
    axes.set_title(f"{story.symbol}: {len(story.changes)} changes of regime")
    axes.set_ylabel("mid price")
    axes.margins(x=0)
    locator = AutoDateLocator(tz=UTC)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.legend(loc="upper left", ncols=len(shown))
    with Path(path).open("wb") as file:
        figure.savefig(file, format="png", dpi=110)


def _time(ts_ns: int) -> float:
    """Return a time as matplotlib has it: days since 1970."""
    return ts_ns / _NS_PER_DAY


def _colour(name: str, shown: set[str]) -> str:
    if name in _COLOURS:
        return _COLOURS[name]
    own = sorted(shown - set(_COLOURS))
    return _OTHERS[own.index(name) % len(_OTHERS)]
