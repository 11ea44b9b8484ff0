"""Records: classes of declared fields, as dataclasses are, without their cost at import.

A dataclass compiles its functions when its module is imported: fifty of them were a third of what
importing this package cost. A record shares one set of functions, and only its ``__init__`` is
compiled, at the first use. ``dataclasses.replace``, ``fields`` and ``asdict`` know records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Literal,
    NoReturn,
    Self,
    TypeVar,
    cast,
    dataclass_transform,
)

if TYPE_CHECKING:
    from dataclasses import Field
    from inspect import Signature

T = TypeVar("T")
MISSING: Final = object()
_declared: Final[dict[type, dict[str, Declared]]] = {}
_comparable: Final[dict[type, Callable[[Record], object]]] = {}  # worked out when first compared


class Declared:
    """What stands behind a field's name: where its value comes from, and what it takes part in."""

    __slots__ = ("about", "default", "is_compared", "is_given", "is_shown", "make")

    def __init__(
        self,
        default: object = MISSING,
        *,
        make: Callable[[], object] | None = None,
        about: object = None,
        is_given: bool = True,
        is_shown: bool = True,
        is_compared: bool = True,
    ) -> None:
        self.default: Final = default
        self.make: Final = make
        self.about: Final = about
        self.is_given: Final = is_given
        self.is_shown: Final = is_shown
        self.is_compared: Final = is_compared

    @property
    def has_default(self) -> bool:
        """Whether the field may be left out."""
        return self.make is not None or self.default is not MISSING

    def value(self) -> object:
        """The default of a field that has one."""
        return self.default if self.make is None else self.make()


def made(make: Callable[[], T], *, is_shown: bool = True) -> T:
    """Declare a field whose default is made anew for each record."""
    return cast("T", Declared(make=make, is_shown=is_shown))


def aside(default: T) -> T:
    """Declare a field that equality does not look at."""
    return cast("T", Declared(default, is_compared=False))


def hidden(make: Callable[[], T], *, init: Literal[False] = False) -> T:
    """Declare a field that the class fills in itself: never given, shown or compared."""
    return cast("T", Declared(make=make, is_given=init, is_shown=False, is_compared=False))


@dataclass_transform(frozen_default=True, field_specifiers=(hidden,))
class RecordType(type):
    """The type of records: it turns declared fields into slots."""

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, object],
        *,
        frozen: bool = True,
        kw_only: bool = False,
    ) -> RecordType:
        """Make a class; annotations must be text (``from __future__ import annotations``)."""
        hints = cast("Mapping[str, str]", namespace.get("__annotations__", {}))
        fields: dict[str, Declared] = {}
        for field, hint in hints.items():
            if hint.startswith("ClassVar"):
                continue
            default = namespace.pop(field, MISSING)
            fields[field] = default if isinstance(default, Declared) else Declared(default)
        if fields and any(_declared.get(base) for base in bases):
            raise TypeError(f"{name}: a record cannot have the fields of another one")
        positional = [] if kw_only else [each for each in fields if fields[each].is_given]
        namespace |= {"__slots__": tuple(fields), "__match_args__": tuple(positional)}
        if not frozen:
            namespace.setdefault("__setattr__", object.__setattr__)
            namespace |= {"__delattr__": object.__delattr__, "__hash__": None}
        made = super().__new__(mcs, name, bases, namespace)
        _declared[made] = fields
        return made

    @property
    def __signature__(cls) -> Signature:
        """What the class takes, for ``help`` and ``inspect``."""
        from inspect import Parameter, Signature

        positional = cast("tuple[str, ...]", vars(cls)["__match_args__"])
        given = [(name, each) for name, each in declared(cls).items() if each.is_given]
        return Signature(
            [
                Parameter(
                    name,
                    Parameter.POSITIONAL_OR_KEYWORD if positional else Parameter.KEYWORD_ONLY,
                    default=each.value() if each.has_default else Parameter.empty,
                    annotation=cls.__annotations__[name],
                )
                for name, each in given
            ]
        )


class _DataclassFields:
    """``__dataclass_fields__`` of a record, for the functions of ``dataclasses``."""

    def __get__(self, record: object, cls: type) -> dict[str, Field[object]]:
        import dataclasses

        shape: list[tuple[str, object, Field[object]]] = []
        for name, each in declared(cls).items():
            field: Field[object] = dataclasses.field(
                init=each.is_given, repr=each.is_shown, compare=each.is_compared
            )
            field.default = each.default if each.default is not MISSING else dataclasses.MISSING
            field.default_factory = each.make or dataclasses.MISSING
            shape.append((name, cls.__annotations__[name], field))
        alike = dataclasses.make_dataclass(cls.__name__, shape, kw_only=True)
        return {each.name: each for each in dataclasses.fields(alike)}


