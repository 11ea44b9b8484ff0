"""What goes wrong on purpose: a venue declares faults, somebody switches them on."""

from __future__ import annotations

import random
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from regimeflow.types.errors import ConfigError, Fault

_OPTIONS: Final = ("after", "count", "probability", "where")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSpec:
    """A fault that a venue knows.

    ``parameters`` are its own, with their defaults; ``where``: what is said of a place at which it
    can strike; None: that is not said, and any word passes.
    """

    name: str
    about: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    where: tuple[str, ...] | None = None


class Faults:
    """Which faults are switched on.

    Options of each: ``count``, how often it strikes at most; ``after``, how many chances it lets
    pass first; ``probability``, of each chance then, drawn from the seed; ``where``, a table of
    what the place must be (``symbol``, ``method``, ...); the rest are the fault's own parameters.

    Args:
        declared: What the venue has.
        seed: Of the probabilities.
    """

    def __init__(self, declared: Iterable[FaultSpec], *, seed: int) -> None:
        self._declared: Final = {each.name: each for each in declared}
        self._active: Final[dict[str, list[_Active]]] = {}
        self._random: Final = random.Random(f"faults {seed}")
        self._fired: Final[Counter[str]] = Counter()

    @property
    def declared(self) -> Mapping[str, FaultSpec]:
        """What the venue has, by name."""
        return self._declared

    def take(self, name: str, **context: object) -> Mapping[str, object] | None:
        """Return the parameters of a fault that strikes here and now, else None.

        Raises:
            ValueError: the venue has not declared the fault.
        """
        if not self._active:
            return None
        for active in self._active.get(self._known(name).name, ()):
            if active.strikes(context, self._random):
                self._fired[name] += 1
                return active.parameters
        return None

    def set(self, name: str, **options: object) -> None:
        """Switch a fault on, in place of what was switched on under its name.

        Raises:
            ValueError: there is no such fault or option; the text lists what there is.
        """
        self._active[name] = [self._made(name, options)]

    def add(self, name: str, **options: object) -> None:
        """Switch a fault on beside what is on already; errors as ``set``."""
        made = self._made(name, options)
        self._active.setdefault(name, []).append(made)

    def clear(self, name: str | None = None) -> None:
        """Switch a fault off, or all of them; errors as ``set``."""
        if name is None:
            self._active.clear()
        else:
            self._active.pop(self._known(name).name, None)

    def fired(self) -> Mapping[str, int]:
        """How often each struck."""
        return dict(self._fired)

    def active(self) -> list[dict[str, object]]:
        """What is switched on."""
        return [
            {"name": name, **each.options} for name, found in self._active.items() for each in found
        ]

    def _known(self, name: str) -> FaultSpec:
        spec = self._declared.get(name)
        if spec is None:
            raise ValueError(
                f"there is no fault {name!r}; there are: {', '.join(sorted(self._declared))}"
            )
        return spec

    def _made(self, name: str, options: Mapping[str, object]) -> _Active:
        spec = self._known(name)
        strange = [each for each in options if each not in {*_OPTIONS, *spec.parameters}]
        if strange:
            known = ", ".join([*_OPTIONS, *spec.parameters])
            raise ValueError(f"fault {name!r} has no option {strange[0]!r}; there are: {known}")
        for each, default in spec.parameters.items():
            if each in options and not _is_like(options[each], default):
                kind = type(default).__name__
                raise ValueError(
                    f"fault {name!r}: {each} is {options[each]!r}; expected {kind} as {default!r}"
                )
        return _Active(name, options, spec)


class _Active:
    """One fault that is switched on."""

    def __init__(self, name: str, options: Mapping[str, object], spec: FaultSpec) -> None:
        self.options: Final = dict(options)
        self.parameters: Final = {
            each: options.get(each, default) for each, default in spec.parameters.items()
        }
        self._where: Final = _places(name, options.get("where", {}), spec.where)
        self._after = _whole(name, options, "after", 0)
        self._count = _whole(name, options, "count", -1)
        probability = options.get("probability", 1.0)
        if not isinstance(probability, int | float) or not 0 <= probability <= 1:
            raise ValueError(
                f"fault {name!r}: probability is {probability!r}; expected a number from 0 to 1"
            )
        self._probability: Final = float(probability)

    def strikes(self, context: Mapping[str, object], chance: random.Random) -> bool:
        """Whether it strikes now; counts the chance that it had."""
        if not self._count:
            return False
        if any(str(context.get(key)) != value for key, value in self._where.items()):
            return False
        if self._after:
            self._after -= 1
            return False
        if self._probability < 1 and chance.random() >= self._probability:
            return False
        self._count -= 1
        return True


def read_faults(path: str | Path, faults: Faults) -> None:
    """Switch on what a TOML file names: tables ``[[fault]]`` with ``name`` and options.

    Raises:
        ConfigError: lists all that is wrong in it.
    """
    tables = toml_tables(path, "fault")
    found: list[Fault] = []
    for at, table in enumerate(tables):
        options = dict(table)
        name = options.pop("name", None)
        try:
            if not isinstance(name, str):
                raise ValueError("name is missing")  # noqa: TRY004
            faults.add(name, **options)
        except ValueError as error:
            found.append(Fault(f"fault[{at}]", str(error)))
    if found:
        raise ConfigError(found)


def toml_tables(path: str | Path, name: str) -> list[Mapping[str, object]]:
    """Return the tables ``[[name]]`` of a file that holds nothing else.

    Raises:
        ConfigError: the file cannot be read, or holds something else.
    """
    where = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise ConfigError([Fault(where, f"cannot be read: {error.strerror}")]) from None
    except ValueError as error:
        raise ConfigError([Fault(where, str(error))]) from None
    tables = document.get(name)
    strange = [key for key in document if key != name]
    if strange or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise ConfigError([Fault(where, f"expected tables [[{name}]] and nothing else")])
    return cast("list[Mapping[str, object]]", tables)


def _is_like(value: object, default: object) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return isinstance(value, type(default))


def _places(name: str, where: object, known: tuple[str, ...] | None) -> Mapping[str, str]:
    if not isinstance(where, Mapping):
        text = f"fault {name!r}: where is {where!r}; expected a table"
        raise ValueError(text)  # noqa: TRY004  # as any fault
    for key in where:
        if known is not None and key not in known:
            there = f"there are: {', '.join(known)}" if known else "it strikes everywhere"
            raise ValueError(f"fault {name!r}: where has no {key!r}; {there}")
    return {str(key): str(value) for key, value in where.items()}


def _whole(name: str, options: Mapping[str, object], option: str, default: int) -> int:
    value = options.get(option, default)
    if isinstance(value, bool) or not isinstance(value, int) or (option in options and value < 0):
        raise ValueError(f"fault {name!r}: {option} is {value!r}; expected a whole number")
    return value
