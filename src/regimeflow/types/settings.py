"""Tables of settings: frozen dataclasses that check themselves, and how files are read as them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, field
from typing import ClassVar, Final, TypeVar, cast, get_type_hints

from regimeflow.types.errors import ConfigError, Fault, InvalidArgument
from regimeflow.types.kinds import BAD, Kind, Reading, Rules, found, join, kind_of, near, unit_of

T = TypeVar("T")
_RULES: Final = "regimeflow.rules"
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
    declared: T = field(default=default, metadata={_RULES: rules})
    return declared


def table(make: Callable[[], T], meaning: str) -> T:
    """Declare a setting that is a table of its own, with the table's defaults."""
    declared: T = field(default_factory=make, metadata={_RULES: Rules(meaning)})
    return declared


def required(
    meaning: str, *, above: int | None = None, check: Callable[[str], str | None] | None = None
) -> Mapping[str, Rules]:
    """Describe a setting without a default: ``name: str = field(metadata=required("..."))``."""
    return {_RULES: Rules(meaning, above, check=check)}


class Settings:
    """Base of every table of settings.

    A table is a frozen dataclass whose fields are declared with ``setting``. On construction every
    field is converted to its annotation's type and checked, and every fault is raised in one error
    of type ``RAISES``. ``faults_together`` is for what no single field can know.
    """

    __slots__ = ()

    RAISES: ClassVar[type[ConfigError | InvalidArgument]] = ConfigError

    def __post_init__(self) -> None:
        reading = Reading()
        for name, kind in kinds(type(self)).items():
            given = getattr(self, name)
            value = kind.read(given, name, reading)
            if value is not given and value is not BAD:
                object.__setattr__(self, name, value)
        faults = reading.faults or list(self.faults_together())
        if faults:
            raise self.RAISES(faults)

    def faults_together(self) -> Iterable[Fault]:
        """What is wrong between fields that are each right."""
        return ()


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
    declared = {name: each.metadata.get(_RULES) for name, each in fields_of(cls).items()}
    return {name: rules for name, rules in declared.items() if rules is not None}


def fields_of(cls: type) -> Mapping[str, Field[object]]:
    """The dataclass fields of a table, by name."""
    return cast("Mapping[str, Field[object]]", getattr(cls, "__dataclass_fields__", {}))


def default_of(cls: type, name: str) -> object:
    """The default of a setting; ``dataclasses.MISSING`` when it has none."""
    declared = fields_of(cls)[name]
    return declared.default if declared.default_factory is MISSING else declared.default_factory()


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
    cls: type, given: Mapping[object, object], path: str, reading: Reading
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
        elif default_of(cls, name) is MISSING:
            reading.fault(join(path, name), f"is missing; expected {kind.expected}")
    return values


def note_unknown(cls: type, key: object, path: str, reading: Reading) -> None:
    """Note a key that the table has not, with the one that was probably meant."""
    if not isinstance(key, str):
        reading.fault(path, f"found the key {found(key)}; expected text")
        return
    names = list(kinds(cls))
    meant = next((name for name, rules in rules_of(cls).items() if key.lower() in rules.also), None)
    hint = f' (did you mean "{meant}"?)' if meant else near(key, names)
    reading.fault(
        join(path, key), "unknown key" + (hint or f"; expected one of {', '.join(names)}")
    )


def _table_kind(cls: type) -> Kind | None:
    if not issubclass(cls, Settings):
        return None
    return Kind(
        "a table",
        lambda value: isinstance(value, cls | Mapping),
        lambda value, path, reading: read_table(cls, value, path, reading),
    )
