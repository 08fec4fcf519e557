"""What the properties of a HEIF picture say: its size, its turn, its colours, its alpha."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.sample_entries import is_hdr_colour

if TYPE_CHECKING:
    from wanprep.probe.facts import Color
    from wanprep.probe.formats.pictures.heif_items import Items

_ALPHA: Final = frozenset(
    {
        b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
        b"urn:mpeg:hevc:2015:auxid:1",
        b"urn:mpeg:avc:2015:auxid:1",
    }
)

_Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture looks, and of which items it is put together."""

    stored: _Size  # as coded
    shown: _Size  # after cropping and turning
    bit_depth: int | None
    color: Color
    hdr: bool
    alpha: bool
    parts: tuple[int, ...]
    codecs: frozenset[bytes]


def look_at(items: Items, main: int) -> Look:
    """Follow a picture's properties, those of its parts, and its alpha channel."""
    parts = items.parts_of(main)
    alpha = _alpha_of(items, parts)
    stored, shown = _sizes(items, main)
    return Look(
        stored=stored,
        shown=shown,
        bit_depth=_bit_depth(items, parts),
        color=_color(items, parts),
        hdr=any(map(is_hdr_colour, items.told(parts, b"colr"))),
        alpha=alpha is not None,
        parts=parts if alpha is None else (*parts, *items.parts_of(alpha)),
        codecs=frozenset(items.kinds.get(item, b"") for item in parts),
    )


def _sizes(items: Items, item: int) -> tuple[_Size, _Size]:
    """Crop and turn in the order in which an item's properties say so (23008-12 6.5.1).

    The size should come before them all, but cameras also write it behind.
    """
    ispe = items.property(item, b"ispe") or b""
    stored = shown = struct.unpack_from(">II", ispe, 4) if len(ispe) >= 12 else (0, 0)
    for prop in items.properties.get(item, ()):
        match prop.kind:
            case b"clap" if len(prop.data) >= 32:
                shown = _cropped(shown, struct.unpack_from(">8I", prop.data))
            case b"irot" if prop.data[:1] and prop.data[0] & 1:  # a quarter or three
                shown = shown[::-1]
    return stored, shown


def _cropped(size: _Size, clap: tuple[int, ...]) -> _Size:
    across, across_unit, down, down_unit = clap[:4]
    if not across_unit or not down_unit:
        return size
    width, height = across // across_unit, down // down_unit
    return (width, height) if 0 < width <= size[0] and 0 < height <= size[1] else size


def _alpha_of(items: Items, parts: tuple[int, ...]) -> int | None:
    """Return the picture that holds the alpha channel of the main one, or of its first tile."""
    for kind, item, targets in items.references:
        if kind == b"auxl" and not set(targets).isdisjoint(parts):
            what = items.property(item, b"auxC") or b""
            if what[4:].split(b"\0")[0] in _ALPHA:
                return item
    return None


def _bit_depth(items: Items, parts: tuple[int, ...]) -> int | None:
    """Return the bits per channel: said outright, or in the decoder's setup."""
    for pixi in items.told(parts, b"pixi"):
        if pixi[5:]:
            return max(pixi[5:])
    for av1c in items.told(parts, b"av1C"):
        return (12 if av1c[2] & 0x20 else 10) if av1c[2] & 0x40 else 8
    for hvcc in items.told(parts, b"hvcC"):
        return 8 + (hvcc[17] & 7)
    return None


def _color(items: Items, parts: tuple[int, ...]) -> Color:
    gray = [bool(av1c[2] & 0x10) for av1c in items.told(parts, b"av1C")]
    gray += [not hvcc[16] & 3 for hvcc in items.told(parts, b"hvcC")]
    return "gray" if gray and all(gray) else "rgb"
