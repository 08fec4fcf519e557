"""Limits of media in prose: fixed lines and machine rules are documented, sentences proposed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseLimit:
    """One limit on a fact of a file, and the text that it comes from."""

    fact: str  # "width", "bytes", "aspect", "prompt"
    keyword: str
    value: Any
    says: str
    documented: bool


_NUMBER: Final = r"(\d+(?:[.,]\d+)?)"
_RATIO: Final = r"(\d+(?:\.\d+)?(?:\s*:\s*\d+(?:\.\d+)?)?)"
_FIXED: Final = re.compile(
    r"\b(Max|Min) (file size|width|height|duration|FPS|aspect ratio): "
    rf"{_NUMBER}\s*(KB|MB|GB|px|s)?",
    re.IGNORECASE,
)
_FACTS: Final = {
    "aspect ratio": "aspect",
    "aspect_ratio": "aspect",
    "duration": "duration",
    "duration_seconds": "duration",
    "file size": "bytes",
    "file_size_bytes": "bytes",
    "file_size_mb": "bytes",
    "fps": "fps",
    "height": "height",
    "height_pixels": "height",
    "width": "width",
    "width_pixels": "width",
}
_UNITS: Final = {"kb": 1000, "mb": MEGABYTE, "gb": 1000 * MEGABYTE}
_KEYWORDS: Final = {
    "<": "exclusiveMaximum", "<=": "maximum", ">": "exclusiveMinimum", ">=": "minimum",
}  # fmt: skip
_RULE: Final = re.compile(rf"(\w+)\s*(<=|>=|<|>)\s*{_NUMBER}?")
_AT_MOST: Final = (
    r"(?:at most|up to|no (?:more|larger|longer) than|(?:must|should|can) ?not exceed|not exceed"
    r"(?:ing)?|max(?:imum)?(?: (?:file )?(?:size|length|duration))?(?: of| is|:)?|under|below|"
    r"(?:less|fewer|smaller|shorter) than|within|<=?|≤)"
)
_AT_LEAST: Final = (
    r"(?:at least|no (?:less|smaller|shorter) than|min(?:imum)?(?: of| is|:)?|"
    r"(?:must|should) exceed|(?:more|greater|larger|longer) than|>=?|≥)"
)
_PIXELS: Final = r"\s*(?:px|pixels?)\b"
_SECONDS: Final = r"\s*(?:s|sec|secs|seconds?)\b"
_BETWEEN: Final = r"\s*(?:-|\u2013|\u2014|to|and|\.\.)\s*"
_STRICT: Final = re.compile(r"(less|fewer|smaller|shorter|more|greater|larger|longer) than|exceed$"
                            r"|under|below|^[<>]$")  # fmt: skip
_FORMATS: Final = {
    "jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp", "bmp": "bmp", "gif": "gif",
    "tiff": "tiff", "heic": "heic", "avif": "avif", "mp4": "mp4", "mov": "mov", "webm": "webm",
    "avi": "avi", "mkv": "mkv", "mp3": "mp3", "wav": "wav", "m4a": "m4a", "aac": "aac",
    "ogg": "ogg", "flac": "flac",
}  # fmt: skip
_NAMED: Final = rf"(?:\b(?:{'|'.join(_FORMATS)})\b[\s,/|]*(?:or|and)?\s*)"
_FORMAT_LIST: Final = re.compile(
    rf"\b(?:formats?|supports?|accepts?|types?)\b[^.;\n]{{0,40}}?({_NAMED}{{1,12}})|({_NAMED}{{2,12}})",
    re.IGNORECASE,
)
# Words after or before a number that is of all files together.
_TOGETHER: Final = re.compile(
    r"\b(in total|in sum|altogether|combined|together|total (duration|length|size)|sum of)\b",
    re.IGNORECASE,
)


def read_validations(rules: object) -> Iterator[ProseLimit]:
    """Read machine rules: `width_pixels<` with a value, or both in one string."""
    for rule in rules if isinstance(rules, list) else ():
        text, value = _rule_text(rule)
        match = _RULE.search(text)
        if match and match[1] in _FACTS and (match[3] or value is not None):
            number = _number(match[3]) if match[3] else float(str(value))
            scale = MEGABYTE if match[1].endswith("_mb") else 1
            yield ProseLimit(
                fact=_FACTS[match[1]], keyword=_KEYWORDS[match[2]], value=_plain(number * scale),
                says=f"{match[1]} {match[2]} {_plain(number)}", documented=True,
            )  # fmt: skip


def _rule_text(rule: object) -> tuple[str, object]:
    if isinstance(rule, str):
        return rule, None
    if not isinstance(rule, dict):
        return "", None
    for key, value in rule.items():
        if isinstance(value, int | float) and re.fullmatch(r"\w+\s*[<>]=?", str(key)):
            return str(key), value
    strings = [value for value in rule.values() if isinstance(value, str)]
    text = next((value for value in strings if _RULE.search(value)), "")
    number = next((value for value in rule.values() if isinstance(value, int | float)), None)
    return text, number


def read_prose(text: str) -> Iterator[ProseLimit]:
    """Read a description: its fixed lines, then its sentences."""
    fixed = list(_fixed(text))
    yield from fixed
    rest = _FIXED.sub("", text)
    known = {(each.fact, _side(each.keyword)) for each in fixed}
    for sentence in re.split(r"(?<=[.;!])\s+|\n+|,\s+(?=up to|at most|max)", rest):
        for limit in _sentence(sentence.strip(" -*•;.")):
            if (limit.fact, _side(limit.keyword)) not in known:
                known.add((limit.fact, _side(limit.keyword)))
                yield limit


def _side(keyword: str) -> str:
    return keyword[-7:].lower()


def _fixed(text: str) -> Iterator[ProseLimit]:
    for match in _FIXED.finditer(text):
        scale = _UNITS.get((match[4] or "").lower(), 1)
        yield ProseLimit(
            fact=_FACTS[match[2].lower()],
            keyword="maximum" if match[1].lower() == "max" else "minimum",
            value=_plain(_number(match[3]) * scale),
            says=match[0],
            documented=True,
        )


def _sentence(sentence: str) -> Iterator[ProseLimit]:
    says = " ".join(sentence.split())[:160].rstrip(".")
    together = "total " if _TOGETHER.search(sentence) else ""
    for fact, keyword, value in (
        *_sizes(sentence), *_pixels(sentence), *_seconds(sentence), *_ratios(sentence),
        *_formats(sentence), *_characters(sentence),
    ):  # fmt: skip
        name = f"{together}{fact}" if fact in {"bytes", "duration"} else fact
        yield ProseLimit(fact=name, keyword=keyword, value=value, says=says, documented=False)


_Found = tuple[str, str, Any]


def _sizes(text: str) -> Iterator[_Found]:
    if match := re.search(rf"{_NUMBER}\s*(KB|MB|GB)\b", text, re.IGNORECASE):
        yield "bytes", "maximum", _plain(_number(match[1]) * _UNITS[match[2].lower()])


def _pixels(text: str) -> Iterator[_Found]:
    sides = ("width", "height")
    if match := re.search(rf"{_NUMBER}(?:{_PIXELS})?{_BETWEEN}{_NUMBER}{_PIXELS}", text):
        for side in sides:
            yield side, "minimum", _plain(_number(match[1]))
            yield side, "maximum", _plain(_number(match[2]))
        return
    for words, plain, strict in _sides():
        if match := re.search(rf"({words})\s*{_NUMBER}{_PIXELS}", text, re.IGNORECASE):
            for side in sides:
                yield side, strict if _is_strict(match[1]) else plain, _plain(_number(match[2]))


def _seconds(text: str) -> Iterator[_Found]:
    if match := re.search(rf"{_NUMBER}(?:{_SECONDS})?{_BETWEEN}{_NUMBER}{_SECONDS}", text):
        yield "duration", "minimum", _plain(_number(match[1]))
        yield "duration", "maximum", _plain(_number(match[2]))
        return
    for words, plain, strict in _sides():
        if match := re.search(rf"({words})\s*{_NUMBER}{_SECONDS}", text, re.IGNORECASE):
            yield "duration", strict if _is_strict(match[1]) else plain, _plain(_number(match[2]))


def _ratios(text: str) -> Iterator[_Found]:
    if not re.search(r"aspect|ratio", text, re.IGNORECASE):
        return
    between = rf"(?:between|from)?\s*{_RATIO}{_BETWEEN}{_RATIO}"
    if match := re.search(rf"ratio[^.\d]*{between}", text, re.IGNORECASE):
        low, high = sorted((_ratio(match[1]), _ratio(match[2])))
        yield "aspect", "minimum", low
        yield "aspect", "maximum", high
        return
    for words, plain, strict in _sides():
        if match := re.search(rf"({words})\s*{_RATIO}", text, re.IGNORECASE):
            yield "aspect", strict if _is_strict(match[1]) else plain, _ratio(match[2])


def _formats(text: str) -> Iterator[_Found]:
    if match := _FORMAT_LIST.search(text):
        words = re.findall(r"\w+", (match[1] or match[2]).lower())
        names = [_FORMATS[word] for word in words if word in _FORMATS]
        if names:
            yield "format", "enum", list(dict.fromkeys(names))


def _characters(text: str) -> Iterator[_Found]:
    if match := re.search(rf"({_AT_MOST})\s*(\d[\d,]*)\s*char", text, re.IGNORECASE):
        keyword = "exclusiveMaximum" if _is_strict(match[1]) else "maximum"
        yield "prompt", keyword, int(match[2].replace(",", ""))


def _sides() -> tuple[tuple[str, str, str], ...]:
    return ((_AT_MOST, "maximum", "exclusiveMaximum"), (_AT_LEAST, "minimum", "exclusiveMinimum"))


def _is_strict(words: str) -> bool:
    return not re.search(r"not? |no ", words) and bool(_STRICT.search(words.lower()))


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _ratio(text: str) -> float:
    width, _, height = text.replace(" ", "").partition(":")
    return round(float(width) / float(height or 1), 6)


def _plain(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number


def limits_of(schema: Mapping[str, Any]) -> list[ProseLimit]:
    """Read all limits of media that a field's schema states beside its keywords."""
    inner = schema.get("items") if isinstance(schema.get("items"), dict) else {}
    texts = [each.get("description") for each in (schema, inner or {})]
    rules = [*read_validations(schema.get("validations"))]
    rules += read_validations((inner or {}).get("validations"))
    known = {(each.fact, _side(each.keyword)) for each in rules}
    prose = [each for text in texts if isinstance(text, str) for each in read_prose(text)]
    return rules + [each for each in prose if (each.fact, _side(each.keyword)) not in known]
