"""Make a sentence that a designer understands from a broken bound."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from wanprep.media.facts import is_url
from wanprep.rules.catalog import rules
from wanprep.text import file_size, join_words, plain_number, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wanprep.media.facts import Facts
    from wanprep.rules.broken import Broken, JobBroken
    from wanprep.rules.target import Target

_IN_CAPITALS: Final = frozenset({"format", "color", "video_codec", "audio_codec"})
_KINDS: Final = {
    "image": "an image",
    "video": "a video",
    "audio": "an audio file",
    "other": "no media",
}


def asset_message(broken: Broken, written: str, facts: Facts, target: Target) -> str:
    """Say what is wrong with a file, what is allowed, and what to do."""
    rule, limit = rules()[broken.rule], allowed(broken)
    words = _words(facts, limit) | {
        "name": _name(written),
        "who": provider_name(target),
        "allowed": limit,
        "a_wanted": _KINDS.get(str(_first(broken.limit)), "none"),
        "length": _length(broken.found, limit),
    }
    way_out = rule.fix if rule.fix and facts.readable and not is_url(written) else rule.by_hand
    return f"{rule.message.format_map(words)} {way_out}"


def job_message(broken: JobBroken, target: Target) -> str:
    """Say what is wrong with a job, what is allowed, and what is meant instead."""
    rule = rules()[broken.broken.rule]
    words = {
        "name": broken.name,
        "who": provider_name(target),
        "found": found_in_words(broken.broken),
        "allowed": allowed(broken.broken),
        "says": broken.broken.source.get("says", ""),
        "detail": broken.detail,
    }
    return " ".join((*rule.message.format_map(words).split(), rule.fix or rule.by_hand))


def _name(written: str) -> str:
    """Call a file by its name, without a key that an address may carry."""
    path = written.partition("?")[0] if is_url(written) else written
    return _short(os.path.basename(path.rstrip("/")) or written)


def _short(name: str) -> str:
    """Cut what is too long to be the name of a file."""
    return name if len(name) <= 255 else f"{name[:60]}…"


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def found_in_words(broken: Broken) -> str:
    """Say what was found; where its type is wrong, "5" and 5 must look different."""
    if broken.keyword == "additionalProperties":
        return "not a name that is known here"
    if broken.keyword == "required":
        return "missing"
    if broken.path == ("voices",) and broken.rule == "parameter-invalid":
        return f"a list of {broken.found}"
    text = in_words(broken.found)
    if broken.keyword == "type" and isinstance(broken.found, str):
        return f"the text {text}"
    return text


def in_words(value: object) -> str:
    """Say what was found without making a page of it."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a group of keys and values"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + '..."'


def provider_name(target: Target) -> str:
    """Name the provider as it names itself: the title's part before the colon."""
    return target.title.partition(":")[0]


def _words(facts: Facts, limit: str) -> dict[str, str]:
    """Say each fact as it stands in a sentence."""
    known: dict[str, Any] = facts.as_json()
    words = dict.fromkeys(("width", "height", "problem"), "unknown")
    words |= {name: str(value) for name, value in known.items()}
    size, aspect = facts.bytes or 0, facts.aspect or 0
    return words | {
        "format": _format(facts),
        "extension_format": (facts.extension_format or "").upper(),
        "a_kind": _KINDS[facts.kind],
        "bytes": _unlike(limit, file_size(size), f"{size:,} bytes"),
        "aspect": _unlike(limit, ratio(aspect), f"{plain_number(aspect)}:1"),
        "sar": f"{plain_number(round(facts.sar or 1, 3))}:1",
        "color": (facts.color or "unknown").upper(),
        "video_codec": _codec(facts.video_codec),
        "depth": f", {facts.bit_depth} bit" if (facts.bit_depth or 8) > 8 else "",
        "hdr": ", HDR" if facts.hdr else "",
    }


def _unlike(limit: str, rough: str, exact: str) -> str:
    """Say a value with all its digits where few would look like what is allowed."""
    number = rough.partition(" ")[0].removesuffix(".00").removesuffix(".0")
    return exact if number in limit.split() else rough


