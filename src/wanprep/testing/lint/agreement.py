"""Check that a target's limits agree with its fields, its request schema and their sources.

A limit that was mistyped is as valid as the right one: only its source tells them apart.
"""

from __future__ import annotations

import re
from itertools import chain
from math import isclose
from typing import TYPE_CHECKING, Any, Final

from wanprep.job.roles import VOICE, common_roles
from wanprep.published.mapping import kind_in
from wanprep.rules.bounds import RANGE, bounds
from wanprep.rules.native_values import to_common, to_native
from wanprep.rules.slots import slot_of, split_path
from wanprep.testing.lint.fields import field, is_allowed, parts
from wanprep.testing.lint.jobs import accepted_jobs, merge, passes, why_not_built
from wanprep.text import plain_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.rules.bounds import Bound
    from wanprep.rules.target import Target
    from wanprep.testing.lint.targets import Message

_MOST_VALUES: Final = 40
_ENDS: Final = {  # words in the name of a field, and of a role that it cannot be for
    "first_frame": re.compile(r"last|end|tail", re.IGNORECASE),
    "last_frame": re.compile(r"first|start", re.IGNORECASE),
}
_OF_SIZE: Final = frozenset({"width", "height", "pixels"})
_OF_TIME: Final = frozenset({"duration", "video_duration", "audio_duration"})
_FACTS: Final = {  # that rules with these names are about
    re.compile(r"(image|video)-too-(small|large)"): _OF_SIZE,
    re.compile(r"(audio|video)-too-(short|long)"): _OF_TIME,
    re.compile(r"file-too-large|file-near-limit"): frozenset({"bytes", "encoded_bytes"}),
}


def check_limits(target: Target) -> Iterator[Message]:
    """Check the roles and parameters of a target that can be submitted to."""
    yield from _unsent_roles(target)
    known = common_roles().beside([target.places])
    kinds = {name: known[name].kind for name in target.roles if name in known}
    for name, written in target.data["fields"].get("roles", {}).items():
        slot = slot_of(written)
        words = [str(slot.path[-1]), *_constants(slot.template)]
        yield from _other_kind(name, kinds.get(name, ""), words)
    for name, schema in target.roles.items():
        for bound in bounds(schema):
            fact = bound.path[-1] if bound.path else ""
            yield from _other_rule(name, kinds.get(name, ""), fact, bound.rule)
    yield from _unsendable_values(target)


def _unsent_roles(target: Target) -> Iterator[Message]:
    sent = target.data["fields"].get("roles", {})
    for name in sent.keys() - target.roles.keys():
        yield f"fields.roles.{name}", f"`roles` has no limits for a {name}: add `roles.{name}`."
    for name in target.roles.keys() - sent.keys() - {VOICE}:
        if target.has_role(name):
            message = (
                'accepts files, but `fields.roles` has no field for them: {"not": {}} refuses.'
            )
            yield f"roles.{name}", message


def _constants(entry: object) -> Iterator[str]:
    for value in entry.values() if isinstance(entry, dict) else ():
        if isinstance(value, str) and not value.startswith("$"):
            yield value


def _other_kind(role: str, kind: str, words: list[str]) -> Iterator[Message]:
    for word in words:
        other, ends = kind_in(word), _ENDS.get(role)
        if kind and other and other != kind:
            yield (
                f"fields.roles.{role}",
                f"`{word}` is the name of {other}, and a {role} is {kind}.",
            )
        elif ends and ends.search(word):
            yield f"fields.roles.{role}", f"`{word}` is not the name of a {role}."


def _other_rule(role: str, kind: str, fact: str, rule: str) -> Iterator[Message]:
    about = rule.partition("-")[0]
    place = ".".join(filter(None, (f"roles.{role}", fact and f"properties.{fact}")))
    if kind and about in {"image", "video", "audio"} and about != kind:
        yield place, f"the rule `{rule}` is about {about} files, and a {role} is {kind}."
    for pattern, facts in _FACTS.items():
        if fact and pattern.fullmatch(rule) and fact not in facts:
            yield place, f"the rule `{rule}` is about {' and '.join(sorted(facts))}, not {fact}."


def _unsendable_values(target: Target) -> Iterator[Message]:
    """Find values that pass here, and that the request schema refuses before anything is sent."""
    plain = next(accepted_jobs(target), None)
    for name, table in target.data["fields"]["parameters"].items() if plain else ():
        for value in _edges(target, name, table):
            job = merge(plain, {"parameters": {name: value}}) if plain else {}
            if passes(job, target) and (reason := why_not_built(job, target)):
                place = f"job.properties.parameters.properties.{name}"
                yield place, f"{value!r} passes, but no request can be built with it: {reason}"
                break


def _edges(target: Target, name: str, table: Mapping[str, Any]) -> list[Any]:
    """List the values at the limits of a target, and just outside of those of the schema."""
    values: list[Any] = []
    for bound in bounds(target.job):
        if bound.path == ("parameters", name):
            if bound.keyword in {"minimum", "maximum", "const"}:
                values.append(bound.value)
            elif bound.keyword == "enum":
                values += bound.value[:_MOST_VALUES]
    path = split_path(table["name"])[0]
    for part in parts(target.request or {}, field(target.request or {}, path)):
        outside = [
            part[key] + step for key, step in (("minimum", -1), ("maximum", 1)) if key in part
        ]
        values += [to_common(each, table) for each in outside]
    return list(dict.fromkeys(each for each in values if isinstance(each, str | int | float)))


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
