"""Messages for people about violated bounds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from wanprep.media.facts import NOT_READ, is_url
from wanprep.net.secrets import redact
from wanprep.rules.finding import rules
from wanprep.text import codec_name, file_size, join_words, plain_number, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wanprep.media.facts import Facts
    from wanprep.rules.bounds import JobViolation, Violation
    from wanprep.rules.finding import Rule
    from wanprep.rules.target import Target

_IN_CAPITALS: Final = frozenset({"format", "color", "video_codec", "audio_codec"})
_COUNTED: Final = frozenset(
    "minLength maxLength minItems maxItems maxProperties minContains maxContains".split()
)
_KINDS: Final = {
    "image": "an image",
    "video": "a video",
    "audio": "an audio file",
    "other": "no media file",
}
_MAKE_READABLE: Final = "Make it readable, and run this again."
_TYPES: Final = {
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "a string",
    "array": "a list",
    "object": "a mapping",
}


def by_hand(rule: Rule, facts: Facts) -> str:
    """Describe what a person can do about a file, also by its facts."""
    is_unread = rule.name == "asset-unreadable" and (facts.problem or "").startswith(NOT_READ)
    return _MAKE_READABLE if is_unread else rule.by_hand


def asset_problem(violation: Violation, written: str, facts: Facts, target: Target) -> str:
    """Describe what a file is, and what is allowed."""
    limit = describe_allowed(violation)
    first = violation.limit[0] if isinstance(violation.limit, list) else violation.limit
    fields = _fact_fields(facts, limit) | {
        "name": _name(written),
        "provider": target.provider_title,
        "allowed": limit,
        "allowed_kind": _KINDS.get(str(first), "none"),
        "length": _length(violation.found, limit),
        "per_side": "" if violation.path[-1:] == ("pixels",) else " per side",
    }
    if violation.path[-1:] == ("encoded_bytes",):
        fields["bytes"] = f"{file_size(violation.found)} as base64"
    return rules()[violation.rule].message.format_map(fields)


def job_message(each: JobViolation, target: Target) -> str:
    """Describe what is wrong with a job, what is allowed, and what a person can do."""
    return f"{job_problem(each, target)} {job_advice(each)}"


def job_advice(each: JobViolation) -> str:
    """Describe what a person can do about a job."""
    return each.advice or rules()[each.violation.rule].by_hand


def job_problem(each: JobViolation, target: Target) -> str:
    """Describe what is wrong with a job, and what is allowed."""
    fields = {
        "name": _shorten(redact(each.name)),
        "provider": target.provider_title,
        "found": describe_found(each.violation),
        "allowed": describe_allowed(each.violation),
        "says": each.violation.source.get("says", ""),
        "detail": each.detail,
    }
    return " ".join(rules()[each.violation.rule].message.format_map(fields).split())


def _name(written: str) -> str:
    """Return a file's name, without a key that a URL may carry."""
    if written.startswith("data:"):
        return _shorten(written)
    path = written.partition("?")[0] if is_url(written) else written
    return _shorten(os.path.basename(path.rstrip("/")) or written)


def _shorten(name: str) -> str:
    return name if len(name) <= 255 else f"{name[:60]}…"


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def describe_found(violation: Violation) -> str:
    """Describe the value found; where its type is wrong, "5" and 5 must look different."""
    found = violation.found
    if violation.rule == "target-ended" and isinstance(found, str):
        return found
    if violation.keyword == "additionalProperties":
        return "not an allowed name"
    if violation.keyword == "required":
        return "missing"
    if violation.path == ("voices",) and violation.rule == "parameter-invalid":
        return f"a list of {found}"
    if violation.keyword == "type" and isinstance(found, str):
        return f"the string {describe_value(found)}"
    return _measure(found, violation) or describe_value(found)


def _measure(found: object, violation: Violation) -> str:
    """Write a sum, or the length of a text, with its unit."""
    match violation.path[-1:], found:
        case ("seconds" | "seconds_with_output",), int() | float():
            return seconds(found)
        case ("bytes",), int():
            return file_size(found)
        case ("difference",), int() | float():
            return f"{plain_number(abs(found))} s too {'long' if found > 0 else 'short'} in all"
        case ("utf8_bytes",), int():
            return f"{found} bytes in UTF-8"
        case ("utf16_units",), int():
            return f"{found} UTF-16 units"
        case _, int() if violation.rule.endswith("prompt-too-long"):
            return f"{found} characters"
    return ""


