"""A recording on disk as a feed: plain or gzip, one file or several merged by receive time."""

from __future__ import annotations

import gzip
import heapq
import zlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from io import BufferedReader
from operator import itemgetter
from pathlib import Path
from typing import Final

from regimeflow.adapters.feeds.binance import WIRE_DECIMALS, BinanceParser, NotAnEvent, Survey
from regimeflow.adapters.feeds.feed import BadLine, Events, Scale
from regimeflow.adapters.feeds.instruments import Adjust, as_it_is, decimals_of_step, instrument_of
from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.instrument import Instrument

SURVEY_LINES: Final = 5_000  # what is read of each file beforehand, to learn its symbols and steps
MAX_LINE_BYTES: Final = 16 * 1024 * 1024  # a snapshot of 5,000 levels a side is 0.3 MB
KEPT_BAD_LINES: Final = 100
_LINES_PER_LOOK: Final = 64  # asking a file where it stands costs as much as reading a line
_GZIP_MAGIC: Final = b"\x1f\x8b"


class RecordedFeed:
    """Recordings of Binance's market streams, played in the order in which they were received.

    Lines of several files are merged by receive time, those of one instant in the order of
    ``paths``. A line that is no event is counted and kept (the first ``KEPT_BAD_LINES``,
    and every place where a file is torn), never
    raised; a file that ends in the middle of a line or of its compressed data is played up to there
    and reported likewise.

    Prices are mantissas at the finest decimals that the first lines show; quantities keep the
    wire's eight decimals, because a level may hold less than one.

    Args:
        paths: At least one.
        adjust: Makes the instrument to use of the one that the recording shows.

    Raises:
        ConfigError: a file cannot be read, or none of its first lines is an event.
    """

    def __init__(self, paths: Sequence[str | Path], *, adjust: Adjust = as_it_is) -> None:
        self._paths: Final = tuple(Path(path) for path in paths)
        self._surveys: Final = self._survey_all()
        self._instruments: Final = {
            symbol: adjust(self._infer(symbol))
            for survey in self._surveys
            for symbol in survey.symbols
        }
        self._scales: Final = {
            symbol: Scale(
                -max(self._decimals(symbol), decimals_of_step(one.tick_size)), -WIRE_DECIMALS
            )
            for symbol, one in self._instruments.items()
        }
        self._total_bytes: Final = sum(path.stat().st_size for path in self._paths)
        self._open: list[_Lines] = []
        self._bad_lines: list[BadLine] = []
        self._bad_line_count = 0
        self._is_ended = False

    @property
    def start_ns(self) -> int:
        """Receive time of the first event, UTC."""
        return min(survey.first_recv_ns or 0 for survey in self._surveys)

    @property
    def total_bytes(self) -> int:
        """Of all files, as they lie on disk."""
        return self._total_bytes

    @property
    def bad_line_count(self) -> int:
        """How many lines were no event."""
        return self._bad_line_count

    @property
    def bad_lines(self) -> Sequence[BadLine]:
        """The first of them."""
        return tuple(self._bad_lines)

    def instruments(self) -> Mapping[str, Instrument]:
        """By symbol, in the order in which they appear."""
        return self._instruments

    def scales(self) -> Mapping[str, Scale]:
        """The exponents of each symbol's mantissas."""
        return self._scales

    def progress(self) -> float | None:
        """The part of the files' bytes that has been read; from any thread."""
        if self._is_ended:
            return 1.0
        return sum(lines.read_bytes for lines in self._open) / max(1, self._total_bytes)

    def events(self) -> Events:
        """Play from the beginning."""
        self._bad_lines.clear()
        self._bad_line_count = 0
        self._is_ended = False
        players = [
            self._play(path, survey)
            for path, survey in zip(self._paths, self._surveys, strict=True)
        ]
        self._open = []
        try:
            yield from players[0] if len(players) == 1 else heapq.merge(*players, key=itemgetter(0))
        finally:
            for player in players:
                player.close()
            self._is_ended = True

    def _play(self, path: Path, survey: Survey) -> Events:
        parser = BinanceParser(self._scales, survey.symbols)
        with path.open("rb") as raw:
            lines = _Lines(raw)
            self._open.append(lines)
            for line in lines:
                if not line.isspace():
                    try:
                        yield from parser.parse(line)
                    except NotAnEvent as error:
                        self._report(path, lines.count, str(error))
            if lines.fault:
                self._report(path, lines.count + 1, lines.fault, is_end=True)

    def _report(self, path: Path, line: int, reason: str, *, is_end: bool = False) -> None:
        self._bad_line_count += 1
        if is_end or len(self._bad_lines) < KEPT_BAD_LINES:
            self._bad_lines.append(BadLine(path.name, line, reason))

    def _survey_all(self) -> list[Survey]:
        if not self._paths:
            raise ConfigError([Fault("broker.feed", "no file is named")])
        faults: list[Fault] = []
        surveys = [
            _survey(path, f"broker.feed[{at}]", faults) for at, path in enumerate(self._paths)
        ]
        if faults:
            raise ConfigError(faults)
        return surveys

    def _infer(self, symbol: str) -> Instrument:
        """Tick from the finest price, lot from the finest trade: a level may hold less than one."""
        traded = max((survey.traded_decimals.get(symbol, 0) for survey in self._surveys), default=0)
        return instrument_of(symbol, _step(self._decimals(symbol)), _step(traded or WIRE_DECIMALS))

    def _decimals(self, symbol: str) -> int:
        return max(survey.px_decimals.get(symbol, 0) for survey in self._surveys)


class _Lines:
    """The lines of a file, plain or gzip; ``fault`` says why they ended before the file did.

    ``read_bytes`` is how far it has been read on disk: a plain number, so that any thread may ask.
    """

    def __init__(self, raw: BufferedReader) -> None:
        self._raw: Final = raw
        self.count = 0
        self.read_bytes = 0
        self.fault = ""

    def __iter__(self) -> Iterator[bytes]:
        raw = self._raw
        is_gzip = raw.peek(2)[:2] == _GZIP_MAGIC
        stream = gzip.GzipFile(fileobj=raw) if is_gzip else raw
        try:
            while line := stream.readline(MAX_LINE_BYTES):
                if len(line) == MAX_LINE_BYTES:
                    self.fault = (
                        f"a line is longer than {MAX_LINE_BYTES} bytes; the rest is left out"
                    )
                    return
                self.count += 1
                if not self.count % _LINES_PER_LOOK:
                    self.read_bytes = raw.tell()
                yield line
            self.read_bytes = raw.tell()
        except (EOFError, OSError, zlib.error) as error:
            self.fault = f"the file is torn here: {error}"


def _survey(path: Path, where: str, faults: list[Fault]) -> Survey:
    survey = Survey()
    try:
        with path.open("rb") as raw:
            lines = _Lines(raw)
            for line in lines:
                survey.look_at(line)
                if lines.count == SURVEY_LINES:
                    break
    except OSError as error:
        faults.append(Fault(where, f"cannot read {str(path)!r}: {error.strerror}"))
        return survey
    if not survey.symbols:
        faults.append(
            Fault(
                where,
                f"{str(path)!r} has no market event in its first lines; expected `recv_ns json`",
            )
        )
    return survey


def _step(decimals: int) -> Decimal:
    return Decimal((0, (1,), -decimals))