class Record(metaclass=RecordType):
    """Base of every record; frozen and slotted, equal by its fields.

    Class arguments: ``kw_only=True`` takes no positional argument; ``frozen=False`` allows changes.
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    else:
        __dataclass_fields__ = _DataclassFields()

        # Hidden from type checkers: they know what is frozen, and would take it for a setter.
        def __setattr__(self, name: str, value: object) -> NoReturn:
            raise frozen_error(f"cannot change {name}: make another {type(self).__name__}")

        def __delattr__(self, name: str) -> NoReturn:
            raise frozen_error(f"cannot delete {name} of a {type(self).__name__}")

    def __init__(self, *given: object, **named: object) -> None:
        cls = type(self)
        own = _initializer(cls)
        cls.__init__ = own  # type: ignore[method-assign]  # from now on at once
        own(self, *given, **named)

    def settle(self) -> None:
        """Check or fill in, with ``object.__setattr__``, what is made from the rest."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _compared(self) == _compared(other)

    def __hash__(self) -> int:
        return hash(_compared(self))

    def __repr__(self) -> str:
        shown = (
            f"{name}={getattr(self, name)!r}"
            for name, each in declared(type(self)).items()
            if each.is_shown
        )
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        values = {name: getattr(self, name) for name in declared(type(self))}
        return _restored, (type(self), values)

    def __replace__(self, /, **changes: object) -> Self:
        cls = type(self)
        same = {name: getattr(self, name) for name, each in declared(cls).items() if each.is_given}
        return cls(**same | changes)


R = TypeVar("R", bound=Record)


def replace(record: R, /, **changes: object) -> R:
    """Return a copy with some fields changed; what a class checks is checked again."""
    return record.__replace__(**changes)


def declared(cls: type) -> Mapping[str, Declared]:
    """Every field of a record's class, in order."""
    return _declared[cls]


def _compared(record: Record) -> object:
    known = _comparable.get(type(record))
    if known is None:
        fields = declared(type(record)).items()
        names = [name for name, each in fields if each.is_compared]
        known = _comparable[type(record)] = attrgetter(*names) if names else _nothing
    return known(record)


def _nothing(_: Record) -> tuple[()]:
    return ()


def _restored(cls: type[Record], values: Mapping[str, object]) -> Record:
    record = cls.__new__(cls)
    for name, value in values.items():
        object.__setattr__(record, name, value)
    return record


def frozen_error(text: str) -> AttributeError:
    """The error of a change that must not be: ``dataclasses.FrozenInstanceError``."""
    from dataclasses import FrozenInstanceError

    return FrozenInstanceError(text)


def _initializer(cls: type[Record]) -> Callable[..., None]:
    """Compile ``__init__`` of a class: what one would write by hand."""
    known: dict[str, object] = {"_missing": MISSING}
    parameters = [*_parameters(cls, known)]
    body = [*_assignments(cls, known)]
    if cls.settle is not Record.settle:
        body.append("self.settle()")
    lines = "\n    ".join(body or ["pass"])
    source = f"def __init__({', '.join(['self', *parameters])}) -> None:\n    {lines}\n"
    exec(source, known)  # noqa: S102  # of names of fields alone
    made = cast("Callable[..., None]", known["__init__"])
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _parameters(cls: type[Record], known: dict[str, object]) -> Iterator[str]:
    if not vars(cls)["__match_args__"] and any(each.is_given for each in declared(cls).values()):
        yield "*"
    for name, each in declared(cls).items():
        if not each.is_given:
            continue
        known[f"_default_{name}"] = each.default
        default = f"_default_{name}" if each.make is None else "_missing"
        yield f"{name}={default}" if each.has_default else name


def _assignments(cls: type[Record], known: dict[str, object]) -> Iterator[str]:
    for name, each in declared(cls).items():
        # The slot's own setter: the class may be frozen.
        known[f"_set_{name}"] = vars(cls)[name].__set__
        known[f"_make_{name}"] = each.make
        value = name
        if not each.is_given:
            value = f"_make_{name}()"
        elif each.make is not None:
            value = f"_make_{name}() if {name} is _missing else {name}"
        yield f"_set_{name}(self, {value})"
