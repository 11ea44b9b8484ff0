"""Named tuples as ``typing`` has them, without their cost at import.

Making a class of ``typing.NamedTuple`` compiles its constructor and each of its annotations when
its module is imported: two dozen of them were a tenth of what importing this package cost. Here
only the constructor is compiled, at the first use; annotations stay text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import NamedTuple, Self  # what checkers know
else:
    from _collections import _tuplegetter

    class _NamedTupleType(type):
        """The type of named tuples: it turns annotations into the names of places."""

        def __new__(
            mcs, name: str, bases: tuple[type, ...], namespace: dict[str, object]
        ) -> _NamedTupleType:
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = {field: namespace.pop(field) for field in fields if field in namespace}
            namespace |= {field: _tuplegetter(at, None) for at, field in enumerate(fields)}
            namespace |= {"__slots__": (), "__match_args__": fields}
            namespace |= {"_fields": fields, "_field_defaults": defaults}
            return super().__new__(mcs, name, bases, namespace)

    class NamedTuple(tuple, metaclass=_NamedTupleType):
        """Base of every named tuple."""

        __slots__ = ()

        def __new__(cls, *given: object, **named: object) -> Self:
            cls.__new__ = own = _constructor(cls)  # from now on at once
            return own(cls, *given, **named)

        @classmethod
        def _make(cls, values: Iterable[object]) -> NamedTuple:
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"expected {len(cls._fields)} arguments, got {len(made)}")
            return made

        def _replace(self, /, **changes: object) -> NamedTuple:
            made = self._make(map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"{type(self).__name__} has no fields {list(changes)}")
            return made

        def _asdict(self) -> dict[str, object]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            shown = (f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({', '.join(shown)})"

        def __getnewargs__(self) -> tuple[object, ...]:
            return tuple(self)

    def _constructor(cls: type[NamedTuple]) -> Callable[..., NamedTuple]:
        """Compile ``__new__`` of a class: what one would write by hand."""
        known = {"_make_tuple": tuple.__new__, "_defaults": cls._field_defaults}
        parameters = ", ".join(
            f"{name}=_defaults[{name!r}]" if name in cls._field_defaults else name
            for name in cls._fields
        )
        values = "".join(f"{name}, " for name in cls._fields)
        source = f"def __new__(_cls, {parameters}):\n    return _make_tuple(_cls, ({values}))\n"
        exec(source, known)  # noqa: S102  # of names of fields alone
        made = known["__new__"]
        made.__qualname__ = f"{cls.__qualname__}.__new__"
        return made
