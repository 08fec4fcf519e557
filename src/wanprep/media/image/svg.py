"""Read SVG drawings: the size to show them at, and whether they are complete.

The beginning is parsed with expat: a text search cannot handle encodings, comments and entities.
Small drawings, that is most, are parsed to their end: viewers do not show invalid XML.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from wanprep.media.image.exif import image_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.media.facts import PartialFacts
    from wanprep.media.source import Source

# CSS Values and Units section 6.2: an inch has 96 pixels. em and ex: as in browsers without a
# font.
_UNITS: Final = {
    "": 1.0,
    "cm": 96 / 2.54,
    "em": 16.0,
    "ex": 8.0,
    "in": 96.0,
    "mm": 96 / 25.4,
    "pc": 16.0,
    "pt": 96 / 72,
    "px": 1.0,
}
_LENGTH: Final = re.compile(r"\s*\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?(|[a-z]{2})\s*", re.IGNORECASE)
_LARGEST: Final = 1e9
_PARSED: Final = 64 * 1024
_CUT_OFF: Final = frozenset(
    expat.errors.codes[error]
    for error in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    )
)


def read_svg(source: Source) -> PartialFacts:
    """Read the size in the first tag, and check that the last one is there."""
    root, problem = _parse(source)
    width, height = _size(root)
    return image_facts(
        "svg", width, height, alpha=True, bit_depth=8, color="rgb", problem=problem or _end(source)
    )


def _parse(source: Source) -> tuple[Mapping[str, str], str | None]:
    """Return the attributes of the first tag, and the problem with the XML."""
    tags: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()

    def note(name: str, attributes: dict[str, str]) -> None:
        tags.append((name, attributes))
        parser.StartElementHandler = None

    parser.StartElementHandler = note
    problem = None
    try:
        parser.Parse(source.read_at(0, _PARSED), source.size <= _PARSED)
    except expat.ExpatError as error:
        problem = f"damaged: line {error.lineno} is not well-formed XML"
        if error.code in _CUT_OFF:
            problem = _cut_off(source)
    except LookupError:
        problem = "damaged: unknown encoding"
    name, attributes = tags[0] if tags else ("", {})
    if name.rpartition(":")[2] != "svg":
        return {}, problem or "not a drawing: its first tag is not svg"
    return attributes, problem


def _end(source: Source) -> str | None:
    if source.size <= _PARSED:
        return None
    whole = re.search(rb"</[\w.:-]*\bsvg\s*>", source.read_at(source.size - _PARSED, _PARSED))
    return None if whole else _cut_off(source)


def _cut_off(source: Source) -> str:
    return f"cut off: its {source.size:,} bytes end before the drawing does"


def _size(root: Mapping[str, str]) -> tuple[int, int]:
    """Return the size of the drawing, 0 where it has none of its own."""
    width, height = _pixels(root.get("width", "")), _pixels(root.get("height", ""))
    box = [_pixels(number) for number in re.split(r"[\s,]+", root.get("viewBox", "").strip())[2:]]
    if len(box) == 2 and all(box):
        # A missing side follows from the other one and the ratio of the view box.
        if not width:
            width = height * box[0] / box[1] or box[0]
        if not height:
            height = width * box[1] / box[0]
    if not 0 < width <= _LARGEST or not 0 < height <= _LARGEST:
        return 0, 0
    return max(1, round(width)), max(1, round(height))


def _pixels(length: str) -> float:
    match = _LENGTH.fullmatch(length)
    if match is None:  # "100%", "auto", nothing
        return 0.0
    number, power, unit = match.groups()
    return float(number + (power or "")) * _UNITS.get(unit.lower(), 0.0)