def describe_value(value: object) -> str:
    """Write a JSON value in at most 60 characters."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    # Redacted before it is cut, because half a login is a secret as well.
    text = f'"{redact(value)}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + '..."'


def _fact_fields(facts: Facts, limit: str) -> dict[str, str]:
    fields = dict.fromkeys(("width", "height", "problem"), "unknown")
    fields |= {name: str(value) for name, value in facts.as_json().items()}
    size, aspect = facts.bytes or 0, facts.aspect or 0
    return fields | {
        "format": _format(facts),
        "unusable": _unusable(fields["problem"]),
        "extension_format": (facts.extension_format or "").upper(),
        "kind": _KINDS[facts.kind],
        "bytes": _distinct(limit, file_size(size), f"{size:,} bytes"),
        "aspect": _distinct(limit, ratio(aspect), f"{plain_number(aspect)}:1"),
        "fps": plain_number(round(facts.fps or 0, 2)),
        "sar": f"{plain_number(round(facts.sar or 1, 3))}:1",
        "color": (facts.color or "unknown").upper(),
        "video_codec": codec_name(facts.video_codec) or "an unknown codec",
        "depth": f", {facts.bit_depth} bit" if (facts.bit_depth or 8) > 8 else "",
        "hdr": ", HDR" if facts.hdr else "",
    }


def _unusable(problem: str) -> str:
    """Complete "cannot be ...": what was not read may be fine."""
    return problem.removeprefix("not ") if problem.startswith(NOT_READ) else f"used: {problem}"


def _distinct(limit: str, rounded: str, exact: str) -> str:
    """Write a value with all its digits where the rounded one would look like the limit."""
    number = rounded.partition(" ")[0].removesuffix(".00").removesuffix(".0")
    return exact if number in limit.split() else rounded


def _length(found: object, limit: str) -> str:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return ""
    return _distinct(limit, seconds(found), f"{plain_number(found)} s")


def _format(facts: Facts) -> str:
    if facts.audio_codec in {"mp1", "mp2"}:  # what MP3 files with another layer are
        return facts.audio_codec.upper()
    if facts.format != "unknown":
        return facts.format.upper()
    return (facts.problem or "no supported media format").removesuffix(", not media")


def describe_allowed(violation: Violation) -> str:
    """Describe what a violated bound allows, a range as a whole: 240 to 8000 px."""
    if not violation.keyword:
        return _choice(violation.limit)
    return describe_limit(violation.schema, violation.keyword, tuple(map(str, violation.path)))


def describe_limit(bound: Mapping[str, Any], keyword: str, path: tuple[str, ...]) -> str:
    """Describe what a bound allows, in the units of what it bounds."""
    name = path[-1] if path else ""
    if bound.get(keyword) == 0 and keyword in {"maximum", "maxItems"}:
        return "none"
    if keyword in {"enum", "const"}:
        return _choice(bound[keyword], upper=name in _IN_CAPITALS)
    if keyword == "type":
        return _TYPES.get(str(bound[keyword]), "")
    if keyword in _COUNTED:
        return f"at {'least' if keyword.startswith('min') else 'most'} {bound[keyword]}"
    if keyword == "multipleOf":
        return f"a multiple of {_unit(name)(bound[keyword])}"
    return _range(bound, _unit(name))


def _choice(limit: Any, *, upper: bool = False) -> str:  # noqa: ANN401 - whatever a schema holds
    if isinstance(limit, bool):
        return ""
    several = limit if isinstance(limit, list) else [limit]
    # "other" is what cannot be read, which another rule reports.
    names = [str(each) for each in several if each not in ("", "other")]
    return join_words([name.upper() for name in names] if upper else names, "or")


def _range(bound: Mapping[str, Any], write: Callable[[float], str]) -> str:
    low, high = bound.get("minimum"), bound.get("maximum")
    above, below = bound.get("exclusiveMinimum"), bound.get("exclusiveMaximum")
    if low is not None and high is not None:
        first, last = write(low), write(high)
        unit = last.partition(" ")[2]
        return f"{first.removesuffix(unit).strip() if unit else first} to {last}"
    words = {"at least": low, "more than": above, "at most": high, "less than": below}
    ends = [f"{word} {write(value)}" for word, value in words.items() if value is not None]
    return " and ".join(ends)


def _unit(name: str) -> Callable[[float], str]:
    if name in {"width", "height"}:
        return lambda value: f"{plain_number(value)} px"
    if name in {"bytes", "encoded_bytes"}:
        return _megabytes
    if name == "fps":
        return lambda value: f"{plain_number(value)} fps"
    if name == "pixels":
        return lambda value: f"{plain_number(value)} px in all"
    if name.endswith("duration") or name.startswith("seconds"):
        return lambda value: f"{plain_number(value)} s"
    return ratio if name == "aspect" else plain_number


def _megabytes(count: float) -> str:
    """Write a limit as the provider does: 20 MB, whether it is 10^6 or 2^20 bytes."""
    size = count / 2**20 if count % 2**20 == 0 else count / 10**6
    return f"{plain_number(size)} MB"


def ratio(aspect: float) -> str:
    """Write an aspect ratio: 1:8, 2.35:1."""
    if 0 < aspect < 1:
        return f"1:{plain_number(round(1 / aspect, 2))}"
    return f"{plain_number(round(aspect, 2))}:1"