def _length(found: object, limit: str) -> str:
    if not _is_number(found):
        return ""
    length = float(str(found))
    return _unlike(limit, seconds(length), f"{plain_number(length)} s")


def _codec(name: str | None) -> str:
    """Write a codec as people do: names of few letters are abbreviations."""
    if name is None:
        return "of an unknown codec"
    return _CODECS.get(name, name.upper() if len(name) <= 5 else name)


_CODECS: Final = {"h264": "H.264", "h263": "H.263", "prores": "ProRes", "mpeg4": "MPEG-4"}


def _format(facts: Facts) -> str:
    if facts.audio_codec in {"mp1", "mp2"}:  # what MP3 files with another layer are
        return facts.audio_codec.upper()
    if facts.format != "unknown":
        return facts.format.upper()
    return (facts.problem or "no known media").removesuffix(", not media")


def allowed(broken: Broken) -> str:
    """Say what a broken bound allows, with its neighbour when there are two: 240 to 8000 px."""
    if not broken.keyword:  # asked and answered by the core
        return _choice(broken.limit)
    return allowed_by(broken.schema, broken.keyword, tuple(map(str, broken.path)))


def allowed_by(bound: Mapping[str, Any], keyword: str, path: tuple[str, ...]) -> str:
    """Say what a bound allows, in the units of what it bounds."""
    name = path[-1] if path else ""
    if bound.get(keyword) == 0 and keyword in {"maximum", "maxItems"}:
        return "none"
    if keyword in {"enum", "const"}:
        return _choice(bound[keyword], upper=name in _IN_CAPITALS)
    if keyword == "type":
        return _TYPES.get(str(bound[keyword]), "")
    if keyword in _COUNTED:
        return f"at {'least' if keyword.startswith('min') else 'most'} {bound[keyword]}"
    return between(bound, _units(name))


_COUNTED: Final = frozenset({"minLength", "maxLength", "minItems", "maxItems", "maxProperties"})
_TYPES: Final = {
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "a text",
    "array": "a list",
    "object": "a group of keys and values",
}


def _choice(limit: Any, *, upper: bool = False) -> str:  # noqa: ANN401 - whatever a schema holds
    if isinstance(limit, bool):
        return ""
    several = limit if isinstance(limit, list) else [limit]
    # "other" is what cannot be read, which another rule reports.
    names = [str(each) for each in several if each not in {"", "other"}]
    return join_words([name.upper() for name in names] if upper else names, "or")


def between(bound: Mapping[str, Any], say: Callable[[float], str]) -> str:
    """Say a range in words."""
    low, high = bound.get("minimum"), bound.get("maximum")
    above, below = bound.get("exclusiveMinimum"), bound.get("exclusiveMaximum")
    if low is not None and high is not None:
        first, last = say(low), say(high)
        unit = last.partition(" ")[2]
        return f"{first.removesuffix(unit).strip() if unit else first} to {last}"
    if above is not None and below is not None:
        return f"more than {say(above)} and less than {say(below)}"
    words = {"at least": low, "more than": above, "at most": high, "less than": below}
    return " and ".join(
        f"{word} {say(value)}" for word, value in words.items() if value is not None
    )


def _units(name: str) -> Callable[[float], str]:
    if name in {"width", "height"}:
        return lambda value: f"{plain_number(value)} px"
    if name == "bytes":
        return _megabytes
    if name.endswith("duration"):
        return lambda value: f"{plain_number(value)} s"
    return ratio if name == "aspect" else plain_number


def _megabytes(count: float) -> str:
    """Say a limit as the provider does: 20 MB, whether it is 10^6 or 2^20 bytes."""
    size = count / 2**20 if count % 2**20 == 0 else count / 10**6
    return f"{plain_number(size)} MB"


def ratio(aspect: float) -> str:
    """Say a shape: 1:8, 2.35:1."""
    if 0 < aspect < 1:
        return f"1:{plain_number(round(1 / aspect, 2))}"
    return f"{plain_number(round(aspect, 2))}:1"


def _first(limit: Any) -> Any:  # noqa: ANN401 - whatever a schema holds
    return limit[0] if isinstance(limit, list) and limit else limit


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
