"""The market that a regime is looked for in: of a journal, or of the feed that a session plays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regimeflow.apps.cli.sources import journal_of
from regimeflow.types.errors import InvalidState

if TYPE_CHECKING:
    from regimeflow._core.messages import Bar, Quote, Tick
    from regimeflow.types.config import LiveConfig
    from regimeflow.types.snapshots import RegimeTransition

Look = Callable[["Bar | Tick | Quote"], object]
_KINDS: Final = (1, 2, 3)  # quotes, trades, bars: record kinds of src/_core/layout.h


class Market:
    """Quotes, trades and bars in their order, from wherever a command's source says.

    Args:
        source: A configuration or a journal's folder.
        feeds: Recordings to play instead of the configuration's.

    Attributes:
        config: None: the source is a folder.

    Raises:
        ConfigError: the configuration is wrong.
    """

    def __init__(self, source: str, feeds: tuple[str, ...] = ()) -> None:
        self.source: Final = source
        self._feeds: Final = [str(Path(feed).resolve()) for feed in feeds]
        self.config: Final = None if Path(source).is_dir() else _config_of(source)

    @property
    def is_played(self) -> bool:
        """Whether it is a feed that can be played again, and no journal."""
        config = self.config
        if config is None:
            return False
        is_paper = config.broker_type == "paper"
        return bool(self._feeds) or (is_paper and config.journal.enabled != "yes")

    def read(self, look: Look) -> None:
        """Have each message of the journal looked at.

        Raises:
            NotFound, InvalidState: there is no journal.
        """
        from regimeflow._core.journal_reader import JournalReader
        from regimeflow._core.messages import Bar, LiveMessage, Quote, Tick

        folder, _ = journal_of(self.source)
        for frame in JournalReader(folder):
            message = frame.message
            if isinstance(message, LiveMessage) and not message.origin:
                payload = message.payload
                if isinstance(payload, Quote | Tick | Bar):
                    look(payload)

    def play(
        self,
        look: Look,
        regime: Mapping[str, object] | None = None,
        on_change: Callable[[RegimeTransition], object] | None = None,
    ) -> None:
        """Play the feed without strategies, as fast as it can be read.

        Args:
            look: Given each message.
            regime: The table of that name; None: the configuration's own.
            on_change: Told of each change of regime.

        Raises:
            InvalidState: the session failed.
        """
        from regimeflow.engine.live_engine import LiveTradingEngine

        engine = LiveTradingEngine(self._alone(regime))
        failures: list[BaseException] = []
        engine.on_error(failures.append)
        if on_change is not None:
            engine.on_regime_change(on_change)
        for kind in _KINDS:
            engine.event_bus.subscribe_payload(kind, look)
        asyncio.run(engine.run())
        if failures:
            raise InvalidState(str(failures[0])) from failures[0]

    def _alone(self, regime: Mapping[str, object] | None) -> LiveConfig:
        from regimeflow.types.config import LiveConfig

        assert self.config is not None  # noqa: S101 - only a configuration is played
        config = self.config
        broker: dict[str, object] = {"speed": "max"}
        if config.broker_type == "paper" and isinstance(config.broker, Mapping):
            broker = {**config.broker, **broker}
        if self._feeds:
            broker["feed"] = self._feeds
        values = {
            "symbols": list(config.symbols),
            "broker": broker,
            "journal": {"enabled": "no"},
            "regime": config.regime if regime is None else regime,
        }
        return LiveConfig.from_dict(values, source_dir=config.source_dir)


def _config_of(source: str) -> LiveConfig:
    from regimeflow.types.config import LiveConfig

    config = LiveConfig.from_file(source)
    config.validate()
    return config
