"""From the name in a configuration to a strategy that is ready to start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, NoReturn, Protocol

from regimeflow.domain.modules import module_of, near_name
from regimeflow.domain.strategy.base import Strategy
from regimeflow.domain.strategy.builtin import BUILTINS
from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.intervals import interval_ns_of

if TYPE_CHECKING:
    from pathlib import Path


class HasParams(Protocol):
    """Whose class says which parameters it takes."""

    default_params: ClassVar[Mapping[str, object] | None]


def load_strategy(
    name: str, *, folder: Path | None = None, path: str = "strategy.name"
) -> Strategy:
    """Make the strategy that a configuration names.

    Args:
        name: ``module:Class``, or a built-in's name.
        folder: The configuration file's; modules in it can be imported.
        path: The key to blame.

    Raises:
        ConfigError: there is no such module or class, it is no strategy, or it could not be made.
    """
    cls = _strategy_class(name, folder, path)
    try:
        strategy = cls()
    except Exception as raised:  # a user's constructor may raise anything
        detail = f"{name} could not be made: {type(raised).__name__}: {raised}"
        if isinstance(raised, TypeError):
            detail += "; a strategy's constructor takes no arguments, params are in self.ctx.params"
        raise ConfigError([Fault(path, detail)]) from raised
    faults = [*_warm_up_faults(strategy, name, path)]
    if faults:
        raise ConfigError(faults)
    return strategy


def _warm_up_faults(strategy: Strategy, name: str, path: str) -> Iterator[Fault]:
    wanted: object = strategy.warm_up
    if not isinstance(wanted, Mapping):
        text = f"found {wanted!r}; expected the bars wanted by interval, as in {{'1m': 50}}"
        yield Fault(path, f"{name}.warm_up: {text}")
        return
    for interval, count in wanted.items():
        try:
            interval_ns_of(str(interval))
        except ValueError as refused:
            yield Fault(path, f"{name}.warm_up: {refused}")
        if type(count) is not int or count < 1:
            yield Fault(path, f"{name}.warm_up: {interval}: found {count!r}; expected 1 or more")


def merged_params(
    strategy: HasParams, given: Mapping[str, object], *, path: str = "strategy.params"
) -> Mapping[str, object]:
    """Return a strategy's defaults, or a detector's, with what is configured over them, read-only.

    A value takes the type of its default: a number where there is one. One without
    ``default_params`` gets what was given.

    Raises:
        ConfigError: lists every parameter that is unknown or of the wrong kind.
    """
    defaults = type(strategy).default_params
    if defaults is None:
        return MappingProxyType(dict(given))
    merged, faults = dict(defaults), []
    for key, value in given.items():
        if key not in defaults:
            expected = ", ".join(sorted(defaults)) or "no parameters"
            faults.append(
                Fault(
                    f"{path}.{key}",
                    f"unknown parameter{near_name(key, defaults)}; expected {expected}",
                )
            )
            continue
        try:
            merged[key] = _as_default(value, defaults[key])
        except ValueError as refused:
            faults.append(Fault(f"{path}.{key}", str(refused)))
    if faults:
        raise ConfigError(faults)
    return MappingProxyType(merged)


def _as_default(value: object, default: object) -> object:
    if isinstance(default, bool) or isinstance(value, bool):
        if isinstance(value, bool) and isinstance(default, bool | None):
            return value
        raise ValueError(f"found {value!r}; expected {_kind(default)}")
    if isinstance(default, Decimal) and isinstance(value, Decimal | int | float | str):
        try:
            number = Decimal(str(value))
        except ArithmeticError:
            number = Decimal("nan")
        if number.is_finite():
            return number
    elif isinstance(default, float) and isinstance(value, int | float | Decimal):
        return float(value)
    elif default is None or isinstance(value, type(default)):
        return value
    raise ValueError(f"found {value!r}; expected {_kind(default)}")


def _kind(default: object) -> str:
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    return words.get(type(default), "a number" if isinstance(default, Decimal) else "another kind")


def _strategy_class(name: str, folder: Path | None, path: str) -> type[Strategy]:
    builtin = BUILTINS.get(name)
    if builtin is not None:
        return builtin
    module_name, colon, class_name = name.partition(":")
    if not colon or not module_name or not class_name:
        known = ", ".join(sorted(BUILTINS))
        _fault(path, f'found "{name}"; expected "module:Class" or one of {known}', name, BUILTINS)
    module = module_of(module_name, folder, path)
    found = getattr(module, class_name, None)
    if found is None:
        here = [key for key, value in vars(module).items() if _is_strategy(value)]
        own = ", ".join(here) or "no strategy"
        _fault(path, f"{module_name} has no {class_name}; it has {own}", class_name, here)
    if not _is_strategy(found):
        _fault(path, f"{name} is not a Strategy; derive it from regimeflow.live.Strategy")
    return found  # type: ignore[no-any-return]


def _is_strategy(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Strategy) and value is not Strategy


def _fault(path: str, text: str, name: str = "", names: Iterable[str] = ()) -> NoReturn:
    raise ConfigError([Fault(path, text + near_name(name, names))])
