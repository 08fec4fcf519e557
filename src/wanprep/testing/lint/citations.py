"""Check that the numbers of a target's limits and prices are those of the sentences that they cite.

A limit that was mistyped is as valid as the right one: only its source tells them apart.
"""

from __future__ import annotations

import re
from itertools import chain
from math import isclose
from typing import TYPE_CHECKING, Any, Final

from wanprep.rules.bounds import RANGE, bounds
from wanprep.rules.native_values import to_native
from wanprep.rules.slots import split_path
from wanprep.testing.lint.fields import is_allowed
from wanprep.text import plain_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.rules.bounds import Bound
    from wanprep.rules.target import Target
    from wanprep.testing.lint.targets import Message

_NUMBER: Final = re.compile(
    r"(?<![\w.])(-?\d[\d,]*(?:\.\d+)?)(?:\s*([:/x×])\s*(\d+(?:\.\d+)?))?(?:\s*([KMG])i?(?:B\b|\b))?",  # noqa: RUF001
    re.IGNORECASE,
)
_SIZES: Final = {"k": 1, "m": 2, "g": 3}  # powers of 1,000 or of 1,024
_AMOUNTS: Final = ("job", "second", "first_second", "million_tokens", "image")
_KINDS: Final = frozenset({"images", "videos", "audios"})  # conditions that are no parameters


def check_citations(target: Target) -> Iterator[Message]:
    """Compare limits of files, parameters and the prompt, and prices, with their sources."""
    for role, schema in target.roles.items():
        for bound in bounds(schema):
            yield from _compare(bound, f"roles.{role}")
    for bound in bounds(target.job):
        if bound.path[:1] in {("parameters",), ("prompt",)} and bound.keyword in RANGE:
            yield from _compare(bound, "job")
    yield from _check_price(target)


def _compare(bound: Bound, place: str) -> Iterator[Message]:
    value, says = bound.value, str(bound.source.get("says", ""))
    if bound.keyword not in RANGE or not (numbers := _numbers(says)):
        return
    if not any(isclose(value, each, rel_tol=1e-3) for each in numbers):
        where = ".".join((place, *(f"properties.{name}" for name in bound.path)))
        yield where, f"`{bound.keyword}` is {plain_number(value)}, but its source says “{says}”."


def _numbers(says: str) -> set[float]:
    """List the numbers in a sentence: sizes in bytes, ratios both ways, and 640x640 in pixels."""
    found: set[float] = set()
    for written, sign, other, size in _NUMBER.findall(says):
        number = float(written.replace(",", ""))
        found |= {number, number + 1, number - 1} if "than" in says else {number}
        if other and float(other) and number:
            second = float(other)
            pair = {number / second, second / number} if sign in ":/" else {number * second}
            found |= {second, *pair}
        if size:
            power = _SIZES[size.lower()]
            found |= {number * 1000**power, number * 1024**power}
    return found


def _check_price(target: Target) -> Iterator[Message]:
    """Check that each rate is cited, and that a job can meet its conditions."""
    price: Mapping[str, Any] = target.data.get("price", {})
    rates = price.get("rates", ())
    says = price["x-source"]["says"] if rates else ""
    numbers = _numbers(says)
    amounts = ((f"rates.{at}.{name}", rate[name]) for at, rate in enumerate(rates)
               for name in _AMOUNTS if name in rate)  # fmt: skip
    for place, amount in chain(amounts, [("least", price["least"])] if "least" in price else ()):
        if amount and not any(isclose(amount, each) for each in numbers):
            yield (
                f"price.{place}",
                f"{plain_number(amount)} is not in what its source says: “{says}”.",
            )
    for at, rate in enumerate(rates):
        for name, value in rate["when"].items():
            if name not in _KINDS and not _can_be(name, value, target):
                yield (
                    f"price.rates.{at}.when.{name}",
                    f"no job of the target has the value {value!r}.",
                )
        if any(earlier["when"].items() <= rate["when"].items() for earlier in rates[:at]):
            yield (
                f"price.rates.{at}",
                "never applies: the conditions of an earlier rate are met, too.",
            )


def _can_be(name: str, value: object, target: Target) -> bool:
    table = target.data.get("fields", {}).get("parameters", {}).get(name)
    if table is None:
        return False
    native = to_native(value, table)
    return is_allowed(target.request or {}, split_path(table["name"])[0], native)
