"""Data classes are those of the standard library, but that their methods are compiled later."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import field
from types import FunctionType
from typing import TYPE_CHECKING, Any

import pytest

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable


def both(**options: Any) -> tuple[Any, Any]:
    """Make a class with fields of every kind, with each of the decorators."""

    def written() -> type:
        class Made:
            """One."""

            first: int
            second: str = "two"
            third: list[int] = field(default_factory=list)
            hidden: int = field(default=4, repr=False, compare=False)
            counted: int = field(init=False, default=5)
            listed: list[int] = field(init=False, default_factory=list)
            later: int = field(init=False)

            def __post_init__(self) -> None:
                object.__setattr__(self, "later", self.first + 1)

        return Made

    return dataclass(slots=True, **options)(written()), dataclasses.dataclass(
        slots=True, **options
    )(written())


@dataclass(frozen=True, slots=True)
class Frozen:
    """One that pickle can import."""

    name: str
    others: tuple[int, ...] = ()


def problem_of(call: Callable[[], object]) -> str | type[AttributeError] | None:
    try:
        call()
    except TypeError as error:
        return str(error)
    except AttributeError:
        return AttributeError
    return None


@pytest.mark.parametrize(
    "options",
    [{}, {"frozen": True}, {"frozen": True, "kw_only": True}, {"frozen": True, "eq": False}],
    ids=str,
)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda cls: repr(cls(first=1)), id="repr"),
        pytest.param(lambda cls: repr(cls(first=1, second="x", third=[3], hidden=7)), id="given"),
        pytest.param(lambda cls: cls(first=1) == cls(first=1, hidden=9), id="equal"),
        pytest.param(lambda cls: cls(first=1) == cls(first=2), id="not equal"),
        pytest.param(lambda cls: cls(first=1) == (1, "two", [], 5, [], 2), id="not a tuple"),
        pytest.param(lambda cls: cls(first=1).third is cls(first=1).third, id="a list for each"),
        pytest.param(lambda cls: dataclasses.asdict(cls(first=1)), id="asdict"),
        pytest.param(lambda cls: repr(dataclasses.replace(cls(first=1), second="x")), id="replace"),
        pytest.param(lambda cls: (cls.__match_args__, cls.__slots__), id="names"),
        pytest.param(lambda cls: cls.__hash__ is None, id="without hash"),
        pytest.param(lambda cls: [*inspect.signature(cls).parameters], id="parameters"),
        pytest.param(lambda cls: problem_of(lambda: cls(1, "x", hidden="y")), id="by place"),
        pytest.param(problem_of, id="without a value"),
        pytest.param(lambda cls: type(problem_of(lambda: setattr(cls(first=1), "first", 2))),
                     id="set"),
        pytest.param(lambda cls: repr(copy.copy(cls(first=1))), id="copy"),
    ],
)  # fmt: skip
def test_same_as_the_standard_library(
    answer: Callable[[Any], object], options: dict[str, Any]
) -> None:
    ours, standard = both(**options)

    assert answer(ours) == answer(standard)


def test_frozen_values_are_keys_and_can_be_sent() -> None:
    one = Frozen("a", (1, 2))

    assert {one: 1}[Frozen("a", (1, 2))] == 1
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - its own
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.name


def test_nothing_is_compiled_before_the_first_instance() -> None:
    ours, _ = both(frozen=True)

    assert not isinstance(vars(ours)["__init__"], FunctionType)

    ours(first=1)

    assert isinstance(vars(ours)["__init__"], FunctionType)
