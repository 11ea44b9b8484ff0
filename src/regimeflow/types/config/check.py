"""What ``LiveConfig`` checks across its tables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from regimeflow.types.config.brokers import (
    BROKERS,
    NetworkSettings,
    PaperSettings,
)
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.config.regime import RegimeSettings
from regimeflow.types.config.risk import RiskLimits
from regimeflow.types.config.strategy import StrategyConfig, ids_of
from regimeflow.types.errors import Fault
from regimeflow.types.fixed import listed
from regimeflow.types.kinds import freeze
from regimeflow.types.reading import BAD, MOST_HINTS, Reading, found, join, near
from regimeflow.types.records import declared, replace
from regimeflow.types.settings import (
    Settings,
    kinds,
    note_unknown,
    read_table,
    rules_of,
)


def read_config(
    cls: type, given: Mapping[object, object], reading: Reading, *, own_broker: bool
) -> dict[str, object]:
    """Read the keys of a whole configuration; every fault is noted in ``reading``.

    Args:
        cls: ``LiveConfig``.
        given: Keys as a file has them.
        reading: Where faults go, and the folder of relative paths.
        own_broker: The broker is handed to the engine, so its type and table are its own.
    """
    known = kinds(cls)
    for key in given:
        if key not in known and key != "broker":
            _note_unknown_top(cls, key, reading)
    values: dict[str, object] = {}
    for name, kind in known.items():
        value = (
            kind.read(given[name], name, reading) if name in given else declared(cls)[name].value()
        )
        if value is not BAD:
            values[name] = value
    values["broker"] = _read_broker(
        values.get("broker_type"), given.get("broker", {}), reading, own_broker=own_broker
    )
    queue = values.get("queue")
    if isinstance(queue, MessageQueueConfig):
        values["queue"] = _with_folders(queue, reading)
    reading.faults.extend(_faults_together(values))
    return values


def finish(values: dict[str, object]) -> dict[str, object]:
    """Fill in what is made from the rest: the ids of the strategies."""
    strategies = values["strategy"]
    assert isinstance(strategies, tuple)
    values["strategy"] = tuple(
        replace(each, id=label) for each, label in zip(strategies, ids_of(strategies), strict=True)
    )
    return values


def _note_unknown_top(cls: type, key: object, reading: Reading) -> None:
    names = [*kinds(cls), "broker"]
    if isinstance(key, str) and len(reading.faults) < MOST_HINTS and not near(key, names):
        for name in names:
            default = declared(cls)[name].value() if name != "broker" else PaperSettings()
            if isinstance(default, Settings) and key in rules_of(type(default)):
                reading.fault(join("", key), f'unknown key here (did you mean "{name}.{key}"?)')
                return
    note_unknown(cls, key, "", reading, more=["broker"])


def _read_broker(
    broker_type: object, given: object, reading: Reading, *, own_broker: bool
) -> object:
    if not isinstance(given, Mapping | Settings):
        return reading.mismatch("broker", given, "a table")
    if own_broker:
        return given if isinstance(given, Settings) else freeze(given, "broker", reading)
    if not isinstance(broker_type, str):
        return BAD  # noted where it was read
    if broker_type not in BROKERS:
        expected = " or ".join(BROKERS)
        return reading.fault(
            "broker_type",
            f"found {found(broker_type)}; expected {expected}{near(broker_type, [*BROKERS])}",
        )
    settings = BROKERS[broker_type]
    if isinstance(given, Settings) and not isinstance(given, settings):
        return reading.mismatch(
            "broker", given, f"{settings.__name__}, for broker_type {broker_type}"
        )
    return _with_files(read_table(settings, given, "broker", reading), reading)


def _with_files(read: object, reading: Reading) -> object:
    """Settings whose files are found from the configuration's folder."""
    if isinstance(read, PaperSettings):
        return _with_feed(read, reading)
    if isinstance(read, IBSettings):
        return _with_order_ids(read, reading)
    return _with_bundle(read, reading) if isinstance(read, NetworkSettings) else read


def _with_order_ids(settings: IBSettings, reading: Reading) -> object:
    if settings.order_id_file is None:
        return settings
    path = os.path.join(reading.folder or "", os.path.expanduser(settings.order_id_file))
    return replace(settings, order_id_file=path)


def _with_feed(settings: PaperSettings, reading: Reading) -> object:
    paths = []
    for i, feed in enumerate(settings.feed):
        path = os.path.join(reading.folder or "", os.path.expanduser(feed))
        if not os.path.isfile(path):
            reading.fault(f"broker.feed[{i}]", f"there is no file {path}")
        paths.append(path)
    return replace(settings, feed=tuple(paths))


def _with_bundle(settings: NetworkSettings, reading: Reading) -> object:
    if settings.ca_bundle is None:
        return settings
    path = os.path.join(reading.folder or "", os.path.expanduser(settings.ca_bundle))
    if not os.path.isfile(path):
        reading.fault("broker.ca_bundle", f"there is no file {path}")
    return replace(settings, ca_bundle=path)


def _with_folders(queue: MessageQueueConfig, reading: Reading) -> MessageQueueConfig:
    """Say where folders are, from the configuration's own on."""
    given = {"state_folder": queue.state_folder}
    if queue.type == "journal":
        given["url"] = queue.url
    return replace(
        queue,
        **{
            name: os.path.join(reading.folder or "", os.path.expanduser(folder))
            for name, folder in given.items()
            if folder is not None
        },
    )


def _faults_together(values: Mapping[str, object]) -> Iterator[Fault]:
    symbols = values.get("symbols")
    if not isinstance(symbols, tuple):
        return
    if not symbols:
        yield Fault("symbols", "found an empty list; expected at least one symbol")
        return
    seen: set[str] = set()
    for i, symbol in enumerate(symbols):
        if symbol in seen:
            yield Fault(f"symbols[{i}]", f"found {symbol} twice; expected each symbol once")
        seen.add(symbol)
    for name in ("risk", "broker"):
        part = values.get(name)
        if isinstance(part, RiskLimits | PaperSettings | NetworkSettings | IBSettings):
            yield from part.faults_for(symbols, name)
    regime = values.get("regime")
    if isinstance(regime, RegimeSettings) and regime.symbol not in (None, *symbols):
        text = f"is not in symbols; expected one of {listed(symbols)}"
        yield Fault("regime.symbol", f"found {found(regime.symbol)}, which {text}")
    strategies = values.get("strategy")
    if isinstance(strategies, tuple):
        yield from _strategy_faults(strategies, symbols)


def _strategy_faults(
    strategies: Sequence[StrategyConfig], symbols: tuple[str, ...]
) -> Iterator[Fault]:
    ids = [each.id for each in strategies]
    for i, each in enumerate(strategies):
        if each.id and each.id in ids[:i]:
            yield Fault(f"strategy[{i}].id", f'found "{each.id}" twice; expected each id once')
        yield from each.limits.faults_for(symbols, f"strategy[{i}].limits", is_of_strategy=True)
