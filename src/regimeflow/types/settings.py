"""Tables of settings: records that check themselves, and how files are read as them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final, TypeVar, cast, dataclass_transform, get_type_hints

from regimeflow.types.errors import ConfigError, Fault, InvalidArgument
from regimeflow.types.fixed import listed
from regimeflow.types.kinds import Kind, Rules, kind_of, unit_of
from regimeflow.types.reading import BAD, MOST_HINTS, Reading, found, join, near
from regimeflow.types.records import Declared, Record, RecordType, declared, hidden

T = TypeVar("T")
_rules: Final[dict[type, Mapping[str, Rules]]] = {}
_kinds: Final[dict[type, Mapping[str, Kind]]] = {}


def setting(
    default: T,
    meaning: str,
    *,
    above: int | None = None,
    at_least: int | None = None,
    at_most: int | None = None,
    may_be_empty: bool = False,
    lone: bool = False,
    also: tuple[str, ...] = (),
    check: Callable[[str], str | None] | None = None,
) -> T:
    """Declare a setting: its default, what it means, and what is asked of its value.

    Args:
        default: The value when the setting is not given.
        meaning: One line for the documentation.
        above: The value is greater than this.
        at_least: The smallest value.
        at_most: The largest value.
        may_be_empty: Empty text is a value.
        lone: A list may be given as its only item.
        also: Names that other programs have for it; for hints only.
        check: For text: returns what was expected, None when the text is right.
    """
    rules = Rules(meaning, above, at_least, at_most, may_be_empty, lone, also, check)
    return cast("T", Declared(default, about=rules))


def table(make: Callable[[], T], meaning: str) -> T:
    """Declare a setting that is a table of its own, with the table's defaults."""
    return cast("T", Declared(make=make, about=Rules(meaning)))


def required(
    kind: type[T],  # noqa: ARG001  # for type checkers: there is no default to go by
    meaning: str,
    *,
    above: int | None = None,
    check: Callable[[str], str | None] | None = None,
) -> T:
    """Declare a setting of some kind that must be given."""
    return cast("T", Declared(about=Rules(meaning, above, check=check)))


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(required, hidden))
class _SettingsType(RecordType):
    """The type of tables: records that take no positional argument."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, object]
    ) -> RecordType:
        return super().__new__(mcs, name, bases, namespace, kw_only=True)


class Settings(Record, metaclass=_SettingsType):
    """Base of every table of settings.

    On construction every field is converted to its annotation's type and checked, and every fault
    is raised in one error of type ``RAISES``, an unknown or missing field too. Afterwards nothing
    can change. ``faults_together`` is for what no single field can know.
    """

    RAISES: ClassVar[type[ConfigError | InvalidArgument]] = ConfigError

    def __init__(self, **given: object) -> None:
        reading = Reading()
        values = read_fields(type(self), given, "", reading)
        for name, each in declared(type(self)).items():
            if name in values:
                object.__setattr__(self, name, values[name])
            elif each.has_default:
                object.__setattr__(self, name, each.value())
        faults = reading.faults or list(self.faults_together())
        if faults:
            raise self.RAISES(faults)
        self.settle()

    def faults_together(self) -> Iterable[Fault]:
        """What is wrong between fields that are each right."""
        return ()

    def __reduce__(self) -> tuple[Callable[..., Settings], tuple[type, dict[str, object]]]:
        return _again, (type(self), {name: getattr(self, name) for name in rules_of(type(self))})


def _again(cls: type[Settings], values: dict[str, object]) -> Settings:
    return cls(**values)


def kinds(cls: type) -> Mapping[str, Kind]:
    """The kind of every setting of a table, in order; worked out once per table."""
    known = _kinds.get(cls)
    if known is None:
        hints = get_type_hints(cls)
        known = _kinds[cls] = {
            name: kind_of(hints[name], rules._replace(unit=unit_of(name)), _table_kind)
            for name, rules in rules_of(cls).items()
        }
    return known


def rules_of(cls: type) -> Mapping[str, Rules]:
    """What is declared for every setting of a table, in order."""
    known = _rules.get(cls)
    if known is None:
        known = _rules[cls] = {
            name: each.about
            for name, each in declared(cls).items()
            if isinstance(each.about, Rules)
        }
    return known


def read_table(cls: type, value: object, path: str, reading: Reading) -> object:
    """Read a table of a file as ``cls``; ``BAD``, with every fault noted, when one is wrong."""
    if isinstance(value, cls):
        return value
    assert isinstance(value, Mapping)
    noted = len(reading.faults)
    values = read_fields(cls, value, path, reading)
    if len(reading.faults) > noted:
        return BAD
    try:
        return cls(**values)
    except (ConfigError, InvalidArgument) as error:
        for fault in error.faults:
            reading.fault(
                f"{path}.{fault.path}" if path and fault.path else path or fault.path, fault.text
            )
        return BAD


def read_fields(
    cls: type, given: Mapping[Any, object], path: str, reading: Reading
) -> dict[str, object]:
    """Read the keys of a table one by one; what is wrong is noted and left out."""
    known = kinds(cls)
    for key in given:
        if key not in known:
            note_unknown(cls, key, path, reading)
    values: dict[str, object] = {}
    for name, kind in known.items():
        if name in given:
            value = kind.read(given[name], join(path, name), reading)
            if value is not BAD:
                values[name] = value
        elif not declared(cls)[name].has_default:
            reading.fault(join(path, name), f"is missing; expected {kind.expected}")
    return values


def note_unknown(
    cls: type, key: object, path: str, reading: Reading, more: Iterable[str] = ()
) -> None:
    """Note a key that is neither of the table nor one ``more``, with what was probably meant."""
    if not isinstance(key, str):
        reading.fault(path, f"found the key {found(key)}; expected text")
        return
    names = [*kinds(cls), *more]
    meant = next((name for name, rules in rules_of(cls).items() if key.lower() in rules.also), None)
    hint = f' (did you mean "{meant}"?)' if meant else ""
    if not meant and len(reading.faults) < MOST_HINTS:
        hint = near(key, names)
    reading.fault(join(path, key), "unknown key" + (hint or f"; expected one of {listed(names)}"))


def _table_kind(cls: type) -> Kind | None:
    if not issubclass(cls, Settings):
        return None
    return Kind(
        "a table",
        lambda value: isinstance(value, cls | Mapping),
        lambda value, path, reading: read_table(cls, value, path, reading),
    )
